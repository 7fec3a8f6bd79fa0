"""A class as it stands: the results file, with the gradebook's scores and what running took."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from autograder.errors import CourseError
from autograder.grading.records import (
    NOTHING_TO_GRADE,
    ModelRecord,
    NotebookRecord,
    RecordStore,
    SubmissionRecord,
)
from autograder.manifest import Assignment, Manifest
from autograder.reporting.entries import Entered
from autograder.reporting.gradebook import GradebookWriter
from autograder.submissions.students import known_students


@dataclass(frozen=True)
class Member:
    """One student of a class.

    Args:
        student: the id, by which files are called.
        record: what the results file says; it has the student's name.
        entered: what the gradebook says; ``None`` where it says nothing.
        seconds: processor time that running the notebooks took; ``None`` where it is not known.
    """

    student: str
    record: SubmissionRecord
    entered: Entered | None = None
    seconds: float | None = None

    @property
    def name(self) -> str:
        """The folder's, which the results file has."""
        return self.record.student

    @property
    def label(self) -> str:
        """What people read: the student's name where it is known, and the folder's."""
        known = self.entered.full_name if self.entered is not None else ""
        return f"{known} ({self.name})" if known else self.name

    @property
    def handed_in(self) -> bool:
        """Whether there was anything to grade."""
        return self.record.status not in NOTHING_TO_GRADE

    @property
    def score(self) -> float:
        """The points that count, with a person's and without what being late costs."""
        return current_score(self.record, self.entered)

    @cached_property
    def earned(self) -> dict[str, float | None]:
        """Points by exercise and question; ``None`` where a person has yet to decide."""
        points: dict[str, float | None] = {e.id: e.score for e in self.record.exercises}
        if self.entered is not None:
            for name, entry in self.entered.by_exercise().items():
                points[name] = None if entry.open else entry.score
        return points


@dataclass(frozen=True)
class GradedClass:
    """A class and its assignment.

    Args:
        assignment: what was graded.
        members: everybody in the results, in their order.
    """

    assignment: Assignment
    members: Sequence[Member]

    @cached_property
    def handed_in(self) -> list[Member]:
        """Those with something to grade."""
        return [member for member in self.members if member.handed_in]


def current_score(record: SubmissionRecord | ModelRecord, entered: Entered | None) -> float:
    """What a submission has earned: the gradebook's sum where it has one, less a penalty."""
    return record.score if entered is None else max(0.0, entered.score - entered.penalty)


def read_class(
    manifest: Manifest, assignment: Assignment, work: Path, results: Path, database: str | None
) -> GradedClass:
    """Read what is known of a class.

    Args:
        manifest: the course.
        assignment: what was graded.
        work: the working folder.
        results: the results file of the last run.
        database: the gradebook's address, if it is not in the working folder.

    Returns:
        The class.

    Raises:
        CourseError: nothing was graded yet, or the results file is another assignment's or none.
    """
    writer = GradebookWriter(manifest, work, database)
    records = _records(results, assignment)
    entered = writer.entered(assignment.id)
    known = known_students(writer.runs)
    ids = {name: student for student, name in known.names.items()}
    stores = [
        RecordStore(writer.runs / assignment.id, notebook.name, NotebookRecord)
        for notebook in assignment.graded_notebooks
    ]
    members = []
    for record in records:
        student = ids.get(record.student, record.student)
        kept = [one for store in stores if (one := store.kept(student)) is not None]
        seconds = [one.seconds for one in kept if one.seconds is not None]
        took = sum(seconds) if seconds else None
        members.append(Member(student, record, entered.get(student), took))
    return GradedClass(assignment, members)


def _records(results: Path, assignment: Assignment) -> list[SubmissionRecord]:
    again = f"run `autograder grade {assignment.id}` first, or name the file with --results"
    try:
        content = json.loads(results.read_text(encoding="utf-8"))
        found = content["assignment"]
        records = [SubmissionRecord.model_validate(one) for one in content["submissions"]]
    except FileNotFoundError:
        raise CourseError(f"There are no results in {results}: {again}.") from None
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise CourseError(
            f"{results} is no results file ({type(error).__name__}): {again}."
        ) from None
    if found != assignment.id:
        raise CourseError(f"{results} holds the results of {found}: {again}.")
    return records
