"""The two-sided gate says who got what, and why that is wrong."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from autograder.errors import CourseError
from autograder.grading.records import CriterionRecord, ExerciseRecord, NotebookRecord, Status
from autograder.quality.gate import _expect, _only_unwritten


def record(score: float, status: Status = "graded") -> NotebookRecord:
    passed = score == 2.5
    criterion = CriterionRecord(
        id="values", passed=passed, points=score, max_points=2.5, message="It returned 7."
    )
    exercise = ExerciseRecord(id="area", score=score, max_score=2.5, criteria=(criterion,))
    return NotebookRecord(key="", status=status, notes=("Stopped.",), exercises=(exercise,))


def test_full_marks_and_none_pass() -> None:
    _expect(record(2.5), "a/a.ipynb", full=True)
    _expect(record(0), "a/a.ipynb", full=False)


@pytest.mark.parametrize(
    ("graded", "full", "sentence"),
    [
        (record(2), True, r"solutions/a/a\.ipynb: area loses values: It returned 7\."),
        (record(0), True, r"solutions/a/a\.ipynb: area loses values"),
        (record(0.5), False, r"assignments/a/a\.ipynb: area earns 0\.5 points untouched"),
        (record(2.5, "timed_out"), True, r"a/a\.ipynb is timed_out instead of graded: Stopped\."),
        (record(0, "repaired"), False, "is repaired instead of graded"),
    ],
)
def test_anything_else_is_an_error(graded: NotebookRecord, full: bool, sentence: str) -> None:
    with pytest.raises(CourseError, match=sentence):
        _expect(graded, "a/a.ipynb", full=full)


def test_untouched_notebooks_fail_only_where_something_is_unwritten() -> None:
    def notebook(error: str) -> object:
        output = new_output("error", ename=error, evalue="why", traceback=[])
        return new_notebook(cells=[new_code_cell("draw(maps)", outputs=[output])])

    _only_unwritten(notebook("NotImplementedError"), "a/a.ipynb")
    with pytest.raises(CourseError, match=r"the cell `draw\(maps\)` raises ValueError: why"):
        _only_unwritten(notebook("ValueError"), "a/a.ipynb")
