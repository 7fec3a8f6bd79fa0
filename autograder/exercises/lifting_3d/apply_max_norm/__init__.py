"""All that is known of the exercise `apply_max_norm`."""
