"""What serves every assignment knows of none; what belongs to one is found without being listed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import poselab.checks.runner
from autograder.manifest import COURSE_ROOT, load_manifest
from poselab.checks.experiments import rnn_video
from poselab.checks.registry import EXPERIMENTS, RELATIONS

ROOMS = (
    "poselab/checks",
    "poselab/checks/experiments",
    "autograder/exercises",
    "autograder/exercises/template",
    "autograder/suites",
    "autograder/quality",
)
MODULES = [path for room in ROOMS for path in sorted((COURSE_ROOT / room).glob("*.py"))]
DATASETS = {"egocap", "youtube", "lifting", "coco"}
CONTENT = {"clip", "frame", "video", "lstm", "onnx"}
ALLOWED = {
    # A graph of that format, which models of several assignments have.
    "canary.py": {"onnx"},
    "check.py": {"onnx"},  # what PyTorch's exporter puts before each of its lines
    # Frames of Python's stack, in which lines of code are looked up.
    "counting.py": {"frame", "lstm"},  # the latter as torch's own layers call it
    "runner.py": {"frame"},
    "tracing.py": {"frame"},
}


def words(path: Path) -> set[str]:
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", path.read_text(encoding="utf-8")).lower()
    found = set(re.findall(r"[a-z]+", text)) | set(re.findall(r"\w+", text))
    return found | {word.removesuffix("s") for word in found}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(COURSE_ROOT)))
def test_no_generic_module_names_an_assignment_or_its_content(path: Path) -> None:
    named = words(path) & (set(load_manifest().assignments) | DATASETS | CONTENT)
    assert named <= ALLOWED.get(path.name, set())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(COURSE_ROOT)))
def test_no_generic_module_imports_an_assignments_own(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any(set(name.split(".")) & set(load_manifest().assignments) for name in imported)


def test_a_runner_has_all_experiments_before_a_student_s_code_runs() -> None:
    code = (
        "import sys, poselab.checks.runner\n"
        "from poselab.checks.registry import EXPERIMENTS, RELATIONS\n"
        "print(*sorted(EXPERIMENTS | RELATIONS), *sorted(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, cwd=COURSE_ROOT, check=True, capture_output=True, text=True)
    names = set(out.stdout.split())
    assert names >= EXPERIMENTS.keys() | RELATIONS.keys()
    folder = Path(rnn_video.__file__).parent
    assert names >= {f"{rnn_video.__name__}.{path.stem}" for path in folder.glob("[a-z]*.py")}


def test_a_guard_of_the_runner_covers_the_assignments_experiments() -> None:
    code = (
        "import poselab.checks.runner\n"
        "from autograder.sandbox.forkserver.guard import take_snapshot\n"
        "check = take_snapshot().check\n"
        "import poselab.checks.experiments.rnn_video.poses as poses\n"
        "poses.far_away = poses.first_frame = None\n"
        "print(*check())"
    )
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, cwd=COURSE_ROOT, check=True, capture_output=True, text=True)
    module = "poselab.checks.experiments.rnn_video.poses"
    assert set(out.stdout.split()) == {f"{module}.far_away", f"{module}.first_frame"}


def test_reading_the_manifest_does_not_take_torch() -> None:
    code = "import sys, autograder.manifest as m; m.load_manifest(); print('torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, cwd=COURSE_ROOT, check=True, capture_output=True, text=True)
    assert out.stdout.split() == ["False"]


def test_the_rooms_were_found() -> None:
    assert {"judge.py", "relations.py", "outputs.py", "drawing.py", "catalogue.py"} <= {
        path.name for path in MODULES
    }
    assert poselab.checks.runner.EXPERIMENTS is EXPERIMENTS
