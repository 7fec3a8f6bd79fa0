"""All that is known of the exercise `stretch_contrast`."""
