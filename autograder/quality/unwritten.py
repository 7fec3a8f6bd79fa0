"""What may fail in a notebook that nobody has written in yet."""

from __future__ import annotations

from nbformat import NotebookNode

from autograder.errors import CourseError
from autograder.needed_cells import needed_cells

# What an untouched notebook raises. A cell that needs one of those may raise something else.
UNWRITTEN = {"NotImplementedError", "NameError"}


def only_unwritten(nb: NotebookNode, name: str) -> None:
    """Require that a cell fails only where something is unwritten, or needs a cell that failed.

    Args:
        nb: an untouched notebook that was run.
        name: what messages call it.

    Raises:
        CourseError: a cell fails for another reason.
    """
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    sources = [cell.source for cell in code]
    failed: set[int] = set()
    for index, cell in enumerate(code):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        unexpected = [error for error in errors if error.ename not in UNWRITTEN]
        if unexpected and failed.isdisjoint(needed_cells(sources, [index])):
            first = cell.source.splitlines()[0]
            raise CourseError(
                f"assignments/{name}: untouched, the cell `{first}` raises {unexpected[0].ename}: "
                f"{unexpected[0].evalue}; only what is not implemented yet may fail, and what "
                "follows from it."
            )
        if errors:
            failed.add(index)
