"""What is said of losses that are not 0 where they should be, and of gradients that are missing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from autograder.exercises.catalogue import solution_functions
from autograder.manifest import load_manifest
from autograder.suites.drawing import draw_suite
from poselab.checks.cases import Case
from poselab.checks.check import stored_suite
from poselab.checks.experiments.lifting_3d.two_views import perfect_loss_is_zero, slopes
from poselab.checks.judge import judge
from poselab.checks.registry import Finding
from poselab.checks.runner import run_cases

SOURCE = load_manifest().root / "solutions" / "lifting_3d" / "weak_supervision.py"
SOLUTION = solution_functions(SOURCE)["multiview_consistency"]


def perfect_case() -> Case:
    suite = stored_suite("multiview_consistency")
    return next(case for case in suite.cases if case.relation == "perfect_loss_is_zero")


def found(loss: Callable[[Tensor], Tensor]) -> Finding:
    case = perfect_case()
    results = torch.stack([loss(args[0] - args[1]) for args in case.args])
    return next(perfect_loss_is_zero(results, case, 1e-5))


def test_a_loss_without_an_error_is_0() -> None:
    assert found(lambda off: off.norm(dim=-1).mean()).amount == 0


@pytest.mark.parametrize("little", [1e-6, 1e-4, 1e-2])
def test_what_was_added_is_named(little: float) -> None:
    ways = {
        "added_under_the_root": lambda off: (off.square().sum(-1) + little**2).sqrt().mean(),
        "added_to_the_differences": lambda off: (off + little).norm(dim=-1).mean(),
        "added_to_the_distance": lambda off: (off.norm(dim=-1) + little).mean(),
        "distance_clamped": lambda off: off.norm(dim=-1).clamp(min=little).mean(),
    }
    for name, loss in ways.items():
        finding = found(loss)
        assert finding.amount == math.inf
        assert finding.mistake == name


def test_an_unknown_addition_is_not_named() -> None:
    finding = found(lambda off: off.norm(dim=-1).mean() ** 2 + 0.3)
    assert finding.amount == math.inf
    assert finding.mistake == ""
    assert "0.3" in finding.observed


def test_slopes_tell_which_argument_learns() -> None:
    one, other = torch.ones(2, 3), torch.zeros(2, 3)
    assert slopes(lambda a, b: (a * b).sum() + b.sum(), ((one, other),)).tolist() == [[0, 1]]
    assert slopes(lambda a, b: (a - b).sum(), ((one, other),)).tolist() == [[1, 1]]
    assert slopes(lambda a, b: (a.detach() - b).sum(), ((one, other),)).tolist() == [[0, 1]]
    assert slopes(lambda a, b: torch.zeros(()), ((one, other),)).tolist() == [[0, 0]]


def test_a_second_prediction_that_learns_nothing_loses_the_gradient_alone() -> None:
    def detached(joints_1: Any, joints_2: Any, rotation: Any, translation: Any) -> Any:
        return SOLUTION(joints_1, joints_2.detach(), rotation, translation)

    suite = draw_suite("lifting_3d", "multiview_consistency", 1)
    verdict = judge(suite, run_cases(detached, suite.cases))
    lost = [criterion for criterion in verdict.criteria if not criterion.passed]
    assert [criterion.id for criterion in lost] == ["gradient"]
    assert lost[0].mistake == "second_prediction_detached"
