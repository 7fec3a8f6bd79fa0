"""Remarks on cells of the student's own that stopped while they were graded, and at which line.

They quote the student's line and the kind of the error. Its message may hold what the student's
functions were called with, and stays out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from nbformat import NotebookNode

from autograder.grading.reasons import defined_below

MOST_REMARKS = 5
"""Cells that are named; the rest are counted."""

_LONGEST_LINE = 60

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r"^\s*Cell In\[\d+\], line (\d+)|^\s*File <[^>]*>:(\d+)", re.MULTILINE)
_ENDING = re.compile(
    r"\b(?:quit|exit|SystemExit|_exit|abort|kill|killpg|do_shutdown|raise_signal|exec[lv]\w*)\b"
)
_UNDEFINED = re.compile(r"name '(\w+)' is not defined")
_UNKNOWN_MAGIC = re.compile(r"UsageError: .*?(%+\w+)")

_WHY = {
    "ModuleNotFoundError": "ModuleNotFoundError: it is not installed where notebooks are graded",
    "UsageError": "UsageError: there is no such command where notebooks are graded",
}
_KIND = re.compile(r"[A-Za-z_][\w.]{0,60}")


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
    stops = [(index, list(dict.fromkeys(_stops(cell)))) for index, cell in own]
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
        missing = _UNDEFINED.match(output.evalue) if output.output_type == "error" else None
        if missing and missing.group(1) in cell.source:
            name = missing.group(1)
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


def _stops(cell: NotebookNode) -> Iterator[tuple[str, str]]:
    lines = cell.source.splitlines()
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            kind = output.ename if _KIND.fullmatch(output.ename) else "an error"
            if kind not in ("Stopped", "KeyboardInterrupt"):
                yield _line(lines, "\n".join(map(str, output.traceback)), kind), kind
        elif output.output_type == "stream" and output.name == "stderr":
            for found in _UNKNOWN_MAGIC.finditer(output.text):
                name = found.group(1)
                yield next((_short(one) for one in lines if name in one), name), "UsageError"


def _line(lines: list[str], traceback: str, kind: str) -> str:
    """The student's line at which a cell stopped, as far as that can be told."""
    if kind == "SystemExit":
        # IPython does not say where.
        return next((_short(line) for line in lines if _ENDING.search(line)), "")
    place = _PLACE.search(_COLOURS.sub("", traceback))
    number = int(next(filter(None, place.groups()))) if place else 0
    return _short(lines[number - 1]) if 0 < number <= len(lines) else ""


def _short(line: str) -> str:
    line = line.strip().replace("`", "'")
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 3]}..."
