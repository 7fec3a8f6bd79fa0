"""All that is known of the exercise `gaussian_heatmap`."""
