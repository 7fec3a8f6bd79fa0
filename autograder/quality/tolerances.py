"""What lies on both sides of a tolerance: the right answers' rounding, the nearest wrong answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch

from autograder.errors import CourseError
from autograder.exercises.bank import Function
from autograder.exercises.catalogue import bank_of, definition_of, right_answers
from autograder.manifest import Assignment, Manifest
from autograder.suites.drawing import draw_suite
from poselab.checks.cases import Case, Suite
from poselab.checks.distances import distance
from poselab.checks.messages import dtype_name, dtype_wanted
from poselab.checks.relations import largest_amount
from poselab.checks.runner import Observation, run_cases

SEEDS = range(6)
"""The suites that a table is measured on: enough to meet the rare one that hides a mistake."""

CHECKED_SEEDS = range(1)
"""The suite that a stored table is held against, each time that all is checked."""

GAP = 10.0
"""How many times a tolerance exceeds the right answers' error, and is exceeded by wrong answers."""


@dataclass(frozen=True)
class Certificate:
    """One criterion's tolerance and what lies on both sides of it.

    Args:
        exercise: the exercise's id.
        criterion: the criterion's id.
        tolerance: the largest distance that passes.
        error: how far a right answer was from the float64 reference, at most.
        furthest: that right answer; empty where all of them are exact.
        distance: how far a wrong answer was from the reference, at least; one failing case
            suffices to fail, so of each wrong answer its furthest case counts.
        nearest: that wrong answer; empty where there is none.
        earlier: whether the nearest fails at an earlier criterion already, because the bank holds
            none that fails at this one.
    """

    exercise: str
    criterion: str
    tolerance: float
    error: float
    furthest: str
    distance: float
    nearest: str
    earlier: bool

    @property
    def below(self) -> float:
        """The tolerance, in errors of the right answers."""
        return self.tolerance / self.error if self.error else math.inf

    @property
    def above(self) -> float:
        """The nearest wrong answer's distance, in tolerances."""
        return self.distance / self.tolerance


def certify(
    manifest: Manifest, assignment: Assignment, seeds: Iterable[int] = SEEDS
) -> list[Certificate]:
    """Measure every criterion of an assignment that compares values.

    Exercises whose answers take seconds each, which are tried on one suite, are left out: the
    matrix tries all of their answers.
    """
    right, seeds = right_answers(manifest, assignment), tuple(seeds)
    return [
        certificate
        for exercise in assignment.checked_exercises
        if definition_of(assignment.id, exercise.id).most_suites > 1
        for certificate in certify_exercise(assignment.id, exercise.id, right[exercise.id], seeds)
    ]


def certify_exercise(
    assignment: str, exercise: str, right: Mapping[str, Function], seeds: Iterable[int]
) -> list[Certificate]:
    """Measure every criterion of an exercise that compares values."""
    source = definition_of(assignment, exercise)
    suites = [draw_suite(assignment, exercise, seed) for seed in source.seeds(seeds)]
    wrong = {mistake.id: mistake for mistake in bank_of(assignment, exercise).mistakes}
    certificates = []
    for criterion, tolerance in source.tolerance.items():
        errors = {name: max(_distances(f, suites, criterion)) for name, f in right.items()}
        off = {name: _distances(w.function, suites, criterion) for name, w in wrong.items()}
        near = {
            name: min(off[name])
            for name, w in wrong.items()
            # No tolerance is met by what computes the right numbers elsewhere.
            if w.fails == criterion and not _leaves_device(w.function, suites[0], criterion)
        }
        earlier = not near
        if earlier:
            refused = {name: [d for d in ds if d > tolerance] for name, ds in off.items()}
            near = {name: min(ds) for name, ds in refused.items() if ds}
        furthest = max(errors, key=lambda name: errors[name])
        nearest = min(near, key=lambda name: near[name], default="")
        certificates.append(
            Certificate(
                exercise,
                criterion,
                tolerance,
                errors[furthest],
                furthest if errors[furthest] else "",
                near.get(nearest, math.inf),
                nearest,
                earlier,
            )
        )
    return certificates


def require_gap(certificates: Iterable[Certificate]) -> None:
    """Hold every tolerance to a factor of ten on both sides.

    Args:
        certificates: what was measured.

    Raises:
        CourseError: one is too near to a right or to a wrong answer.
    """
    for c in certificates:
        where = f"{c.exercise}, {c.criterion}: the tolerance {c.tolerance:g} is only"
        if c.below < GAP:
            raise CourseError(
                f"{where} {c.below:.2g} times the error {c.error:.0e} of the right answer "
                f"{c.furthest}; it has to be {GAP:g} times: choose another case or allow more."
            )
        if c.above < GAP:
            raise CourseError(
                f"{where} 1/{c.above:.2g} of the distance {c.distance:.0e} of the wrong answer "
                f"{c.nearest}; it has to be 1/{GAP:g}: choose a case that it fails by more."
            )


def _leaves_device(function: Function, suite: Suite, criterion: str) -> bool:
    """Whether a function's result, or a part of its work, is on another device than its input."""
    cases = [case for case in suite.cases_of(criterion) if case.kind == "device"]
    return any(observation.left_device for observation in run_cases(function, cases))


def _distances(function: Function, suites: Iterable[Suite], criterion: str) -> list[float]:
    """For each suite, how far off the function's worst result for a criterion is."""
    return [_furthest(function, suite, criterion) for suite in suites]


def _furthest(function: Function, suite: Suite, criterion: str) -> float:
    compared = [c for c in suite.cases_of(criterion) if c.kind not in ("count", "device")]
    needed = {case.reads or case.id for case in compared}
    with torch.random.fork_rng(devices=[]):
        # Where answers draw numbers, such as the order of poses, they draw the same ones each time.
        torch.manual_seed(0)
        observations = run_cases(function, [case for case in suite.cases if case.id in needed])
    by_case = {observation.case: observation for observation in observations}
    return max(_distance(suite, case, by_case[case.reads or case.id]) for case in compared)


def _distance(suite: Suite, case: Case, observation: Observation) -> float:
    result = observation.result
    if case.kind == "gradient" and observation.no_gradient and not suite.expected[case.id].any():
        return 0.0  # judged alike: a gradient of zero and none at all move no weight
    if case.kind == "experiment":
        expected = suite.expected.get(case.id)
        if result is None or (expected is not None and result.shape[1:] != expected.shape):
            return math.inf
        tolerance = next(c.tolerance for c in suite.criteria if c.id == case.criterion)
        return largest_amount(case, result, tolerance)
    expected = suite.expected_for(case, result)
    if result is None or result.shape != expected.shape or result.is_complex():
        return math.inf
    rung = next(criterion for criterion in suite.criteria if criterion.id == case.criterion)
    if rung.same_dtype and dtype_name(result.dtype) != dtype_wanted(case):
        return math.inf  # refused for its dtype, however near its values are
    return distance(result, expected)
