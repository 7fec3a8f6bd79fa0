"""What a class's points say: of the class, of its exercises, and of the criteria themselves."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from autograder.grading.records import CriterionRecord
from autograder.manifest import Exercise, Question
from autograder.reporting.graded_class import GradedClass, Member

NOT_WRITTEN = "not_written"
"""The name under which the judge says that an exercise is still as it was released."""

RAISED = "raised"
"""The name of all exceptions; the message says of which kind one was."""

_EXCEPTION = re.compile(r"\bIt raised (\w+)")

MOST_BARS = 15
FEWEST_TO_SAY_ALL = 5
"""Submissions from which on "everybody" and "nobody" mean something."""

FEWEST_TO_CORRELATE = 10
LEAST_CORRELATION = 0.2
"""Of a criterion with the sum of all others; below it says little about who can do the rest."""


@dataclass(frozen=True)
class Bar:
    """How many scores there are from one value up to the next.

    Args:
        start, end: points; the last bar includes its end.
        count: the scores.
    """

    start: float
    end: float
    count: int


@dataclass(frozen=True)
class TaskSuccess:
    """How a class did in one exercise or question.

    Args:
        task: which.
        mean: points, of those that are decided; ``None`` if none are.
        full, some, none: how many have all points, a part of them, nothing.
        open: how many a person has yet to mark.
        not_written: how many left it as it was.
    """

    task: Exercise | Question
    mean: float | None
    full: int
    some: int
    none: int
    open: int
    not_written: int


@dataclass(frozen=True)
class Mistake:
    """A named mistake.

    Args:
        exercise, id: which.
        members: who made it.
        message: what one of them was told.
    """

    exercise: str
    id: str
    members: tuple[Member, ...]
    message: str


@dataclass(frozen=True)
class WeakCriterion:
    """A criterion that tells students apart badly.

    Args:
        exercise, id: which.
        passed: how many pass it.
        kind: what is wrong with it.
        correlation: with the sum of all other criteria, where that can be said.
    """

    exercise: str
    id: str
    passed: int
    kind: Literal["everybody", "nobody", "unrelated"]
    correlation: float | None = None


def distribution(scores: Sequence[float], most: float) -> list[Bar]:
    """Count scores in steps of equal width.

    Args:
        scores: points.
        most: the points that there are.

    Returns:
        The bars from 0 to the most, or to the highest score if a bonus is higher.
    """
    top = max([most, *scores])
    steps = (factor * 10**power for power in range(-1, 4) for factor in (1, 2, 5))
    step = next(step for step in steps if top / step <= MOST_BARS)
    count = max(1, math.ceil(top / step - 1e-9))
    places = Counter(min(int(max(score, 0.0) / step + 1e-9), count - 1) for score in scores)
    return [Bar(n * step, (n + 1) * step, places[n]) for n in range(count)]


def success(graded: GradedClass) -> list[TaskSuccess]:
    """How those who handed in did in each exercise and question."""
    tasks = [task for notebook in graded.assignment.graded_notebooks for task in notebook.tasks]
    left = Counter(
        exercise.id
        for member in graded.handed_in
        for exercise in member.record.exercises
        if any(criterion.mistake == NOT_WRITTEN for criterion in exercise.criteria)
    )
    found = []
    for task in tasks:
        earned = [m.earned[task.id] for m in graded.handed_in if task.id in m.earned]
        decided = [points for points in earned if points is not None]
        full = sum(points >= task.points for points in decided)
        none = sum(points <= 0 for points in decided)
        found.append(
            TaskSuccess(
                task,
                sum(decided) / len(decided) if decided else None,
                full,
                len(decided) - full - none,
                none,
                len(earned) - len(decided),
                left[task.id],
            )
        )
    return found


def mistakes(graded: GradedClass) -> list[Mistake]:
    """The mistakes that were named, the most frequent first; each student counts once for each."""
    members: dict[tuple[str, str], dict[str, Member]] = defaultdict(dict)
    messages: dict[tuple[str, str], str] = {}
    for member in graded.handed_in:
        for exercise, criterion in _criteria(member):
            if criterion.mistake and criterion.mistake != NOT_WRITTEN:
                which = (exercise, _named(criterion, criterion.mistake))
                members[which].setdefault(member.student, member)
                messages.setdefault(which, criterion.message)
    found = [
        Mistake(exercise, name, tuple(who.values()), messages[exercise, name])
        for (exercise, name), who in members.items()
    ]
    return sorted(found, key=lambda one: (-len(one.members), one.exercise, one.id))


def _named(criterion: CriterionRecord, mistake: str) -> str:
    """A mistake's name; of exceptions, which were several mistakes, with the kind."""
    kind = _EXCEPTION.search(criterion.message) if mistake == RAISED else None
    return f"{mistake}_{kind[1]}" if kind else mistake


def weak_criteria(graded: GradedClass) -> list[WeakCriterion]:
    """The criteria that everybody passes, that nobody passes, or that go with nothing else."""
    points: dict[tuple[str, str], dict[str, CriterionRecord]] = defaultdict(dict)
    for member in graded.handed_in:
        for exercise, criterion in _criteria(member):
            points[exercise, criterion.id][member.student] = criterion
    count = len(graded.handed_in)
    if count < FEWEST_TO_SAY_ALL:
        return []
    table = np.array(
        [
            [
                points[which][m.student].points if m.student in points[which] else 0.0
                for m in graded.handed_in
            ]
            for which in points
        ]
    )
    total = table.sum(0) if points else np.zeros(count)
    found = []
    for (exercise, name), row in zip(points, table, strict=True):
        passed = sum(criterion.passed for criterion in points[exercise, name].values())
        if passed == count:
            found.append(WeakCriterion(exercise, name, passed, "everybody"))
        elif passed == 0:
            found.append(WeakCriterion(exercise, name, passed, "nobody"))
        elif count >= FEWEST_TO_CORRELATE:
            # Corrected: without the criterion itself, which would always go with its own sum.
            related = _correlation(row, total - row)
            if related is not None and related < LEAST_CORRELATION:
                found.append(WeakCriterion(exercise, name, passed, "unrelated", related))
    return found


def _criteria(member: Member) -> list[tuple[str, CriterionRecord]]:
    return [(e.id, criterion) for e in member.record.exercises for criterion in e.criteria]


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """Pearson's; ``None`` where one of them is the same for everybody."""
    if not first.std() or not second.std():
        return None
    return float(np.corrcoef(first, second)[0, 1])
