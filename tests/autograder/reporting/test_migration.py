"""Exercises and notebooks come and go while a class is in the gradebook."""

from __future__ import annotations

import copy
import csv

from tests.autograder.reporting.books import ASSIGNMENT, QUESTION, Books
from tests.submissions.make import grade_id

ANSWER = "Integral regression wins."


def without(books: Books, *exercises: str, name: str = ASSIGNMENT) -> None:
    """Take exercises out of the assignment."""
    nb = books.edit_source(name)
    nb.cells = [c for c in nb.cells if grade_id(c).removeprefix("check_") not in exercises]
    books.write_source(nb, name)


def test_an_exercise_comes_and_another_goes(books: Books) -> None:
    whole = books.edit_source()
    without(books, "heatmap_loss")
    for student in ("anna", "ben", "gone"):
        books.hand_in(student, ANSWER, without=["heatmap_loss"])
    books.enter("anna", "ben", "gone")
    books.give("anna", 3, comment="Nice.")
    books.give("anna", 1.5, "check_joint_error")
    books.give("gone", 2)
    assert not books.said
    # Now one is added and another taken out, and one student is absent.
    books.write_source(whole)
    without(books, "joint_error")
    for student in ("anna", "ben"):
        books.hand_in(student, ANSWER, without=["joint_error"])
    assert books.enter("anna", "ben") == ["anna", "ben"]
    said = " ".join(books.said)
    assert "added: heatmap_loss" in said and "taken out: joint_error" in said
    entry = books.entered("anna").by_exercise()
    assert entry[QUESTION].by_hand == 3 and not entry[QUESTION].open
    assert entry["heatmap_loss"].auto == books.assignment.exercise("heatmap_loss").points
    assert "joint_error" not in entry
    assert books.entered("anna").comments == {(ASSIGNMENT, QUESTION): "Nice."}
    assert books.entered("gone").by_exercise()[QUESTION].by_hand == 2
    assert books.entered("gone").by_exercise()["heatmap_loss"].open
    # What was taken out is kept elsewhere.
    with (books.work / f"removed_from_{ASSIGNMENT}.csv").open(encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file) if "check_" in row["cell"]}
    assert rows["anna"]["manual_score"] == "1.5" and set(rows) == {"anna", "ben", "gone"}
    assert len(list(books.work.glob("gradebook.db.*"))) == 1
    # Nothing is said of what was done before.
    books.said.clear()
    assert books.enter("anna", "ben") == [] and not books.said
    columns = books.rows()[0]
    assert "heatmap_loss" in columns and "joint_error" not in columns


def test_notebooks_come_and_go(books: Books) -> None:
    """The check of an exercise moves to a notebook that is new, and another notebook goes."""
    books.hand_in("anna", ANSWER)
    books.enter("anna")
    books.give("anna", 3, comment="Nice.")
    books.give("anna", 1.5, "check_joint_error")
    more = copy.deepcopy(books.edit_source())
    names = ("joint_error", "check_joint_error")
    more.cells = [cell for cell in more.cells if grade_id(cell) in names]
    without(books, "joint_error")
    books.write_source(more, "more")
    (books.root / "solutions" / ASSIGNMENT / "preliminaries.ipynb").unlink()
    said = " ".join(books.writer.fit(ASSIGNMENT))
    assert "notebooks added: more" in said and "notebooks taken out: preliminaries" in said
    books.writer.register(ASSIGNMENT)
    found = books.entered("anna")
    assert found.entries["more", "check_joint_error"].by_hand == 1.5
    assert found.by_exercise()[QUESTION].by_hand == 3
    assert found.comments[ASSIGNMENT, QUESTION] == "Nice."
    assert not (books.work / f"removed_from_{ASSIGNMENT}.csv").exists()
    with books.gradebook() as gradebook:
        names_now = {one.name for one in gradebook.find_assignment(ASSIGNMENT).notebooks}
    assert names_now == {ASSIGNMENT, "more"}
