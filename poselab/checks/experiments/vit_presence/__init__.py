"""Experiments and relations of the assignment with a vision transformer that predicts presence."""
