"""Notebooks that do not come to an end, and what is kept of them."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.exams import draw_papers
from autograder.grading.execution import Limits, Run, run_notebook
from autograder.grading.nbgrader_plugin import ENVIRONMENT
from tests.submissions.make import grade_id, solved

PAPERS = {name: draw_papers("heatmap_2d", 3)[name] for name in ("joint_error", "heatmap_argmax")}


def notebook(*sources: str) -> NotebookNode:
    """Imports, joint_error and its check; then ``sources``; then heatmap_argmax and its check."""
    cells = {grade_id(cell): cell for cell in solved().cells}
    imports = new_code_cell(
        "import torch\nfrom torch import Tensor\nfrom jaxtyping import Bool, Float"
    )
    first = [imports, cells["joint_error"], cells["check_joint_error"]]
    last = [cells["heatmap_argmax"], cells["check_heatmap_argmax"]]
    nb: NotebookNode = new_notebook(cells=[*first, *map(new_code_cell, sources), *last])
    nbformat.validate(nb)
    return nb


def run(*sources: str, total: float = 60) -> Run:
    return run_notebook(notebook(*sources), PAPERS, Limits(4, total), ENVIRONMENT)


@pytest.mark.parametrize(
    ("source", "status", "note"),
    [
        ("x = 1", None, ""),
        ("1 / 0", None, ""),
        ("while True:\n    pass", "timed_out", "Stopped after 4 s: cell 4 (`while True:`)."),
        ("import os\nos._exit(1)", "crashed", "Python died in cell 4 (`import os`)"),
        ("input()", None, ""),
    ],
)
def test_the_rest_of_the_notebook_counts(source: str, status: str | None, note: str) -> None:
    outcome = run(source)
    assert outcome.status == status
    assert set(outcome.answers) == {"joint_error", "heatmap_argmax"}
    assert outcome.silent == {}
    assert note in " ".join(outcome.notes)


def test_a_kernel_that_ignores_interrupts_is_stopped_in_the_end() -> None:
    stubborn = "import signal\nsignal.signal(signal.SIGINT, lambda *_: None)\nwhile True: pass"
    outcome = run(stubborn, total=15)
    assert outcome.status == "timed_out"
    assert set(outcome.answers) == {"joint_error"}
    assert outcome.silent == {
        "heatmap_argmax": "The notebook was stopped before this exercise was reached."
    }


def test_a_cell_that_fails_is_quoted_where_its_function_is_missing() -> None:
    nb = notebook()
    nb.cells[1].source = "import no_such_module\n" + nb.cells[1].source
    outcome = run_notebook(nb, PAPERS, Limits(4, 60), ENVIRONMENT)
    assert outcome.silent == {
        "joint_error": "`joint_error` is not defined: its cell stopped with "
        "ModuleNotFoundError: No module named 'no_such_module'."
    }
    assert set(outcome.answers) == {"heatmap_argmax"}


def test_a_function_that_kills_python_costs_only_its_own_exercise() -> None:
    nb = notebook()
    nb.cells[1].source = "import os\ndef joint_error(*args):\n    os._exit(1)"
    outcome = run_notebook(nb, PAPERS, Limits(4, 60), ENVIRONMENT)
    assert outcome.status == "crashed"
    assert outcome.silent == {"joint_error": "Python died when `joint_error` was called."}
    assert set(outcome.answers) == {"heatmap_argmax"}
