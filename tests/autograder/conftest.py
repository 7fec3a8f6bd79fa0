"""The sample course: small enough to be built within seconds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.pipeline import build_course
from autograder.manifest import COURSE_ROOT, load_manifest

SAMPLE = Path(__file__).parent / "authoring" / "sample"


def sample_suites(assignment: str) -> bytes:
    """Stands for the reference tensors of an assignment: the sample checks nothing with them."""
    return f"suite of {assignment}".encode()


def copy_sample(root: Path) -> Path:
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("nbgrader_config.py", "LICENSE", "pyproject.toml"):
        shutil.copy(COURSE_ROOT / name, root)
    return root


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample course, built. Look, do not touch: take `course` for that."""
    root = copy_sample(tmp_path_factory.mktemp("built") / "course")
    assert list(build_course(load_manifest(root), sample_suites))
    return root


@pytest.fixture
def course(built_once: Path, tmp_path: Path) -> Path:
    """The built sample course, to be changed."""
    return Path(shutil.copytree(built_once, tmp_path / "course"))


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """The sample course as it is written."""
    return copy_sample(tmp_path / "course")


Edit = Callable[[Path, str, str], None]


@pytest.fixture
def edit() -> Edit:
    """Replaces a text that has to be in a file."""

    def replace(path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return replace


def read_notebook(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
