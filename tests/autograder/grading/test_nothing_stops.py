"""One submission that cannot be prepared, or whose picture cannot be drawn, costs no other."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.errors import CourseError
from autograder.grading import notebook as grading_notebook
from autograder.grading.evaluator import prepare
from autograder.grading.execution import Run
from autograder.grading.notebook import NotebookEvaluator
from autograder.grading.scoring import score
from autograder.grading.settings import Limits
from autograder.limited.calls import LimitedCallError
from autograder.manifest import load_manifest
from autograder.submissions.find import Submission
from autograder.suites.drawing import stored_suites
from poselab.checks.runner import Observation

MANIFEST = load_manifest()
ASSIGNMENT = MANIFEST.assignment("heatmap_2d")
(NOTEBOOK,) = ASSIGNMENT.graded_notebooks


class Evaluates:
    """Fails as it is told to."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def prepare(self, found: str) -> object:
        raise self.error

    def unprepared(self, found: str, reason: str) -> tuple[str, str]:
        return found, reason


def test_what_our_own_side_gets_wrong_is_one_students_reason() -> None:
    evaluator = cast(Any, Evaluates(ValueError("no such\nthing")))
    reason = "The grader failed (ValueError: no such thing); grade again."
    assert cast(Any, prepare(evaluator, "s01")) == ("s01", reason)


@pytest.mark.parametrize(
    "error", [CourseError("Nobody can be read."), OSError(errno.ENOSPC, "No space left on device")]
)
def test_what_all_would_meet_ends_the_run(error: Exception) -> None:
    with pytest.raises(type(error)):
        prepare(cast(Any, Evaluates(error)), "s01")


def test_what_takes_too_much_is_unreadable_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def takes_too_much(*_: object, **__: object) -> None:
        raise LimitedCallError("it needed more than 2 GB of memory")

    monkeypatch.setattr(grading_notebook, "call", takes_too_much)
    evaluator = NotebookEvaluator(MANIFEST, ASSIGNMENT, NOTEBOOK, 1, Limits(), tmp_path, "none")
    prepared = evaluator.prepare(Submission("s01", tmp_path / "n.ipynb", ("Found.",)))
    assert prepared.status == "unreadable" and prepared.key == ""
    found, why = prepared.notes
    assert found == "Found."
    assert why.startswith("The notebook could not be read: it needed more than 2 GB of memory.")
    assert set(prepared.missing) == {exercise.id for exercise in NOTEBOOK.exercises}


SUITES = stored_suites("heatmap_2d")
EXERCISES = ("joint_error", "heatmap_loss", "soft_argmax_2d", "render_heatmaps", "heatmap_argmax")


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("value", [1.7e308, -1.7e308, 1e300, 5e-324, float("nan"), float("inf")])
def test_no_number_stops_the_scoring(exercise: str, value: float) -> None:
    """Some pictures of such numbers can be drawn and some cannot; points come with either."""
    suite = SUITES[exercise]
    observations = []
    for case in suite.cases:
        seen = Observation(case.id, result=None, returned="a tensor")
        expected = getattr(case, "expected", None)
        if isinstance(expected, torch.Tensor):
            result = torch.full(expected.shape, value, dtype=torch.float64)
            seen = replace(seen, result=result)
        observations.append(seen)
    outputs = scored(exercise, observations)
    assert outputs[-1].data["text/plain"].replace(".", "").isdigit()


def test_a_picture_that_cannot_be_drawn_is_left_out_with_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise OverflowError("cannot convert\nfloat infinity to integer")

    monkeypatch.setattr("autograder.grading.scoring.picture", fail)
    seen = [Observation(case.id, error="ValueError: no") for case in SUITES["joint_error"].cases]
    _, instead, points = scored("joint_error", seen)
    assert instead.data == {
        "text/plain": "The target beside yours cannot be drawn "
        "(OverflowError: cannot convert float infinity to integer)."
    }
    assert points.output_type == "execute_result"


def scored(exercise: str, observations: list[Observation]) -> list[NotebookNode]:
    """The outputs of an exercise's check cell."""
    entry = next(entry for entry in NOTEBOOK.exercises if entry.id == exercise)
    cell = new_code_cell(f"check({exercise})")
    cell.metadata["nbgrader"] = {"grade_id": entry.check_id}
    run = Run(new_notebook(cells=[cell]), {exercise: observations})
    about = NOTEBOOK.model_copy(update={"exercises": (entry,)})
    (verdict,) = score(run, about, SUITES, {})
    assert verdict.score < verdict.max_score
    return list(cell.outputs)
