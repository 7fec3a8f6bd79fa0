"""grades.csv: everybody in the gradebook, with points by exercise and what is still open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from nbgrader.api import Gradebook

from autograder.manifest import Manifest
from autograder.reporting.entries import Entered, Entry, entered, exercise_of
from poselab.checks.report import points

GRADES = "grades.csv"
"""The file, in the working folder."""

OPEN = "open"
"""In place of points on which a person has yet to decide."""

# The first columns are those of nbgrader's own export.
_COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "open_points",
)


def grades_as_csv(gradebook: Gradebook, manifest: Manifest) -> str:
    """The grades of all assignments in the gradebook.

    Args:
        gradebook: is read.
        manifest: the course, for the order of assignments and exercises.

    Returns:
        A row for each assignment and student, in the order of the results; exercises of other
        assignments are left blank.
    """
    assignments = {one.name: one for one in gradebook.assignments}
    names = sorted(assignments, key=lambda name: (_place(name, manifest), name))
    students = {student.id: student for student in gradebook.students}
    tables = {name: entered(gradebook, name) for name in names}
    exercises = [e for name in names for e in _exercises(name, tables[name].values(), manifest)]
    text = io.StringIO()
    table = csv.DictWriter(text, [*_COLUMNS, *dict.fromkeys(exercises)], lineterminator="\n")
    table.writeheader()
    for name in names:
        about = assignments[name]
        for student in sorted(tables[name]):
            one, person = tables[name][student], students[student]
            table.writerow(
                {
                    "assignment": name,
                    "duedate": _in_utc(about.duedate),
                    "timestamp": _in_utc(one.timestamp),
                    "student_id": student,
                    "last_name": person.last_name,
                    "first_name": person.first_name,
                    "email": person.email,
                    "raw_score": one.score,
                    "late_submission_penalty": one.penalty,
                    "score": max(0.0, one.score - one.penalty),
                    "max_score": about.max_score,
                    "open_points": one.open_points,
                    **{e: in_points(entry) for e, entry in one.by_exercise().items()},
                }
            )
    return text.getvalue()


def in_points(entry: Entry) -> str:
    """What an exercise or question has earned; not 0 before a person has decided."""
    return OPEN if entry.open else points(entry.score)


def _in_utc(when: datetime | None) -> str:
    """A time of the gradebook, which has all of them in UTC, with its zone."""
    return "" if when is None else f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _place(name: str, manifest: Manifest) -> int:
    """Where an assignment, or that of its models, stands in the course; others come last."""
    order = list(manifest.assignments)
    name = name.removesuffix("_model")
    return order.index(name) if name in order else len(order)


def _exercises(name: str, found: Iterable[Entered], manifest: Manifest) -> list[str]:
    """An assignment's exercises and questions in the course's order, then others."""
    there: dict[str, Any] = {
        exercise_of(cell): None for one in found for _, cell in sorted(one.entries)
    }
    known = manifest.assignments.get(name)
    tasks = [] if known is None else [t.id for n in known.graded_notebooks for t in n.tasks]
    return [*(task for task in tasks if task in there), *(t for t in there if t not in tasks)]
