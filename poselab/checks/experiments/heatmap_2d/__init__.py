"""Experiments and relations of the assignment on 2D poses."""
