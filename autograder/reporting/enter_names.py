"""Readable names in the gradebook, beside the ids that stand for students' folders."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.collecting.collection import Person
from autograder.reporting.gradebook_check import opened
from autograder.submissions.students import Students


def enter_names(
    database: str, students: Students, people: Mapping[str, Person] | None = None
) -> None:
    """Enter names and addresses: the roster's, or else what the folder's name says.

    A name that somebody has entered before stays; a folder's gives way to a roster's.

    Args:
        database: the gradebook's address.
        students: the ids.
        people: whom roster and platform name, by folder.
    """
    listed = {students.id_of(folder): person for folder, person in (people or {}).items()}
    with opened(database) as gradebook:
        for student in gradebook.students:
            person = listed.get(student.id)
            stand_in = last_and_first(students.name_of(student.id))
            if (student.last_name or "", student.first_name or "") in (("", ""), stand_in):
                last, first = stand_in
                if person is not None and (person.last_name or person.first_name):
                    last, first = _bare(person.last_name), _bare(person.first_name)
                student.last_name, student.first_name = last, first
            if person is not None and not student.email:
                student.email = _bare(person.email) or None
        gradebook.db.commit()


def last_and_first(name: str) -> tuple[str, str]:
    """A folder's name as last and first name, `Last, First` or all as the last.

    A first name that is not known is blank: nbgrader would show *None* for one that is missing.
    """
    last, _, first = (part.strip() for part in name.partition(","))
    if last and first and "," not in first:
        return last, first
    return _bare(name) or "?", ""


def _bare(text: str) -> str:
    """A text on one line, without commas: nbgrader's CSV has them bare."""
    return " ".join(text.replace(",", " ").split())
