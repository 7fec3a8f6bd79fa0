"""Kept grades hold for the code that gave them."""

from __future__ import annotations

import shutil
from pathlib import Path

import autograder
from autograder.fingerprints import grading_code
from autograder.manifest import load_manifest


def test_code_that_grades_counts(tmp_path: Path) -> None:
    here = tmp_path / "autograder"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(autograder.__file__).parent, here, ignore=ignored)
    assignment = load_manifest().assignment("heatmap_2d")
    now = grading_code(assignment, here)
    assert now == grading_code(assignment)
    for file, counts in (
        ("grading/scoring.py", True),
        ("grading/inside/__init__.py", True),
        ("submissions/repair.py", True),
        ("suites/drawing.py", True),
        ("sandbox/forkserver/audit.py", True),
        ("exercises/bank.py", True),
        ("exercises/heatmap_2d/joint_error/mistakes.py", True),
        ("needed_cells.py", True),
        ("exercises/rnn_video/pose_rnn/cases.py", False),
        ("reporting/table.py", False),
        ("cli.py", False),
    ):
        path = here / file
        before = path.read_bytes() if path.exists() else None
        path.write_bytes((before or b"") + b"\nCHANGED = True\n")
        assert (grading_code(assignment, here) != now) is counts, file
        path.unlink() if before is None else path.write_bytes(before)
    assert grading_code(assignment, here) == now
