"""What students hand in: found, read, repaired and made safe to show."""
