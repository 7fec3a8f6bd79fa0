"""Students in the gradebook who are in the folder no longer: asked about once, then remembered."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, Student, SubmittedAssignment
from sqlalchemy import delete, update

from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.reporting.entries import entered
from autograder.reporting.gradebook import GradebookWriter
from autograder.reporting.gradebook_check import opened, require_usable
from autograder.reporting.grades_table import GRADES
from autograder.reporting.hand_given import by_hand
from autograder.submissions.students import Students, dropped_students, keep_dropped, rename

_ROOMS = ("submitted", "autograded", "feedback")


def ask_about(
    writer: GradebookWriter,
    absent: Collection[str],
    newcomers: Collection[str],
    submission_of: Callable[[str], str],
    known: Students,
) -> Iterator[str]:
    """Ask what has become of students who are not in the folder, each of them once.

    Args:
        writer: knows the working folder.
        absent: their ids.
        newcomers: who is in the gradebook for the first time.
        submission_of: what tells a student's submission apart; empty where there is none.
        known: the students' names.

    Yields:
        A sentence for each; what to do stands in it.
    """
    path = writer.runs / "asked_about.json"
    asked = set(json.loads(path.read_text())) if path.is_file() else set()
    new = sorted(set(absent) - asked)
    if not new:
        return
    with opened(writer.database) as gradebook:
        names = {s.id: (s.last_name, s.first_name) for s in gradebook.students}
    where = f"--work {writer.work}"
    for student in new:
        name = names.get(student, (None, None))
        alike = [
            other
            for other in sorted(newcomers)
            if (any(name) and names.get(other) == name)
            or (submission_of(student) and submission_of(student) == submission_of(other))
        ]
        shown = known.name_of(student)
        if alike:
            yield (
                f"{shown} is in the gradebook, but not in this folder, and may be "
                f"{known.name_of(alike[0])} now: if so, `autograder student rename {student} "
                f"{alike[0]} {where}` puts both together."
            )
        else:
            yield (
                f"{shown} is in the gradebook, but not in this folder, and keeps what was earned: "
                f"`autograder student drop {student} {where}` if the student has left, "
                f"`autograder student rename {student} NEW {where}` if the name has changed."
            )
    write_atomically(path, json.dumps(sorted(asked | set(new)), indent=1).encode())


def drop_student(writer: GradebookWriter, student: str) -> Path:
    """Take a student out of the gradebook, and keep aside what there was.

    Args:
        writer: knows the working folder.
        student: the id.

    Returns:
        The folder that holds what there was.

    Raises:
        CourseError: there is no such student.
    """
    aside = writer.work / "dropped" / student
    _require_gradebook(writer)
    with opened(writer.database) as gradebook:
        _require_student(gradebook, student)
        earned = {
            assignment.name: [asdict(entry) for entry in one.entries.values()]
            for assignment in gradebook.assignments
            for one in entered(gradebook, assignment.name, [student]).values()
        }
        write_atomically(aside / "grades.json", json.dumps(earned, indent=1).encode())
        gradebook.remove_student(student)
    keep_dropped(writer.runs, {*dropped_students(writer.runs), student})
    writer.write_grades(writer.work / GRADES)
    for room in _ROOMS:
        _move(writer.work / room / student, aside / room)
    for folder in _assignments(writer.runs):
        _move(folder / student, aside / "runs" / folder.name)
    for folder in _assignments(writer.work / "entered"):
        _move(folder / f"{student}.json", aside / "entered" / f"{folder.name}.json")
    return aside


def restore_student(writer: GradebookWriter, student: str) -> None:
    """Take back that a student has left: the next run grades the folder again.

    Args:
        writer: knows the working folder.
        student: the id.

    Raises:
        CourseError: nobody of that id was dropped.
    """
    dropped = dropped_students(writer.runs)
    if student not in dropped:
        those = ", ".join(sorted(dropped)) or "nobody"
        raise CourseError(f"{student} was not dropped; dropped so far: {those}.")
    keep_dropped(writer.runs, dropped - {student})


def left_out(
    dropped: frozenset[str], folders: Collection[str], known: Students, work: Path
) -> Iterator[str]:
    """Say whose folder is there although they were dropped.

    Args:
        dropped: the ids of those who have left.
        folders: the names of the folders of submissions.
        known: the students' names.
        work: the working folder.

    Yields:
        A sentence, if there is anybody.
    """
    if names := [known.name_of(s) for s in sorted(dropped & {known.id_of(f) for f in folders})]:
        yield (
            f"Dropped, and left out though the folder is there: {', '.join(names)}. "
            f"`autograder student restore ID --work {work}` takes that back."
        )


def rename_student(writer: GradebookWriter, old: str, new: str) -> None:
    """Give what a student has earned to the id that the student has now.

    Where both have something for an assignment, the earlier one's scores and comments stay; the
    next run enters the submission that lies in the folder.

    Args:
        writer: knows the working folder.
        old: the id in the gradebook.
        new: the id from now on.

    Raises:
        CourseError: there is no such student, or a person has marked both.
    """
    _require_gradebook(writer)
    if old == new:
        raise CourseError(f"{old} is called so already; name the old id and then the new one.")
    with opened(writer.database) as gradebook:
        before = _require_student(gradebook, old)
        names = [
            assignment.name
            for assignment in gradebook.assignments
            if entered(gradebook, assignment.name, [old])
        ]
        for name in names:
            there = entered(gradebook, name, [new]).get(new)
            if there is not None and by_hand(there):
                raise CourseError(
                    f"A person has given scores to {new} for {name}, and {old} has some as well: "
                    f"drop one of them with `autograder student drop`."
                )
        about = {
            field: getattr(before, field)
            for field in ("last_name", "first_name", "email", "lms_user_id")
            if getattr(before, field)
        }
        gradebook.update_or_create_student(new, **about)
        for name in names:
            if entered(gradebook, name, [new]):
                gradebook.remove_submission(name, new)
        of_old = SubmittedAssignment.student_id == old
        gradebook.db.execute(update(SubmittedAssignment).where(of_old).values(student_id=new))
        gradebook.db.execute(delete(Student).where(Student.id == old))
        gradebook.db.commit()
    for name in names:
        for room in _ROOMS:
            _move(writer.work / room / old / name, writer.work / room / new / name)
        _move(writer.runs / name / old, writer.runs / name / new)
        log = writer.work / "entered" / name
        _move(log / f"{old}.json", log / f"{new}.json")
    rename(writer.runs, old, new)
    keep_dropped(writer.runs, dropped_students(writer.runs) - {new})
    writer.write_grades(writer.work / GRADES)


def _require_gradebook(writer: GradebookWriter) -> None:
    if not require_usable(writer.database):
        raise CourseError(
            f"There is no gradebook in {writer.work}; give its folder with --work, or its address "
            "with --db-url."
        )


def _require_student(gradebook: Gradebook, student: str) -> Student:
    try:
        return gradebook.find_student(student)
    except MissingEntry:
        raise CourseError(
            f"The gradebook has no student '{student}'; the ids are in grades.csv."
        ) from None


def _assignments(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_dir())


def _move(source: Path, target: Path) -> None:
    """Move a file or a folder, in place of what there may be."""
    if not source.exists():
        return
    if target.is_dir():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
