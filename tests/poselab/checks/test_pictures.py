"""Which call is drawn, and what is said of the picture."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from poselab.checks.check import stored_suite
from poselab.checks.comparison import picture
from poselab.checks.distances import unravelled
from poselab.checks.judge import judge
from poselab.checks.runner import run_cases
from tests.poselab.checks.drawn import drawn, expect_words


def test_a_swap_is_drawn_where_it_is_seen() -> None:
    drawing = drawn("heatmap_2d", "gaussian_heatmap", "xy_swapped")
    assert drawing is not None
    target, yours = (
        float(drawing.words.rpartition(word)[2].split()[0].strip(",.")) for word in SIDES
    )
    assert abs(target - yours) > 0.5, drawing.words


SIDES = ("target ", "yours ")


@pytest.mark.parametrize(
    ("assignment", "exercise", "mistake", "says"),
    [
        ("heatmap_2d", "soft_argmax_2d", "xy_swapped", "targets as rings, yours as crosses"),
        ("heatmap_2d", "render_heatmaps", "xy_swapped", "row"),
        ("rnn_video", "accuracy_curve", "counted_not_shared", "threshold"),
    ],
)
def test_each_kind_of_picture_is_told_in_words(
    assignment: str, exercise: str, mistake: str, says: str
) -> None:
    expect_words(assignment, exercise, mistake, says)


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (1, 7)])
def test_numbers_become_positions(shape: tuple[int, ...]) -> None:
    numbered = torch.arange(torch.Size(shape).numel()).reshape(shape)
    for number in range(numbered.numel()):
        assert int(numbered[unravelled(number, shape)]) == number
    assert unravelled(0, ()) == ()


def test_one_number_is_drawn_whatever_it_is() -> None:
    suite = stored_suite("joint_error")

    def infinite(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
        return (predicted - target).norm(dim=-1).mean() * torch.inf

    observations = run_cases(infinite, suite.cases)
    drawing = picture(suite, judge(suite, observations), observations)
    assert drawing is not None and "yours inf" in drawing.words
