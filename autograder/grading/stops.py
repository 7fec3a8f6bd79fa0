"""Where a cell stopped and with which error, without the values in its message.

Code that has seen the grader's inputs can write them into the message of an error, or into the name
of its class. What is told is the kind of the error, where it is one that is known or that the
notebook names, and the student's own line.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection, Iterator

from nbformat import NotebookNode

from autograder.grading.reasons import defined_below

STOPPED = "Stopped"
"""The kind of error that stands for an end that the grader made."""

MOST_REMARKS = 5
"""Cells that are named at the top of a page; the rest are counted."""

LONGEST_LINE = 60
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
_PLACE = re.compile(
    r"^\s*(?:Cell In ?\[\d+\], line (\d{1,6})\b|File <[^>]*>:(\d{1,6})\b)", re.MULTILINE
)
_MOST_TRACEBACK = 20_000
"""Characters of a traceback that are searched."""

_ENDING = re.compile(
    r"\b(?:quit|exit|SystemExit|_exit|abort|kill|killpg|do_shutdown|raise_signal|exec[lv]\w*)\b"
)
_UNKNOWN_MAGIC = re.compile(r"UsageError: .*?(%+\w+)")

_WHY = {
    "ModuleNotFoundError": "ModuleNotFoundError: it is not installed where notebooks are graded",
    "UsageError": "UsageError: there is no such command where notebooks are graded",
}


def is_known_kind(ename: str) -> bool:
    """Whether Python or a library names a class of errors so, or we do."""
    return ename in _KINDS


def kind_of(ename: str, nb: NotebookNode) -> str:
    """The name of an error's class, if it is known or stands in the notebook."""
    if is_known_kind(ename) or (ename.isidentifier() and _stands_in(ename, nb)):
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
    number, line = _place(cell, error)
    if number:
        told += f" in line {number}" + (f", `{line}`" if line else "")
    return told


def remarks_on_stopped_cells(
    nb: NotebookNode, released: Collection[str], passed_over: Collection[int] = ()
) -> list[str]:
    """A sentence for each line that stopped, of cells that are not as they were released.

    Args:
        nb: the executed submission.
        released: the sources of the released notebook's cells.
        passed_over: indices of cells of which something is said already.

    Returns:
        A few sentences.
    """
    own = [
        (index, cell)
        for index, cell in enumerate(nb.cells)
        if cell.cell_type == "code" and cell.source not in released and index not in passed_over
    ]
    stops = [(index, list(dict.fromkeys(_stops(cell, nb)))) for index, cell in own]
    late = {index: _defined_below(nb, index, cell) for index, cell in own}
    # Who ended Python is told so first, and after that who stopped first.
    found = sorted(((i, s) for i, s in stops if s), key=lambda one: not _ends_python(one[1]))
    said = [_sentence(index, some) + late[index] for index, some in found[:MOST_REMARKS]]
    more = len(found) - MOST_REMARKS
    if more > 0:
        said.append(f"{more} more {'cell' if more == 1 else 'cells'} stopped as well.")
    return said


def _defined_below(nb: NotebookNode, index: int, cell: NotebookNode) -> str:
    """Where the first name was defined that a cell lacked, if that is further below."""
    for output in cell.get("outputs", ()):
        if output.output_type != "error":
            continue
        missing = _MISSING["NameError"].match(str(output.evalue))
        if missing and missing[1] in cell.source:
            name = missing[1]
            place = defined_below(nb, name, index)
            return f" `{name}` is defined only in cell {place}: move it above." if place else ""
    return ""


def _ends_python(stops: list[tuple[str, str]]) -> bool:
    return any(kind == "SystemExit" for _, kind in stops)


def _sentence(index: int, stops: list[tuple[str, str]]) -> str:
    where = f"Cell {index + 1}"
    line, kind = stops[0]
    quoted = f" at `{line}`" if line else ""
    if kind == "SystemExit":
        return f"{where} ended Python{quoted}; only that cell was stopped, the others were run."
    more = len(stops) - 1
    also = f" and at {more} more {'line' if more == 1 else 'lines'}" if more else ""
    what = f"{where} stopped{quoted} ({_WHY.get(kind, kind)}){also}"
    last, last_kind = stops[-1]
    if last_kind == "SyntaxError" or last.startswith(("raise ", "assert ")):
        return f"{what}."
    return f"{what}; the rest of the cell was run."


def _stops(cell: NotebookNode, nb: NotebookNode) -> Iterator[tuple[str, str]]:
    lines = cell.source.splitlines()
    outputs = cell.get("outputs", ())
    by_grader = any(o.output_type == "error" and o.ename == STOPPED for o in outputs)
    for output in outputs:
        if output.output_type == "error":
            kind = kind_of(str(output.ename), nb)
            if kind == "SystemExit":
                # IPython does not say where.
                yield next((_short(line) for line in lines if _ENDING.search(line)), ""), kind
            elif kind != STOPPED and not (by_grader and kind == "KeyboardInterrupt"):
                yield _place(cell, output)[1], kind
        elif output.output_type == "stream" and output.name == "stderr":
            for found in _UNKNOWN_MAGIC.finditer(output.text):
                name = found[1]
                yield next((_short(one) for one in lines if name in one), name), "UsageError"


def _place(cell: NotebookNode, error: NotebookNode) -> tuple[int, str]:
    """Number and text of the cell's own line, whatever it has called; 0 if that cannot be told."""
    traceback = "\n".join(map(str, error.traceback))[:_MOST_TRACEBACK]
    found = _PLACE.search(_COLOURS.sub("", traceback))
    number = int(found[1] or found[2]) if found else 0
    lines = cell.source.splitlines()
    return (number, _short(lines[number - 1])) if 0 < number <= len(lines) else (0, "")


def _short(line: str) -> str:
    line = line.strip().replace("`", "'")
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 3]}..."


def _stands_in(name: str, nb: NotebookNode) -> bool:
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(cell.cell_type == "code" and word.search(cell.source) for cell in nb.cells)
