"""`course.toml` is read with its totals, and what cannot be is refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from autograder.errors import CourseError
from autograder.manifest import StudentRepository, load_manifest


def test_points_and_minutes_are_sums(course: Path) -> None:
    assignment = load_manifest(course).assignment("shapes")
    assert [exercise.points for exercise in assignment.exercises] == [1.5, 1]
    assert (assignment.automatic_points, assignment.manual_points, assignment.points) == (
        2.5,
        2,
        4.5,
    )
    assert assignment.notebook("shapes").minutes == 20
    assert [notebook.name for notebook in assignment.graded_notebooks] == ["shapes"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[course]", "[course", "not valid TOML"),
        ('id = "Circle"', 'id = "polygon_area"', "'polygon_area' twice"),
        ('id = "which_shape"', 'id = "check_Circle"', "'check_Circle' twice"),
        ('id = "Circle"', 'id = "a circle"', "must be a Python name"),
        ("criteria = { values = 1 }", "", "has no criteria"),
        ("criteria = { values = 1 }", "criteria = { beauty = 1 }", "criteria.beauty"),
        ("criteria = { values = 1 }", "criteria = { values = -1 }", "criteria.values"),
        ("[course]", '[course.late]\nmethod = "points"\n[course]', "give both or neither"),
        ("[course]", '[course.late]\nmethod = "zero"\nmaximum = 3\n[course]', "`maximum` goes"),
        ("[assignments.shapes]", "[assignments.shapes]\ndue = 2026-12-01T23:59:00", "no zone"),
        ("[assignments.shapes]", '[assignments.shapes]\ndue = "soon"', "shapes.due"),
        (
            "[assignments.shapes]",
            "[assignments.shapes]\nhidden = true",
            "is hidden",
        ),
        ("minutes = 10", "", "minutes"),
        ("minutes = 10", "minutes = 10\nhours = 1", "hours"),
        ("graded = true", "graded = false", "is not graded"),
        ("criteria = { values = 1 }", "criteria = { values = 0 }", "has no points"),
        ("criteria = { values = 1 }", 'criteria = ["values"]', "has no points"),
        ("criteria = { values = 1 }", 'criteria = ["values", "values"]', "'values' is listed 2"),
        ("criteria = { values = 1 }", "criteria = [1]", "criteria"),
        ('name = "reading"', 'name = "shapes"', "'shapes' has 'shapes.py' twice"),
        ('"measure.py"', '"shapes.py"', "'shapes' has 'shapes.py' twice"),
        ('"measure.py"', '"measure.py", "measure.py"', "'measure.py' twice"),
        ("[profiles.cpu.shapes]", "[profiles.cpu.colours]", "[profiles.cpu]"),
        ('tag = "v0.1.0"', 'tag = "main"', "'main' can move"),
        ('licence = "MIT"', 'licence = "MIT"\nversion = "new"', "course.version"),
    ],
)
def test_a_wrong_manifest_is_refused(
    unbuilt: Path, old: str, new: str, sentence: str, edit: object
) -> None:
    path = unbuilt / "course.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(CourseError) as raised:
        load_manifest(unbuilt)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


PRACTICE = """graded = false

[[assignments.shapes.notebooks.exercises]]
id = "side"
title = "A side"
minutes = 1
criteria = ["shape", "values"]
"""


def test_a_list_of_criteria_earns_nothing(
    unbuilt: Path, edit: Callable[[Path, str, str], None]
) -> None:
    edit(unbuilt / "course.toml", "graded = false\n", PRACTICE)
    assignment = load_manifest(unbuilt).assignment("shapes")
    side = assignment.exercise("side")
    assert side.criteria == {"shape": 0, "values": 0}
    assert side.points == 0
    assert [each.id for each in assignment.checked_exercises] == ["side", "polygon_area", "Circle"]
    assert [each.id for each in assignment.exercises] == ["polygon_area", "Circle"]
    assert assignment.points == 4.5


def test_practice_is_held_to_the_declared_criteria(
    unbuilt: Path, edit: Callable[[Path, str, str], None]
) -> None:
    edit(unbuilt / "course.toml", "graded = false\n", PRACTICE.replace('"shape"', '"beauty"'))
    with pytest.raises(CourseError, match=r"criteria\.beauty"):
        load_manifest(unbuilt)


@pytest.mark.parametrize("repeated", ["Circle", "check_Circle", "which_shape"])
def test_an_id_is_unique_in_the_whole_course(unbuilt: Path, repeated: str) -> None:
    path = unbuilt / "course.toml"
    other = f"""
[profiles.smoke.colours]
[profiles.cpu.colours]
[profiles.gpu.colours]

[assignments.colours]
title = "Colours"
summary = "Another assignment."

[[assignments.colours.notebooks]]
name = "colours"
title = "Colours"
graded = true

[[assignments.colours.notebooks.questions]]
id = "{repeated}"
title = "Which colour?"
points = 1
minutes = 1
"""
    path.write_text(path.read_text() + other)
    with pytest.raises(CourseError) as raised:
        load_manifest(unbuilt)
    assert str(raised.value) == (
        "course.toml, the manifest: assignments 'shapes' and 'colours' together have the exercise "
        f"or question '{repeated}' twice; an id has to be unique in the whole course."
    )


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"There is no course\.toml"):
        load_manifest(tmp_path)


def test_unknown_names_are_answered_with_the_known_ones(course: Path) -> None:
    manifest = load_manifest(course)
    with pytest.raises(CourseError, match="it has shapes"):
        manifest.assignment("colours")
    with pytest.raises(CourseError, match="it has polygon_area, Circle"):
        manifest.assignment("shapes").exercise("square")
    with pytest.raises(CourseError, match="it has reading, shapes"):
        manifest.assignment("shapes").notebook("colours")


def test_colab_opens_what_is_on_github_only() -> None:
    on_github = StudentRepository(url="https://github.com/a/b.git", tag="v1")
    assert on_github.colab_link("x.ipynb") == (
        "https://colab.research.google.com/github/a/b/blob/v1/x.ipynb"
    )
    assert on_github.download_link("x.py") == "https://github.com/a/b/raw/v1/x.py"
    elsewhere = StudentRepository(url="https://git.example.org/a/b", tag="v1")
    assert elsewhere.colab_link("x") is elsewhere.download_link("x") is None


@given(st.text(max_size=12))
def test_a_tag_has_no_white_space_or_shell_syntax(tag: str) -> None:
    try:
        repository = StudentRepository(url="https://github.com/a/b", tag=tag)
    except ValidationError:
        return
    assert not set(repository.tag) & set(" \t\n\"'$;&|@/\\")
