"""All that is known of the exercise `sliding_windows`."""
