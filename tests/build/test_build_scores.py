"""The two-sided gate says who got what, and why that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.build.scores import check_scores
from autograder.errors import CourseError
from autograder.grading import batch
from autograder.grading.results import (
    CriterionRecord,
    ExerciseRecord,
    Results,
    Status,
    SubmissionRecord,
)
from autograder.manifest import load_manifest


def record(student: str, score: float, status: Status = "graded") -> SubmissionRecord:
    passed = score > 0
    criterion = CriterionRecord(
        id="values", passed=passed, points=score, max_points=2.5, message="It returned 7."
    )
    exercise = ExerciseRecord(id="polygon_area", score=score, max_score=2.5, criteria=(criterion,))
    return SubmissionRecord(
        student=student, status=status, score=score, max_score=2.5, notes=(), exercises=(exercise,)
    )


@pytest.fixture
def check(built_once: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Checks the sample course, whose hand-ins are given these scores."""

    def run(solved: SubmissionRecord, untouched: SubmissionRecord) -> None:
        def grade(manifest: Any, assignment: str, submitted: Path, *_: Any, **__: Any) -> Results:
            handed_in = {
                student: json.loads((submitted / student / "shapes/shapes.ipynb").read_text())
                for student in ("solved", "untouched")
            }
            assert "SOLUTION" in json.dumps(handed_in["solved"])
            assert "TODO" in json.dumps(handed_in["untouched"])
            return Results(assignment=assignment, seed=1, submissions=(solved, untouched))

        monkeypatch.setattr(batch, "grade_class", grade)
        manifest = load_manifest(built_once)
        check_scores(manifest, manifest.assignment("shapes"))

    return run


def test_full_marks_and_none(check: Callable[..., None]) -> None:
    check(record("solved", 2.5), record("untouched", 0))


@pytest.mark.parametrize(
    ("solved", "untouched", "sentence"),
    [
        (record("solved", 0), record("untouched", 0), "solved hand-in .* 0 points instead of 2.5"),
        (record("solved", 0), record("untouched", 0), r"polygon_area, values: It returned 7\."),
        (record("solved", 2.5), record("untouched", 1), "untouched hand-in .* 1 points instead"),
        (record("solved", 2.5, "timed_out"), record("untouched", 0), "solved .* is timed_out"),
        (record("solved", 2.5), record("untouched", 0, "crashed"), "untouched .* is crashed"),
    ],
)
def test_anything_else_is_an_error(
    check: Callable[..., None],
    solved: SubmissionRecord,
    untouched: SubmissionRecord,
    sentence: str,
) -> None:
    with pytest.raises(CourseError, match=sentence):
        check(solved, untouched)
