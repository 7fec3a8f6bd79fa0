"""Runs notebooks in kernels of this environment, where Colab's packages are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

Notebook = Any  # nbformat's NotebookNode has no types

LONGEST = 900
"""Seconds that one cell may take, on a busy machine."""


def run(notebook: Notebook, folder: Path, allow_errors: bool = False) -> Notebook:
    """Run all cells of a notebook in a kernel of its own.

    Args:
        notebook: gets its outputs.
        folder: where it runs.
        allow_errors: whether to go on after a cell that fails.

    Returns:
        The notebook.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell fails, and none may.
    """
    client = NotebookClient(
        notebook,
        timeout=LONGEST,
        kernel_name="python3",
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    return notebook


def run_cells(sources: list[str], folder: Path, allow_errors: bool = False) -> list[str]:
    """Run cells in a kernel of their own; return what each prints, or its error."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    run(notebook, folder, allow_errors)
    return [printed(cell) for cell in notebook.cells]


def read(path: Path) -> Notebook:
    """The notebook in a file."""
    return nbformat.read(path, as_version=4)


def printed(cell: Any) -> str:
    """What a cell prints, and the message of its error."""
    text = ""
    for output in cell.outputs:
        if output.output_type == "stream":
            text += output.text
        elif output.output_type == "error":
            text += f"{output.ename}: {output.evalue}"
        elif "text/plain" in output.data:
            text += output.data["text/plain"]
    return text
