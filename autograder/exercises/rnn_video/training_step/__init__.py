"""Everything that is known of the exercise `training_step`."""
