"""The cells that others need are found by names, and trainings are left out."""

from __future__ import annotations

import ast

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.needed_cells import graded_part, needed_cells

TRAINING = "network = train(make_network())"


@pytest.mark.parametrize(
    ("before", "needed"),
    [
        pytest.param(["def f():\n    return 1"], [0], id="function"),
        pytest.param(["from exercises import f"], [0], id="import"),
        pytest.param(["import exercises as f"], [0], id="import as"),
        pytest.param(["class f:\n    pass"], [0], id="class"),
        pytest.param(["f = lambda: 1"], [0], id="assignment"),
        pytest.param([TRAINING, "def f():\n    return 1", TRAINING], [1], id="no trainings"),
        pytest.param(["SIZE = 3", "OTHER = 4", "def f():\n    return SIZE"], [0, 2], id="constant"),
        pytest.param(["def f():\n    return SIZE", "SIZE = 3"], [0, 1], id="constant afterwards"),
        pytest.param(["A = 1", "B = A + 1", "def f(x=B):\n    pass"], [0, 1, 2], id="default"),
        pytest.param(
            ["from typing import Any", "def f(x: Any) -> None:\n    pass"], [0, 1], id="annotation"
        ),
        pytest.param(
            ["class Base:\n    pass", "SIDES = 3", "class f(Base):\n    sides = SIDES"],
            [0, 1, 2],
            id="base and class attribute",
        ),
        pytest.param(
            ["def g():\n    return h()", "def h():\n    return 1", "def f():\n    return g()"],
            [0, 1, 2],
            id="functions that call each other",
        ),
        pytest.param(
            [TRAINING, "def f(network):\n    epochs = network\n    return epochs", "epochs = 3"],
            [1],
            id="parameters and local names",
        ),
        pytest.param(
            [TRAINING, "def f():\n    return [network for network in range(3)]"],
            [1],
            id="names of comprehensions",
        ),
        pytest.param(
            ["def f():\n    def g():\n        return [SIZE for _ in g]", "SIZE = 3"],
            [0, 1],
            id="nested functions",
        ),
        pytest.param([TRAINING, "def f():\n    return network"], [0, 1], id="a used training"),
        pytest.param(["SIZE = 3", "SIZE = 4", "f = SIZE.bit_count"], [0, 1, 2], id="bound twice"),
        pytest.param(["class f:\n    pass", "f.size = 3", "f.a[0].b = 1"], [0, 1, 2], id="changed"),
        pytest.param(["SIZE = 3", "def f():\n    global SIZE\n    SIZE = 4"], [0, 1], id="global"),
        pytest.param(["from exercises import *", "g = 1"], [0], id="import of everything"),
        pytest.param(["%matplotlib inline\ndef f():\n    pass", "!ls"], [0], id="magics"),
        pytest.param(["def f(:", "def f():\n    pass"], [1], id="not Python"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_what_a_check_needs(before: list[str], needed: list[int]) -> None:
    goal = len(before)
    cells = [*before, "check(f)", "def f():\n    return 'later'"]
    assert needed_cells(cells, [goal]) == [*needed, goal]


def test_several_wanted_cells() -> None:
    cells = ["f = 1", "check(f)", TRAINING, "g = 1", "f = 2", "check(g)"]
    assert needed_cells(cells, [1, 5]) == [0, 1, 3, 5]
    assert needed_cells(cells, []) == []


def test_the_graded_part_is_the_graded_cells_and_what_they_need() -> None:
    graded = {"nbgrader": {"grade_id": "error"}}
    sources = [
        "import torch",
        "SIZE = (64, 64)\nHALF: int = SIZE[0] // 2",
        "def centre():\n    return HALF",
        "class Unused:\n    pass",
        "dataset = load(SIZE)",
        "history = train(dataset)\nplot(history)",
    ]
    error = new_code_cell("def error(pose):\n    return pose - centre()", metadata=graded)
    question = new_markdown_cell("Why?", metadata=graded)
    cells = [new_markdown_cell("Hello"), *map(new_code_cell, sources), error, question]
    kept = [cell.source for cell in graded_part(new_notebook(cells=cells))]
    assert kept == [*sources[1:3], error.source, question.source]


@pytest.mark.parametrize("name", [n.name for _, n in load_manifest().notebooks() if n.graded])
def test_the_graded_part_of_our_own_solutions_holds_no_training(name: str) -> None:
    (path,) = (COURSE_ROOT / "solutions").glob(f"*/{name}.ipynb")
    nb: NotebookNode = nbformat.read(path, as_version=4)
    needed = graded_part(nb)
    others = [cell for cell in needed if "nbgrader" not in cell.metadata]
    calls = [n for c in others for n in ast.parse(c.source).body if isinstance(n, ast.Expr)]
    assert not any("train" in ast.unparse(call) for call in calls)
    left_out = [cell for cell in nb.cells if cell.cell_type == "code" and cell not in needed]
    assert len(left_out) > len(others)
