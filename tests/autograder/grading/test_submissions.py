"""The main job, end to end: the submissions in tests/submissions through the command line."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.grading.trust import REPORTED
from autograder.manifest import load_manifest
from tests.submissions.make import ABOVE_VALUES, EXPECTED, HERE, ROOT, STATUS, contents

ASSIGNMENT = load_manifest().assignment("heatmap_2d")


def test_the_submissions_are_what_their_module_makes() -> None:
    stale = [path for path, text in contents().items() if not _holds(path, text)]
    there = {path for path in HERE.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts}
    assert there == set(contents()) and not stale, "run `python -m tests.submissions.make`"


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grading")
    grade(folder)
    return folder


def grade(folder: Path, *options: str) -> str:
    command = [str(Path(sys.executable).with_name("autograder")), "grade", ASSIGNMENT.id]
    where = ["--submitted", str(HERE), "--work", str(folder)]
    done = subprocess.run([*command, *where, *options], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def results(work: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((work / "results" / "heatmap_2d.json").read_text())
    return content


@pytest.fixture(scope="module")
def submissions(results: dict[str, Any]) -> dict[str, Any]:
    return {submission["student"]: submission for submission in results["submissions"]}


def test_the_results_file_has_its_form(results: dict[str, Any]) -> None:
    assert list(results) == ["schema", "assignment", "seed", "submissions"]
    assert results["schema"] == 1
    assert results["assignment"] == "heatmap_2d"
    for submission in results["submissions"]:
        assert list(submission) == [
            "student",
            "status",
            "score",
            "max_score",
            "seeds",
            "notes",
            "exercises",
        ]
        assert submission["max_score"] == ASSIGNMENT.automatic_points
        assert [e["id"] for e in submission["exercises"]] == [e.id for e in ASSIGNMENT.exercises]
        for exercise in submission["exercises"]:
            assert exercise["score"] == sum(c["points"] for c in exercise["criteria"])
            for criterion in exercise["criteria"]:
                assert list(criterion) == [
                    "id",
                    "passed",
                    "points",
                    "max_points",
                    "message",
                    "mistake",
                ]
                assert criterion["message"]


@pytest.mark.parametrize("student", EXPECTED)
def test_each_submission_loses_what_its_name_says(
    student: str, submissions: dict[str, Any]
) -> None:
    lost = {
        exercise["id"]: {c["id"]: c["mistake"] for c in exercise["criteria"] if not c["passed"]}
        for exercise in submissions[student]["exercises"]
    }
    assert {exercise: criteria for exercise, criteria in lost.items() if criteria} == EXPECTED[
        student
    ]


@pytest.mark.parametrize("student", STATUS)
def test_each_submission_has_its_status(student: str, submissions: dict[str, Any]) -> None:
    assert submissions[student]["status"] == STATUS[student], submissions[student]["notes"]
    reported = student == "forged_equality"
    assert bool(submissions[student]["notes"]) == (STATUS[student] != "graded" or reported)


def test_every_kind_of_wrong_result_has_its_own_sentence(submissions: dict[str, Any]) -> None:
    exercises = {e["id"]: e for e in submissions["wrong_kinds_of_result"]["exercises"]}
    first = {
        name: next(c["message"] for c in exercise["criteria"] if not c["passed"])
        for name, exercise in exercises.items()
        if exercise["score"] < exercise["max_score"]
    }
    assert "It returned a list; expected a tensor" in first["gaussian_heatmap"]
    assert "It returned None; expected a tensor" in first["render_heatmaps"]
    assert "It raised AttributeError" in first["heatmap_argmax"]
    assert "It returned nan; expected" in first["heatmap_loss"]
    assert "returned a tensor of shape (2, 3, 35); expected" in first["soft_argmax_2d"]
    assert len(set(first.values())) == 5


@pytest.mark.parametrize("student", ["not_json", "empty_notebook", "another_course"])
def test_what_cannot_be_graded_says_why_everywhere(
    student: str, submissions: dict[str, Any]
) -> None:
    (note,) = submissions[student]["notes"]
    for exercise in submissions[student]["exercises"]:
        assert {criterion["message"] for criterion in exercise["criteria"]} == {note}


def test_the_gradebook_agrees(work: Path, submissions: dict[str, Any]) -> None:
    with Gradebook(f"sqlite:///{work / 'gradebook.db'}") as gradebook:
        for student, submission in submissions.items():
            entry = gradebook.find_submission("heatmap_2d", student)
            assert entry.score == submission["score"]
            assert entry.max_score == ASSIGNMENT.points
            for exercise in submission["exercises"]:
                grade = gradebook.find_grade(
                    f"check_{exercise['id']}", "heatmap_2d", "heatmap_2d", student
                )
                assert grade.auto_score == exercise["score"]


def test_the_csv_agrees(work: Path, submissions: dict[str, Any]) -> None:
    with (work / "grades.csv").open() as file:
        rows = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(file)}
    assert rows == {student: s["score"] for student, s in submissions.items()}


@pytest.mark.parametrize("student", EXPECTED)
def test_feedback_explains(work: Path, student: str, submissions: dict[str, Any]) -> None:
    page = (work / "feedback" / student / "heatmap_2d" / "heatmap_2d.html").read_text()
    for exercise in ASSIGNMENT.exercises:
        assert f'<h3 id="task-{exercise.id}">' in page
    for note in submissions[student]["notes"]:
        # What is for the instructor stands there in other words.
        assert (note.split("`")[0].strip()[:40] in page) is not note.startswith(REPORTED)
    assert REPORTED.strip() not in page and "inspects the course" not in page
    ran = "code cells, with the profile" in page
    assert ran is (submissions[student]["status"] != "unreadable")


def test_feedback_shows_the_target_beside_yours(work: Path) -> None:
    nb = nbformat.read(
        work / "autograded" / "soft_argmax_swaps_xy" / "heatmap_2d" / "heatmap_2d.ipynb", 4
    )
    (cell,) = (
        c
        for c in nb.cells
        if c.metadata.get("nbgrader", {}).get("grade_id") == "check_soft_argmax_2d"
    )
    kinds = [set(output.get("data", {})) for output in cell.outputs]
    assert kinds == [{"text/html", "text/plain"}, {"image/png", "text/plain"}, {"text/plain"}]
    assert cell.outputs[-1].output_type == "execute_result"
    assert cell.outputs[-1].data["text/plain"] == "0.5"


def test_a_rerun_runs_nothing_again(work: Path) -> None:
    runs = sorted((work / "runs" / "heatmap_2d").rglob("*.json"))
    before = [path.stat().st_mtime_ns for path in runs]
    table = grade(work)
    assert [path.stat().st_mtime_ns for path in runs] == before
    for student in EXPECTED:
        assert student[:8] in table  # long names are shortened, points never
    for file in ("feedback", "grades.csv", "heatmap_2d.json"):
        assert file in table


def test_errors_are_one_sentence(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("autograder")), "grade"]
    for arguments, says in (
        (["no_such", "--submitted", str(HERE)], "no_such"),
        (["heatmap_2d", "--submitted", str(tmp_path / "none")], "There is no folder"),
    ):
        work = ["--sandbox", "none", "--work", str(tmp_path / "work")]
        done = subprocess.run([*command, *arguments, *work], capture_output=True, text=True)
        assert done.returncode == 1
        assert says in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_every_exercise_is_failed_by_some_submission() -> None:
    failed = {exercise for costs in EXPECTED.values() for exercise in costs}
    assert failed == set(ABOVE_VALUES) == {exercise.id for exercise in ASSIGNMENT.exercises}
