"""Experiments with a student's function or network, and the relations that hold between their results."""
