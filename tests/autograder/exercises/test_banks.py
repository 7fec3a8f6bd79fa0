"""What two mistakes, or an unknown one, are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograder.exercises.bank import Bank
from autograder.exercises.catalogue import definition_of, right_answers
from autograder.manifest import load_manifest
from autograder.suites.drawing import draw_suite
from poselab.checks.cases import Suite
from poselab.checks.check import stored_suite
from poselab.checks.judge import Verdict, judge
from poselab.checks.runner import run_cases

MANIFEST = load_manifest()
ASSIGNMENTS = [a for a in MANIFEST.assignments.values() if a.checked_exercises]
EXERCISES = [(a.id, exercise.id) for a in ASSIGNMENTS for exercise in a.checked_exercises]
RIGHT = {(a.id, e): f for a in ASSIGNMENTS for e, f in right_answers(MANIFEST, a).items()}
SOLUTIONS = {
    exercise: RIGHT[assignment, exercise]["solution"] for assignment, exercise in EXERCISES
}
SEED = 2
"""Another than those of `autograder check`, which tries all answers of both banks."""


def judged(suite: Suite, function: Callable[..., Any]) -> Verdict:
    return judge(suite, run_cases(function, suite.cases))


def test_another_way_to_make_no_known_mistake_is_refused() -> None:
    bank = Bank()
    with pytest.raises(TypeError, match="judged: no mistake doubled stands above it"):
        bank.another("doubled")(judged)


def test_two_mistakes_in_one_function_are_both_told() -> None:
    def swapped_and_ignoring(poses: Any, size: Any, sigma: float, visible: Any = None) -> Any:
        return SOLUTIONS["render_heatmaps"](poses.flip(-1), size, sigma)

    suite = draw_suite("heatmap_2d", "render_heatmaps", SEED)
    verdict = judged(suite, swapped_and_ignoring)
    named = {c.mistake for c in verdict.criteria if c.mistake}
    assert {frozenset(both.split("+")) for both in named} == {
        frozenset({"xy_swapped", "visibility_ignored"})
    }


def test_an_unknown_mistake_is_not_given_a_known_name() -> None:
    def shifted(logits: Any, beta: float = 1.0) -> Any:
        return SOLUTIONS["soft_argmax_2d"](logits, beta) + 0.37

    verdict = judged(stored_suite("soft_argmax_2d"), shifted)
    assert {c.id for c in verdict.criteria if c.passed} == {"shape"}
    assert {c.mistake for c in verdict.criteria} == {None}


@pytest.mark.parametrize(
    ("assignment", "exercise"), [e for e in EXERCISES if definition_of(*e).reference is not None]
)
def test_zeros_are_not_given_the_name_of_a_mistake(assignment: str, exercise: str) -> None:
    def nothing(*args: Any) -> Any:
        return SOLUTIONS[exercise](*args) * 0

    suite = stored_suite(exercise)
    told = {c.mistake for c in judged(suite, nothing).criteria}
    # All labels at 0 say that nothing is present: there, that is what it is called.
    assert told <= {None, "cut_from_the_graph", "nothing_present"}
