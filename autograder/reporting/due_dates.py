"""When submissions were due, for everybody and for single students, in nbgrader's gradebook."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from autograder.collecting.collection import Collection
from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.submissions.students import Students

EXTENSIONS = "extensions.csv"
"""In the working folder: `student,assignment,due`."""

_COLUMNS = ["student", "assignment", "due"]


def hand_on_time(when: str, target: Path) -> None:
    """Lay a time where nbgrader looks for it, or take away the one that lies there.

    Args:
        when: the time as nbgrader reads it; empty where there is none.
        target: where nbgrader looks for it.
    """
    if not when:
        target.unlink(missing_ok=True)
    elif not target.is_file() or target.read_text(encoding="utf-8") != when:
        write_atomically(target, when.encode())


@dataclass(frozen=True)
class CollectedTimes:
    """What the platforms say of when something was handed in.

    Args:
        handed_in: by the student's folder, the time as nbgrader reads it.
        late_without_time: the folders of those who are late, no one knows how much.
    """

    handed_in: Mapping[str, str] = field(default_factory=dict)
    late_without_time: frozenset[str] = frozenset()

    @classmethod
    def of(cls, collection: Collection) -> CollectedTimes:
        """The times of the attempts that are graded."""
        current = [one for one in collection.attempts if one.current]
        return cls(
            {
                student: f"{attempt.handed_in.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
                for attempt in current
                if attempt.handed_in is not None
                for student in attempt.students
            },
            frozenset(
                student
                for attempt in current
                if attempt.late and attempt.handed_in is None
                for student in attempt.students
            ),
        )


def read_extensions(work: Path) -> dict[tuple[str, str], datetime]:
    """The due dates of single students.

    Args:
        work: the working folder, which may hold `extensions.csv`.

    Returns:
        By assignment and student, when the submission is due; with a zone.

    Raises:
        CourseError: the file cannot be read, or a line says no time.
    """
    path = work / EXTENSIONS
    if not path.is_file():
        return {}
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"{path} cannot be read ({error}); save it as CSV in UTF-8.") from None
    found: dict[tuple[str, str], datetime] = {}
    for line, row in enumerate(rows, start=2):
        cells = {name: (row.get(name) or "").strip() for name in _COLUMNS}
        if not all(cells.values()):
            raise CourseError(f"{path}, line {line}: needs the columns student, assignment, due.")
        found[cells["assignment"], cells["student"]] = _due(cells["due"], f"{path}, line {line}")
    return found


def grant_extension(work: Path, student: str, assignment: str, due: str) -> None:
    """Enter a student's due date into `extensions.csv`, in place of an earlier one.

    Args:
        work: the working folder.
        student: the name of the student's folder, or the id.
        assignment: the assignment's id.
        due: when, with a zone.

    Raises:
        CourseError: it is no time, or the file cannot be read.
    """
    extensions = read_extensions(work)
    extensions[assignment, student] = _due(due, "The due date")
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for (name, who), when in sorted(extensions.items()):
        table.writerow([who, name, when.isoformat()])
    write_atomically(work / EXTENSIONS, text.getvalue().encode())


def enter_due_dates(
    gradebook: Gradebook,
    work: Path,
    name: str,
    assignment: str,
    due: datetime | None,
    known: Students,
) -> Iterator[str]:
    """Enter an assignment's due date and its extensions, and take back what is no longer so.

    What somebody has entered with nbgrader stays, unless `course.toml` or `extensions.csv` says
    something else.

    Args:
        gradebook: is changed.
        work: the working folder.
        name: the assignment's in the gradebook.
        assignment: its id in the course.
        due: when it is due; ``None`` where the course does not say.
        known: the students' ids.

    Yields:
        What could not be entered, as sentences.

    Raises:
        CourseError: an extension is no extension, or there is none to extend.
    """
    memory = work / "entered" / "due_dates.json"
    kept: dict[str, Any] = json.loads(memory.read_text()) if memory.is_file() else {}
    before = kept.get(name, {})
    about = gradebook.find_assignment(name)
    if due is not None:
        about.duedate = due.astimezone(UTC).replace(tzinfo=None)
    elif before.get("due") and str(about.duedate) == before["due"]:
        about.duedate = None
    extended: dict[str, str] = {}
    for (which, student), until in sorted(read_extensions(work).items()):
        if which != assignment:
            continue
        until = until.astimezone(UTC).replace(tzinfo=None)
        if about.duedate is None:
            raise CourseError(
                f"{EXTENSIONS} extends {assignment} for {student}, but it has no due date: give "
                "`due` in course.toml."
            )
        if until < about.duedate:
            raise CourseError(
                f"{EXTENSIONS}: {student}'s due date of {assignment}, {until} UTC, is before "
                f"everybody's, {about.duedate} UTC."
            )
        try:
            submission = gradebook.find_submission(name, known.id_of(student))
        except MissingEntry:
            yield f"{EXTENSIONS}: {student} has handed in nothing for {assignment} so far."
            continue
        submission.extension = until - about.duedate
        extended[submission.student.id] = str(until)
    for student in before.get("extensions", {}).keys() - extended.keys():
        try:
            gradebook.find_submission(name, student).extension = None
        except MissingEntry:
            continue
    gradebook.db.commit()
    entry = {"due": str(about.duedate) if due is not None else "", "extensions": extended}
    if entry != before:
        content = json.dumps({**kept, name: entry}, indent=1, sort_keys=True)
        write_atomically(memory, content.encode())


def _due(text: str, where: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise CourseError(
            f"{where}: '{text}' is no time with a zone; write it like 2026-12-01T23:59:00+01:00."
        )
    return when
