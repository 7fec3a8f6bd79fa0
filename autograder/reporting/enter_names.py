"""Readable names in the gradebook, beside the ids that stand for students' folders."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.collecting.collection import Person
from autograder.reporting.gradebook_check import opened
from autograder.submissions.students import Students


def enter_names(database: str, students: Students, people: Mapping[str, Person]) -> None:
    """Enter names and addresses: the roster's, or else what the folder's name says.

    A name that somebody has entered before stays.

    Args:
        database: the gradebook's address.
        students: the ids.
        people: whom roster and platform name, by folder.
    """
    named = {student: name for student, name in students.names.items() if student != name}
    listed = {students.id_of(folder): person for folder, person in people.items()}
    if not named and not listed:
        return
    with opened(database) as gradebook:
        for student in gradebook.students:
            guess = last_and_first(named[student.id]) if student.id in named else (None, None)
            if (student.last_name, student.first_name) in (guess, (None, None), ("", "")):
                person = listed.get(student.id)
                if person is not None and (person.last_name or person.first_name):
                    last, first = (_bare(n) for n in (person.last_name, person.first_name))
                    student.last_name, student.first_name = last, first
                else:
                    student.last_name, student.first_name = guess
            if student.id in listed and not student.email:
                student.email = _bare(listed[student.id].email)
        gradebook.db.commit()


def _bare(text: str) -> str | None:
    """A name on one line, without commas: nbgrader's CSV has them bare."""
    return " ".join(text.replace(",", " ").split()) or None


def last_and_first(name: str) -> tuple[str, str | None]:
    """A folder's name as last and first name, without commas: nbgrader's CSV has them bare."""
    last, _, first = (part.strip() for part in name.partition(","))
    if last and first and "," not in first:
        return last, first
    return _bare(name) or "?", None
