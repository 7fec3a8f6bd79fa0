"""Outputs are computed anew when, and only when, what they derive from changes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.authoring.fingerprint import Fingerprint, fingerprint
from autograder.authoring.percent import read_source
from autograder.fingerprints import code_structure, digest, imported_files
from autograder.manifest import load_manifest

Edit = Callable[[Path, str, str], None]

CODE = '''\
def area(width: float, *, height=1.0) -> float:
    """A docstring."""
    return f"{width * height:.{2}f}"  # a comment


class Shape:
    sides: tuple[int, ...] = ()
'''


def print_of(root: Path) -> Fingerprint:
    manifest = load_manifest(root)
    assignment = manifest.assignment("shapes")
    notebook = assignment.notebook("shapes")
    return fingerprint(manifest, assignment, notebook, read_source(manifest, assignment, notebook))


def test_every_version_of_python_sees_the_same_code() -> None:
    # Computed with Python 3.11; 3.12 and 3.13 write other trees with ast.dump.
    assert digest(code_structure(CODE)) == "c0a2b3fb40bb2971a6346e823632c96b"


@pytest.mark.parametrize(
    "other",
    [
        CODE.replace("A docstring.", "Another docstring."),
        CODE.replace("  # a comment", ""),
        CODE.replace("width: float, *,", "width: float,\n    *,"),
    ],
)
def test_what_does_not_count(other: str) -> None:
    assert other != CODE
    assert code_structure(other) == code_structure(CODE)


@pytest.mark.parametrize(
    "other", [CODE.replace("width *", "width +"), CODE.replace("1.0", "1"), CODE + "area(1)\n"]
)
def test_what_counts(other: str) -> None:
    assert code_structure(other) != code_structure(CODE)


def test_magics_stand_for_themselves() -> None:
    assert code_structure("%matplotlib inline") == "%matplotlib inline"


numbers = st.integers(-9, 9).map(str)
expressions = st.recursive(
    numbers | st.sampled_from(["x", "None", "'text'", "[]"]),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner)
        | st.builds("f({}, key={})".format, inner, inner)
        | st.builds("[{}, {}]".format, inner, inner)
    ),
    max_leaves=6,
)


@given(expressions, expressions)
def test_equal_structure_means_equal_trees(one: str, other: str) -> None:
    same = ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    assert (code_structure(one) == code_structure(other)) == same


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("solutions/shapes/shapes.py", "(1, 1)", "(1, 2)", ["run"]),
        ("solutions/shapes/shapes.py", "The unit square", "A unit square", []),
        ("solutions/shapes/shapes.py", "The area of a polygon,", "An area,", []),
        ("poselab/plots.py", "area {", "an area of {", ["run"]),
        ("poselab/checks/__init__.py", "checked", "tried", ["checks"]),
        ("poselab/checks/__init__.py", "Say that", "Says that", []),
        ("data_stubs/__init__.py", "No data", "Nothing", []),
        ("poselab/checks/suites/shapes.safetensors", "suite", "sheet", ["checks"]),
        ("course.toml", "sides = 4", "sides = 6", ["run"]),
        ("course.toml", "sides = 5", "sides = 6", []),
        ("course.toml", "shape = 0.5", "shape = 1", ["checks"]),
        ("course.toml", 'tag = "v0.1.0"', 'tag = "v0.2.0"', []),
    ],
)
def test_the_inputs_of_a_notebook(
    course: Path,
    file: str,
    old: str,
    new: str,
    changes: list[str],
    edit: Edit,
) -> None:
    before = vars(print_of(course))
    edit(course / file, old, new)
    after = vars(print_of(course))
    assert [name for name in before if before[name] != after[name]] == changes


def test_what_both_figures_and_checks_use_counts_as_the_figures(course: Path, edit: Edit) -> None:
    checks = course / "poselab/checks/__init__.py"
    checks.write_text(f"from poselab.plots import caption\n{checks.read_text()}")
    before = print_of(course)
    edit(course / "poselab/plots.py", "area {", "an area of {")
    assert print_of(course).run != before.run
    assert print_of(course).checks == before.checks


def test_a_notebook_without_checks_does_not_depend_on_the_judging(course: Path, edit: Edit) -> None:
    manifest = load_manifest(course)
    assignment = manifest.assignment("shapes")
    reading = assignment.notebook("reading")
    nb = read_source(manifest, assignment, reading)
    nb.cells[-1].source = "import poselab"
    before = fingerprint(manifest, assignment, reading, nb)
    edit(course / "poselab/checks/__init__.py", "checked", "tried")
    assert fingerprint(manifest, assignment, reading, nb) == before


def test_only_what_is_imported_counts(tmp_path: Path) -> None:
    files = {
        "poselab/__init__.py": "",
        "poselab/plots.py": "from poselab.inner import lines",
        "poselab/inner/__init__.py": "",
        "poselab/inner/lines.py": "def late():\n    import data_stubs.rows as rows",
        "poselab/inner/circles.py": "import poselab.plots.poses",
        "poselab/unused.py": "",
        "data_stubs/__init__.py": "",
        "data_stubs/rows.py": "import poselab.plots.poses",
    }
    for name, source in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    unused = {"poselab/unused.py", "poselab/inner/circles.py"}
    cells = ["%matplotlib inline\nfrom poselab import plots", "import numpy, poselab_other"]
    assert imported_files(tmp_path, cells) == set(files) - unused
    assert imported_files(tmp_path, ["from poselab.inner import (\n    circles,\n)"]) == set(
        files
    ) - {"poselab/unused.py"}
    assert imported_files(tmp_path, ["import torch", "poselab = 1"]) == set()
    assert imported_files(tmp_path, cells, without="poselab.inner") == {
        "poselab/__init__.py",
        "poselab/plots.py",
    }
    assert imported_files(tmp_path, cells, without="poselab.inn") == set(files) - unused


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("poselab/checks/experiments/__init__.py", ["checks"]),
        ("poselab/checks/experiments/shapes/areas.py", ["checks"]),
        ("poselab/checks/experiments/others/areas.py", []),
    ],
)
def test_what_is_found_by_the_assignments_name_counts(
    course: Path, file: str, changed: list[str]
) -> None:
    before = vars(print_of(course))
    (course / file).parent.mkdir(parents=True, exist_ok=True)
    (course / file).write_text("TOLERANCE = 3\n")
    after = vars(print_of(course))
    assert [name for name in before if before[name] != after[name]] == changed


def test_a_model_counts_where_models_are_looked_at(course: Path, edit: Edit) -> None:
    models = course / "poselab/models"
    models.mkdir(parents=True, exist_ok=True)
    (models / "__init__.py").touch()
    (models / "verify.py").touch()
    without = print_of(course)
    (models / "shapes.py").write_text("TOLERANCE = 3\n")
    assert print_of(course) == without
    edit(course / "solutions/shapes/shapes.py", "import math\n", "import poselab.models.verify\n")
    before = print_of(course)
    (models / "shapes.py").write_text("TOLERANCE = 4\n")
    after = print_of(course)
    assert (after.run != before.run, after.checks) == (True, before.checks)
