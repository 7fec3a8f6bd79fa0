"""Sources become notebooks; whatever is missing or left over is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from autograder.authoring.percent import read_source
from autograder.authoring.tables import course_table
from autograder.errors import CourseError
from autograder.manifest import load_manifest


def read(root: Path, name: str = "shapes") -> Any:
    manifest = load_manifest(root)
    assignment = manifest.assignment("shapes")
    return read_source(manifest, assignment, assignment.notebook(name))


def test_headings_checks_and_metadata_come_from_the_manifest(unbuilt: Path) -> None:
    nb = read(unbuilt)
    cells = {cell.id: cell for cell in nb.cells}
    text = "\n".join(cell.source for cell in nb.cells)
    assert "## Exercise 1. The area of a polygon (1.5 points, 10 minutes)" in text
    assert "## Exercise 2. A circle (1 point, 5 minutes)" in text
    assert "## Question 1. Which shape? (2 points, 5 minutes)" in text
    assert "{exercise" not in text
    ids = [cell.id for cell in nb.cells]
    assert ids[ids.index("polygon_area") + 1] == "check_polygon_area"
    assert cells["check_polygon_area"].source == "check(polygon_area)"
    assert cells["check_polygon_area"].metadata["nbgrader"] == {
        "grade": True,
        "grade_id": "check_polygon_area",
        "locked": True,
        "points": 1.5,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    assert cells["which_shape"].metadata["nbgrader"]["points"] == 2
    nbformat.validate(nb)
    MetadataValidator().validate_nb(nb)


def test_only_the_setup_cell_knows_about_colab(unbuilt: Path) -> None:
    for name in ("reading", "shapes"):
        nb = read(unbuilt, name)
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        assert "poselab[onnx] @ git+https://github.com/a_university/shapes@v0.1.0" in code[0].source
        assert '"google.colab" in sys.modules' in code[0].source
        assert not any("colab" in cell.source for cell in code[1:])
        badge = "colab.research.google.com/github/a_university/shapes/blob/v0.1.0/assignments"
        assert f"{badge}/shapes/{name}.ipynb" in nb.cells[1].source
        compile(code[0].source, "setup", "exec")


def test_ids_are_the_same_each_time_and_survive_a_new_cell(
    unbuilt: Path, edit: Callable[[Path, str, str], None]
) -> None:
    ids = [cell.id for cell in read(unbuilt).cells]
    assert ids == [cell.id for cell in read(unbuilt).cells]
    assert len(set(ids)) == len(ids)
    source = unbuilt / "solutions/shapes/shapes.py"
    edit(source, "# The unit square", "# New.\n\n# %% [markdown]\n# The unit square")
    assert set(ids) < {cell.id for cell in read(unbuilt).cells}


def test_files_that_colab_lacks_are_linked(
    unbuilt: Path, edit: Callable[[Path, str, str], None]
) -> None:
    source = unbuilt / "solutions/shapes/shapes.py"
    edit(source, "# The unit square", "# Complete {file:measure.py}. The unit square")
    (cell,) = (cell for cell in read(unbuilt).cells if "Complete" in cell.source)
    link = "https://github.com/a_university/shapes/raw/v0.1.0/assignments/shapes/measure.py"
    assert f"Complete [`measure.py`]({link}). The" in cell.source


def test_the_opening_has_the_numbers_of_the_manifest(unbuilt: Path) -> None:
    opening = read(unbuilt).cells[0].source
    assert "Difficulty: easy. Time: about 20 minutes for the tasks; reading and" in opening
    assert "Points: 2.5 by the autograder and 2 by hand." in opening
    assert "Hand in `shapes.ipynb` and `measure.py`, both under these names: put them" in opening
    assert "People read your written answers." in opening
    assert "{notebook:" not in opening


def test_equal_cells_have_different_ids(unbuilt: Path) -> None:
    source = unbuilt / "solutions/shapes/reading.py"
    source.write_text(source.read_text() + '\n# %%\nprint("An area is a number.")\n' * 3)
    ids = [cell.id for cell in read(unbuilt, "reading").cells]
    assert len(set(ids)) == len(ids) == 7


REGION = "        ### BEGIN SOLUTION\n        self.radius = radius\n        ### END SOLUTION\n"

MISTAKES = {
    "no title": ("# # Areas", "# Areas", "the first cell is not Markdown with the title"),
    "no setup": (' tags=["setup"]', "", "the first code cell"),
    "two setups": ('# %%\nprint("work', '# %% tags=["setup"]\nprint("work', "the first code cell"),
    "full setup": ('tags=["setup"]', 'tags=["setup"]\nimport os', "the first code cell"),
    "no cell": (
        'exercise="Circle"',
        "",
        "lists 'Circle', but cell `exercise=\"Circle\"` is missing",
    ),
    "no entry": ('exercise="Circle"', 'exercise="Square"', "Circle"),
    "no heading": ("{exercise:Circle}", "A circle", "heading `{exercise:Circle}` is missing"),
    "two headings": ("Its radius", "# {exercise:Circle}", "occurs 2 times"),
    "unknown heading": ("Its radius", "{exercise:Square}", "has no entry in course.toml"),
    "no question": ('question="which_shape"', "", "lists 'which_shape'"),
    "heading in the answer": ("# === BEGIN", "# {question:which_shape}\n# === BEGIN", "2 times"),
    "no first hint": ("<details><summary>Hint 1</summary>Its", "Its", "exercise 'Circle' has no"),
    "no second hint": ("<summary>Hint 2</summary>Then", "Then", "exercise 'Circle' has no"),
    "other name": ("class Circle", "class Disc", "does not define 'Circle'"),
    "no docstring": ('    """A circle with a radius."""\n', "", "no docstring"),
    "region left open": (
        "self.radius = radius\n        ### END SOLUTION\n",
        "self.radius = radius\n",
        "has no counterpart",
    ),
    "no python": ("self.radius = radius\n", "self.radius = = radius\n", "is not Python"),
    "first line hidden": ("class Circle:", "### BEGIN SOLUTION\nclass Circle:", "no counterpart"),
    "region elsewhere": (
        "import math\n",
        "### BEGIN SOLUTION\nimport math\n",
        "neither an exercise",
    ),
    "unknown file": ("The unit", "{file:none.py} the unit", "'{file:none.py}' names none of the"),
    "no scheme": ("=== BEGIN MARK SCHEME ===\n", "", "has no counterpart"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_source_is_refused(
    unbuilt: Path, mistake: str, edit: Callable[[Path, str, str], None]
) -> None:
    old, new, sentence = MISTAKES[mistake]
    edit(unbuilt / "solutions/shapes/shapes.py", old, new)
    with pytest.raises(CourseError) as raised:
        read(unbuilt)
    assert str(raised.value).startswith("solutions/shapes/shapes.py: ")
    assert sentence in str(raised.value)


def test_an_exercise_without_a_solution(
    unbuilt: Path, edit: Callable[[Path, str, str], None]
) -> None:
    source = unbuilt / "solutions/shapes/shapes.py"
    text = source.read_text()
    start, end = text.index("    ### BEGIN SOLUTION\n"), text.index("    ### END SOLUTION\n")
    source.write_text(text[:start] + "    return 0\n" + text[end + len("    ### END SOLUTION\n") :])
    with pytest.raises(CourseError, match="'polygon_area': there is no solution"):
        read(unbuilt)


def test_the_order_is_the_manifests(unbuilt: Path) -> None:
    path = unbuilt / "course.toml"
    text = path.read_text().replace('"polygon_area"', '"X"').replace('"Circle"', '"polygon_area"')
    path.write_text(text.replace('"X"', '"Circle"'))
    with pytest.raises(CourseError, match="a different order"):
        read(unbuilt)


def test_a_missing_source(unbuilt: Path) -> None:
    (unbuilt / "solutions/shapes/shapes.py").unlink()
    with pytest.raises(CourseError, match=r"solutions/shapes/shapes\.py is missing"):
        read(unbuilt)


def practise(root: Path, criteria: str = "") -> Any:
    """The notebook that is not graded, with an exercise in it."""
    manifest = root / "course.toml"
    practice = (
        '[[assignments.shapes.notebooks.exercises]]\nid = "side"\ntitle = "A side"\nminutes = 1\n'
    )
    manifest.write_text(
        manifest.read_text().replace("graded = false\n", f"graded = false\n\n{practice}{criteria}")
    )
    source = root / "solutions/shapes/reading.py"
    source.write_text(
        source.read_text()
        + """
# %% [markdown]
# ## {exercise:side}
#
# <details><summary>Hint 1</summary>Count.</details>
# <details><summary>Hint 2</summary>Four.</details>

# %% exercise="side"
def side():
    \"\"\"How many sides a square has.\"\"\"
    ### BEGIN SOLUTION
    return 4
    ### END SOLUTION
"""
    )
    return read(root, "reading")


def test_an_exercise_without_criteria_has_no_check(unbuilt: Path) -> None:
    nb = practise(unbuilt)
    assert nb.cells[-1].id == "side"
    assert "Exercise 1. A side (1 minute)" in nb.cells[-2].source
    assert "Checked" not in nb.cells[-2].source


def test_practice_has_a_check_that_nbgrader_does_not_grade(unbuilt: Path) -> None:
    nb = practise(unbuilt, 'criteria = ["shape", "values"]\n')
    text, solution, check = nb.cells[-3:]
    assert (solution.id, check.id) == ("side", "check_side")
    assert check.source == "check(side)"
    assert "nbgrader" not in check.metadata
    assert solution.metadata["nbgrader"]["solution"]
    heading = "## Exercise 1. A side (1 minute)\n\n*Checked: type and shape, values.*"
    assert text.source.startswith(heading)
    nbformat.validate(nb)
    MetadataValidator().validate_nb(nb)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("so that the brightest becomes\n# 1. Then", "the line '1. Then' stands in the middle"),
        ("a number\n# - another", "Markdown makes a list of it"),
        ("a long word\n# ---", "Markdown makes a heading of it"),
    ],
)
def test_a_torn_paragraph_is_refused(
    unbuilt: Path, edit: Callable[[Path, str, str], None], text: str, sentence: str
) -> None:
    edit(unbuilt / "solutions/shapes/shapes.py", "# The unit square", f"# {text}\n# The square")
    with pytest.raises(CourseError) as raised:
        read(unbuilt)
    assert sentence in str(raised.value)


def test_the_models_points_stand_where_the_source_wants_them(unbuilt: Path) -> None:
    source = unbuilt / "solutions" / "shapes" / "shapes.py"
    source.write_text(
        source.read_text() + "\n# %% [markdown]\n# Hand it in.\n#\n# {model:points}\n"
    )
    with pytest.raises(CourseError, match=r"\{model:points\}.*an assignment without a model"):
        read(unbuilt)
    manifest = unbuilt / "course.toml"
    model = """
[assignments.shapes.model]
file = "model.onnx"
held_out = { n_videos = 1 }
unit = "px"
points = [{ value = 7.5, points = 1 }, { value = 4, points = 2.5 }]
"""
    before = "\n[[assignments.shapes.notebooks]]"
    manifest.write_text(manifest.read_text().replace(before, model + before, 1))
    assert read(unbuilt).cells[-1].source == (
        "Hand it in.\n\n| mean error at most | 7.5 px | 4 px |\n|---|---:|---:|\n"
        "| points | 1 | 2.5 |"
    )
    assert "up to 2.5 for the model" in course_table(load_manifest(unbuilt))
