"""Whose score is another than the one recorded before, from what to what, and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.files import write_atomically
from autograder.grading.notebook import NotebookEvaluator
from autograder.grading.records import ExerciseRecord
from autograder.reporting.entries import Entered
from autograder.reporting.exports.table import harmless
from autograder.submissions.students import Students
from poselab.checks.report import points

PENALTY = "late penalty"
"""In place of an exercise, where what being late costs has changed."""


@dataclass(frozen=True)
class Change:
    """One score that changed.

    Args:
        student: the id.
        exercise: what earned it.
        before, after: the points.
        why: what made the difference.
        by_hand: the points that a person has given, which count instead of both.
    """

    student: str
    exercise: str
    before: float
    after: float
    why: str
    by_hand: float | None = None

    def sentence(self, name: str) -> str:
        """The change in words.

        Args:
            name: of the student.

        Returns:
            A sentence.
        """
        held = ""
        if self.by_hand is not None:
            held = f" The {points(self.by_hand)} points given by hand still count."
        return (
            f"{name}: {self.exercise} {points(self.before)} -> {points(self.after)} ({self.why})."
            f"{held}"
        )


def changed_scores(
    evaluators: Iterable[NotebookEvaluator],
    students: Collection[str],
    entered: Mapping[str, Entered],
) -> Iterator[Change]:
    """What has become of the scores that were kept before records were replaced.

    Args:
        evaluators: of the assignment's notebooks.
        students: who was graded.
        entered: what the gradebook says now.

    Yields:
        Each exercise whose score is another one.
    """
    for evaluator in evaluators:
        for student in sorted(students):
            before, now = evaluator.replaced.kept(student), evaluator.store.kept(student)
            if before is None or now is None:
                continue
            earlier = {exercise.id: exercise for exercise in before.exercises}
            anew = before.cells != now.cells
            for exercise in now.exercises:
                was = earlier.get(exercise.id)
                if was is None or was.score == exercise.score:
                    continue
                there = entered.get(student, Entered()).by_exercise().get(exercise.id)
                yield Change(
                    student,
                    exercise.id,
                    was.score,
                    exercise.score,
                    _why(was, exercise, anew),
                    there.by_hand if there else None,
                )


def forget_replaced(evaluators: Iterable[NotebookEvaluator], students: Iterable[str]) -> None:
    """Once changes are reported, drop what they were found by."""
    for evaluator in evaluators:
        for student in students:
            evaluator.replaced.forget(student)


def write_changes(
    changes: Sequence[Change],
    entered: Mapping[str, Entered],
    known: Students,
    folder: Path,
    assignment: str,
) -> Path:
    """Write changes as CSV, into a file that no later run replaces.

    Args:
        changes: at least one.
        entered: what the gradebook says now.
        known: the students' names.
        folder: the folder of all such files.
        assignment: its id.

    Returns:
        The file.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["student", "exercise", "before", "after", "by_hand", "score_now", "why"])
    for change in changes:
        there = entered.get(change.student)
        now = "" if there is None else points(max(0.0, there.score - there.penalty))
        held = "" if change.by_hand is None else points(change.by_hand)
        numbers = [points(change.before), points(change.after), held, now]
        name = known.name_of(change.student)
        table.writerow(
            [harmless(name), change.exercise, *numbers, harmless(" ".join(change.why.split()))]
        )
    path = folder / f"{assignment}_{datetime.now():%Y-%m-%d_%H%M%S}.csv"
    write_atomically(path, text.getvalue().encode("utf-8", "surrogateescape"))
    return path


def _why(before: ExerciseRecord, after: ExerciseRecord, anew: bool) -> str:
    """The criteria that made the difference."""
    earlier = {criterion.id: criterion for criterion in before.criteria}
    told = []
    for criterion in after.criteria:
        was = earlier.pop(criterion.id, None)
        if was is None:
            told.append(f"{criterion.id} is new: {points(criterion.points)}")
        elif was.points != criterion.points:
            told.append(f"{criterion.id} {points(was.points)} -> {points(criterion.points)}")
    told += [f"{name} is gone: {points(was.points)}" for name, was in earlier.items()]
    reason = ", ".join(told) or "its criteria are worth other points"
    return f"handed in anew; {reason}" if anew else reason
