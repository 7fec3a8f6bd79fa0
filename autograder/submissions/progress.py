"""How far a notebook is from the one that was released: what tells an untouched copy apart."""

from __future__ import annotations

from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.manifest import Notebook
from autograder.submissions.labels import grade_id_of
from autograder.submissions.novelty import lines_of, new_lines
from autograder.submissions.repair import defined_names

_STUB = 'NotImplementedError("Write your solution here.")'
"""As nbgrader_config.py has it."""


@dataclass(frozen=True, order=True)
class Progress:
    """What a student has done in a notebook.

    Args:
        tasks: exercises and questions in whose cells something new stands.
        cells: cells that hold a line which no released cell has.
    """

    tasks: int = 0
    cells: int = 0


def progress(nb: NotebookNode, released: NotebookNode, notebook: Notebook) -> Progress:
    """Compare a notebook with the release, line by line; where the lines stand does not count."""
    given = lines_of(released.cells)
    new = [cell for cell in nb.cells if new_lines(cell, given)]
    written = [cell for cell in new if not is_stub(cell)]
    defined = {n for c in written if c.cell_type == "code" for n in defined_names(c.source)}
    labelled = {grade_id_of(cell) for cell in written}
    done = [task for task in notebook.tasks if task.id in defined | labelled]
    return Progress(len(done), len(new))


def is_stub(cell: NotebookNode) -> bool:
    """Whether a cell still says that the solution is to be written; the release before said so."""
    return cell.cell_type == "code" and _STUB in cell.source
