"""From cases, key and answers to points and sentences. The only place that decides.

The same judge serves the student's notebook, with stored suites, and the grader's own process,
with secret ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from poselab.checks.cases import Case, Criterion, KnownMistake, Suite
from poselab.checks.relations import first_broken, misshapen
from poselab.checks.runner import Observation

SAME = 1e-4
"""How near an answer has to come to a known mistake's: the same mistake rounds in its own way."""

SPARE_OPERATIONS = 8
"""Tensor operations that may come on top when an axis grows: a right answer may take a branch."""

SPARE_INSTRUCTIONS = 96
"""Python instructions that may come on top, likewise. The grown axis adds 32 steps, and the
shortest step of a loop, in a comprehension or behind `map`, is 5 instructions."""


TITLES = {
    "shape": "type and shape",
    "values": "values",
    "edge_cases": "edge cases",
    "gradient": "gradient",
    "vectorised": "vectorised",
    "dtype_device": "dtype and device",
}
"""How a criterion is called where students read it."""

_SPEAK_FOR_THEMSELVES = {"not_written", "changes_its_input"}
"""Mistakes whose sentence leaves nothing to add."""


@dataclass(frozen=True)
class CriterionResult:
    """What one criterion earned, and why.

    Args:
        mistake: the id of the known mistake that the answer behaves like, if any.
        case: the case that decided, for the picture; empty where none did.
    """

    id: str
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
    """Judge the answers to an exercise's cases, criterion by criterion.

    A criterion above ``values`` is only judged once the values are right: a function that returns
    zeros is neither vectorised nor differentiable, it is wrong.
    """
    by_case = {observation.case: observation for observation in observations}
    results: list[CriterionResult] = []
    blocked_by = ""
    for criterion in suite.criteria:
        if blocked_by:
            message = f'Not judged until "{TITLES[blocked_by]}" is right.'
            results.append(_failed(criterion, message))
            continue
        result = _judge_criterion(suite, criterion, by_case)
        results.append(result)
        if not result.passed and criterion.id in ("shape", "values"):
            blocked_by = criterion.id
    return Verdict(suite.id, suite.title, tuple(results))


def judge_nothing(suite: Suite, reason: str) -> Verdict:
    """The verdict where there are no answers to judge: no points, and the reason."""
    results = (_failed(criterion, reason) for criterion in suite.criteria)
    return Verdict(suite.id, suite.title, tuple(results))


def distance(result: Tensor, expected: Tensor) -> float:
    """The largest difference, relative where values exceed 1; infinite if a value is not finite."""
    if expected.numel() == 0:
        return 0.0
    scale = expected.abs().clamp(min=1)
    difference = ((result.to(torch.float64) - expected) / scale).abs()
    return float(difference.nan_to_num(nan=torch.inf).max())


@dataclass(frozen=True)
class _Fault:
    """What is wrong with an observation, in a sentence; and the mistake's name where that is plain."""

    sentence: str
    mistake: str | None = None


def expected_result(suite: Suite, case: Case, result: Tensor | None) -> Tensor:
    """The key; where a point has several right answers, for each point the one nearest to ours."""
    key = suite.expected[case.id]
    if not case.any_of:
        return key
    if result is None or result.shape != key.shape[1:]:
        return key[0]
    off = (key - result.to(torch.float64)).abs().nan_to_num(nan=torch.inf)
    nearest = off.amax(-1, keepdim=True).argmin(0, keepdim=True)
    return key.gather(0, nearest.expand(1, *key.shape[1:]))[0]


def _judge_criterion(
    suite: Suite, criterion: Criterion, observations: Mapping[str, Observation]
) -> CriterionResult:
    cases = suite.cases_of(criterion.id)
    for case in cases:
        observation = observations.get(case.reads or case.id)
        if observation is None:
            return _failed(criterion, f"{_called(case)} No observation came back.")
        fault = _fault(suite, criterion, case, observation)
        if fault is None:
            continue
        known = _named(suite, fault) or _recognise(suite, observations, criterion, case)
        advice = known.sentence if known else criterion.advice
        if fault.mistake in _SPEAK_FOR_THEMSELVES:
            advice = ""
        return CriterionResult(
            criterion.id,
            passed=False,
            points=0.0,
            max_points=criterion.points,
            message=f"{fault.sentence} {advice}".strip(),
            mistake=known.id if known else fault.mistake,
            case=case.id,
        )
    growth = _growth(cases, observations)
    if growth is not None:
        message = f"{growth.sentence} {criterion.advice}"
        return _failed(criterion, message, mistake=growth.mistake)
    return CriterionResult(criterion.id, True, criterion.points, criterion.points, "Right.")


def _failed(criterion: Criterion, message: str, mistake: str | None = None) -> CriterionResult:
    return CriterionResult(criterion.id, False, 0.0, criterion.points, message, mistake)


def _fault(
    suite: Suite, criterion: Criterion, case: Case, observation: Observation
) -> _Fault | None:
    """What is wrong with one observation, if anything is."""
    called = _called(case)
    where = f" in `{observation.line}`" if observation.line else ""
    if observation.not_written:
        what = f"`{suite.id}` is not written yet: fill in its cell, run that, then run this one."
        return _Fault(what, "not_written")
    if case.kind == "device":
        # An error of another kind than mixed devices may be the stand-in's own limit.
        if not observation.left_device:
            return None
        what = f"On a GPU this fails: {observation.left_device}{where}."
        return _Fault(f"{called} {what}", "left_the_device")
    if observation.error:
        hint = " Print the shapes of what meets on that line." if where else ""
        return _Fault(f"{called} It raised {observation.error}{where}.{hint}", "raised")
    if case.kind == "count":
        return None
    if case.kind == "experiment":
        return _broken_relation(suite, criterion, case, observation)
    if case.kind == "gradient" and observation.no_gradient:
        if not suite.expected[case.id].any():
            return None  # a gradient of zero and none at all move no weight
        what = (
            f"Autograd finds no way from the result back to `{_first_argument(case)}`, so a "
            "network could not learn from it."
        )
        return _Fault(f"{called} {what}", "cut_from_the_graph")
    return _wrong_result(suite, criterion, case, observation)


def _broken_relation(
    suite: Suite, criterion: Criterion, case: Case, observation: Observation
) -> _Fault | None:
    """What an experiment's results show to be wrong, if anything is."""
    called = _called(case)
    expected = suite.expected.get(case.id)
    if observation.result is None:
        wanted = f"; expected {_a_tensor(expected)}" if expected is not None else ""
        return _Fault(f"{called} It returned {observation.returned}{wanted}.")
    if expected is not None and observation.result.shape[1:] != expected.shape:
        shape = tuple(observation.result.shape[1:])
        what = f"It returned a tensor of shape {shape}; expected {_a_tensor(expected)}."
        return _Fault(f"{called} {what}", misshapen(shape, tuple(expected.shape)))
    finding = first_broken(case, observation.result, criterion.tolerance)
    if finding is not None:
        return _Fault(f"{called} {finding.observed}", finding.mistake)
    return _changed_input(called, observation)


def _changed_input(called: str, observation: Observation) -> _Fault | None:
    if not observation.changed_input:
        return None
    what = (
        "The numbers are right, but the call overwrote its own argument. Operations in place, "
        "such as `+=`, `x[...] =` and names that end in `_`, do that: make a new tensor."
    )
    return _Fault(f"{called} {what}", "changes_its_input")


def _wrong_result(
    suite: Suite, criterion: Criterion, case: Case, observation: Observation
) -> _Fault | None:
    """What is wrong with what came back, if anything is."""
    called = _called(case)
    result = observation.result
    expected = expected_result(suite, case, result)
    if result is None:
        sentence = f"{called} It returned {observation.returned}; expected {_a_tensor(expected)}."
        if observation.returned == "a tuple" and case.build is not None:
            sentence += " Recurrent layers return a tuple: their output, and their last state."
        elif observation.returned in ("a list", "a tuple"):
            sentence += " `torch.stack` makes one tensor of several."
        return _Fault(sentence, "returned_no_tensor")
    if result.shape != expected.shape:
        got = f"a tensor of shape {tuple(result.shape)}"
        return _Fault(f"{called} It returned {got}; expected {_a_tensor(expected)}.")
    if result.is_complex():
        return _Fault(f"{called} It returned complex numbers; expected real ones.")
    if criterion.id == "shape" or case.kind == "shape":
        return None
    if criterion.id == "dtype_device" and result.dtype != case.args[0].dtype:
        what = f"The input is {_dtype(case.args[0])}, the result {_dtype(result)}."
        return _Fault(f"{called} {what}", "dtype_not_followed")
    if distance(result, expected) > criterion.tolerance:
        return _Fault(f"{called} {_difference(suite, case, result, expected)}")
    return _changed_input(called, observation)


def _growth(cases: Sequence[Case], observations: Mapping[str, Observation]) -> _Fault | None:
    """Where the work grew with an axis, if it did."""
    counted = [case for case in cases if case.kind == "count"]
    if not counted:
        return None
    base = observations[counted[0].id]
    for case in counted[1:]:
        grown = observations[case.id]
        operations = 0 if case.python_only else grown.operations - base.operations
        instructions = grown.instructions - base.instructions
        if operations <= SPARE_OPERATIONS and instructions <= SPARE_INSTRUCTIONS:
            continue
        kind = "operations" if operations > SPARE_OPERATIONS else "instructions"
        unit = "tensor operations" if kind == "operations" else "Python instructions"
        before, after = getattr(base, kind), getattr(grown, kind)
        line = _line_that_grew(getattr(base, f"{kind}_by_line"), getattr(grown, f"{kind}_by_line"))
        where = f", mostly `{line}`" if line else ""
        sentence = (
            f"With 32 more {case.axis} it took {after} {unit} instead of {before}: something "
            f"runs once for each of the {case.axis}{where}."
        )
        return _Fault(sentence, f"loops_over_{case.axis}")
    return None


def _line_that_grew(base: Mapping[str, int], grown: Mapping[str, int]) -> str:
    growth = {line: count - base.get(line, 0) for line, count in grown.items()}
    return max(growth, key=lambda line: growth[line], default="")


def _named(suite: Suite, fault: _Fault) -> KnownMistake | None:
    """The known mistake that the fault itself names."""
    return next((known for known in suite.mistakes if known.id == fault.mistake), None)


def _recognise(
    suite: Suite, observations: Mapping[str, Observation], criterion: Criterion, failed: Case
) -> KnownMistake | None:
    """The known mistake that this function behaves like, if there is one.

    It has to be wrong on the case that failed, and to give the same observations up to that one; of
    several the one that agrees with most other observations, too. What comes after does not have to
    agree: two mistakes in one function are common.
    """
    compared = [case for case in suite.cases if _is_compared(case)]
    needed = _cases_up_to(failed, suite, criterion)

    best, most = None, 0
    for mistake in suite.mistakes:
        if not _explains(mistake, suite, failed, criterion):
            continue
        same = {q.id: _behaves_like(mistake, q, observations) for q in compared}
        told = any(mistake.results[q.id].any() for q in needed if q.id in mistake.results)
        # Whoever returns zeros behaves like many a mistake for a while: then all has to agree.
        if all(same[case.id] for case in (needed if told else compared)):
            number = sum(same.values())
            best, most = (mistake, number) if number > most else (best, most)
    return best


def _cases_up_to(failed: Case, suite: Suite, criterion: Criterion) -> list[Case]:
    """The cases on the way up the ladder to the one that failed, which is the last."""
    rungs = dict.fromkeys(("shape", "values", criterion.id))
    asked = [q for rung in rungs for q in suite.cases_of(rung) if _is_compared(q)]
    ids = [case.id for case in asked]
    return asked[: ids.index(failed.id) + 1] if failed.id in ids else asked


def _is_compared(case: Case) -> bool:
    return case.kind in ("call", "shape", "gradient")


def _behaves_like(
    mistake: KnownMistake, case: Case, observations: Mapping[str, Observation]
) -> bool:
    observation = observations.get(case.id)
    theirs = mistake.results.get(case.id)
    if observation is None or observation.result is None or theirs is None:
        return (observation is None or observation.result is None) and theirs is None
    if observation.result.shape != theirs.shape or observation.result.is_complex():
        return False
    if case.kind == "shape":
        return True
    both_finite = theirs.isfinite() & observation.result.isfinite()
    same_holes = bool((theirs.isfinite() == observation.result.isfinite()).all())
    return same_holes and distance(observation.result[both_finite], theirs[both_finite]) <= SAME


def _explains(mistake: KnownMistake, suite: Suite, case: Case, criterion: Criterion) -> bool:
    """Whether the mistake is wrong on this very case."""
    if not _is_compared(case):
        return False
    theirs = mistake.results.get(case.id)
    expected = expected_result(suite, case, theirs)
    if theirs is None:
        return False  # errors look alike, whatever their cause
    if theirs.shape != expected.shape:
        return True
    if case.kind == "shape":
        return False
    return distance(theirs, expected) > criterion.tolerance


def _first_argument(case: Case) -> str:
    return re.split(r"[(,)]", case.call)[1]


def _called(case: Case) -> str:
    given = f" with {case.given}" if case.given else ""
    return f"Called `{case.call}`{given}."


def _difference(suite: Suite, case: Case, result: Tensor, expected: Tensor) -> str:
    if expected.dim() == 0:
        got, wanted = _numbers(result, expected)
        return f"It returned {got}; expected {wanted}."
    scale = expected.abs().clamp(min=1)
    off = ((result.to(torch.float64) - expected) / scale).abs().nan_to_num(nan=torch.inf)
    place = tuple(int(i) for i in torch.unravel_index(off.argmax(), expected.shape))
    if case.kind == "gradient":
        got, wanted = _numbers(result[place], expected[place])
        return f"At index {place} the gradient is {got}; expected {wanted}."
    axes = suite.result_axes
    if axes[-1] == "xy":
        at = _place(axes[:-1], place[:-1])
        got, wanted = _points(result[place[:-1]], expected[place[:-1]])
        return f"{at} it returned (x, y) = {got}; expected {wanted}."
    got, wanted = _numbers(result[place], expected[place])
    return f"{_place(axes, place)} it returned {got}; expected {wanted}."


def _place(axes: Sequence[str], place: Sequence[int]) -> str:
    return "At " + ", ".join(f"{axis} {i}" for axis, i in zip(axes, place, strict=True))


def _points(*points: Tensor) -> list[str]:
    by_coordinate = [_numbers(*values) for values in zip(*points, strict=True)]
    return [f"({', '.join(point)})" for point in zip(*by_coordinate, strict=True)]


def _numbers(*values: Tensor) -> list[str]:
    """Numbers with four digits, or with as many as it takes to tell them apart."""
    for digits in (4, 6, 8, 10, 12):
        written = [f"{float(value):.{digits}g}" for value in values]
        if len(set(written)) > 1:
            break
    return written


def _a_tensor(expected: Tensor) -> str:
    if expected.dim() == 0:
        return "one number (a tensor without axes)"
    return f"a tensor of shape {tuple(expected.shape)}"


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
