"""What leaves the gradebook: one number a student, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbgrader.api import Gradebook, MissingEntry

from autograder.collecting.collection import Person
from autograder.errors import CourseError
from autograder.reporting.entries import entered

_DECIMALS = 2


@dataclass(frozen=True)
class Mark:
    """What a student has earned.

    Args:
        person: the student, as roster and platform name them.
        points: after penalties; ``None`` where that cannot be said yet.
        why: where there are no points, the reason.
    """

    person: Person
    points: float | None
    why: str = ""


@dataclass(frozen=True)
class Marks:
    """What a class has earned.

    Args:
        assignment: its name in the gradebook.
        title: what people call it.
        most: full marks.
        marks: by student, sorted.
    """

    assignment: str
    title: str
    most: float
    marks: Sequence[Mark]


def marks_of(
    gradebook: Gradebook,
    names: Sequence[str],
    title: str,
    people: Mapping[str, Person],
    open_as_zero: bool = False,
) -> Marks:
    """The marks of an assignment, or the sums of several that are one for the students.

    Args:
        gradebook: is read.
        names: in the gradebook.
        title: what people call the assignment.
        people: everybody who is known, by the id in the gradebook; whoever is only in the
            gradebook has a mark as well.
        open_as_zero: count nothing for what a person has yet to decide, instead of leaving the
            student's mark open.

    Returns:
        Everybody's mark.

    Raises:
        CourseError: an assignment is not in the gradebook.
    """
    most = 0.0
    found: dict[str, list[tuple[float, list[str]]]] = {}
    for name in names:
        try:
            most += gradebook.find_assignment(name).max_score
        except MissingEntry:
            there = ", ".join(sorted(one.name for one in gradebook.assignments)) or "nothing"
            raise CourseError(
                f"The gradebook has no marks of {name}; it has {there}: grade it first."
            ) from None
        for student, one in entered(gradebook, name).items():
            still_open = [entry.exercise for entry in one.entries.values() if entry.open]
            score = max(0.0, one.score - one.penalty)
            found.setdefault(student, []).append((score, still_open))
    named = {
        student.id: Person(
            id=student.id,
            last_name=student.last_name or "",
            first_name=student.first_name or "",
            email=student.email or "",
        )
        for student in gradebook.students
    }
    marks = []
    for student in sorted({*found, *people}):
        person = people.get(student) or named[student]
        parts = found.get(student, [])
        waiting = [exercise for _, exercises in parts for exercise in exercises]
        if len(parts) < len(names):
            missing = "not graded" if not parts else f"not graded in all of {', '.join(names)}"
            marks.append(Mark(person, None, missing))
        elif waiting and not open_as_zero:
            marks.append(Mark(person, None, f"{', '.join(sorted(waiting))} open"))
        else:
            marks.append(Mark(person, round(sum(score for score, _ in parts), _DECIMALS)))
    return Marks("+".join(names), title, most, marks)
