"""Models that are handed in: run in a sandbox on held_out clips, scored by their error."""
