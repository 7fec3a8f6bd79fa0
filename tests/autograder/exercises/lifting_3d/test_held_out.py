"""Draws of held-out poses that differ in people and not in difficulty."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.exercises.lifting_3d.held_out import draw_matched_poses, mean_pose


def test_the_mean_pose_is_equally_far_off_on_every_draw() -> None:
    """On draws without a mixture it differs by 0.0016 of the camera's distance."""
    first, second = (draw_matched_poses(500, seed).joint_3d.numpy() for seed in (5, 6))
    mean = mean_pose()
    errors = [np.linalg.norm(poses - mean, axis=-1).mean() for poses in (first, second)]
    assert errors == pytest.approx([0.0841, 0.0841], abs=0.0006)
    assert (first != second).any()
