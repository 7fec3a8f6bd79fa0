"""Each graded exercise: its reference, the cases it asks, and what to say when they fail."""
