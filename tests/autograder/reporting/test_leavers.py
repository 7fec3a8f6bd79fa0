"""Who is in the folder no longer is asked about once, and dropped or renamed on demand."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from autograder.cli import app
from autograder.errors import CourseError
from autograder.grading.pipeline import grade_all
from autograder.grading.settings import Settings
from autograder.reporting.leavers import (
    ask_about,
    drop_student,
    left_out,
    rename_student,
    restore_student,
)
from autograder.submissions.find import Submission
from autograder.submissions.students import admit, dropped_students, known_students
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


def test_whoever_was_dropped_stays_out_until_that_is_taken_back(books: Books) -> None:
    books.hand_in("gone", "None.")
    books.hand_in("here", "Both.")
    books.enter("gone", "here")
    books.writer.write_grades(books.work / "grades.csv")
    runs = books.work / "runs"
    known = admit(runs, ["gone", "here"])
    drop_student(books.writer, "gone")
    assert "gone" not in (books.work / "grades.csv").read_text()
    assert dropped_students(runs) == {"gone"}
    (said,) = left_out(dropped_students(runs), ["gone", "here"], known, books.work)
    assert "gone" in said and "student restore" in said
    assert not list(left_out(dropped_students(runs), ["here"], known, books.work))
    with pytest.raises(CourseError, match="here was not dropped; dropped so far: gone"):
        restore_student(books.writer, "here")
    restore_student(books.writer, "gone")
    assert not dropped_students(runs)


class _Folders:
    """An evaluator that finds students, and has nothing of them to run."""

    in_threads = True

    def __init__(self, *students: str) -> None:
        self.students = students
        self.store: Any = SimpleNamespace(kept=lambda student: SimpleNamespace(key="k"))

    def find(self, submitted: Path) -> list[Submission]:
        return [Submission(student, None) for student in self.students]

    def own(self) -> Any:
        return SimpleNamespace(key="k")

    def prepare(self, submission: Submission) -> Any:
        return SimpleNamespace(key="k")


def test_a_run_takes_in_nobody_who_was_dropped(tmp_path: Path) -> None:
    sink: Any = SimpleNamespace(planned=lambda *_: None, graded=lambda *_: None)
    evaluator: Any = _Folders("gone", "here")
    settings = Settings(dropped=frozenset(["gone"]))
    assert grade_all(evaluator, tmp_path, sink, settings, Console(quiet=True)) == ["here"]


def test_a_renamed_students_folder_may_be_called_either_way(books: Books) -> None:
    runs = books.work / "runs"
    admit(runs, ["old", "other"])
    books.hand_in("old", "Heat maps.")
    books.enter("old")
    rename_student(books.writer, "old", "new")
    assert "new" in (books.work / "grades.csv").read_text()
    for folder in ("old", "new", "old"):
        known = admit(runs, [folder, "other"])
        assert (known.id_of(folder), known.folder_of("new")) == ("new", folder)
        assert sorted(known.ids.values()) == ["new", "other"]
    with pytest.raises(CourseError, match="folders old and new are both new's"):
        admit(runs, ["new", "old", "other"])
    books.hand_in("new", "Heat maps.")
    books.enter("new")
    rename_student(books.writer, "new", "newest")
    assert admit(runs, ["old"]).id_of("old") == "newest"


@pytest.mark.parametrize(
    "command",
    [
        ["student", "drop", "eva"],
        ["student", "restore", "eva"],
        ["student", "rename", "eva", "ada"],
        ["student", "extend", "eva", ASSIGNMENT, "2026-12-03T23:59:00+01:00"],
        ["report", ASSIGNMENT],
        ["export", ASSIGNMENT, "--to", "csv"],
        ["formgrade"],
    ],
)
def test_another_terms_gradebook_is_refused(
    books: Books, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    books.hand_in("eva", "Both.")
    books.enter("eva")
    (books.work / "course.json").write_text('{"term": "2025 autumn"}')
    course = books.manifest.course.model_copy(update={"term": "2026 autumn"})
    manifest = books.manifest.model_copy(update={"course": course})
    monkeypatch.setattr("autograder.cli.load_manifest", lambda root: manifest)
    said = CliRunner().invoke(app, [*command, "--work", str(books.work)])
    assert said.exit_code == 1 and "is that of '2025 autumn'" in said.output
    assert not (books.work / "extensions.csv").exists() and books.entered("eva")
