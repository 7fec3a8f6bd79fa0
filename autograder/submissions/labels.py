"""nbgrader's labels on cells."""

from __future__ import annotations

from nbformat import NotebookNode


def grade_id_of(cell: NotebookNode) -> str:
    """The name that nbgrader knows a cell by; empty if it has none."""
    settings = cell.metadata.get("nbgrader")
    grade_id = settings.get("grade_id", "") if isinstance(settings, dict) else ""
    return grade_id if isinstance(grade_id, str) else ""
