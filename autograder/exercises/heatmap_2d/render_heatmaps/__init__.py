"""All that is known of the exercise `render_heatmaps`."""
