"""From observations to points and sentences. The only place that decides.

The same judge serves the student's notebook, with stored suites, and the grader's own process,
with secret ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor

from poselab.checks import messages
from poselab.checks.cases import Case, Suite
from poselab.checks.counting import SPARE_INSTRUCTIONS, SPARE_OPERATIONS
from poselab.checks.criteria import Rung
from poselab.checks.diagnosis import (
    NOT_WRITTEN,
    Fault,
    compares_shape_only,
    diagnose,
    is_compared,
    mistake_of_shape,
)
from poselab.checks.distances import distance
from poselab.checks.exceptions import advice_on
from poselab.checks.patterns import describe
from poselab.checks.relations import first_broken
from poselab.checks.runner import Observation

SPARE = {"operations": SPARE_OPERATIONS, "instructions": SPARE_INSTRUCTIONS}


@dataclass(frozen=True)
class CriterionResult:
    """What one criterion earned, and why.

    Args:
        title: the criterion's name where students read it.
        mistake: the id of the known mistake that the function was shown to make, if any; of two,
            both ids with a plus between them.
        case: the case that decided, for the picture; empty where none did.
        judged: whether it was looked at; it is not before the criteria that block it are right.
    """

    id: str
    title: str
    passed: bool
    points: float
    max_points: float
    message: str
    mistake: str | None = None
    case: str = ""
    judged: bool = True


@dataclass(frozen=True)
class Verdict:
    """What one exercise earned."""

    exercise: str
    title: str
    criteria: tuple[CriterionResult, ...]

    @property
    def passed(self) -> bool:
        """Whether all is right; there may be no points for it."""
        return all(criterion.passed for criterion in self.criteria)

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
    faults = _charged_once(
        suite, by_case, {rung.id: faults_of(suite, rung, by_case) for rung in suite.criteria}
    )
    results: list[CriterionResult] = []
    blocked_by = ""
    for rung in suite.criteria:
        if blocked_by:
            results.append(_not_judged(rung, messages.not_judged_until(blocked_by)))
            continue
        result = _climb(suite, rung, by_case, faults)
        results.append(result)
        if rung.blocks and not result.passed:
            blocked_by = rung.title
    return Verdict(suite.id, suite.title, tuple(results))


def judge_nothing(suite: Suite, reason: str) -> Verdict:
    """The verdict where there is nothing to judge: no points, and the reason."""
    results = (_not_judged(rung, reason) for rung in suite.criteria)
    return Verdict(suite.id, suite.title, tuple(results))


def waiting_for(verdict: Verdict, exercises: Mapping[str, bool]) -> Verdict:
    """The verdict on an answer that is built on others which are not right yet.

    Args:
        verdict: on the answer as it is.
        exercises: those that come first, and whether each is implemented; none leaves the verdict
            as it is.

    Returns:
        What has passed, and the rest as not judged.
    """
    if not exercises:
        return verdict
    reason = messages.not_judged_before(exercises)
    criteria = tuple(
        c if c.passed else replace(c, message=reason, mistake=None, case="", judged=False)
        for c in verdict.criteria
    )
    return replace(verdict, criteria=criteria)


def _climb(
    suite: Suite,
    rung: Rung,
    observations: Mapping[str, Observation],
    all_faults: Mapping[str, Mapping[str, Fault]],
) -> CriterionResult:
    faults = all_faults[rung.id]
    if faults:
        faulty = {
            case.id: case.id in all_faults[other.id]
            for other in suite.criteria
            for case in suite.cases_of(other.id)
            if is_compared(other, case)
        }
        diagnosis = diagnose(suite, rung, faults, faulty, observations)
        case = diagnosis.case if diagnosis else next(iter(faults))
        fault = faults[case]
        if diagnosis is None:
            advice = "" if fault.final else fault.advice or rung.advice
            return _failed(rung, f"{fault.sentence} {advice}".strip(), fault.mistake, case)
        advice = " ".join(mistake.sentence for mistake in diagnosis.mistakes)
        name = "+".join(mistake.id for mistake in diagnosis.mistakes)
        return _failed(rung, f"{fault.sentence} {advice}", name, case)
    work = _too_much_work(suite, rung, observations)
    if work is not None:
        case, fault = work
        return _failed(rung, f"{fault.sentence} {rung.advice}", fault.mistake, case)
    return CriterionResult(rung.id, rung.title, True, rung.points, rung.points, "Right.")


def _charged_once(
    suite: Suite,
    observations: Mapping[str, Observation],
    faults: Mapping[str, Mapping[str, Fault]],
) -> dict[str, Mapping[str, Fault]]:
    """Leave out what is as wrong on another device as on this one, where that has cost points."""

    def is_as_wrong_here(case: Case) -> bool:
        seen = observations.get(case.id)
        if case.kind != "device" or seen is None:
            return False
        return seen.result is not None and not seen.differs

    known = {case.id for case in suite.cases if is_as_wrong_here(case)}
    if not faults.get("edge_cases"):
        known = set()
    return {
        rung: {case: fault for case, fault in of_rung.items() if case not in known}
        for rung, of_rung in faults.items()
    }


def _not_judged(rung: Rung, reason: str) -> CriterionResult:
    return replace(_failed(rung, reason), judged=False)


def _failed(
    rung: Rung, message: str, mistake: str | None = None, case: str = ""
) -> CriterionResult:
    return CriterionResult(rung.id, rung.title, False, 0.0, rung.points, message, mistake, case)


def faults_of(
    suite: Suite, rung: Rung, observations: Mapping[str, Observation]
) -> dict[str, Fault]:
    """By case, what is wrong with a criterion's observations; a missing one is a fault, too."""
    faults = {}
    for case in suite.cases_of(rung.id):
        observation = observations.get(case.reads or case.id)
        if observation is None:
            faults[case.id] = Fault(messages.nothing_came_back(case))
        elif fault := _fault(suite, rung, case, observation):
            faults[case.id] = fault
    return faults


def _fault(suite: Suite, rung: Rung, case: Case, observation: Observation) -> Fault | None:
    """What is wrong with one observation, if anything is."""
    if observation.not_written:
        return Fault(messages.not_written(suite, observation), NOT_WRITTEN, final=True)
    if observation.not_believed:
        return Fault(messages.not_believed(observation), final=True)
    if observation.left_device:
        return Fault(messages.left_the_device(case, observation), "left_the_device")
    if observation.error:
        sentence = messages.raised(case, observation)
        return Fault(sentence, "raised", advice_on(observation.error, observation.line))
    if case.kind in ("count", "device"):
        return _wrong_under_watch(suite, case, observation)
    if rung.arguments_only:
        if not observation.changed_input:
            return None
        return Fault(messages.changes_its_input(case), "changes_its_input", final=True)
    if case.kind == "gradient" and observation.no_gradient:
        if not suite.expected[case.id].any():
            return None  # a gradient of zero and none at all move no weight
        return Fault(messages.cut_from_the_graph(case), "cut_from_the_graph")
    wrong = _broken_relation if case.kind == "experiment" else _wrong_result
    return wrong(suite, rung, case, observation)


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
        sentence = f"{messages.called(case)} {finding.observed}"
        return Fault(sentence, finding.mistake or None, finding.advice)
    return None


def _wrong_under_watch(suite: Suite, case: Case, observation: Observation) -> Fault | None:
    """What is wrong with the result of a call whose work is counted, or whose device is watched.

    Its dtype is not looked at: that is asked for elsewhere.
    """
    result, expected = observation.result, suite.expected.get(case.id)
    if result is None:
        return Fault(messages.no_tensor(suite, case, observation, expected), "returned_no_tensor")
    if observation.differs:
        return Fault(messages.differs(case), final=True)
    if expected is None:
        return None
    if result.shape != expected.shape:
        return Fault(messages.wrong_shape(case, tuple(result.shape), expected))
    if result.is_complex():
        return Fault(messages.complex_numbers(case))
    if distance(result, expected) > suite.tolerance:
        return Fault(messages.difference(suite, case, result, expected), final=True)
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
    if compares_shape_only(rung, case):
        return None
    if rung.same_dtype and messages.dtype_name(result.dtype) != messages.dtype_wanted(case):
        return Fault(messages.other_dtype(case, result), "dtype_not_followed")
    if distance(result, expected) > rung.tolerance:
        return Fault(partial(_difference, suite, rung, case, result, expected))
    return None


def _difference(suite: Suite, rung: Rung, case: Case, result: Tensor, expected: Tensor) -> str:
    """How a result differs from what is expected."""
    sentence = messages.difference(suite, case, result, expected)
    axes = messages.axes_of(suite, case, expected)
    return f"{sentence} {describe(result, expected, axes, rung.tolerance)}".strip()


def _too_much_work(
    suite: Suite, rung: Rung, observations: Mapping[str, Observation]
) -> tuple[str, Fault] | None:
    """Where the work grew with an axis, or was far more than it takes: the case and its fault."""
    counted = [case for case in suite.cases_of(rung.id) if case.kind == "count"]
    for case in counted[1:]:
        base, grown = observations[counted[0].id], observations[case.id]
        for kind, spare in SPARE.items():
            if getattr(grown, kind) - getattr(base, kind) > spare:
                sentence = messages.growth(case, kind, base, grown)
                return case.id, Fault(sentence, f"loops_over_{case.axis}")
    for case in counted:
        for kind, most in suite.most_work.items():
            if getattr(observations[case.id], kind) > most:
                sentence = messages.too_much_work(case, kind, observations[case.id], most)
                return case.id, Fault(sentence)
    return None
