"""All that is known of the exercise `flat_index`."""
