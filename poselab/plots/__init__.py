"""Figures of poses, heat maps, clips and trainings."""
