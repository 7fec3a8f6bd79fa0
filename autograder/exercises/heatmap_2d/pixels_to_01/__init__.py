"""All that is known of the exercise `pixels_to_01`."""
