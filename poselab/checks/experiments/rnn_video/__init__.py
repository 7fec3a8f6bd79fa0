"""Experiments and relations of the assignment on pose over time."""
