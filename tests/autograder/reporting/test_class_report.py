"""The report on a class says what the gradebook and the records say, whatever the class is like."""

from __future__ import annotations

import builtins
import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from autograder.errors import CourseError
from autograder.grading.records import CriterionRecord, ExerciseRecord, SubmissionRecord
from autograder.limited.calls import LimitedCallError
from autograder.reporting import class_report
from autograder.reporting.class_code import typical
from autograder.reporting.class_report import write_report
from autograder.reporting.criteria_table import NO_PARQUET
from autograder.reporting.graded_class import GradedClass, Member
from autograder.reporting.results import Results
from autograder.reporting.statistics import distribution, mistakes, success, weak_criteria
from tests.autograder.reporting.books import ASSIGNMENT, QUESTION, Books

SWAPPED = """\
def joint_error(predicted, target, visible=None):
    return predicted[..., [1, 0]]  # by Eve
"""


def record(student: str, wrong: Mapping[str, str] | None = None, **about: Any) -> SubmissionRecord:
    """A submission; ``wrong`` names exercises that fail, and the mistakes recognised there."""
    wrong = wrong or {}
    exercises = tuple(
        ExerciseRecord(
            id=name,
            score=0.0 if name in wrong else 1.0,
            max_score=1.0,
            criteria=(
                CriterionRecord(
                    id="values",
                    passed=name not in wrong,
                    points=0.0 if name in wrong else 1.0,
                    max_points=1.0,
                    message="Called `f(x)`.",
                    mistake=wrong.get(name) or None,
                ),
            ),
        )
        for name in ("joint_error", "gaussian_heatmap", "heatmap_loss")
    )
    score = sum(exercise.score for exercise in exercises)
    given = {"status": "graded", "notes": (), "score": score, "max_score": 3.0}
    return SubmissionRecord(student=student, exercises=exercises, **{**given, **about})


def graded(books: Books, *records: SubmissionRecord) -> GradedClass:
    return GradedClass(books.assignment, [Member(one.student, one) for one in records])


def report(books: Books, *records: SubmissionRecord) -> str:
    """Write the report of a class; the page."""
    results = books.work / "results" / f"{ASSIGNMENT}.json"
    Results(ASSIGNMENT, 3, records).write(results)
    return write_report(books.manifest, books.assignment, books.work, results).page.read_text()


def rows(books: Books) -> list[dict[str, str]]:
    with (books.work / "reports" / f"{ASSIGNMENT}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_points_by_hand_and_typical_answers(books: Books) -> None:
    """Through the gradebook: Anna's and Ben's answers are wrong in the same way."""
    for student in ("anna", "ben", "cleo"):
        wrong = student != "cleo"
        code = {"joint_error": SWAPPED} if wrong else {}
        scores = {"joint_error": 0.0} if wrong else {}
        books.hand_in(student, answer="Because.", code=code, scores=scores)
    books.enter("anna", "ben", "cleo")
    books.give("anna", 4.0)
    full = books.assignment.exercise("joint_error").points
    books.give("ben", full, "check_joint_error")
    feedback = books.work / "feedback" / "anna" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    feedback.parent.mkdir(parents=True)
    feedback.write_text("a page")
    records = [
        record(
            "anna",
            {"joint_error": "xy_swapped"},
            notes=("Reported to the instructor: <b>it`s</b>.",),
        ),
        record("ben", {"joint_error": "xy_swapped"}, status="timed_out", notes=("Too slow.",)),
        record("cleo"),
    ]
    page = report(books, *records)
    # All have what the autograder gives; Ben has some of it by hand, Anna 4 for her answer instead.
    mean = books.assignment.automatic_points + (4 - full) / 3
    assert (
        f"<strong>{round(mean, 2):g}</strong> mean, of {books.assignment.points:g} points" in page
    )
    assert f"<code>{QUESTION}</code> (2)" in page
    assert "xy swapped (2 students)" in page and "return predicted[..., [1, 0]]" in page
    assert "by Eve" not in page and "<script" not in page
    assert (
        '<span class="badge reported">reported</span>' in page
        and "&lt;b&gt;it`s&lt;/b&gt;." in page
    )
    assert page.index("reported</span>") < page.index("timed out</span>")
    assert (
        'href="../feedback/anna/heatmap_2d/heatmap_2d.html"' in page and "feedback/ben" not in page
    )
    table = [row for row in rows(books) if row["student"] == "ben"]
    by_exercise = {row["exercise"]: row for row in table}
    assert by_exercise["joint_error"]["points"] == "0.0"
    assert by_exercise["joint_error"]["exercise_points"] == str(full)
    assert by_exercise[QUESTION]["criterion"] == "by_hand" and by_exercise[QUESTION]["points"] == ""


def test_the_table_is_written_as_parquet_too(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    report(books, record("anna", {"joint_error": ""}), record("ben"))
    path = books.work / "reports" / f"{ASSIGNMENT}.parquet"
    table = parquet.read_table(path).to_pylist()
    assert [row["passed"] for row in table] == [row["passed"] == "True" for row in rows(books)]
    assert table[0]["mistake"] is None and table[0]["points"] == 0.0

    real = builtins.__import__

    def without_pyarrow(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    results = books.work / "results" / f"{ASSIGNMENT}.json"
    written = write_report(books.manifest, books.assignment, books.work, results)
    assert written.remarks == (NO_PARQUET,) and not path.exists()
    assert "parquet" not in written.page.read_text()


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([], "Nobody has handed in a notebook that can be graded."),
        ([record("anna")], "anna has 3 of "),
        ([record("anna", status="missing"), record("ben", status="missing")], "2 missing."),
        ([record(name) for name in "abcdef"], "<strong>Everybody</strong> passes these"),
        ([record("a"), record("b")], "This needs at least 5 submissions."),
    ],
)
def test_small_classes_read_well(books: Books, records: list[SubmissionRecord], said: str) -> None:
    page = report(books, *records)
    assert said in page
    assert "None" not in page.replace("None: each criterion", "") and "nan" not in page


def test_nothing_was_graded_yet(books: Books, tmp_path: Path) -> None:
    missing, other = tmp_path / "none.json", tmp_path / "other.json"
    other.write_text(json.dumps({"assignment": "rnn_video", "submissions": []}))
    broken = tmp_path / "broken.json"
    broken.write_text("[]")
    for path, said in (
        (missing, "no results"),
        (other, "of rnn_video"),
        (broken, "no results file"),
    ):
        with pytest.raises(CourseError, match=said):
            write_report(books.manifest, books.assignment, books.work, path)


def test_code_that_cannot_be_read_costs_only_its_own_part(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*args: object, **kwargs: object) -> None:
        raise LimitedCallError("it took more than 20 s of processor time.")

    monkeypatch.setattr(class_report, "call", stopped)
    page = report(books, record("anna", {"joint_error": "xy_swapped"}), record("ben"))
    assert "compares no notebooks and shows no code: it took more than 20 s" in page
    assert "xy swapped (1 student)" in page and "No answer can be shown" in page


def test_bars_hold_every_score() -> None:
    for scores, most in (([0.0, 29.0, 14.5], 29), ([30.5], 29), ([], 4), ([0.1] * 3, 0.5)):
        bars = distribution(scores, most)
        assert sum(bar.count for bar in bars) == len(scores)
        assert 1 <= len(bars) <= 15 and bars[0].start == 0 and bars[-1].end >= most
    assert [bar.count for bar in distribution([0, 1, 9, 10], 10) if bar.count] == [1, 1, 2]


def test_success_and_mistakes(books: Books) -> None:
    class_of = graded(
        books,
        record("a", {"joint_error": "xy_swapped"}),
        record("b", {"joint_error": "not_written"}),
        record("c"),
        record("d", {"joint_error": "xy_swapped"}, status="unreadable"),
    )
    first = success(class_of)[0]
    assert (first.task.id, first.none, first.not_written, first.open) == ("joint_error", 2, 1, 0)
    (found,) = mistakes(class_of)
    assert (found.id, [member.name for member in found.members]) == ("xy_swapped", ["a"])


def test_exceptions_of_several_kinds_are_several_mistakes(books: Books) -> None:
    def raising(student: str, kind: str) -> SubmissionRecord:
        (failed, *others) = record(student, {"joint_error": "raised"}).exercises
        told = failed.criteria[0].model_copy(
            update={"message": f"Called `f(x)`. It raised {kind}: no. Look."}
        )
        exercises = (failed.model_copy(update={"criteria": (told,)}), *others)
        return record(student).model_copy(update={"exercises": exercises})

    kinds = {"a": "TypeError", "b": "KeyError", "c": "TypeError"}
    found = mistakes(graded(books, *(raising(*one) for one in kinds.items())))
    members = {one.id: [member.name for member in one.members] for one in found}
    assert members == {"raised_TypeError": ["a", "c"], "raised_KeyError": ["b"]}


def test_criteria_that_tell_little(books: Books) -> None:
    # Half fail joint_error; those who fail gaussian_heatmap are spread over both halves.
    wrong = [{"joint_error": ""} if n % 2 else {} for n in range(12)]
    odd = [{**one, **({"gaussian_heatmap": ""} if n < 6 else {})} for n, one in enumerate(wrong)]
    found = {
        one.exercise: one for one in weak_criteria(graded(books, *map(record, "abcdefghijkl", odd)))
    }
    assert found["heatmap_loss"].kind == "everybody"
    assert found["gaussian_heatmap"].kind == "unrelated"
    assert found["gaussian_heatmap"].correlation == pytest.approx(0.0, abs=1e-9)
    both = [{"joint_error": "", "gaussian_heatmap": "", "heatmap_loss": ""}] * 6 + [{}] * 6
    assert weak_criteria(graded(books, *map(record, "abcdefghijkl", both))) == []
    none = [{"joint_error": ""}] * 5
    kinds = [one.kind for one in weak_criteria(graded(books, *map(record, "abcde", none)))]
    assert kinds == ["nobody", "everybody", "everybody"]


def test_typical_answers_are_anonymous() -> None:
    answers = ["x = (", "def f():\n    '''By Eve.'''  # Eve\n    return 1", "y = 1\n" * 2000]
    assert typical(answers) == "def f():\n    return 1"
    assert typical(["("]) == ""


def test_a_long_name_leaves_the_other_columns_their_place(books: Books) -> None:
    page = BeautifulSoup(report(books, record("n" * 130)), "html.parser")
    (cell,) = page.select("td.name")
    assert cell.text == "n" * 130
    style = page.style.string if page.style else ""
    assert re.search(r"td\.name \{[^}]*overflow-wrap: anywhere", style or "")
