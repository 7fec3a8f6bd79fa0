"""Everything that is known of the exercise `cal_mpjpe`."""
