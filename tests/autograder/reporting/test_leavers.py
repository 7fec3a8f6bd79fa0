"""Who is in the folder no longer is asked about once, and dropped or renamed on demand."""

from __future__ import annotations

import json

import pytest

from autograder.errors import CourseError
from autograder.reporting.leavers import ask_about, drop_student, rename_student
from autograder.submissions.students import known_students
from tests.autograder.reporting.books import ASSIGNMENT, QUESTION, Books


def asked(books: Books, absent: list[str], newcomers: list[str], same: dict[str, str]) -> list[str]:
    known = known_students(books.work / "runs")
    return list(ask_about(books.writer, absent, newcomers, lambda s: same.get(s, ""), known))


def test_leavers(books: Books) -> None:
    books.hand_in("old", "Heat maps.", scores={"joint_error": 1})
    books.hand_in("gone", "None.")
    books.hand_in("new", "Heat maps.")
    books.enter("old", "gone", "new")
    books.give("old", 3, comment="Well said.")

    same = {"old": "files", "new": "files", "gone": "others"}
    (gone, renamed) = asked(books, ["old", "gone"], ["new"], same)
    assert "autograder student drop gone" in gone
    assert "may be new now" in renamed and "student rename old new" in renamed
    assert not asked(books, ["old", "gone"], ["new"], same)

    books.give("new", 1)
    with pytest.raises(CourseError, match="A person has given scores to new"):
        rename_student(books.writer, "old", "new")
    with books.gradebook() as gradebook:
        gradebook.find_grade(QUESTION, ASSIGNMENT, ASSIGNMENT, "new").manual_score = None
    rename_student(books.writer, "old", "new")
    # What a person has given goes along; what was handed in under the new name is entered next.
    books.hand_in("new", "Heat maps.")
    assert books.enter("gone", "new") == ["new"]
    there = books.entered("new").by_exercise()
    assert (there[QUESTION].by_hand, there[QUESTION].open) == (3, False)
    assert there["joint_error"].score == books.assignment.exercise("joint_error").points
    assert books.entered("new").comments[ASSIGNMENT, QUESTION] == "Well said."
    assert {row["student_id"] for row in books.rows()} == {"gone", "new"}

    aside = drop_student(books.writer, "gone")
    kept = json.loads((aside / "grades.json").read_text())[ASSIGNMENT]
    assert {entry["cell"] for entry in kept} >= {QUESTION, "check_joint_error"}
    assert (aside / "runs" / ASSIGNMENT / f"{ASSIGNMENT}.json").is_file()
    assert {row["student_id"] for row in books.rows()} == {"new"}
    for call in (
        lambda: drop_student(books.writer, "gone"),
        lambda: rename_student(books.writer, "gone", "x"),
    ):
        with pytest.raises(CourseError, match="has no student 'gone'"):
            call()
