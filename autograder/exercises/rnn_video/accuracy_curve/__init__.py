"""All that is known of the exercise `accuracy_curve`."""
