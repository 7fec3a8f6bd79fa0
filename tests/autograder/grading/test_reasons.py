"""What stands below a check and was to be used is named."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.grading.reasons import defined_too_late
from poselab.checks.runner import Observation

STUB = "def double(x):\n    raise NotImplementedError"
USES = "def double(x):\n    return twice(x)"
LATER = "defined only in cell 5, below the check of `double`"


def reason(error: str, *later: str, above: str = "") -> str:
    cells = [
        new_code_cell(above),
        new_code_cell(USES, metadata={"nbgrader": {"grade_id": "double"}}),
        new_code_cell("check(double)", metadata={"nbgrader": {"grade_id": "check_double"}}),
        new_markdown_cell("def twice"),
        *map(new_code_cell, later),
    ]
    return defined_too_late(new_notebook(cells=cells), "double", [Observation("a", error=error)])


@pytest.mark.parametrize(
    ("name", "later"),
    [
        ("twice", "def twice(x):\n    return 2 * x"),
        ("np", "import numpy as np"),
        ("SCALE", "SCALE: float = 2.0"),
        ("Doubler", "class Doubler:\n    pass"),
        ("rearrange", "from einops import rearrange"),
        ("scale", "with torch.no_grad():\n    scale = 2"),
        ("i", "for i in range(3):\n    pass"),
        ("twice", "twice = lambda x: 2 * x"),
        ("twice", "%matplotlib inline\ndef twice(x): return 2 * x"),
    ],
)
def test_a_name_that_a_later_cell_defines(name: str, later: str) -> None:
    error = f"NameError: name '{name}' is not defined"
    assert f"`{name}` is {LATER}" in reason(error, later)
    assert reason(error, "other = 1") == ""
    assert reason(error) == ""
    # Where it was defined above as well, that is not what was wrong.
    assert reason(error, later, above=later) == ""
    assert reason(f"ValueError: name '{name}' is not defined", later) == ""


def test_a_solution_below_its_check() -> None:
    nb = new_notebook(
        cells=[
            new_code_cell(STUB, metadata={"nbgrader": {"grade_id": "double"}}),
            new_code_cell("check(double)", metadata={"nbgrader": {"grade_id": "check_double"}}),
            new_code_cell(USES),
        ]
    )
    said = defined_too_late(nb, "double", [Observation("a", not_written=True)])
    assert said.startswith("Cell 3 defines `double`, but it is below the check")
    assert defined_too_late(nb, "double", None) == said
    # Also where the stub says something, or holds a first attempt.
    for error in ("NotImplementedError: Write your solution here.", "ValueError: no", ""):
        assert defined_too_late(nb, "double", [Observation("a", error=error)]) == said
    del nb.cells[2]
    assert defined_too_late(nb, "double", None) == ""


def test_no_check_no_reason() -> None:
    assert defined_too_late(new_notebook(), "double", None) == ""
