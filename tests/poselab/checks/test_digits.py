"""What small numbers tell about a function: nothing of a right one, one mistake of a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from autograder.suites.drawing import draw_suite
from poselab.checks.cases import Case
from poselab.checks.experiments.heatmap_2d.digits import (
    count_alone,
    follows_dtype,
    no_half_precision,
    perfect_is_zero,
)
from poselab.checks.runner import run_cases


def case_of(exercise: str, relation: str) -> Case:
    cases = draw_suite("heatmap_2d", exercise, 0).cases
    return next(case for case in cases if case.relation == relation)


def told(relation: Callable[..., Any], case: Case, function: Callable[..., Any]) -> list[str]:
    """The names of the broken findings."""
    (observation,) = run_cases(function, [case])
    assert observation.result is not None, observation
    return [found.mistake for found in relation(observation.result, case, 1e-5) if found.amount]


def distances(predicted: Tensor, target: Tensor) -> Tensor:
    return (predicted - target).norm(dim=-1)


@pytest.mark.parametrize(
    ("adds", "mistake"),
    [
        (lambda p, t: distances(p, t), []),
        (lambda p, t: (distances(p, t) ** 2 + 1e-6).sqrt(), ["added_under_the_root"]),
        (lambda p, t: (distances(p, t) ** 2 + 1e-12).sqrt(), ["added_under_the_root"]),
        (lambda p, t: (p - t + 1e-6).norm(dim=-1), ["added_to_the_differences"]),
        (lambda p, t: (t - p + 1e-4).norm(dim=-1), ["added_to_the_differences"]),
        (lambda p, t: distances(p, t) + 1e-3, ["added_to_the_distance"]),
        (lambda p, t: distances(p, t).clamp(min=1e-3), ["distance_clamped"]),
        (lambda p, t: 1.1 * distances(p, t) + 1e-3, [""]),
    ],
)
def test_what_is_added_to_an_error_is_told_from_errors_near_0(
    adds: Callable[[Tensor, Tensor], Tensor], mistake: list[str]
) -> None:
    def error(predicted: Tensor, target: Tensor) -> Tensor:
        return adds(predicted, target).mean()

    case = case_of("joint_error", "perfect_is_zero")
    assert told(perfect_is_zero, case, error) == mistake


@pytest.mark.parametrize("added", [0.0, 1e-6, 1e-4, 0.5, 1.0])
def test_what_is_added_to_the_count_is_told_whatever_the_distance(added: float) -> None:
    def error(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
        return 3 * (distances(predicted, target) * visible).sum() / (visible.sum() + added)

    case = case_of("joint_error", "count_alone")
    expected = ["little_added_to_count"] if added in (1e-4, 0.5) else []
    assert told(count_alone, case, error) == expected


def test_a_division_by_another_count_is_not_taken_for_an_addition() -> None:
    def error(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
        return (distances(predicted, target) * visible).mean()

    assert told(count_alone, case_of("joint_error", "count_alone"), error) == []


@pytest.mark.parametrize(
    ("seen", "blind"),
    [
        (lambda logits: logits, False),
        (lambda logits: logits.half().float(), True),
        (lambda logits: logits.bfloat16().float(), True),
        (lambda logits: logits.round(), False),
        (lambda logits: logits * 0, False),
    ],
)
def test_only_what_passes_through_sixteen_bits_is_blind_to_them(
    seen: Callable[[Tensor], Tensor], blind: bool
) -> None:
    def mean(logits: Tensor) -> Tensor:
        return seen(logits).sum(-1)[..., :2]

    case = case_of("soft_argmax_2d", "no_half_precision")
    assert told(no_half_precision, case, mean) == (["half_precision"] if blind else [])


@pytest.mark.parametrize(("dtype", "names"), [(None, []), (torch.float64, ["dtype_not_followed"])])
def test_a_result_follows_the_dtype_of_its_input(
    dtype: torch.dtype | None, names: list[str]
) -> None:
    def points(logits: Tensor) -> Tensor:
        return logits.sum(-1)[..., :2].to(dtype or logits.dtype)

    assert told(follows_dtype, case_of("soft_argmax_2d", "follows_dtype"), points) == names
