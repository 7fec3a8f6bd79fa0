"""Which lines of a submission are not in the notebook that was released.

Line by line, because exports join cells and split them, and the place of a line does not count.
"""

from __future__ import annotations

from collections.abc import Iterable

from nbformat import NotebookNode


def lines_of(cells: Iterable[NotebookNode]) -> frozenset[str]:
    """Every line of some cells, without the blanks at its end."""
    return frozenset(line.rstrip() for cell in cells for line in cell.source.splitlines())


def new_lines(cell: NotebookNode, given: frozenset[str]) -> list[str]:
    """The lines of a cell that are neither blank nor given."""
    lines = (line.rstrip() for line in cell.source.splitlines())
    return [line for line in lines if line and line not in given]
