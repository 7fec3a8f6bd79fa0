"""All that is known of the exercise `heatmap_argmax`."""
