"""Tolerances hold on another device than the CPU: on a GPU where there is one, or its stand-in.

The cases are the same on both, and so is what has to hold. Only a GPU has a rounding of its own.
"""

from __future__ import annotations

from functools import cache

import pytest
import torch

from autograder.exercises.bank import Function
from autograder.exercises.catalogue import bank_of, right_answers
from autograder.manifest import load_manifest
from autograder.quality.tolerances import GAP
from autograder.suites.drawing import draw_suite
from poselab.checks.cases import Suite
from poselab.checks.check import stored_suite
from poselab.checks.distances import distance
from poselab.checks.runner import run_cases

MANIFEST = load_manifest()
ON_DEVICE = [
    (assignment.id, exercise.id)
    for assignment in MANIFEST.assignments.values()
    for exercise in assignment.checked_exercises
    if any(case.kind == "device" for case in stored_suite(exercise.id).cases)
]
SEED = 0

_right_answers = cache(lambda assignment: right_answers(MANIFEST, MANIFEST.assignment(assignment)))


def off(function: Function, suite: Suite) -> float:
    """The largest distance on the device, in tolerances; infinite if refused for another reason."""
    cases = [case for case in suite.cases if case.kind == "device"]
    worst = 0.0
    for case, seen in zip(cases, run_cases(function, cases), strict=True):
        expected = suite.expected[case.id]
        refused = seen.left_device or seen.differs
        if refused or seen.result is None or seen.result.shape != expected.shape:
            return float("inf")
        worst = max(worst, distance(seen.result, expected) / suite.tolerance)
    return worst


@pytest.mark.parametrize(("assignment", "exercise"), ON_DEVICE)
def test_right_answers_keep_the_gap(assignment: str, exercise: str) -> None:
    suite = draw_suite(assignment, exercise, SEED)
    answers = _right_answers(assignment)[exercise]
    assert {name: f for name, f in answers.items() if off(f, suite) > 1 / GAP} == {}


@pytest.mark.parametrize(("assignment", "exercise"), ON_DEVICE)
def test_some_known_mistake_is_beyond_the_gap(assignment: str, exercise: str) -> None:
    suite = draw_suite(assignment, exercise, SEED)
    mistakes = bank_of(assignment, exercise).mistakes
    assert any(off(mistake.function, suite) > GAP for mistake in mistakes)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize(("assignment", "exercise"), ON_DEVICE)
def test_the_cpu_and_the_gpu_agree(
    assignment: str, exercise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = draw_suite(assignment, exercise, SEED)
    solution = _right_answers(assignment)[exercise]["solution"]
    on_gpu = off(solution, suite)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert abs(on_gpu - off(solution, suite)) <= 1 / GAP
