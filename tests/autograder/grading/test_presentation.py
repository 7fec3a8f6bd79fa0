"""What people see of a graded notebook: its own outputs, verdicts, and where it stopped."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.utils import determine_grade

from autograder.grading.presentation import (
    AS_HANDED_IN,
    add_evidence,
    blank,
    errors_in,
    present,
    remarks_on_order,
    status_line,
)
from autograder.grading.stops import describe_error
from tests.autograder.grading.test_plan import small

SECRET = "3.14159"
TABLE = "| method | error in px | training in s |\n|---|---|---|\n| heat maps | 3.86 | 309 |"


def error(ename: str, evalue: str, line: int = 1) -> NotebookNode:
    where = (
        f"\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[3]\x1b[39m\x1b[32m, line {line}\x1b[39m"
    )
    plain = f"Cell In[3], line {line}\n----> {line} x"
    return new_output("error", ename=ename, evalue=evalue, traceback=["---", where, plain])


def notebook() -> NotebookNode:
    nb = small("import torch", "def f(x):\n    return x", "check(f)", "train()", "a = 1\nb = size")
    for index, cell in enumerate(nb.cells):
        cell.outputs = [new_output("stream", text=f"mine {index}\n")]
        cell.execution_count = index + 1
    nb.cells[2].outputs = [new_output("execute_result", data={"text/plain": "99"})]
    nb.cells[3].outputs = [new_output("execute_result", data={"text/markdown": TABLE})]
    question = new_markdown_cell("My answer", id="question")
    question.metadata["nbgrader"] = {
        "grade_id": "q", "grade": True, "solution": True, "locked": False, "points": 4,
        "schema_version": 3, "task": False,
    }  # fmt: skip
    nb.cells.append(question)
    return nb


def words(nb: NotebookNode) -> str:
    return str([cell.get("outputs", []) for cell in nb.cells])


def test_outputs_are_as_handed_in_and_the_runs_own_are_not_shown() -> None:
    mine = notebook()
    ran = blank(mine)
    assert not any(cell.get("outputs") for cell in ran.cells)
    assert mine.cells[0].outputs[0].text == "mine 0\n"
    for cell in ran.cells[:5]:
        cell.outputs = [new_output("stream", text=SECRET)]
    ran.cells[4].outputs.append(error("NameError", f"name 'size' is not defined {SECRET}", 2))
    shown = present(mine, errors_in(ran))
    assert SECRET not in words(shown)
    for index in (0, 1, 3, 4):
        assert shown.cells[index].outputs[0].data["text/plain"] == AS_HANDED_IN
    assert shown.cells[0].outputs[1].text == "mine 0\n"
    assert shown.cells[4].outputs[-1].text == (
        "When the grader ran this cell, it stopped with NameError (`size` is not defined) "
        "in line 2, `b = size`.\n"
    )
    assert [cell.get("execution_count") for cell in shown.cells] == [1, 2, 3, 4, 5, None]


def test_nothing_that_was_handed_in_earns_points() -> None:
    shown = present(notebook(), {})
    assert shown.cells[2].outputs == []
    assert "execute_result" not in words(shown)
    shown.cells[2].metadata["nbgrader"]["points"] = 3
    shown.cells[2].outputs = [new_output("execute_result", data={"text/plain": "0.5"})]
    assert determine_grade(shown.cells[2]) == (0.5, 3)


def test_a_run_for_show_stands_in_for_missing_outputs() -> None:
    mine = blank(notebook())
    assert "came without outputs" in status_line(mine, {0, 1}, "smoke", False)
    shown = present(mine, {}, notebook(), "smoke")
    assert shown.cells[0].outputs[0].data["text/plain"] == (
        "From the grading run, with the profile smoke:"
    )
    assert shown.cells[0].outputs[1].text == "mine 0\n"
    assert "execute_result" not in words(shown)
    assert "are the grader's" in status_line(mine, {0, 1}, "smoke", True)


def test_the_status_line_says_what_ran() -> None:
    line = status_line(notebook(), {0, 1, 2}, "smoke", False)
    assert line.startswith("The grader ran 3 of 5 code cells, with the profile `smoke`.")


def test_the_tables_stand_beside_the_question() -> None:
    mine = notebook()
    shown = present(mine, {})
    add_evidence(shown, mine, filled=False)
    beside, question = shown.cells[-2:]
    assert question.source == "My answer"
    assert "as handed in" in beside.source and "*Cell 4:*" in beside.source
    assert TABLE in beside.source
    assert "nbgrader" not in beside.metadata


@pytest.mark.parametrize(
    ("counts", "bare", "says"),
    [
        ([1, 2, 3, 4, 5], (), []),
        ([3, 7, 8, 20, 21], (), []),
        ([1, 2, None, 4, 5], (2,), ["Not run when the notebook was saved: cell 3."]),
        ([1, 2, None, 4, 5], (), []),
        ([1, 2, 3, 9, 8], (), ["Cells were not run from top to bottom; cell 5 ran before"]),
        ([5, 1, 6, 2, 3], (), ["top to bottom; cells 2, 4 ran before"]),
        ([None] * 5, (), ["The numbers of the cells are missing"]),
        ([None] * 5, range(5), ["The notebook came without outputs."]),
    ],
)
def test_what_is_said_of_missing_outputs_and_of_order(
    counts: list[int | None], bare: tuple[int, ...], says: list[str]
) -> None:
    nb = notebook()
    for index, count in enumerate(counts):
        nb.cells[index].execution_count = count
        if index in bare:
            nb.cells[index].outputs = []
    remarks = remarks_on_order(nb)
    assert len(remarks) == len(says)
    for remark, words_in_it in zip(remarks, says, strict=True):
        assert words_in_it in remark


@pytest.mark.parametrize(
    ("source", "ename", "evalue", "line", "told"),
    [
        ("raise ValueError(secret)", "ValueError", SECRET, 1,
         "ValueError in line 1, `raise ValueError(secret)`"),
        ("import seaborn", "ModuleNotFoundError", "No module named 'seaborn'", 1,
         "ModuleNotFoundError (`seaborn` is not installed here) in line 1, `import seaborn`"),
        ("class Odd(Exception): pass\nraise Odd(1)", "Odd", "1", 2,
         "Odd in line 2, `raise Odd(1)`"),
        ("raise type(secret, (Exception,), {})", f"E{SECRET}", "", 1,
         "an error in line 1, `raise type(secret, (Exception,), {})`"),
        ("raise type(secret, (Exception,), {})", "E314159", "", 1,
         "an error in line 1, `raise type(secret, (Exception,), {})`"),
        ("x", "NameError", f"name 'n{SECRET[2:]}' is not defined", 1, "NameError in line 1, `x`"),
        ("x", "ValueError", "", 99, "ValueError"),
        ("x" * 500, "ValueError", "", 1, f"ValueError in line 1, `{'x' * 57}...`"),
    ],
)  # fmt: skip
def test_how_a_cell_stopped_is_told_without_values(
    source: str, ename: str, evalue: str, line: int, told: str
) -> None:
    cell = new_code_cell(source)
    nb = NotebookNode(cells=[cell])
    assert describe_error(cell, error(ename, evalue, line), nb) == told


def test_a_traceback_that_is_forged_tells_nothing() -> None:
    cell = new_code_cell("x")
    forged = NotebookNode(
        output_type="error",
        ename=SECRET,
        evalue=SECRET,
        traceback=[SECRET, "Cell In[1], line 9999999999"],
    )
    assert describe_error(cell, forged, NotebookNode(cells=[cell])) == "an error"
