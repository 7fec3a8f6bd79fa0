"""Everything that is known of the exercise `multiview_consistency`."""
