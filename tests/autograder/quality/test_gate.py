"""The two-sided gate says who got what, and why that is wrong."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from autograder.errors import CourseError
from autograder.grading.records import CriterionRecord, ExerciseRecord, NotebookRecord, Status
from autograder.quality.gate import _expect
from autograder.quality.unwritten import only_unwritten


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


def notebook(*cells: tuple[str, str | None]) -> NotebookNode:
    """A notebook that was run: the cells' sources and the errors that they raised."""
    return new_notebook(
        cells=[
            new_code_cell(
                source,
                outputs=[new_output("error", ename=error, evalue="why", traceback=[])]
                if error
                else [],
            )
            for source, error in cells
        ]
    )


@pytest.mark.parametrize(
    "cells",
    [
        [("draw(maps)", "NotImplementedError")],
        [("maps = render(poses)", "NotImplementedError"), ("draw(maps)", "NameError")],
        [
            ("sums = []\nsums.append(render(poses))", "NotImplementedError"),
            ("first = sums", None),
            ("print(first[0])", "IndexError"),
        ],
    ],
)
def test_what_is_unwritten_may_fail_and_what_needs_it(cells: list[tuple[str, str | None]]) -> None:
    only_unwritten(notebook(*cells), "a/a.ipynb")


@pytest.mark.parametrize(
    "cells",
    [
        [("draw(maps)", "ValueError")],
        [("poses = render(poses)", "NotImplementedError"), ("draw(maps)", "ValueError")],
        [("draw(maps)", "ValueError"), ("maps = render(poses)", "NotImplementedError")],
    ],
)
def test_nothing_else_may_fail(cells: list[tuple[str, str | None]]) -> None:
    with pytest.raises(CourseError, match=r"the cell `draw\(maps\)` raises ValueError: why"):
        only_unwritten(notebook(*cells), "a/a.ipynb")
