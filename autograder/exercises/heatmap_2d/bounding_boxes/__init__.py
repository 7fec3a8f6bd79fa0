"""All that is known of the exercise `bounding_boxes`."""
