"""The gradebook, grades.csv and the pages say the same, whatever the clocks say."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.collecting.collection import Person
from autograder.reporting import lateness
from autograder.reporting.due_dates import hand_on_time
from autograder.reporting.enter_names import enter_names
from autograder.reporting.entries import Entered
from autograder.reporting.feedback import FeedbackWriter
from autograder.submissions.students import known_students
from tests.autograder.reporting.books import ASSIGNMENT, QUESTION, Books

ANSWER = "Integral regression wins."


def age(folder: Path, days: float) -> None:
    """Make every file in a folder older, or, with a negative number, newer."""
    for path in folder.rglob("*"):
        when = path.stat().st_mtime - days * 86400
        os.utime(path, (when, when))


def new(books: Books, *students: str) -> list[str]:
    return books.writer.unrecorded(books.assignment, students)


def pages(books: Books, *students: str) -> list[str]:
    return books.writer.without_feedback(books.assignment, students)


def test_digests_and_not_clocks(books: Books) -> None:
    def write(*students: str) -> None:
        writer = books.writer
        outdated = writer.without_feedback(books.assignment, students)
        for student in outdated:
            path = writer.feedback / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("a page")
        writer.feedback_is_written(books.assignment, outdated)

    for student in ("anna", "ben"):
        books.hand_in(student, ANSWER)
    assert new(books, "anna", "ben") == ["anna", "ben"]
    books.enter("anna", "ben")
    assert pages(books, "anna", "ben") == ["anna", "ben"]
    write("anna", "ben")
    for folder, days in (("runs", -400), ("autograded", 400), ("feedback", 4000), ("runs", 9999)):
        age(books.work / folder, days)
        assert not new(books, "anna", "ben") and not pages(books, "anna", "ben")
    # A person's score or comment is shown, once.
    books.give("anna", 3)
    assert not new(books, "anna", "ben") and pages(books, "anna", "ben") == ["anna"]
    write("anna", "ben")
    books.give("anna", 3, comment="Nice.")
    assert pages(books, "anna", "ben") == ["anna"]
    write("anna", "ben")
    assert not pages(books, "anna", "ben")
    # A result that differs is entered, however old its file is; and so is what went astray.
    books.hand_in("ben", ANSWER, scores={"joint_error": 1})
    age(books.work / "runs", 5000)
    assert new(books, "anna", "ben") == ["ben"]
    books.enter("ben")
    assert books.entered("ben").by_exercise()["joint_error"].auto == 1
    assert pages(books, "anna", "ben") == ["ben"]
    with books.gradebook() as gradebook:
        gradebook.find_grade("check_joint_error", ASSIGNMENT, ASSIGNMENT, "ben").auto_score = 3
    assert new(books, "anna", "ben") == ["ben"]
    (books.work / "autograded" / "anna" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").unlink()
    assert new(books, "anna", "ben") == ["anna", "ben"]
    (books.work / "entered" / ASSIGNMENT / "anna.json").write_text("{")
    assert new(books, "anna") == ["anna"]


def test_who_is_absent_keeps_everything(books: Books) -> None:
    for student in ("Zoe", "anna", "ben"):
        books.hand_in(student, ANSWER)
    books.enter("Zoe", "anna", "ben")
    books.give("ben", 2)
    copies = [books.work / folder / "ben" for folder in ("submitted", "autograded", "runs")]
    books.hand_in("anna", ANSWER, scores={"joint_error": 1})
    assert books.enter("Zoe", "anna") == ["anna"]
    assert all(copy.is_dir() for copy in copies[:2])
    rows = books.rows()
    assert [row["student_id"] for row in rows] == ["Zoe", "anna", "ben"]
    assert [row[QUESTION] for row in rows] == ["open", "open", "2"]
    earned, by_hand = books.assignment.automatic_points, books.assignment.manual_points
    lost = books.assignment.exercise("joint_error").points - 1
    assert [float(row["open_points"]) for row in rows] == [by_hand, by_hand, 0]
    assert [float(row["raw_score"]) for row in rows] == [earned, earned - lost, earned + 2]
    assert {float(row["max_score"]) for row in rows} == {books.assignment.points}
    tasks = [task.id for task in books.notebook.tasks]
    assert [column for column in rows[0] if column in tasks] == tasks
    assert rows[1]["joint_error"] == "1"


def test_names_are_quoted(books: Books) -> None:
    books.work.mkdir()
    with books.gradebook() as gradebook:
        gradebook.add_assignment("essay", duedate="2026-05-04 12:00:00 UTC")
        for name in ('Doe, "J"', "two\nlines", "=1+1"):
            gradebook.add_student(name, last_name="Last, First")
            gradebook.add_submission("essay", name)
    rows = books.rows()
    assert {row["student_id"] for row in rows} == {'Doe, "J"', "two\nlines", "=1+1"}
    assert {row["last_name"] for row in rows} == {"Last, First"}
    assert {row["max_score"] for row in rows} == {"0.0"}


def test_pages_show_what_is_open(books: Books) -> None:
    for student in ("anna", "ben"):
        books.hand_in(student, ANSWER)
    books.enter("anna", "ben")
    books.give("ben", 3)
    assert not FeedbackWriter(books.writer, books.assignment).write(["anna", "ben"], 1)
    anna, ben = (
        (books.work / "feedback" / s / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text()
        for s in ("anna", "ben")
    )
    earned, by_hand = books.assignment.automatic_points, books.assignment.manual_points
    most = f"of {books.assignment.points:g} points</strong>"
    assert f"<strong>{earned:g} {most}; {by_hand:g} of them are not yet marked." in anna
    assert f"not yet marked, of {by_hand:g} points" in anna
    for exercise in books.notebook.exercises:
        assert f"{exercise.points:g} of {exercise.points:g} points" in anna
    assert f"<strong>{earned + 3:g} {most}." in ben and f"3 of {by_hand:g} points" in ben
    assert "not yet marked" not in ben


def test_late(books: Books) -> None:
    config = books.root / "nbgrader_config.py"
    config.write_text(
        config.read_text() + "c.LateSubmissionPlugin.penalty_method = 'zero'\n", encoding="utf-8"
    )
    for student in ("late", "intime"):
        books.hand_in(student, ANSWER)
    books.enter("late", "intime")
    with books.gradebook() as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-05-04 12:00:00 UTC")
    times = {"late": "2026-05-06 12:00:01 UTC", "intime": "2026-05-04 11:59:59 UTC"}
    for student, when in times.items():
        target = books.work / "submitted" / student / ASSIGNMENT / "timestamp.txt"
        hand_on_time(when, target)
    assert books.enter("late", "intime") == ["intime", "late"]
    late, intime = books.entered("late"), books.entered("intime")
    earned = books.assignment.automatic_points
    assert late.penalty == earned and intime.penalty == 0 and intime.timestamp is not None
    (remark,) = lateness.lateness(late)
    assert remark == f"Handed in 2 days late: the penalty is {earned:g} points."
    assert not list(lateness.lateness(intime))
    assert [float(row["score"]) for row in books.rows()] == [earned, 0]
    # A person's points come later, and count for the penalty.
    books.give("late", 3)
    books.give("intime", 3)
    assert not books.enter("late", "intime")
    assert books.settle() == {"late": (earned, earned + 3)}
    assert books.entered("late").penalty == earned + 3 and books.entered("late").open_points == 0
    assert not books.settle()
    # Handed in without a timestamp again.
    hand_on_time("", books.work / "submitted" / "late" / ASSIGNMENT / "timestamp.txt")
    assert books.enter("late", "intime") == ["late"]
    assert books.entered("late").timestamp is None and books.entered("late").penalty == 0


def test_times_in_grades_have_their_zone_and_single_names_are_shown(books: Books) -> None:
    books.hand_in("eva", "Both.")
    books.enter("eva")
    people = {"eva": Person(id="eva", first_name="Sukarno")}
    enter_names(books.address, known_students(books.work / "runs"), people)
    with books.gradebook() as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-05-04 12:00:00 UTC")
    (row,) = books.rows()
    assert (row["duedate"], row["timestamp"]) == ("2026-05-04 12:00:00 UTC", "")
    assert books.entered("eva").full_name == "Sukarno"
    assert Entered(name=("folder", "")).full_name == ""
