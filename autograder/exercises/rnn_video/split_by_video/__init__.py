"""All that is known of the exercise `split_by_video`."""
