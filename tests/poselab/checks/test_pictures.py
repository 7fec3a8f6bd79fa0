"""Which call is drawn, and what is said of the picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from autograder.exercises.catalogue import bank_of
from poselab.checks.check import stored_suite
from poselab.checks.comparison import Drawing, picture
from poselab.checks.distances import unravelled
from poselab.checks.judge import judge
from poselab.checks.runner import run_cases


def drawn(assignment: str, exercise: str, mistake: str) -> Drawing | None:
    suite = stored_suite(exercise)
    answers: dict[str, Callable[..., Any]] = {
        wrong.id: wrong.function for wrong in bank_of(assignment, exercise).mistakes
    }
    observations = run_cases(answers[mistake], suite.cases)
    return picture(suite, judge(suite, observations), observations)


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
        ("lifting_3d", "procrustes_align", "not_rotated", "pose"),
        ("vit_presence", "presence_labels", "visible_ones_only", "keypoint"),
        ("lifting_3d", "cal_mpjpe", "squared_distance", "target 3, yours 9"),
    ],
)
def test_each_kind_of_picture_is_told_in_words(
    assignment: str, exercise: str, mistake: str, says: str
) -> None:
    drawing = drawn(assignment, exercise, mistake)
    assert drawing is not None and drawing.png.startswith(b"\x89PNG")
    assert says in drawing.words and f"`{exercise}(" in drawing.words
    assert drawing.metadata() == {"image/png": {"alt": drawing.alternative}}
    assert drawing.data()["text/plain"] == drawing.alternative and "`" not in drawing.alternative


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
