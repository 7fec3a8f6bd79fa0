"""Experiments and relations of the assignment that takes skeletons from 2D to 3D."""
