"""heatmap_2d's leaderboard: models are run on held-out images and ranked, and earn no points."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from rich.console import Console

from autograder.exercises.graded_model import HeldOut
from autograder.exercises.heatmap_2d.model import MODEL, draw_held_out, measure
from autograder.grading.settings import Settings
from autograder.manifest import load_manifest
from autograder.reporting.grade import evaluate_models
from autograder.sandbox.doctor import why_no_sandbox
from data_stubs.egocap.scenes import make_block
from poselab.models.heatmap_2d import INPUT_NAME, OUTPUT_NAME, SPEC
from poselab.models.predictor import Predictor
from poselab.models.verify import verify_model

SANDBOX = "none" if why_no_sandbox() else "bubblewrap"


def test_held_out_images_are_in_no_students_file() -> None:
    drawn = draw_held_out({"n_images": 3}, seed=0)
    again = draw_held_out({"n_images": 3}, seed=0)
    assert drawn.inputs[INPUT_NAME].shape == (3, 3, 128, 160)
    assert drawn.targets[OUTPUT_NAME].shape == (3, 18, 2)
    assert drawn.targets[OUTPUT_NAME].dtype == np.float32
    assert np.array_equal(drawn.inputs[INPUT_NAME], again.inputs[INPUT_NAME])
    for part in (0, 1):
        block = make_block(0, part, 0, 3, images_per_chunk=3)
        assert not np.array_equal(drawn.inputs[INPUT_NAME], block.img.numpy())
        assert np.abs(drawn.targets[OUTPUT_NAME] / (159, 127) - block.pose_2d.numpy()).max() > 0.05
    assert (drawn.targets[OUTPUT_NAME] <= (159, 127)).all()
    assert drawn.targets[OUTPUT_NAME].max() > 1, "in pixels"


def test_the_error_is_the_mean_distance() -> None:
    targets = np.random.default_rng(0).random((4, 18, 2)).astype(np.float32)
    outputs = targets.copy()
    outputs[:, 0] += (3, 4)
    measured = measure({OUTPUT_NAME: outputs}, {OUTPUT_NAME: targets})
    assert measured.value == pytest.approx(5 / 18, abs=1e-6)
    assert measured.details["joint_errors_px"]["head"] == pytest.approx(5, abs=1e-4)
    assert measured.details["joint_errors_px"]["neck"] == 0


def test_our_own_model_meets_the_specification(tmp_path: Path) -> None:
    files, inputs, expected = MODEL.canary()
    path = tmp_path / SPEC.file
    path.write_bytes(files[SPEC.file])
    assert verify_model(path).passed
    assert np.allclose(Predictor(files, SPEC).predict(inputs)[OUTPUT_NAME], expected[OUTPUT_NAME])


def test_models_are_ranked_and_earn_nothing(tmp_path: Path) -> None:
    files, inputs, expected = MODEL.canary()
    for student, content in (("ann", files[SPEC.file]), ("bob", b"no model")):
        folder = tmp_path / "submitted" / student / "heatmap_2d"
        folder.mkdir(parents=True)
        (folder / SPEC.file).write_bytes(content)
    target = expected[OUTPUT_NAME] + np.array([2, 0], np.float32)
    results = evaluate_models(
        load_manifest(),
        "heatmap_2d",
        tmp_path / "submitted",
        tmp_path / "work",
        tmp_path / "results.json",
        Settings(sandbox=SANDBOX),
        Console(quiet=True),
        replace(MODEL, draw=lambda sizes, seed: HeldOut(inputs, {OUTPUT_NAME: target})),
    )
    ann, bob = results.submissions
    assert (ann.status, bob.status) == ("graded", "unreadable")
    assert ann.metrics[0].value == pytest.approx(2) and ann.max_score == 0
    rows = list(csv.DictReader((tmp_path / "work/leaderboards/heatmap_2d.csv").open()))
    assert [row["student"] for row in rows] == ["ann"]
    page = (tmp_path / "work/feedback/ann/heatmap_2d_model/heatmap_2d.html").read_text()
    assert "For the leaderboard" in page and "2.00 px" in page
    grades = tmp_path / "work" / "grades.csv"
    assert "heatmap_2d_model" not in grades.read_text(), "no points, no grade"
