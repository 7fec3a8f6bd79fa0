"""Errors in pixels, and the table that makes points of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from autograder.manifest import Model, load_manifest
from autograder.model_grading.held_out import held_out_clips
from autograder.model_grading.results import ModelRecord, ranked
from autograder.model_grading.scoring import THRESHOLDS, measure
from data_stubs.youtube.file import ensure_youtube
from poselab.datasets.youtube import load_clips
from poselab.models.contract import CLIP, POSES


def test_the_error_is_a_distance_and_not_its_square() -> None:
    target = np.zeros((2, 10, 7, 2), np.float32)
    predicted = target.copy()
    predicted[:, :, 1] = (3, 4)
    measured = measure(predicted, target)
    assert measured is not None
    assert measured.error == pytest.approx(5 / 7)
    assert measured.joint_errors.tolist() == [0, 5, 0, 0, 0, 0, 0]
    assert measured.accuracy.shape == (7, len(THRESHOLDS))
    at = THRESHOLDS.tolist().index(5.0)
    assert measured.accuracy[1, at - 1 : at + 1].tolist() == [0, 1]  # 5 px is within 5 px
    assert (measured.accuracy[0] == 1).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_none_leaves_nothing_to_measure(value: float) -> None:
    target = np.zeros((2, 10, 7, 2), np.float32)
    predicted = target.copy()
    predicted[1, 9, 6, 1] = value
    assert measure(predicted, target) is None


def test_vast_coordinates_are_measured_without_overflow() -> None:
    predicted = np.full((1, 10, 7, 2), 3e38, np.float32)
    measured = measure(predicted, np.zeros_like(predicted))
    assert measured is not None and np.isfinite(measured.error)


def test_the_published_table() -> None:
    model = load_manifest().assignment("rnn_video").model
    assert model is not None and model.file == "my_model.onnx"
    earned = {
        error: model.points_at(error) for error in (10.01, 10, 9, 8, 7.5, 7, 6, 5.01, 5, 4, 0)
    }
    assert earned == {10.01: 0, 10: 1, 9: 1, 8: 2, 7.5: 2, 7: 3, 6: 4, 5.01: 4, 5: 5, 4: 6, 0: 6}
    assert model.max_points == 6


@pytest.mark.parametrize(
    "steps",
    [
        [(8, 2), (10, 3)],
        [(10, 2), (8, 2)],
        [(10, 2), (10, 3)],
        [(10, 0.3)],
        [],
    ],
)
def test_tables_that_make_no_sense(steps: list[tuple[float, float]]) -> None:
    points = [{"error": error, "points": earned} for error, earned in steps]
    with pytest.raises(ValidationError):
        Model.model_validate({"file": "m.onnx", "n_videos": 1, "n_clips": 1, "points": points})


def test_ranks() -> None:
    def record(student: str, error: float | None) -> ModelRecord:
        return ModelRecord(
            student=student, status="graded", score=0, max_score=6, notes=(), error_px=error
        )

    errors = {"d": 5.004, "c": 4.996, "b": 4.99, "a": None, "e": 7.0}
    found = [(rank, r.student) for rank, _, r in ranked(record(*pair) for pair in errors.items())]
    assert found == [(1, "b"), (2, "c"), (2, "d"), (4, "e")]


def test_held_out_clips_are_others_than_the_students_and_kept(tmp_path: Path) -> None:
    model = load_manifest().assignment("rnn_video").model
    assert model is not None
    model = model.model_copy(update={"n_videos": 2, "n_clips": 40})
    drawn = held_out_clips(model, 3, tmp_path)
    assert (drawn.frames.shape, drawn.frames.dtype) == ((40, *CLIP), np.uint8)
    assert (drawn.poses.shape, drawn.poses.dtype) == ((40, *POSES), np.float32)
    assert 0 < drawn.poses.mean() < 64
    (kept,) = tmp_path.iterdir()
    before = kept.stat().st_mtime_ns
    again = held_out_clips(model, 3, tmp_path)
    np.testing.assert_array_equal(again.frames, drawn.frames)
    np.testing.assert_array_equal(again.poses, drawn.poses)
    assert kept.stat().st_mtime_ns == before
    students = load_clips(ensure_youtube(2, seed=3, folder=tmp_path / "students"))
    seen = {frame.tobytes() for clip in students.frames.numpy() for frame in clip}
    assert not any(frame.tobytes() in seen for clip in drawn.frames for frame in clip)
