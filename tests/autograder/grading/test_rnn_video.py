"""Grading rnn_video end to end: classes and exports asked in a kernel, judged outside of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.manifest import load_manifest

ASSIGNMENT = load_manifest().assignment("rnn_video")
ROOT = Path(__file__).resolve().parents[3]
NOTEBOOK = Path("rnn_video") / "rnn_video.ipynb"


def solved(*changes: tuple[str, str, str]) -> NotebookNode:
    """The released notebook with the solution's observations; a change is (exercise, old, new)."""
    observations = {
        _grade_id(cell): cell.source
        for cell in nbformat.read(ROOT / "solutions" / NOTEBOOK, as_version=4).cells
    }
    nb = nbformat.read(ROOT / "assignments" / NOTEBOOK, as_version=4)
    for cell in nb.cells:
        name = _grade_id(cell)
        if name and cell.cell_type == "code" and not name.startswith("check_"):
            lines = (line for line in observations[name].splitlines() if "### " not in line)
            cell.source = "\n".join(lines)
    for exercise, old, new in changes:
        (cell,) = (c for c in nb.cells if _grade_id(c) == exercise)
        assert old in cell.source
        cell.source = cell.source.replace(old, new)
    return nb


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


SUBMISSIONS: dict[str, Callable[[], NotebookNode]] = {
    "perfect": solved,
    "untouched": lambda: nbformat.read(ROOT / "assignments" / NOTEBOOK, as_version=4),
    "looks_ahead_and_never_exports": lambda: solved(
        (
            "PoseRNN",
            "nn.LSTM(n_features, n_hidden, batch_first=True)",
            "nn.LSTM(n_features, n_hidden // 2, batch_first=True, bidirectional=True)",
        ),
        ("export_model", "torch.onnx.export(", "dict("),
    ),
    "splits_clips_and_leaves_the_graph": lambda: solved(
        ("split_by_video", "return chosen.to", "index = torch.randperm(len(chosen[index]))\n"
         "    return (index < validation_fraction * len(index)) & True\n    return chosen.to"),
        ("FrameEncoder", "self.convolutions(frames)", "self.convolutions(frames).detach()"),
    ),
}  # fmt: skip

LOST: dict[str, dict[str, set[str | None]]] = {
    "perfect": {},
    "untouched": {exercise.id: {"not_written", None} for exercise in ASSIGNMENT.exercises},
    "looks_ahead_and_never_exports": {
        "PoseRNN": {"bidirectional", None},
        "export_model": {"no_file_written", "raised", None},
    },
    "splits_clips_and_leaves_the_graph": {
        "split_by_video": {"videos_cut_up", None},
        # The encoder is PoseRNN's, too, which is judged with a right one.
        "FrameEncoder": {"outside_the_graph"},
    },
}

NOTES = {
    "splits_clips_and_leaves_the_graph": [
        "`PoseRNN` was judged with a right `FrameEncoder` in place of yours, which has lost its "
        "points already."
    ]
}


@pytest.fixture(scope="module")
def submissions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("rnn_video")
    for student, make in SUBMISSIONS.items():
        path = folder / "submitted" / student / NOTEBOOK
        path.parent.mkdir(parents=True)
        nbformat.write(make(), path)
    command = [str(Path(sys.executable).with_name("autograder")), "grade", "rnn_video"]
    where = ["--submitted", str(folder / "submitted"), "--work", str(folder / "work")]
    # Submissions of our own: they may run where there is no sandbox.
    done = subprocess.run([*command, *where, *sandbox()], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    results = json.loads((folder / "work" / "results" / "rnn_video.json").read_text())
    return {submission["student"]: submission for submission in results["submissions"]}


def sandbox() -> tuple[str, ...]:
    doctor = [str(Path(sys.executable).with_name("autograder")), "doctor"]
    offered = subprocess.run(doctor, capture_output=True, text=True, cwd=ROOT)
    return () if offered.returncode == 0 else ("--sandbox", "none")


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_a_submission_loses_what_its_name_says(student: str, submissions: dict[str, Any]) -> None:
    submission = submissions[student]
    lost = {
        exercise["id"]: {c["mistake"] for c in exercise["criteria"] if not c["passed"]}
        for exercise in submission["exercises"]
        if exercise["score"] < exercise["max_score"]
    }
    assert set(lost) == set(LOST[student]), submission
    for exercise, mistakes in lost.items():
        assert mistakes <= LOST[student][exercise], submission["exercises"]
    assert submission["status"] == "graded"
    assert submission["notes"] == NOTES.get(student, [])


def test_the_solution_earns_every_automatic_point(submissions: dict[str, Any]) -> None:
    assert submissions["perfect"]["score"] == ASSIGNMENT.automatic_points
    assert submissions["untouched"]["score"] == 0
