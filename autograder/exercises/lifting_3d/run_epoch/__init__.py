"""Everything that is known of the exercise `run_epoch`."""
