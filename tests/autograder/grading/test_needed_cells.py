"""What our own solution needs: definitions and their constants, neither trainings nor figures."""

from __future__ import annotations

import ast

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.grading.needed_cells import needed_cells
from autograder.manifest import COURSE_ROOT, load_manifest

GRADED = {"nbgrader": {"grade_id": "error"}}
CELLS = {
    "import": "import torch",
    "constants": "SIZE = (64, 64)\nHALF: int = SIZE[0] // 2",
    "helper": "def centre():\n    return HALF",
    "class": "class Unused:\n    pass",
    "data": "dataset = load(SIZE)",
    "training": "history = train(dataset)\nplot(history)",
    "figure": "plot(dataset)",
    "loop": "for SIZE in range(3):\n    pass",
}


def test_constants_are_kept_that_graded_cells_rely_on() -> None:
    cells = [new_code_cell(source) for source in CELLS.values()]
    graded = new_code_cell("def error(pose):\n    return pose - centre()", metadata=GRADED)
    question = new_markdown_cell("Why?", metadata=GRADED)
    found = needed_cells(new_notebook(cells=[new_markdown_cell("Hello"), *cells, graded, question]))
    kept = {cell.source for cell in found}
    assert kept == {
        *(CELLS[name] for name in ("import", "constants", "helper", "class")),
        graded.source,
        question.source,
    }
    assert [cell.source for cell in found][-2:] == [graded.source, question.source]


@pytest.mark.parametrize("name", [n.name for _, n in load_manifest().notebooks() if n.graded])
def test_our_own_solutions_keep_no_training(name: str) -> None:
    (path,) = (COURSE_ROOT / "solutions").glob(f"*/{name}.ipynb")
    nb: NotebookNode = nbformat.read(path, as_version=4)
    graded = [cell for cell in nb.cells if "nbgrader" in cell.metadata]
    needed = needed_cells(nb)
    assert all(cell in needed for cell in graded)
    others = [cell for cell in needed if cell not in graded]
    calls = [n for c in others for n in ast.parse(c.source).body if isinstance(n, ast.Expr)]
    assert not any("train" in ast.unparse(call) for call in calls)
    left_out = [cell for cell in nb.cells if cell.cell_type == "code" and cell not in needed]
    assert len(left_out) > len(others)
