"""How a cell stopped, without the values in its message.

Code that has seen the grader's inputs can write them into the message of an error, or into the name
of its class. What is told is the kind of the error, where it is one that is known or that the
notebook names, and the line of the cell.
"""

from __future__ import annotations

import builtins
import re

from nbformat import NotebookNode

STOPPED = "Stopped"
"""The kind of error that stands for an end that the grader made."""

LONGEST_LINE = 100
"""Characters of a line that are quoted."""

_KINDS = (
    frozenset(
        name
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    )
    | frozenset(
        [
            "OutOfMemoryError",
            "LinAlgError",
            "TypeCheckError",
            "UsageError",
            "JSONDecodeError",
            "CalledProcessError",
            "UnpicklingError",
            "AxisError",
        ]
    )
    | {STOPPED}
)
_MISSING = {
    "NameError": re.compile(r"name '(\w+)' is not defined"),
    "ModuleNotFoundError": re.compile(r"No module named '([\w.]+)'"),
}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LINE = re.compile(r"Cell In ?\[\d+\], line (\d+)")


def kind_of(ename: str, nb: NotebookNode) -> str:
    """The name of an error's class, if it is known or stands in the notebook."""
    if ename in _KINDS or (ename.isidentifier() and _stands_in(ename, nb)):
        return ename
    return "an error"


def describe_error(cell: NotebookNode, error: NotebookNode, nb: NotebookNode) -> str:
    """The kind of an error, which name is missing if one is, and the line.

    Args:
        cell: the cell that stopped.
        error: the output that says so.
        nb: the notebook.

    Returns:
        Words that complete "stopped with ...": "NameError (`size` is not defined) in line 2,
        `area = size ** 2`".
    """
    kind = kind_of(str(error.ename), nb)
    told = kind
    pattern = _MISSING.get(kind)
    found = pattern.search(str(error.evalue)) if pattern is not None else None
    if found and _stands_in(found[1].partition(".")[0], nb):
        what = "is not defined" if kind == "NameError" else "is not installed here"
        told += f" (`{found[1]}` {what})"
    number = _line_of(error)
    lines = cell.source.splitlines()
    if number is not None and 0 < number <= len(lines):
        told += f" in line {number}"
        line = lines[number - 1].strip()[:LONGEST_LINE].replace("`", "'")
        if line:
            told += f", `{line}`"
    return told


def _line_of(error: NotebookNode) -> int | None:
    """The line of the cell itself, whatever it has called."""
    text = _COLOURS.sub("", "\n".join(map(str, error.traceback))[:20_000])
    found = _LINE.search(text)
    return int(found[1]) if found and len(found[1]) < 7 else None


def _stands_in(name: str, nb: NotebookNode) -> bool:
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(cell.cell_type == "code" and word.search(cell.source) for cell in nb.cells)
