"""Each graded exercise: its reference, the questions it asks, and what to say when they fail."""
