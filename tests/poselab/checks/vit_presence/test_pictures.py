"""What is said of the picture of labels."""

from __future__ import annotations

from tests.poselab.checks.drawn import expect_words


def test_labels_are_told_in_words() -> None:
    expect_words("vit_presence", "presence_labels", "visible_ones_only", "keypoint")
