"""Readable names in the gradebook, beside the ids that stand for students' folders."""

from __future__ import annotations

from autograder.reporting.gradebook_check import opened
from autograder.submissions.students import Students


def enter_names(database: str, students: Students) -> None:
    """Enter the folder's name for a student whose id is another: `Last, First`, or all as the last.

    A name that somebody has entered before stays.

    Args:
        database: the gradebook's address.
        students: the ids.
    """
    named = {student: name for student, name in students.names.items() if student != name}
    if not named:
        return
    with opened(database) as gradebook:
        for student in gradebook.students:
            if student.id in named and not student.last_name:
                student.last_name, student.first_name = last_and_first(named[student.id])
        gradebook.db.commit()


def last_and_first(name: str) -> tuple[str, str | None]:
    """A folder's name as last and first name, without commas: nbgrader's CSV has them bare."""
    last, _, first = (part.strip() for part in name.partition(","))
    if last and first and "," not in first:
        return last, first
    return " ".join(name.replace(",", " ").split()) or "?", None
