"""Labels on cells: nbgrader's, and our own on cells that are not for students."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

_OURS = "autograder"


def grade_id_of(cell: NotebookNode) -> str:
    """The name that nbgrader knows a cell by; empty if it has none."""
    settings = cell.metadata.get("nbgrader")
    grade_id = settings.get("grade_id", "") if isinstance(settings, dict) else ""
    return grade_id if isinstance(grade_id, str) else ""


def is_question(cell: NotebookNode) -> bool:
    """Whether a cell is an answer that a person marks."""
    label = cell.metadata.get("nbgrader", {})
    return bool(label.get("grade") and label.get("solution"))


def for_instructors(source: str, cell_id: str, about: str = "") -> NotebookNode:
    """A cell that the formgrader shows and a student's page does not.

    Args:
        source: Markdown.
        cell_id: the cell's.
        about: what of it the student's page says all the same, a sentence or two.

    Returns:
        The cell.
    """
    return new_markdown_cell(source, id=cell_id, metadata={_OURS: {"about": about}})


def is_for_instructors(cell: NotebookNode) -> bool:
    """Whether a cell is one of :func:`for_instructors`."""
    return isinstance(cell.metadata.get(_OURS), dict)


def about(cell: NotebookNode) -> str:
    """What the student's page says of a cell that is for instructors."""
    return str(cell.metadata[_OURS].get("about", "")) if is_for_instructors(cell) else ""
