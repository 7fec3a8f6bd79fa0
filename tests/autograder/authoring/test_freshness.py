"""`autograder check` names what is out of date and the command that fixes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from autograder.authoring.freshness import check_course, check_stray_files
from autograder.authoring.pipeline import build_course, equal_suites
from autograder.errors import CourseError
from autograder.manifest import load_manifest
from poselab.checks.cases import SIGNATURES, tensors_as_bytes
from poselab.checks.signatures import NO_SIGNATURE, signature
from tests.autograder.conftest import sample_suites

Edit = Callable[[Path, str, str], None]


def check(root: Path) -> list[str]:
    return check_course(load_manifest(root), sample_suites)


def test_a_built_course_is_fresh(built_once: Path) -> None:
    assert check(built_once)[0] == "8 derived files are up to date."


def test_a_second_build_writes_nothing(built_once: Path) -> None:
    assert list(build_course(load_manifest(built_once), sample_suites)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("course.toml", "sides = 5", "sides = 6", ["poselab/profiles.json"]),
        ("poselab/profiles.json", "5", "6", ["poselab/profiles.json"]),
        (
            "solutions/shapes/shapes.py",
            "The unit",
            "A unit",
            ["solutions/shapes/shapes.ipynb"],
        ),
        (
            "poselab/checks/__init__.py",
            "checked",
            "tried",
            ["solutions/shapes/shapes.ipynb"],  # the other notebook does not import it
        ),
        ("poselab/plots.py", "area {", "an area of {", ["solutions/shapes/shapes.ipynb"]),
        (
            "assignments/shapes/measure.py",
            "# TODO",
            "# todo",
            ["assignments/shapes/measure.py"],
        ),
        (
            "solutions/shapes/measure.py",
            "The length",
            "A length",
            ["assignments/shapes/measure.py"],
        ),
        (
            "poselab/checks/suites/shapes.safetensors",
            "suite",
            "sheet",
            ["poselab/checks/suites/shapes.safetensors", "solutions/shapes/shapes.ipynb"],
        ),
        ("solutions/shapes/shapes.ipynb", "1.0", "1.5", ["solutions/shapes/shapes.ipynb"]),
        (
            "assignments/shapes/shapes.ipynb",
            "# TODO",
            "# todo",
            ["assignments/shapes/shapes.ipynb"],
        ),
        ("course.toml", 'title = "A circle"', 'title = "A disc"', ["README.md"]),
        ("README.md", "A circle", "A disc", ["README.md"]),
    ],
)
def test_what_is_stale_is_named(
    course: Path, file: str, old: str, new: str, stale: list[str], edit: Edit
) -> None:
    edit(course / file, old, new)
    with pytest.raises(CourseError) as raised:
        check(course)
    assert str(raised.value).startswith("Out of date: ")
    assert str(raised.value).endswith("; run `make build`.")
    for name in stale:
        assert name in str(raised.value)


def test_building_fixes_it(course: Path, edit: Edit) -> None:
    edit(course / "solutions/shapes/shapes.py", "The unit square", "A unit square")
    written = list(build_course(load_manifest(course), sample_suites))
    assert written == [
        "wrote solutions/shapes/shapes.ipynb",
        "wrote assignments/shapes/shapes.ipynb",
    ]
    assert len(check(course)) == 3


def stored(expected: float, wrong: Tensor) -> bytes:
    """A file of suites of one case, with the signature of one wrong result."""
    tensors = {
        "area/expected/unit": torch.tensor([expected]),
        f"area{SIGNATURES}": torch.stack([wrong, NO_SIGNATURE])[:, None],
    }
    return tensors_as_bytes(tensors, ["unit"])


def test_suites_that_only_round_differently_are_equal() -> None:
    wrong = torch.linspace(-1, 1, 300)
    old = stored(1.0, signature(wrong))
    assert equal_suites(old, stored(1.0 + 1e-6, signature(wrong)))
    # A wrong answer divides by what is nearly 0, and another processor adds up in another order.
    assert equal_suites(old, stored(1.0, signature(wrong + 3e-5 * wrong.sin())))
    assert not equal_suites(old, stored(1.0 + 5e-5, signature(wrong)))
    assert not equal_suites(old, stored(1.0, signature(wrong + 3e-2 * wrong.sin())))
    assert not equal_suites(old, stored(1.0, signature(wrong[:-1])))
    assert not equal_suites(old, stored(1.0, NO_SIGNATURE))
    assert not equal_suites(b"no suites", old)


@pytest.mark.parametrize(
    "stray",
    [
        "solutions/shapes/draft.py",
        "solutions/shapes/shapes-Copy1.ipynb",
        "solutions/colours/colours.py",
        "assignments/shapes/answers.txt",
        "assignments/shapes/shapes.py",
        "poselab/checks/suites/colours.safetensors",
    ],
)
def test_a_stray_file_is_named(course: Path, stray: str) -> None:
    (course / stray).parent.mkdir(exist_ok=True)
    (course / stray).write_text("")
    with pytest.raises(CourseError, match=f"{stray} has no entry in course.toml"):
        check(course)


def test_a_readme_without_its_markers(course: Path) -> None:
    (course / "README.md").write_text("# Shapes\n")
    with pytest.raises(CourseError, match=r"README\.md needs the lines"):
        check(course)


def test_a_model_that_a_notebook_exported_is_no_stray_file(course: Path) -> None:
    model = course / "solutions" / "shapes" / "model.onnx"
    model.write_bytes(b"exported")
    with pytest.raises(CourseError, match="has no entry"):
        check_stray_files(load_manifest(course))
    manifest = course / "course.toml"
    before = "\n[[assignments.shapes.notebooks]]"
    table = (
        '[assignments.shapes.model]\nfile = "model.onnx"\nheld_out = {}\n'
        "points = [{ value = 4, points = 1 }]\n"
    )
    manifest.write_text(manifest.read_text().replace(before, f"\n{table}{before}", 1))
    check_stray_files(load_manifest(course))
