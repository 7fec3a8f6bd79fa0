"""Everything that is known of the exercise `procrustes_align`."""
