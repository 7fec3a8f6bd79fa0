"""From observations to points and sentences. The only place that decides.

The same judge serves the student's notebook, with stored suites, and the grader's own process,
with secret ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from poselab.checks import messages
from poselab.checks.cases import Case, Suite
from poselab.checks.criteria import Rung
from poselab.checks.diagnosis import Fault, known_mistake, mistake_of_shape
from poselab.checks.distances import distance
from poselab.checks.relations import first_broken
from poselab.checks.runner import Observation

SPARE_OPERATIONS = 8
"""Tensor operations that may be added when an axis grows: a right answer may take a branch."""

SPARE_INSTRUCTIONS = 96
"""Python instructions that may be added, likewise. The grown axis adds 32 steps, and the shortest
step of a loop, in a comprehension or behind `map`, is 5 instructions."""

SPARE = {"operations": SPARE_OPERATIONS, "instructions": SPARE_INSTRUCTIONS}

_SPEAK_FOR_THEMSELVES = {"not_written", "changes_its_input"}
"""Mistakes whose sentence leaves nothing to add."""


@dataclass(frozen=True)
class CriterionResult:
    """What one criterion earned, and why.

    Args:
        title: the criterion's name where students read it.
        mistake: the id of the known mistake that the function behaves like, if any.
        case: the case that decided, for the picture; empty where none did.
    """

    id: str
    title: str
    passed: bool
    points: float
    max_points: float
    message: str
    mistake: str | None = None
    case: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one exercise earned."""

    exercise: str
    title: str
    criteria: tuple[CriterionResult, ...]

    @property
    def score(self) -> float:
        """Points earned."""
        return sum(criterion.points for criterion in self.criteria)

    @property
    def max_score(self) -> float:
        """Points on offer."""
        return sum(criterion.max_points for criterion in self.criteria)


def judge(suite: Suite, observations: Iterable[Observation]) -> Verdict:
    """Judge what came back of an exercise's cases, criterion by criterion."""
    by_case = {observation.case: observation for observation in observations}
    results: list[CriterionResult] = []
    blocked_by = ""
    for rung in suite.criteria:
        if blocked_by:
            results.append(_failed(rung, messages.not_judged_until(blocked_by)))
            continue
        result = _climb(suite, rung, by_case)
        results.append(result)
        if rung.blocks and not result.passed:
            blocked_by = rung.title
    return Verdict(suite.id, suite.title, tuple(results))


def judge_nothing(suite: Suite, reason: str) -> Verdict:
    """The verdict where there is nothing to judge: no points, and the reason."""
    results = (_failed(rung, reason) for rung in suite.criteria)
    return Verdict(suite.id, suite.title, tuple(results))


def _climb(suite: Suite, rung: Rung, observations: Mapping[str, Observation]) -> CriterionResult:
    cases = suite.cases_of(rung.id)
    for case in cases:
        observation = observations.get(case.reads or case.id)
        if observation is None:
            return _failed(rung, messages.nothing_came_back(case))
        fault = _fault(suite, rung, case, observation)
        if fault is None:
            continue
        known = known_mistake(suite, fault, observations, rung, case)
        advice = known.sentence if known else rung.advice
        if fault.mistake in _SPEAK_FOR_THEMSELVES:
            advice = ""
        message = f"{fault.sentence} {advice}".strip()
        return _failed(rung, message, known.id if known else fault.mistake, case.id)
    growth = _growth(cases, observations)
    if growth is not None:
        return _failed(rung, f"{growth.sentence} {rung.advice}", growth.mistake)
    return CriterionResult(rung.id, rung.title, True, rung.points, rung.points, "Right.")


def _failed(
    rung: Rung, message: str, mistake: str | None = None, case: str = ""
) -> CriterionResult:
    return CriterionResult(rung.id, rung.title, False, 0.0, rung.points, message, mistake, case)


def _fault(suite: Suite, rung: Rung, case: Case, observation: Observation) -> Fault | None:
    """What is wrong with one observation, if anything is."""
    if observation.not_written:
        return Fault(messages.not_written(suite), "not_written")
    if case.kind == "device":
        # An error of another kind than mixed devices may be the stand-in's own limit.
        if not observation.left_device:
            return None
        return Fault(messages.left_the_device(case, observation), "left_the_device")
    if observation.error:
        return Fault(messages.raised(case, observation), "raised")
    if case.kind == "count":
        return None
    if case.kind == "gradient" and observation.no_gradient:
        if not suite.expected[case.id].any():
            return None  # a gradient of zero and none at all move no weight
        return Fault(messages.cut_from_the_graph(case), "cut_from_the_graph")
    wrong = _broken_relation if case.kind == "experiment" else _wrong_result
    fault = wrong(suite, rung, case, observation)
    if fault is None and observation.changed_input and not _only_shape(rung, case):
        return Fault(messages.changes_its_input(case), "changes_its_input")
    return fault


def _only_shape(rung: Rung, case: Case) -> bool:
    """Whether a call's shape is all that is looked at."""
    return case.kind != "experiment" and (rung.shape_only or case.kind == "shape")


def _broken_relation(
    suite: Suite, rung: Rung, case: Case, observation: Observation
) -> Fault | None:
    """What an experiment's results show to be wrong, if anything is."""
    result, expected = observation.result, suite.expected.get(case.id)
    if result is None:
        return Fault(messages.no_tensor(suite, case, observation, expected))
    if expected is not None and result.shape[1:] != expected.shape:
        shape = tuple(result.shape[1:])
        sentence = messages.wrong_shape(case, shape, expected)
        return Fault(sentence, mistake_of_shape(suite, shape, tuple(expected.shape)))
    finding = first_broken(case, result, rung.tolerance)
    if finding is not None:
        return Fault(f"{messages.called(case)} {finding.observed}", finding.mistake)
    return None


def _wrong_result(suite: Suite, rung: Rung, case: Case, observation: Observation) -> Fault | None:
    """What is wrong with a call's result, if anything is."""
    result = observation.result
    expected = suite.expected_for(case, result)
    if result is None:
        sentence = messages.no_tensor(suite, case, observation, expected)
        return Fault(sentence, "returned_no_tensor")
    if result.shape != expected.shape:
        return Fault(messages.wrong_shape(case, tuple(result.shape), expected))
    if result.is_complex():
        return Fault(messages.complex_numbers(case))
    if _only_shape(rung, case):
        return None
    if rung.same_dtype and result.dtype != case.args[0].dtype:
        return Fault(messages.other_dtype(case, result), "dtype_not_followed")
    if distance(result, expected) > rung.tolerance:
        return Fault(messages.difference(suite, case, result, expected))
    return None


def _growth(cases: Sequence[Case], observations: Mapping[str, Observation]) -> Fault | None:
    """Where the work grew with an axis, if it did."""
    counted = [case for case in cases if case.kind == "count"]
    for case in counted[1:]:
        base, grown = observations[counted[0].id], observations[case.id]
        for kind, spare in SPARE.items():
            if kind == "operations" and case.python_only:
                continue
            if getattr(grown, kind) - getattr(base, kind) > spare:
                sentence = messages.growth(case, kind, base, grown)
                return Fault(sentence, f"loops_over_{case.axis}")
    return None
