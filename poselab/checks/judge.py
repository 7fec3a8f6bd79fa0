"""From questions, key and answers to points and sentences. The only place that decides.

The same judge serves the student's notebook, with stored papers, and the grader's own process,
with secret ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from poselab.checks.paper import Criterion, Exercise, Mistake, Question
from poselab.checks.probe import Answer
from poselab.checks.relations import first_broken, misshapen

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
        question: the question that decided, for the picture; empty where none did.
    """

    id: str
    passed: bool
    points: float
    max_points: float
    message: str
    mistake: str | None = None
    question: str = ""


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


def judge(exercise: Exercise, answers: Iterable[Answer]) -> Verdict:
    """Judge the answers to an exercise's questions, criterion by criterion.

    A criterion above ``values`` is only judged once the values are right: a function that returns
    zeros is neither vectorised nor differentiable, it is wrong.
    """
    by_question = {answer.question: answer for answer in answers}
    results: list[CriterionResult] = []
    blocked_by = ""
    for criterion in exercise.criteria:
        if blocked_by:
            message = f'Not judged until "{TITLES[blocked_by]}" is right.'
            results.append(_failed(criterion, message))
            continue
        result = _judge_criterion(exercise, criterion, by_question)
        results.append(result)
        if not result.passed and criterion.id in ("shape", "values"):
            blocked_by = criterion.id
    return Verdict(exercise.id, exercise.title, tuple(results))


def judge_nothing(exercise: Exercise, reason: str) -> Verdict:
    """The verdict where there are no answers to judge: no points, and the reason."""
    results = (_failed(criterion, reason) for criterion in exercise.criteria)
    return Verdict(exercise.id, exercise.title, tuple(results))


def distance(result: Tensor, expected: Tensor) -> float:
    """The largest difference, relative where values exceed 1; infinite if a value is not finite."""
    if expected.numel() == 0:
        return 0.0
    scale = expected.abs().clamp(min=1)
    difference = ((result.to(torch.float64) - expected) / scale).abs()
    return float(difference.nan_to_num(nan=torch.inf).max())


@dataclass(frozen=True)
class _Fault:
    """What is wrong with an answer, in a sentence; and the mistake's name where that is plain."""

    sentence: str
    mistake: str | None = None


def expected_answer(exercise: Exercise, question: Question, result: Tensor | None) -> Tensor:
    """The key; where a point has several right answers, for each point the one nearest to ours."""
    key = exercise.key[question.id]
    if not question.any_of:
        return key
    if result is None or result.shape != key.shape[1:]:
        return key[0]
    off = (key - result.to(torch.float64)).abs().nan_to_num(nan=torch.inf)
    nearest = off.amax(-1, keepdim=True).argmin(0, keepdim=True)
    return key.gather(0, nearest.expand(1, *key.shape[1:]))[0]


def _judge_criterion(
    exercise: Exercise, criterion: Criterion, answers: Mapping[str, Answer]
) -> CriterionResult:
    questions = exercise.asked_under(criterion.id)
    for question in questions:
        answer = answers.get(question.reads or question.id)
        if answer is None:
            return _failed(criterion, f"{_called(question)} No answer came back.")
        fault = _fault(exercise, criterion, question, answer)
        if fault is None:
            continue
        known = _named(exercise, fault) or _recognise(exercise, answers, criterion, question)
        advice = known.sentence if known else criterion.look_at
        if fault.mistake in _SPEAK_FOR_THEMSELVES:
            advice = ""
        return CriterionResult(
            criterion.id,
            passed=False,
            points=0.0,
            max_points=criterion.points,
            message=f"{fault.sentence} {advice}".strip(),
            mistake=known.id if known else fault.mistake,
            question=question.id,
        )
    growth = _growth(questions, answers)
    if growth is not None:
        message = f"{growth.sentence} {criterion.look_at}"
        return _failed(criterion, message, mistake=growth.mistake)
    return CriterionResult(criterion.id, True, criterion.points, criterion.points, "Right.")


def _failed(criterion: Criterion, message: str, mistake: str | None = None) -> CriterionResult:
    return CriterionResult(criterion.id, False, 0.0, criterion.points, message, mistake)


def _fault(
    exercise: Exercise, criterion: Criterion, question: Question, answer: Answer
) -> _Fault | None:
    """What is wrong with one answer, if anything is."""
    called = _called(question)
    where = f" in `{answer.line}`" if answer.line else ""
    if answer.not_written:
        what = f"`{exercise.id}` is not written yet: fill in its cell, run that, then run this one."
        return _Fault(what, "not_written")
    if question.kind == "device":
        # An error of another kind than mixed devices may be the stand-in's own limit.
        if not answer.left_device:
            return None
        what = f"On a GPU this fails: {answer.left_device}{where}."
        return _Fault(f"{called} {what}", "left_the_device")
    if answer.error:
        hint = " Print the shapes of what meets on that line." if where else ""
        return _Fault(f"{called} It raised {answer.error}{where}.{hint}", "raised")
    if question.kind == "count":
        return None
    if question.kind == "experiment":
        return _broken_relation(exercise, criterion, question, answer)
    if question.kind == "gradient" and answer.no_gradient:
        if not exercise.key[question.id].any():
            return None  # a gradient of zero and none at all move no weight
        what = (
            f"Autograd finds no way from the result back to `{_first_argument(question)}`, so a "
            "network could not learn from it."
        )
        return _Fault(f"{called} {what}", "cut_from_the_graph")
    return _wrong_result(exercise, criterion, question, answer)


def _broken_relation(
    exercise: Exercise, criterion: Criterion, question: Question, answer: Answer
) -> _Fault | None:
    """What an experiment's results show to be wrong, if anything is."""
    called = _called(question)
    expected = exercise.key.get(question.id)
    if answer.result is None:
        wanted = f"; expected {_a_tensor(expected)}" if expected is not None else ""
        return _Fault(f"{called} It returned {answer.returned}{wanted}.")
    if expected is not None and answer.result.shape[1:] != expected.shape:
        shape = tuple(answer.result.shape[1:])
        what = f"It returned a tensor of shape {shape}; expected {_a_tensor(expected)}."
        return _Fault(f"{called} {what}", misshapen(shape, tuple(expected.shape)))
    finding = first_broken(question, answer.result, criterion.tolerance)
    if finding is not None:
        return _Fault(f"{called} {finding.observed}", finding.mistake)
    return _changed_input(called, answer)


def _changed_input(called: str, answer: Answer) -> _Fault | None:
    if not answer.changed_input:
        return None
    what = (
        "The numbers are right, but the call overwrote its own argument. Operations in place, "
        "such as `+=`, `x[...] =` and names that end in `_`, do that: make a new tensor."
    )
    return _Fault(f"{called} {what}", "changes_its_input")


def _wrong_result(
    exercise: Exercise, criterion: Criterion, question: Question, answer: Answer
) -> _Fault | None:
    """What is wrong with what came back, if anything is."""
    called = _called(question)
    result = answer.result
    expected = expected_answer(exercise, question, result)
    if result is None:
        sentence = f"{called} It returned {answer.returned}; expected {_a_tensor(expected)}."
        if answer.returned == "a tuple" and question.build is not None:
            sentence += " Recurrent layers return a tuple: their output, and their last state."
        elif answer.returned in ("a list", "a tuple"):
            sentence += " `torch.stack` makes one tensor of several."
        return _Fault(sentence, "returned_no_tensor")
    if result.shape != expected.shape:
        got = f"a tensor of shape {tuple(result.shape)}"
        return _Fault(f"{called} It returned {got}; expected {_a_tensor(expected)}.")
    if result.is_complex():
        return _Fault(f"{called} It returned complex numbers; expected real ones.")
    if criterion.id == "shape" or question.kind == "shape":
        return None
    if criterion.id == "dtype_device" and result.dtype != question.args[0].dtype:
        what = f"The input is {_dtype(question.args[0])}, the result {_dtype(result)}."
        return _Fault(f"{called} {what}", "dtype_not_followed")
    if distance(result, expected) > criterion.tolerance:
        return _Fault(f"{called} {_difference(exercise, question, result, expected)}")
    return _changed_input(called, answer)


def _growth(questions: Sequence[Question], answers: Mapping[str, Answer]) -> _Fault | None:
    """Where the work grew with an axis, if it did."""
    counted = [question for question in questions if question.kind == "count"]
    if not counted:
        return None
    base = answers[counted[0].id]
    for question in counted[1:]:
        grown = answers[question.id]
        operations = 0 if question.python_only else grown.operations - base.operations
        instructions = grown.instructions - base.instructions
        if operations <= SPARE_OPERATIONS and instructions <= SPARE_INSTRUCTIONS:
            continue
        kind = "operations" if operations > SPARE_OPERATIONS else "instructions"
        unit = "tensor operations" if kind == "operations" else "Python instructions"
        before, after = getattr(base, kind), getattr(grown, kind)
        line = _line_that_grew(getattr(base, f"{kind}_by_line"), getattr(grown, f"{kind}_by_line"))
        where = f", mostly `{line}`" if line else ""
        sentence = (
            f"With 32 more {question.axis} it took {after} {unit} instead of {before}: something "
            f"runs once for each of the {question.axis}{where}."
        )
        return _Fault(sentence, f"loops_over_{question.axis}")
    return None


def _line_that_grew(base: Mapping[str, int], grown: Mapping[str, int]) -> str:
    growth = {line: count - base.get(line, 0) for line, count in grown.items()}
    return max(growth, key=lambda line: growth[line], default="")


def _named(exercise: Exercise, fault: _Fault) -> Mistake | None:
    """The known mistake that the fault itself names."""
    return next((known for known in exercise.mistakes if known.id == fault.mistake), None)


def _recognise(
    exercise: Exercise, answers: Mapping[str, Answer], criterion: Criterion, failed: Question
) -> Mistake | None:
    """The known mistake that this function behaves like, if there is one.

    It has to be wrong on the question that failed, and to give the same answers up to that one; of
    several the one that agrees with most other answers, too. What comes after does not have to
    agree: two mistakes in one function are common.
    """
    compared = [question for question in exercise.questions if _is_compared(question)]
    needed = _asked_up_to(failed, exercise, criterion)

    best, most = None, 0
    for mistake in exercise.mistakes:
        if not _explains(mistake, exercise, failed, criterion):
            continue
        same = {q.id: _behaves_like(mistake, q, answers) for q in compared}
        told = any(mistake.answers[q.id].any() for q in needed if q.id in mistake.answers)
        # Whoever returns zeros behaves like many a mistake for a while: then all has to agree.
        if all(same[question.id] for question in (needed if told else compared)):
            number = sum(same.values())
            best, most = (mistake, number) if number > most else (best, most)
    return best


def _asked_up_to(failed: Question, exercise: Exercise, criterion: Criterion) -> list[Question]:
    """The questions on the way up the ladder to the one that failed, which is the last."""
    rungs = dict.fromkeys(("shape", "values", criterion.id))
    asked = [q for rung in rungs for q in exercise.asked_under(rung) if _is_compared(q)]
    ids = [question.id for question in asked]
    return asked[: ids.index(failed.id) + 1] if failed.id in ids else asked


def _is_compared(question: Question) -> bool:
    return question.kind in ("call", "shape", "gradient")


def _behaves_like(mistake: Mistake, question: Question, answers: Mapping[str, Answer]) -> bool:
    answer = answers.get(question.id)
    theirs = mistake.answers.get(question.id)
    if answer is None or answer.result is None or theirs is None:
        return (answer is None or answer.result is None) and theirs is None
    if answer.result.shape != theirs.shape or answer.result.is_complex():
        return False
    if question.kind == "shape":
        return True
    both_finite = theirs.isfinite() & answer.result.isfinite()
    same_holes = bool((theirs.isfinite() == answer.result.isfinite()).all())
    return same_holes and distance(answer.result[both_finite], theirs[both_finite]) <= SAME


def _explains(
    mistake: Mistake, exercise: Exercise, question: Question, criterion: Criterion
) -> bool:
    """Whether the mistake is wrong on this very question."""
    if not _is_compared(question):
        return False
    theirs = mistake.answers.get(question.id)
    expected = expected_answer(exercise, question, theirs)
    if theirs is None:
        return False  # errors look alike, whatever their cause
    if theirs.shape != expected.shape:
        return True
    if question.kind == "shape":
        return False
    return distance(theirs, expected) > criterion.tolerance


def _first_argument(question: Question) -> str:
    return re.split(r"[(,)]", question.call)[1]


def _called(question: Question) -> str:
    given = f" with {question.given}" if question.given else ""
    return f"Called `{question.call}`{given}."


def _difference(exercise: Exercise, question: Question, result: Tensor, expected: Tensor) -> str:
    if expected.dim() == 0:
        got, wanted = _numbers(result, expected)
        return f"It returned {got}; expected {wanted}."
    scale = expected.abs().clamp(min=1)
    off = ((result.to(torch.float64) - expected) / scale).abs().nan_to_num(nan=torch.inf)
    place = tuple(int(i) for i in torch.unravel_index(off.argmax(), expected.shape))
    if question.kind == "gradient":
        got, wanted = _numbers(result[place], expected[place])
        return f"At index {place} the gradient is {got}; expected {wanted}."
    axes = exercise.result_axes
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
