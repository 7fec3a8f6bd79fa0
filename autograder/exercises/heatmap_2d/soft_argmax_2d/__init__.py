"""All that is known of the exercise `soft_argmax_2d`."""
