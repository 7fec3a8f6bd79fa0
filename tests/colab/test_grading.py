"""The grader on Colab: in an environment of its own, beside Colab's packages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from autograder.manifest import COURSE_ROOT
from tests.colab.replica import packages

REPLICA = Path(os.environ["COLAB_REPLICA"]).resolve() / "venv"

PYTHON = f"""\
#!/bin/sh
# Colab's packages are the system's; the replica's are an environment's, so a new one is
# shown them.
set -e
{REPLICA}/bin/python "$@"
cd .venv/lib/python{sysconfig.get_python_version()}/site-packages
echo {sysconfig.get_path("purelib")} > colab.pth
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the course, set up as docs/colab-grading.md says."""
    folder = tmp_path_factory.mktemp("content")
    python = folder / "python"
    python.write_text(PYTHON, encoding="utf-8")
    python.chmod(0o755)
    course = folder / "course"
    command = ["git", "checkout-index", "--all", f"--prefix={course}/"]
    subprocess.run(command, cwd=COURSE_ROOT, check=True)
    before = packages()
    subprocess.run(["make", "setup-colab", f"PYTHON={python}"], cwd=course, check=True)
    assert packages() == before
    return course


def test_torch_is_colabs_and_the_rest_is_pinned(course: Path) -> None:
    script = "import nbgrader, torch; print(torch.__file__); print(nbgrader.__file__)"
    command = [course / ".venv/bin/python", "-c", script]
    torch, nbgrader = subprocess.check_output(command, text=True).splitlines()
    assert Path(torch).is_relative_to(REPLICA) and Path(nbgrader).is_relative_to(course)
    subprocess.run([course / ".venv/bin/python", "-m", "pip", "check"], check=True)


def test_right_and_wrong_submissions_are_graded(course: Path, tmp_path: Path) -> None:
    for student in ("perfect", "soft_argmax_swaps_xy"):
        shutil.copytree(course / "tests/submissions" / student, tmp_path / "submitted" / student)
    results = tmp_path / "results.json"
    where = ["--submitted", tmp_path / "submitted", "--work", tmp_path / "work"]
    command = [course / ".venv/bin/autograder", "grade", "heatmap_2d", *where]
    subprocess.run([*command, "--results", results, "--sandbox", "none"], check=True)
    lost = {
        entry["student"]: [e["id"] for e in entry["exercises"] if e["score"] < e["max_score"]]
        for entry in json.loads(results.read_text(encoding="utf-8"))["submissions"]
    }
    assert lost == {"perfect": [], "soft_argmax_swaps_xy": ["soft_argmax_2d"]}
