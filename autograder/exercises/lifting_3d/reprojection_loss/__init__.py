"""Everything that is known of the exercise `reprojection_loss`."""
