"""Readable names in the gradebook, beside the ids that stand for students' folders."""

from __future__ import annotations

from nbgrader.api import Gradebook

from autograder.submissions.students import Students


def enter_names(database: str, students: Students) -> None:
    """Enter the folder's name as the last name of a student whose id is another.

    A name that somebody has entered before stays.

    Args:
        database: the gradebook's address.
        students: the ids.
    """
    named = {student: name for student, name in students.names.items() if student != name}
    if not named:
        return
    with Gradebook(database) as gradebook:
        for student in gradebook.students:
            if student.id in named and not student.last_name:
                student.last_name = named[student.id]
        gradebook.db.commit()
