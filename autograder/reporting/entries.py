"""What the gradebook says of a class, read in a few queries however large the class is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import Select, select


@dataclass(frozen=True)
class Entry:
    """What one graded cell of one student has earned.

    Args:
        notebook, cell: which.
        auto: the autograder's score; ``None`` where there is none.
        by_hand: a person's score, which counts instead.
        extra: what a person has given on top.
        most: the cell's points.
        open: whether a person has yet to decide.
    """

    notebook: str
    cell: str
    auto: float | None
    by_hand: float | None
    extra: float
    most: float
    open: bool

    @property
    def score(self) -> float:
        """What counts at present."""
        given = self.auto if self.by_hand is None else self.by_hand
        return (given or 0.0) + self.extra

    @property
    def exercise(self) -> str:
        """The exercise or question that the cell grades."""
        return exercise_of(self.cell)


@dataclass(frozen=True)
class Entered:
    """A student's submission as the gradebook has it.

    Args:
        entries: by notebook and cell.
        timestamp: when it was handed in, if that is known.
        penalty: the points that being late costs.
        late: seconds after the due date.
        extended_to: the due date, in UTC, where the student was given another one.
        comments: a person's comments, by notebook and cell.
        name: the student's last and first name, where they are known.
    """

    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    timestamp: datetime | None = None
    penalty: float = 0.0
    late: float = 0.0
    extended_to: datetime | None = None
    comments: dict[tuple[str, str], str] = field(default_factory=dict)
    name: tuple[str | None, str | None] = (None, None)

    @property
    def score(self) -> float:
        """The points that count at present, before a penalty."""
        return sum(entry.score for entry in self.entries.values())

    @property
    def full_name(self) -> str:
        """First and last name, or the only one; empty where there is but the folder's name.

        A folder's name stands in as a last name, so a last name alone says nothing more.
        """
        last, first = self.name
        return f"{first} {last or ''}".strip() if first else ""

    @property
    def open_points(self) -> float:
        """The points on which a person has yet to decide."""
        return sum(entry.most for entry in self.entries.values() if entry.open)

    def by_exercise(self) -> dict[str, Entry]:
        """The entries by exercise and question, whose ids are unique in the course."""
        return {entry.exercise: entry for entry in self.entries.values()}


def _is_extended(submission: SubmittedAssignment) -> bool:
    return bool(submission.extension) and submission.assignment.duedate is not None


def exercise_of(cell: str) -> str:
    """The exercise that a cell checks; a question's cell bears the question's own id."""
    return cell.removeprefix("check_")


def entered(
    gradebook: Gradebook, assignment: str, students: Collection[str] | None = None
) -> dict[str, Entered]:
    """Who is in the gradebook with an assignment, by student.

    Args:
        gradebook: is read.
        assignment: its name in the gradebook.
        students: whom to look for; everybody unless told otherwise.

    Returns:
        What each of them has, also of notebooks that were not handed in.
    """

    def rows(query: Select[Any], kind: Any = None) -> Any:
        query = _of(query, assignment, kind)
        return gradebook.db.execute(
            query if students is None else query.where(Student.id.in_(students))
        )

    found: dict[str, Entered] = {}
    about = select(
        Student.id,
        Student.last_name,
        Student.first_name,
        SubmittedAssignment,
        SubmittedNotebook.late_submission_penalty,
    )
    for student, last, first, submission, penalty in rows(about):
        before = found.get(student)
        found[student] = Entered(
            timestamp=submission.timestamp,
            penalty=(before.penalty if before else 0.0) + (penalty or 0.0),
            late=float(submission.total_seconds_late),
            extended_to=submission.duedate if _is_extended(submission) else None,
            name=(last, first),
        )
    scores = select(
        Student.id,
        Notebook.name,
        BaseCell.name,
        Grade.auto_score,
        Grade.manual_score,
        Grade.extra_credit,
        Grade.max_score,
        Grade.needs_manual_grade,
    )
    for row in rows(scores, Grade):
        student, notebook, cell, auto, by_hand, extra, most, needed = row
        entry = Entry(notebook, cell, auto, by_hand, extra or 0.0, most, bool(needed))
        found[student].entries[notebook, cell] = entry
    comments = select(Student.id, Notebook.name, BaseCell.name, Comment.manual_comment)
    for student, notebook, cell, comment in rows(comments, Comment):
        if comment:
            found[student].comments[notebook, cell] = comment
    return found


def _of(query: Select[Any], assignment: str, kind: Any = None) -> Select[Any]:
    """Restrict a query to one assignment: to its submissions, or to their grades or comments."""
    if kind is None:
        # Also those of an assignment that has no notebooks.
        query = query.select_from(SubmittedAssignment).outerjoin(
            SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id
        )
    else:
        query = (
            query.select_from(kind)
            .join(BaseCell, kind.cell_id == BaseCell.id)
            .join(SubmittedNotebook, kind.notebook_id == SubmittedNotebook.id)
            .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        )
    return (
        query.join(Student, SubmittedAssignment.student_id == Student.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .where(Assignment.name == assignment)
    )
