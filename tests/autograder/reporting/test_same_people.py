"""Results, table and grades.csv list the same people."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from autograder.reporting import grade
from autograder.reporting.due_dates import CollectedTimes
from autograder.reporting.results import Results
from autograder.reporting.table import print_table
from autograder.submissions.students import Students
from tests.autograder.reporting.books import ASSIGNMENT, QUESTION, Books

ANSWER = "Integral regression wins."
NAMES = Students({})


def test_an_absent_student_and_a_new_one(books: Books, tmp_path: Path) -> None:
    for student in ("anna", "ben", "Zoe"):
        books.hand_in(student, ANSWER)
    books.enter("anna", "ben", "Zoe")
    books.give("anna", 3)
    books.give("ben", 1)
    # Ben is absent from the next folder, Cleo is new, and Anna has changed her answer.
    books.hand_in("anna", "Heat maps win.")
    books.hand_in("cleo", ANSWER, scores={"joint_error": 1})
    here = {"anna", "cleo", "Zoe"}
    books.enter(*here)
    entered = books.writer.entered(ASSIGNMENT)
    kept = grade._KeptSubmissions(
        [books.evaluator],
        here,
        entered,
        {"cleo": "Her clock is wrong."},
        NAMES,
        CollectedTimes(late_without_time=frozenset({"Zoe"})),
    )
    absent = [student for student in kept.everybody if student not in here]
    outcome = Results(ASSIGNMENT, 3, kept, entered=entered, absent=absent)
    outcome.write(tmp_path / "results.json")
    results = json.loads((tmp_path / "results.json").read_text())["submissions"]
    names = [one["student"] for one in results]
    assert names == ["Zoe", "anna", "ben", "cleo"]
    assert names == [row["student_id"] for row in books.rows()] == list(sorted(entered))
    notes = {one["student"]: " ".join(one["notes"]) for one in results}
    assert "was answered anew after 3 points" in notes["anna"]
    assert notes["ben"] == grade.NOT_HERE
    assert notes["cleo"] == "Her clock is wrong."
    assert notes["Zoe"] == grade.LATE_WITHOUT_TIME
    console = Console(file=io.StringIO(), width=160)
    print_table(outcome, books.assignment, console)
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    table, _, below = said.rpartition("┘")
    rows = {line.split()[1]: line.split("│")[2:-1] for line in table.splitlines() if "│" in line}
    assert list(rows) == names
    question = [task.id for task in books.notebook.tasks].index(QUESTION)
    assert [rows[name][question].strip() for name in names] == ["open", "open", "1", "open"]
    earned, by_hand = books.assignment.automatic_points, books.assignment.manual_points
    lost = books.assignment.exercise("joint_error").points - 1
    scores = [earned, earned + 3, earned + 1, earned - lost]
    assert [rows[name][-3].strip() for name in names] == [f"{score:g}" for score in scores]
    assert [float(rows[name][-2]) for name in names] == [by_hand, by_hand, 0, by_hand]
    # Whether he has left is asked once, and not below every table.
    assert "ben" not in below
    assert "anna: `compare_methods` was answered anew" in below


def test_our_own_failures(books: Books) -> None:
    for student in ("anna", "ben", "cleo"):
        books.hand_in(student, ANSWER)
    store = books.evaluator.store
    everybody = {"anna", "ben", "cleo"}
    assert not grade._failures([books.evaluator], everybody, NAMES)

    def change(student: str, **update: object) -> None:
        record = store.kept(student)
        assert record is not None
        store.keep(student, record.model_copy(update=update))

    closed = ("The file cannot be opened (Permission denied).",)
    change("anna", status="unreadable", notes=closed)
    change("ben", status="crashed")
    assert not grade._failures([books.evaluator], everybody, NAMES), "that is the student's doing"
    change("ben", status="unreadable", notes=closed)
    (said,) = grade._failures([books.evaluator], everybody, NAMES)
    assert said.startswith("Most submissions cannot be opened (anna, ben); see whether")
    change("cleo", notes=("The grader failed (the disk); grade again.",))
    said, _ = grade._failures([books.evaluator], everybody, NAMES)
    assert said.startswith("The grader itself failed on cleo; the remarks say why.")
