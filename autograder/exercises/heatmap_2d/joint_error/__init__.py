"""All that is known of the exercise `joint_error`."""
