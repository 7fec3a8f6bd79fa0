"""Models that are handed in: run in a sandbox on withheld clips, scored by their error."""
