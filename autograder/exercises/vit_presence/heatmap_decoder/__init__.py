"""Everything that is known of the exercise `HeatmapDecoder`."""
