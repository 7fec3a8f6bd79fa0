"""All that is known of the exercise `combined_loss`."""
