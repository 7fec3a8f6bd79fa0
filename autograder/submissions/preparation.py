"""From the file that was handed in to a repaired notebook: one call, which may be given limits."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode

from autograder.manifest import Notebook
from autograder.submissions.read import UnreadableError, read_notebook
from autograder.submissions.repair import Repaired, repair


def read_and_repair(path: Path, released: NotebookNode, notebook: Notebook) -> Repaired | str:
    """Read a submission, and align it with the notebook that was released.

    Args:
        path: the file that was submitted.
        released: the released notebook.
        notebook: what the course says of it.

    Returns:
        The repaired notebook, or the sentence that says why the file cannot be read.
    """
    try:
        return repair(read_notebook(path), released, notebook)
    except UnreadableError as error:
        return str(error)
