"""Invented models of rnn_video. Clips need not be rendered for them."""

from __future__ import annotations

from autograder.exercises.rnn_video.held_out import draw_poses, mean_pose, measure_mixture
from poselab.models.rnn_video import OUTPUT_NAME
from tests.benchmarks.model_draws.invention import Draws, towards_and_noisy

DRAWS = Draws(
    towards_and_noisy(OUTPUT_NAME, mean_pose(), (6.0, 4.4, 3.6, 2.6)),
    measure_mixture,
    lambda count, seed: {OUTPUT_NAME: draw_poses(count, seed)},
)
