"""From the gradebook to the platform's file, by our command and by nbgrader's own."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import nbgrader.api
import pytest
from typer.testing import CliRunner

from autograder.cli import INCOMPLETE, app
from autograder.collecting.collection import Collection, Person, write_collection
from autograder.errors import CourseError
from autograder.manifest import LateRule
from autograder.reporting.exports.export import ExportOptions, export_marks
from autograder.reporting.exports.plugin import Exported
from tests.autograder.reporting.books import ASSIGNMENT, NEWEST, QUESTION, Books

PENALTY = 1.25


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """Eva is marked and late, Tom's answer is open, Canvas does not know Kim, Pat is not there."""
    folder = tmp_path_factory.mktemp("exports")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(nbgrader.api, "get_alembic_version", lambda: NEWEST)
        books = Books(folder)
        _fill(books, folder / "submitted")
        yield books


def _fill(books: Books, submitted: Path) -> None:
    people = {
        student: Person(id=student, last_name=student.title(), ids=ids)
        for student, ids in (
            ("eva", {"ID": "101"}),
            ("tom", {"ID": "102"}),
            ("kim", {}),
            ("pat", {"ID": "104"}),
        )
    }
    # Whom a roster knows by other ids than Canvas's has none there.
    people["kim"] = people["kim"].model_copy(update={"ids": {"matriculation": "7"}})
    write_collection(submitted, Collection(assignment=ASSIGNMENT, people=people))
    books.hand_in("eva", "Heat maps.", scores={"joint_error": 1})
    books.hand_in("tom", "None of them.")
    books.hand_in("kim", "Both.")
    books.enter("eva", "tom", "kim")
    books.give("eva", 2.5)
    books.give("kim", 4)
    # A day late at 1.25 points a day, which nothing has been taken off for so far.
    late = LateRule(method="points", amount=PENALTY)
    course = books.manifest.course.model_copy(update={"late": late})
    books.manifest = books.manifest.model_copy(update={"course": course})
    with books.gradebook() as gradebook:
        gradebook.find_assignment(ASSIGNMENT).duedate = datetime(2026, 12, 1)
        gradebook.find_submission(ASSIGNMENT, "eva").timestamp = datetime(2026, 12, 1, 1)


def evas(books: Books) -> str:
    lost = books.assignment.exercise("joint_error").points - 1 + 4 - 2.5
    return f"{books.assignment.points - lost - PENALTY:g}"


def columns(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [[row[1], row[-1]] for row in csv.reader(file)]


def export(books: Books, options: ExportOptions | None = None) -> Exported:
    return export_marks(
        books.manifest,
        ASSIGNMENT,
        "canvas",
        books.work.parent / "submitted",
        books.work,
        options=options,
    )


def test_what_is_open_is_left_blank_and_everybody_is_named(graded: Books) -> None:
    exported = export(graded)
    assert exported.path == graded.work / "exports" / f"{ASSIGNMENT}_canvas.csv"
    total = graded.assignment.points
    assert columns(exported.path)[1:] == [["", f"{total:g}"], ["101", evas(graded)]]
    told = "\n".join(exported.remarks)
    assert "Not in the file, compare_methods open (1): Tom (tom)." in told
    assert "Not in the file, not graded (1): Pat (pat)." in told
    assert "Kim (kim)" in told and "eva" not in told.casefold()
    assert exported.written == 1 and exported.remarks[0].startswith("1 of 4 students' marks")


def test_what_is_open_counts_nothing_where_that_is_asked_for(graded: Books) -> None:
    exported = export(graded, ExportOptions(open_as_zero=True))
    points = dict(map(tuple, columns(exported.path)))
    assert points["102"] == f"{graded.assignment.automatic_points:g}"
    assert not any("tom" in remark for remark in exported.remarks)


def test_full_marks_that_differ_are_told(graded: Books, tmp_path: Path) -> None:
    into = tmp_path / "gradebook.csv"
    title = graded.assignment.title
    into.write_text(
        f"Student,ID,SIS Login ID,Section,{title} (1)\n    Points Possible,,,,100\n"
        "Eva,101,,A,\nTom,102,,A,3\nNoa,109,,A,\n"
    )
    exported = export(graded, ExportOptions(into=into))
    assert [mark for _, mark in columns(exported.path)[2:]] == [evas(graded), "3", ""]
    told = "\n".join(exported.remarks)
    assert "has 100 points on the platform" in told and "unknown here: Noa" in told


def test_another_terms_gradebook_is_not_exported(graded: Books) -> None:
    course = graded.manifest.course.model_copy(update={"term": "2026 autumn"})
    mark = graded.work / "course.json"
    mark.write_text('{"term": "2025 autumn"}')
    manifest = graded.manifest.model_copy(update={"course": course})
    submitted = graded.work.parent / "submitted"
    with pytest.raises(CourseError, match="is that of '2025 autumn'"):
        export_marks(manifest, ASSIGNMENT, "canvas", submitted, graded.work)
    mark.unlink()


def test_nobodys_mark_is_no_success(graded: Books, tmp_path: Path) -> None:
    into = tmp_path / "gradebook.csv"
    into.write_text(f"Student,ID,Section,{graded.assignment.title} (1)\nNoa,109,A,\n")
    options = ["--submitted", str(graded.work.parent / "submitted"), "--work", str(graded.work)]
    said = CliRunner().invoke(
        app, ["export", ASSIGNMENT, "--to", "canvas", "--into", str(into), *options]
    )
    assert said.exit_code == INCOMPLETE
    assert "None of 4 students' marks are in the file." in said.output
    assert "Eva (eva)" in said.output


def test_what_cannot_be_exported_is_said(graded: Books, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="has no model that earns points"):
        export(graded, ExportOptions(with_model=True))
    with pytest.raises(CourseError, match="no marks of rnn_video"):
        export_marks(graded.manifest, "rnn_video", "canvas", tmp_path, graded.work)
    with pytest.raises(CourseError, match="no gradebook"):
        export_marks(graded.manifest, ASSIGNMENT, "canvas", tmp_path, tmp_path)


def test_nbgrader_exports_by_the_same_plugin(graded: Books, tmp_path: Path) -> None:
    target = tmp_path / "by_nbgrader.csv"
    submitted = graded.work.parent / "submitted"
    command = [
        sys.executable,
        "-m",
        "nbgrader",
        "export",
        "--exporter=autograder.reporting.exports.plugin.CanvasExport",
        f"--db={graded.address}",
        f"--assignment=['{ASSIGNMENT}']",
        f"--to={target}",
        f"--MarksExport.submitted={submitted}",
        f"--MarksExport.runs={graded.work / 'runs'}",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == export(graded).path.read_bytes()
    assert QUESTION in done.stderr
