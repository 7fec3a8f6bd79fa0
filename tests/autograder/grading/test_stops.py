"""Remarks on cells that stopped, without what their errors say."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from autograder.grading.stops import MOST_REMARKS, remarks_on_stopped_cells


def stopped(source: str, *errors: tuple[str, int]) -> NotebookNode:
    """A cell that stopped with errors, each at a line."""
    outputs = [
        new_output(
            "error",
            ename=kind,
            evalue="secret",
            traceback=[
                "\x1b[31m---------\x1b[39m",
                f"\x1b[31m{kind}\x1b[39m  Traceback (most recent call last)",
                f"\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[2]\x1b[39m\x1b[32m, line {line}"
                f"\x1b[39m\n----> {line} secret",
            ],
        )
        for kind, line in errors
    ]
    return new_code_cell(source, outputs=outputs)


def said(*cells: NotebookNode, released: tuple[str, ...] = ()) -> list[str]:
    return remarks_on_stopped_cells(new_notebook(cells=list(cells)), released)


@pytest.mark.parametrize(
    ("cell", "remark"),
    [
        (
            stopped("import math\nimport seaborn as sns", ("ModuleNotFoundError", 2)),
            "Cell 1 stopped at `import seaborn as sns` (ModuleNotFoundError: it is not installed "
            "where notebooks are graded); the rest of the cell was run.",
        ),
        (
            stopped("import a\nx\nimport b", ("ModuleNotFoundError", 1), ("NameError", 2)),
            "Cell 1 stopped at `import a` (ModuleNotFoundError: it is not installed where "
            "notebooks are graded) and at 1 more line; the rest of the cell was run.",
        ),
        (
            stopped("x = 1\nassert x == 2\ny = 3", ("AssertionError", 2)),
            "Cell 1 stopped at `assert x == 2` (AssertionError).",
        ),
        (
            stopped("x = 1\nraise KeyboardInterrupt", ("KeyboardInterrupt", 2)),
            "Cell 1 stopped at `raise KeyboardInterrupt` (KeyboardInterrupt).",
        ),
        (stopped("x = (", ("SyntaxError", 1)), "Cell 1 stopped at `x = (` (SyntaxError)."),
        (
            stopped("import sys\nsys.exit(3)", ("SystemExit", 0)),
            "Cell 1 ended Python at `sys.exit(3)`; only that cell was stopped, the others were "
            "run.",
        ),
        (
            stopped("leave()", ("SystemExit", 0)),
            "Cell 1 ended Python; only that cell was stopped, the others were run.",
        ),
        (
            stopped("x", ("Bad secret\n", 9)),
            "Cell 1 stopped (an error); the rest of the cell was run.",
        ),
        (
            new_code_cell(
                "x = 1\n%tensorboard --logdir logs",
                outputs=[
                    new_output(
                        "stream",
                        name="stderr",
                        text="UsageError: Line magic function `%tensorboard` not found.\n",
                    )
                ],
            ),
            "Cell 1 stopped at `%tensorboard --logdir logs` (UsageError: there is no such command "
            "where notebooks are graded); the rest of the cell was run.",
        ),
    ],
)
def test_the_line_is_named_and_the_message_is_not(cell: NotebookNode, remark: str) -> None:
    assert said(cell) == [remark]
    assert said(cell, released=(cell.source,)) == []
    assert "secret" not in remark


def test_who_ended_python_is_named_first_and_the_rest_are_counted() -> None:
    cells = [stopped(f"x{number}", ("NameError", 1)) for number in range(MOST_REMARKS + 1)]
    remarks = said(*cells, stopped("quit()", ("SystemExit", 0)))
    assert remarks[0].startswith("Cell 7 ended Python at `quit()`")
    assert len(remarks) == MOST_REMARKS + 1
    assert remarks[-1] == "2 more cells stopped as well."


def test_what_we_stopped_ourselves_is_said_elsewhere() -> None:
    assert said(stopped("while True: pass", ("KeyboardInterrupt", 1), ("Stopped", 1))) == []


def test_a_name_that_is_defined_further_below() -> None:
    cell = stopped("helper = norm_of", ("NameError", 1))
    cell.outputs[0].evalue = "name 'norm_of' is not defined"
    remarks = said(cell, new_code_cell("x = 1"), new_code_cell("def norm_of(x): return x"))
    assert remarks == [
        "Cell 1 stopped at `helper = norm_of` (NameError); the rest of the cell was run. "
        "`norm_of` is defined only in cell 3: move it above."
    ]
    assert "only" not in said(cell, new_code_cell("x = 1"))[0]
    cell.outputs[0].evalue = "name 'secret' is not defined"
    assert "secret" not in said(cell, new_code_cell("secret = 1"))[0]
