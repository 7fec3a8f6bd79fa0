"""All that is known of the exercise `normalize_frames`."""
