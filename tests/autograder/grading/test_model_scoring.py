"""Errors in pixels, and the table that makes points of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from pydantic import ValidationError

from autograder.authoring.tables import model_table
from autograder.errors import CourseError
from autograder.exercises.graded_model import Measured, graded_model_of
from autograder.exercises.rnn_video.model import MODEL, THRESHOLDS, draw_held_out, measure
from autograder.grading import model as grading_model
from autograder.grading.model import ModelEvaluator, PreparedModel
from autograder.grading.model_process import Outcome
from autograder.grading.records import MetricRecord, ModelRecord
from autograder.manifest import Model, load_manifest
from autograder.reporting.leaderboard import ranked
from poselab.models.examination import Report
from poselab.models.rnn_video import CLIP, INPUT_NAME, OUTPUT_NAME, POSES
from tests.autograder.grading.held_out import GRADED


def measured(predicted: np.ndarray, target: np.ndarray) -> Measured:
    return measure({OUTPUT_NAME: predicted}, {OUTPUT_NAME: target})


def test_the_error_is_a_distance_and_not_its_square() -> None:
    target = np.zeros((2, 10, 7, 2), np.float32)
    predicted = target.copy()
    predicted[:, :, 1] = (3, 4)
    found = measured(predicted, target)
    assert found.value == pytest.approx(5 / 7)
    assert list(found.details["joint_errors_px"].values()) == [0, 5, 0, 0, 0, 0, 0]
    accuracy = np.array(list(found.details["accuracy"].values()))
    assert accuracy.shape == (7, len(THRESHOLDS))
    at = THRESHOLDS.tolist().index(5.0)
    assert accuracy[1, at - 1 : at + 1].tolist() == [0, 1]  # 5 px is within 5 px
    assert (accuracy[0] == 1).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_none_leaves_nothing_to_measure(
    value: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predicted = np.zeros((6, 10, 7, 2), np.float32)
    predicted[1, 9, 6, 1] = value
    outcome = Outcome(Report((), ()), {OUTPUT_NAME: predicted})
    monkeypatch.setattr(grading_model, "run_model", lambda *_: outcome)
    manifest = load_manifest()
    assignment = manifest.assignment("rnn_video")
    evaluator = ModelEvaluator(manifest, assignment, GRADED, 3, tmp_path, "none")
    record = evaluator.grade(PreparedModel("ada", {"my_model.onnx": b"x"}, "graded", ()))
    assert (record.status, record.score, record.metrics) == ("refused", 0, ())
    assert "NaN or infinite" in record.notes[0]


def test_vast_coordinates_are_measured_without_overflow() -> None:
    predicted = np.full((1, 10, 7, 2), 3e38, np.float32)
    assert np.isfinite(measured(predicted, np.zeros_like(predicted)).value)


def test_the_published_table() -> None:
    model = load_manifest().assignment("rnn_video").model
    assert model is not None and model.file == "my_model.onnx"
    (table,) = model.metrics
    errors = (9.3, 8.61, 8.59, 8.5, 7.5, 7, 6.5, 5.5, 4.91, 4.8, 4, 2.91, 2.8, 2.4, 0)
    earned = [table.points_at(error) for error in errors]
    assert earned == [0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 6, 6, 6.5, 7, 7]
    assert model.max_points == 6, "a bonus is not what there is to reach"
    assert table.on_bonus == "6 points are full marks; more than that is a bonus."


@pytest.mark.parametrize("bonus", [[True, True, True], [False, True, False], [True, False, True]])
def test_a_bonus_comes_after_full_marks(bonus: list[bool]) -> None:
    steps = [
        {"value": value, "points": points, "bonus": more}
        for value, points, more in zip((10, 8, 6), (1, 2, 3), bonus, strict=True)
    ]
    with pytest.raises(ValidationError, match="come last"):
        Model.model_validate({"file": "m.onnx", "held_out": {}, "points": steps})
    steps = [{**step, "bonus": step["points"] > 1} for step in steps]
    model = Model.model_validate({"file": "m.onnx", "held_out": {}, "points": steps})
    assert model.max_points == 1 and model.metrics[0].points_at(5) == 3


def test_what_a_bonus_is_called_where_points_are_told() -> None:
    model = load_manifest().assignment("rnn_video").model
    assert model is not None
    text = model_table(model)
    assert "| points | 1 | 2 | 3 | 4 | 5 | 6 | 6.5 (bonus) | 7 (bonus) |" in text
    assert "full marks; more than that is a bonus. Draws of held-out data" in text


@pytest.mark.parametrize(
    "steps",
    [
        [(8, 2), (10, 3)],
        [(10, 2), (8, 2)],
        [(10, 2), (10, 3)],
        [(10, 0.3)],
    ],
)
def test_tables_that_make_no_sense(steps: list[tuple[float, float]]) -> None:
    with pytest.raises(ValidationError):
        table(steps)


def test_without_points_a_model_is_only_ranked() -> None:
    model = table([])
    assert model.max_points == 0 and model_table(model) == ""
    assert model.metrics[0].points_at(0) == 0
    with pytest.raises(ValidationError, match="points"):
        Model.model_validate({"file": "m.onnx", "held_out": {}, "unit": "px"})


def table(steps: list[tuple[float, float]], **settings: str | float) -> Model:
    points = [{"value": value, "points": earned} for value, earned in steps]
    return Model.model_validate({"file": "m.onnx", "held_out": {}, "points": points, **settings})


def test_a_table_of_a_metric_of_which_more_is_better() -> None:
    model = table([(0.4, 1), (0.6, 2.5)], better="larger", metric="AP")
    (metric,) = model.metrics
    assert [metric.points_at(ap) for ap in (0.39, 0.4, 0.5, 0.6, 1)] == [0, 1, 1, 2.5, 2.5]
    assert metric.bound == "AP at least"
    with pytest.raises(ValidationError, match="needs a larger value and more points"):
        table([(0.6, 1), (0.4, 2)], better="larger")


SEVERAL = {
    "file": "m.onnx",
    "held_out": {},
    "metrics": [
        {"name": "error", "points": [{"value": 9, "points": 1}, {"value": 5, "points": 2}]},
        {"name": "ap", "better": "larger", "points": [{"value": 0.5, "points": 1.5}]},
    ],
}


def test_several_metrics() -> None:
    model = Model.model_validate(SEVERAL)
    assert model.max_points == 3.5
    assert [table.bound for table in model.metrics] == ["mean error at most", "mean error at least"]
    first, second = SEVERAL["metrics"]  # type: ignore[misc]
    nameless = {name: value for name, value in first.items() if name != "name"}
    for metrics in ([first, nameless], [nameless, nameless], [first, first], []):
        with pytest.raises(ValidationError, match="metrics"):
            Model.model_validate({**SEVERAL, "metrics": metrics})
    assert Model.model_validate({**SEVERAL, "metrics": [nameless]}).max_points == 2
    with pytest.raises(ValidationError, match="points"):
        Model.model_validate({**SEVERAL, "points": second["points"]})
    with pytest.raises(ValidationError, match="pionts"):
        Model.model_validate({"file": "m.onnx", "held_out": {}, "pionts": second["points"]})


def test_of_several_metrics_points_decide_and_then_the_first() -> None:
    model = Model.model_validate(SEVERAL)
    values = {"a": (8, 0.6), "b": (4, 0.4), "c": (8.001, 0.601), "d": (6, 0.6), "e": (8, 0.7)}

    def measured(student: str) -> ModelRecord:
        pairs = zip(("error", "ap"), model.metrics, values[student], strict=True)
        metrics = [
            MetricRecord(name=name, value=value, score=table.points_at(value))
            for name, table, value in pairs
        ]
        score = sum(metric.score for metric in metrics)
        about = {"key": "", "student": student, "status": "graded", "max_score": 3.5, "notes": ()}
        return ModelRecord(**about, score=score, metrics=tuple(metrics))

    found = [(rank, r.student) for rank, _, r in ranked(map(measured, values), model)]
    assert found == [(1, "d"), (2, "e"), (3, "a"), (3, "c"), (5, "b")]


def test_metrics_are_called_the_same_in_course_toml() -> None:
    assignment = load_manifest().assignment("rnn_video")
    assert assignment.model is not None
    (own,) = assignment.model.metrics
    for tables, right in (
        ([own], True),
        ([own.model_copy(update={"name": "error_px"})], True),
        ([own.model_copy(update={"name": "pck"})], False),
        ([own, own], False),
    ):
        model = assignment.model.model_copy(update={"metrics": tuple(tables)})
        changed = assignment.model_copy(update={"model": model})
        if right:
            assert graded_model_of(changed) is MODEL
        else:
            with pytest.raises(CourseError, match="The metrics of rnn_video's model are error_px"):
                graded_model_of(changed)


def record(student: str, value: float | None) -> ModelRecord:
    about = {"key": "", "student": student, "status": "graded", "score": 0, "max_score": 6}
    measured = () if value is None else (MetricRecord(name="error", value=value, score=0),)
    return ModelRecord(**about, notes=(), metrics=measured)


@pytest.mark.parametrize(
    ("better", "expected"),
    [
        ("smaller", [(1, "b"), (2, "c"), (2, "d"), (4, "e")]),
        ("larger", [(1, "e"), (2, "c"), (2, "d"), (4, "b")]),
    ],
)
def test_ranks(better: str, expected: list[tuple[int, str]]) -> None:
    values = {"d": 5.004, "c": 4.996, "b": 4.99, "a": None, "e": 7.0}
    steps = [(1.0, 1.0)]
    found = ranked((record(*pair) for pair in values.items()), table(steps, better=better))
    assert [(rank, r.student) for rank, _, r in found] == expected


def test_who_is_in_doubt_at_a_bound_has_reached_it() -> None:
    (smaller,) = table([(10, 1), (8, 2)], doubt=0.1).metrics
    assert [smaller.points_at(value) for value in (10.11, 10.09, 8.11, 8.09, 0)] == [0, 1, 1, 2, 2]
    (larger,) = table([(0.4, 1), (0.6, 2)], doubt=0.02, better="larger").metrics
    assert [larger.points_at(value) for value in (0.37, 0.39, 0.57, 0.59, 1)] == [0, 1, 1, 2, 2]
    (none,) = table([(10, 1), (8, 2)]).metrics
    assert [none.points_at(value) for value in (10.001, 10, 8.001, 8)] == [0, 1, 1, 2]
    assert (none.in_doubt, smaller.in_doubt) == (
        "",
        "Draws of held-out data differ by chance, so 0.1 more than a bound still earns its points.",
    )
    assert "0.02 less" in larger.in_doubt


@pytest.mark.parametrize("doubt", [1.0, 5.0, -0.1])
def test_a_doubt_as_wide_as_the_steps_makes_no_sense(doubt: float) -> None:
    with pytest.raises(ValidationError, match="doubt"):
        table([(10, 1), (8, 2)], doubt=doubt)


def test_held_out_clips_are_kept(tmp_path: Path) -> None:
    manifest = load_manifest()
    assignment = manifest.assignment("rnn_video")
    assert assignment.model is not None
    model = assignment.model.model_copy(update={"held_out": {"n_clips": 3}})
    small = assignment.model_copy(update={"model": model})
    evaluator = ModelEvaluator(manifest, small, MODEL, 3, tmp_path / "work", "none")
    evaluator.draw()
    (kept,) = (tmp_path / "work" / "held_out").iterdir()
    before = kept.stat().st_mtime_ns
    evaluator.draw()
    assert kept.stat().st_mtime_ns == before
    drawn = draw_held_out(model.held_out, 3)
    frames, poses = drawn.inputs[INPUT_NAME], drawn.targets[OUTPUT_NAME]
    tensors = safetensors.numpy.load_file(kept)
    np.testing.assert_array_equal(tensors[f"inputs {INPUT_NAME}"], frames)
    np.testing.assert_array_equal(tensors[f"targets {OUTPUT_NAME}"], poses)
    assert (frames.shape, frames.dtype) == ((3, *CLIP), np.uint8)
    assert (poses.shape, poses.dtype) == ((3, *POSES), np.float32)
    assert 0 < poses.mean() < 64
