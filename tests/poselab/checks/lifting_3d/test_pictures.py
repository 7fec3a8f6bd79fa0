"""What is said of the pictures of poses in space, and of one number."""

from __future__ import annotations

import pytest

from tests.poselab.checks.drawn import expect_words


@pytest.mark.parametrize(
    ("exercise", "mistake", "says"),
    [
        ("procrustes_align", "not_rotated", "pose"),
        ("cal_mpjpe", "squared_distance", "target 3, yours 9"),
    ],
)
def test_each_kind_of_picture_is_told_in_words(exercise: str, mistake: str, says: str) -> None:
    expect_words("lifting_3d", exercise, mistake, says)
