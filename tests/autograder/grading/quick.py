"""Small classes whose submissions take about a second each, and the command that grades them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.manifest import load_manifest
from autograder.needed_cells import graded_part
from tests.submissions.make import ASSIGNMENT, FILE, ROOT, grade_id, solved, written

WRONG = "return torch.zeros(())"


def quick(**bodies: str) -> NotebookNode:
    """A solved notebook without the cells that only train or draw."""
    nb = solved(**bodies)
    nb.cells = graded_part(nb)
    return nb


def compact(*sources: str, **bodies: str) -> NotebookNode:
    """All exercises and nothing else, so that it runs in a second; ``sources`` come first."""
    imports = new_code_cell(
        "import torch\nfrom torch import Tensor\nfrom jaxtyping import Bool, Float"
    )
    cells = [cell for cell in solved(**bodies).cells if grade_id(cell)]
    nb: NotebookNode = new_notebook(cells=[imports, *map(new_code_cell, sources), *cells])
    return nb


def expected_scores(size: int) -> dict[str, float]:
    """What each of a class of :func:`write_class` earns: every other has a right shape only."""
    assignment = load_manifest().assignment(ASSIGNMENT)
    full, wrong = assignment.automatic_points, assignment.exercise("joint_error")
    lost = wrong.points - wrong.criteria["shape"]
    return {f"s{number:02}": full - lost * (number % 2) for number in range(size)}


def write_class(folder: Path, size: int) -> dict[str, float]:
    """Write submissions, no two alike, of which every other loses points; say what each earns."""
    expected = expected_scores(size)
    full = max(expected.values())
    for student, score in expected.items():
        nb = quick() if score == full else quick(joint_error=WRONG)
        nb.cells[-1].source += f"\n# {student}"
        path = folder / student / ASSIGNMENT / FILE
        path.parent.mkdir(parents=True)
        path.write_text(written(nb), encoding="utf-8")
    return expected


def command(submitted: Path, work: Path, *options: str) -> list[str]:
    """What grades a class."""
    autograder = str(Path(sys.executable).with_name("autograder"))
    where = ["--submitted", str(submitted), "--work", str(work)]
    return [autograder, "grade", ASSIGNMENT, *where, *options]


def environment() -> dict[str, str]:
    """One thread each, as the tests share a machine."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def start(submitted: Path, work: Path, *options: str) -> subprocess.Popen[str]:
    """Start grading, as from a terminal."""
    return subprocess.Popen(
        command(submitted, work, *options),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def grade(submitted: Path, work: Path, *options: str) -> str:
    """Grade, and return what was printed."""
    running = start(submitted, work, *options)
    out, complaints = running.communicate(timeout=300)
    assert running.returncode == 0, complaints
    return out


def scores(work: Path) -> dict[str, float]:
    """What the results file says."""
    content: dict[str, Any] = json.loads((work / "results" / f"{ASSIGNMENT}.json").read_text())
    students = [submission["student"] for submission in content["submissions"]]
    assert len(students) == len(set(students))
    return {submission["student"]: submission["score"] for submission in content["submissions"]}


def finished(work: Path) -> dict[str, int]:
    """Who has been run, and when."""
    found = (work / "runs" / ASSIGNMENT).glob("s*/*.json")
    return {path.parent.name: path.stat().st_mtime_ns for path in found}
