"""The instructor's pages are accessible and fit a phone: the report on a class, the leaderboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.exercises.graded_model import graded_model_of
from autograder.grading.records import CriterionRecord, ExerciseRecord, MetricRecord, ModelRecord
from autograder.grading.records import SubmissionRecord as Submission
from autograder.manifest import Manifest
from autograder.reporting.class_report import write_report
from autograder.reporting.leaderboard import Leaderboard
from autograder.reporting.results import Results
from tests.browser.axe import DESK, PHONE, faults, unfold

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ASSIGNMENT = "heatmap_2d"
LONG = "Maximiliane Mustermann_2001_assignsubmission_file_" + "a" * 80


def submission(number: int, manifest: Manifest) -> Submission:
    exercises = []
    for place, exercise in enumerate(manifest.assignment(ASSIGNMENT).exercises):
        passed = (number + place) % 3 != 0
        criterion = CriterionRecord(
            id="values",
            passed=passed,
            points=exercise.points * passed,
            max_points=exercise.points,
            message="Called `f(x)`; expected 1.",
            mistake=None if passed else "xy_swapped",
        )
        score = criterion.points
        exercises.append(
            ExerciseRecord(
                id=exercise.id, score=score, max_score=exercise.points, criteria=(criterion,)
            )
        )
    notes = ("Reported to the instructor: the code changed `torch.equal`.",) if number == 3 else ()
    return Submission(
        student=LONG if number == 1 else f"s{number}",
        status="repaired" if number == 2 else "graded",
        score=sum(exercise.score for exercise in exercises),
        max_score=25,
        notes=notes,
        exercises=tuple(exercises),
    )


def look_at(path: Path, page: Page) -> None:
    page.goto(path.as_uri())
    unfold(page)
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert not faults(page)


@pytest.mark.parametrize("count", [0, 1, 40])
def test_the_report_on_a_class(count: int, manifest: Manifest, tmp_path: Path, page: Page) -> None:
    results = tmp_path / "results.json"
    Results(ASSIGNMENT, 1, [submission(n, manifest) for n in range(count)]).write(results)
    assignment = manifest.assignment(ASSIGNMENT)
    look_at(write_report(manifest, assignment, tmp_path, results).page, page)


def test_the_leaderboard(manifest: Manifest, tmp_path: Path, page: Page) -> None:
    # The widest one: that of the model with most metrics.
    with_models = (each for each in manifest.assignments.values() if each.model is not None)
    assignment = max(with_models, key=lambda each: len(each.model.metrics))
    metrics = graded_model_of(assignment).metrics
    records = [
        ModelRecord(
            key="k",
            notes=(),
            student=f"s{n}",
            status="graded",
            score=1.0,
            max_score=6.0,
            metrics=tuple(MetricRecord(name=m.name, value=n / 40, score=1.0) for m in metrics),
            file_bytes=n << 20,
            seconds=n / 7,
        )
        for n in range(20)
    ]
    board = Leaderboard(tmp_path, assignment)
    called = {record.student: "W" * 24 for record in records}
    board.write(records, assignment.model, metrics, called)
    look_at(board.page, page)
