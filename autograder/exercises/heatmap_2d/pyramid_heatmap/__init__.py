"""All that is known of the exercise `pyramid_heatmap`."""
