"""One training loop for all assignments, and what it is made of."""
