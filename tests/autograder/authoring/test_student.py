"""What students get: stubs, locked checks, nothing solved, the same bytes each time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.authoring.student import student_files
from autograder.errors import CourseError
from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.reporting.nbgrader_tools import load_nbgrader_config


def cells(root: Path) -> dict[str, Any]:
    nb = nbformat.read(root / "assignments/shapes/shapes.ipynb", as_version=4)
    nbformat.validate(nb)
    return {cell.id: cell for cell in nb.cells}


def test_stubs(built_once: Path) -> None:
    student = cells(built_once)
    assert student["polygon_area"].source.endswith(
        '    # TODO\n    raise NotImplementedError("Write your solution here.")'
    )
    namespace: dict[str, Any] = {"math": None}
    for name, call in (("polygon_area", "polygon_area([])"), ("Circle", "Circle(1)")):
        exec(student[name].source, namespace)
        with pytest.raises(NotImplementedError):
            eval(call, namespace)
    assert student["which_shape"].source == "*Write your answer here.*"
    assert "isoperimetric" not in json.dumps(list(student.values()))


def test_checks_are_locked_and_solutions_stay(built_once: Path) -> None:
    student = cells(built_once)
    assert student["check_Circle"].metadata["editable"] is False
    assert student["check_Circle"].metadata["nbgrader"]["checksum"]
    assert student["Circle"].metadata["deletable"] is False
    assert "editable" not in student["Circle"].metadata


def test_nothing_has_been_run(built_once: Path) -> None:
    for path in (built_once / "assignments").rglob("*.ipynb"):
        nb = nbformat.read(path, as_version=4)
        assert set(nb.metadata) == {"kernelspec", "language_info"}
        for cell in nb.cells:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None
        assert "DO NOT EDIT" not in path.read_text()


def test_the_folder_holds_notebooks_only(built_once: Path) -> None:
    names = sorted(path.name for path in (built_once / "assignments/shapes").iterdir())
    assert names == ["reading.ipynb", "shapes.ipynb"]


def test_the_same_bytes_each_time(built_once: Path) -> None:
    manifest = load_manifest(built_once)
    for name, content in student_files(manifest, manifest.assignment("shapes")):
        assert content == (built_once / "assignments/shapes" / name).read_bytes()


def test_listed_files_are_handed_out(course: Path, edit: Callable[[Path, str, str], None]) -> None:
    edit(course / "course.toml", 'summary = "A', 'files = ["area.txt"]\nsummary = "A')
    manifest = load_manifest(course)
    with pytest.raises(CourseError, match=r"solutions/shapes/area\.txt is missing"):
        list(student_files(manifest, manifest.assignment("shapes")))
    (course / "solutions/shapes/area.txt").write_text("width times height")
    files = dict(student_files(manifest, manifest.assignment("shapes")))
    assert files["area.txt"] == b"width times height"


def test_nbgraders_refusal_is_one_sentence(course: Path) -> None:
    path = course / "solutions/shapes/shapes.ipynb"
    nb = json.loads(path.read_text())
    for cell in nb["cells"]:
        if cell["id"] == "Circle":
            del cell["metadata"]["nbgrader"]
    path.write_text(json.dumps(nb))
    manifest = load_manifest(course)
    with pytest.raises(
        CourseError, match=r"nbgrader makes no student notebooks .*non-solution cell"
    ):
        list(student_files(manifest, manifest.assignment("shapes")))


def test_nbgrader_itself_reads_the_same_configuration() -> None:
    places = load_nbgrader_config(COURSE_ROOT).CourseDirectory
    assert (places.source_directory, places.release_directory) == ("solutions", "assignments")
    steps = (places.submitted_directory, places.autograded_directory, places.feedback_directory)
    assert all(step.startswith("grading/") for step in steps)
    assert places.db_url == "sqlite:///grading/gradebook.db"
    assert "*.py" in places.ignore
