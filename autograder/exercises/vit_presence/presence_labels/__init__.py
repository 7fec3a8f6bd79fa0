"""All that is known of the exercise `presence_labels`."""
