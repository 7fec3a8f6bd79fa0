"""Invented models of lifting_3d."""

from __future__ import annotations

from autograder.exercises.lifting_3d.held_out import mean_pose, measure_mixture
from poselab.models.lifting_3d import OUTPUT_NAME
from tests.benchmarks.model_draws.invention import Draws, towards_and_noisy

DRAWS = Draws(
    towards_and_noisy(OUTPUT_NAME, mean_pose(), (0.03, 0.014, 0.011, 0.009)), measure_mixture
)
