"""A model as nbgrader's formgrader can show it: a notebook that says what was measured.

The formgrader lists what has a notebook among the autograded ones, and asks for points in cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.grading.records import ModelRecord
from autograder.manifest import Model
from poselab.checks.report import points

MODEL_CELL = "model"
"""The cell that has the points, in the notebook and in the gradebook."""


def model_notebook(record: ModelRecord, model: Model, title: str) -> NotebookNode:
    """What a person sees who looks at a model's points.

    Args:
        record: what it earned.
        model: the tables of points.
        title: of the assignment.

    Returns:
        The notebook. Its one graded cell is :data:`MODEL_CELL`.
    """
    about = new_markdown_cell("\n\n".join(_paragraphs(record, model, title)), id="about-model")
    cell = new_code_cell(
        f"# The model earns {points(record.score)} of {points(record.max_score)} points. "
        "Points that are entered here count instead.",
        id=MODEL_CELL,
    )
    cell.metadata["nbgrader"] = {
        "cell_type": "code",
        "grade": True,
        "grade_id": MODEL_CELL,
        "locked": False,
        "points": record.max_score,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }
    return new_notebook(cells=[about, cell])


def _paragraphs(record: ModelRecord, model: Model, title: str) -> Iterator[str]:
    yield f"**{title}: `{model.file}`** ({record.status.replace('_', ' ')})"
    yield from (escape(note, quote=False) for note in record.notes)
    if record.metrics:
        lines = (
            f"| {table.metric} | {table.in_words(round(one.value, 2))} | {points(one.score)} |"
            for table, one in zip(model.metrics, record.metrics, strict=True)
        )
        yield "\n".join(("| measured | value | points |", "|---|---|---|", *lines))
    failed = [check for check in record.checks if not check.passed]
    yield from (f"* {escape(check.sentence, quote=False)}" for check in failed)
