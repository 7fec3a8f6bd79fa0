"""More training data from the data there is."""
