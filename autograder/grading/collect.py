"""Finding and reading hand-ins: STUDENT/ASSIGNMENT/NOTEBOOK.ipynb."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.errors import CourseError
from autograder.manifest import Assignment, Notebook


class UnreadableError(Exception):
    """A hand-in that is no notebook. The message is one sentence for its author."""


@dataclass(frozen=True)
class HandIn:
    """One student's notebook.

    Args:
        student: the name of the student's folder.
        path: the file; ``None`` where the student handed in nothing.
        notes: what was noticed while looking for it.
    """

    student: str
    path: Path | None
    notes: tuple[str, ...] = ()


def find_hand_ins(submitted: Path, assignment: Assignment, notebook: Notebook) -> list[HandIn]:
    """Every student's hand-in of one notebook, sorted by student.

    Raises:
        CourseError: there is no such folder, or nobody has a folder in it.
    """
    if not submitted.is_dir():
        raise CourseError(f"There is no folder {submitted} to grade; give it with --submitted.")
    students = sorted(p for p in submitted.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not students:
        raise CourseError(
            f"{submitted} holds no student's folder; "
            f"hand-ins are laid out STUDENT/{assignment.id}/{notebook.name}.ipynb."
        )
    return [_find(student, assignment, notebook) for student in students]


def _find(student: Path, assignment: Assignment, notebook: Notebook) -> HandIn:
    folder = student / assignment.id
    exact = folder / f"{notebook.name}.ipynb"
    if exact.is_file():
        return HandIn(student.name, exact)
    others = {other.name for other in assignment.notebooks if other != notebook}
    candidates = sorted(p for p in folder.glob("*.ipynb") if p.stem not in others)
    named = [path for path in candidates if notebook.name in path.stem]
    for found in (named, candidates):
        if len(found) == 1:
            note = f"The notebook is called {found[0].name}; it was graded as {exact.name}."
            return HandIn(student.name, found[0], (note,))
    if candidates:
        names = ", ".join(path.name for path in candidates)
        note = f"None of the notebooks ({names}) is called {exact.name}, so none was graded."
    else:
        note = f"No notebook was handed in: {student.name}/{assignment.id}/{exact.name} is missing."
    return HandIn(student.name, None, (note,))


def read_notebook(path: Path) -> NotebookNode:
    """Read a hand-in as a notebook of the newest format.

    Raises:
        UnreadableError: it is not one.
    """
    content = path.read_bytes()
    if not content.strip():
        raise UnreadableError("The file is empty; download the notebook again and hand that in.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _decode_utf16(content)
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableError(
            f"The file is not a notebook: reading it as JSON fails at line {error.lineno}, column "
            f"{error.colno} ({error.msg}); download it again with File > Download > .ipynb."
        ) from None
    return _as_notebook(raw)


def _decode_utf16(content: bytes) -> str:
    try:
        return content.decode("utf-16")
    except UnicodeDecodeError:
        raise UnreadableError(
            "The file is not text; a notebook is. Download it again with File > Download > .ipynb."
        ) from None


def _as_notebook(raw: Any) -> NotebookNode:
    if not isinstance(raw, dict) or not ("cells" in raw or "worksheets" in raw):
        raise UnreadableError(
            "The file is JSON, but it is not a notebook: it has no cells. Hand in the .ipynb file."
        )
    raw.setdefault("metadata", {})
    raw.setdefault("nbformat", 4)
    raw.setdefault("nbformat_minor", 0)
    try:
        nb = nbformat.from_dict(raw)
        if nb.nbformat < 4:
            nb = nbformat.convert(nb, 4)
        for cell in nb.cells:
            _complete(cell)
    except (AttributeError, KeyError, TypeError, ValueError, nbformat.ValidationError) as error:
        raise UnreadableError(
            f"The file looks like a notebook, but its cells cannot be read "
            f"({type(error).__name__}: {error}); download it again with File > Download > .ipynb."
        ) from None
    nb.nbformat_minor = 5
    return nb


def _complete(cell: NotebookNode) -> None:
    """Give a cell what format 4.5 asks for and other front-ends leave out."""
    if isinstance(cell.source, list):
        cell.source = "".join(cell.source)
    if cell.cell_type not in ("code", "markdown", "raw") or not isinstance(cell.source, str):
        raise ValueError(f"a cell of type {cell.cell_type!r}")
    cell.setdefault("metadata", NotebookNode())
    if cell.cell_type == "code":
        # What the student's own run printed proves nothing, and is not shown again.
        cell.outputs = []
        cell.execution_count = None
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
