"""Notebooks that were exported as scripts: by jupytext, by nbconvert, by Colab."""

from __future__ import annotations

import ast
import re
import textwrap
from typing import Any

from autograder.syntax import parse

_PERCENT = re.compile(r"^#\s*%%", re.MULTILINE)
_NBCONVERT = re.compile(r"^# In\[[ \d]*\]:", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*# ?", re.MULTILINE)


def cells_of_script(text: str) -> list[dict[str, Any]]:
    """The cells of a script, as a notebook's file holds them.

    Where nothing marks a cell, each paragraph is one, and text between quotation marks is Markdown:
    that is how Colab writes it.
    """
    import jupytext  # which takes a while, and few need it

    is_nbconverts = _NBCONVERT.search(text) is not None
    marked = is_nbconverts or _PERCENT.search(text) is not None
    nb = jupytext.reads(text, fmt="py:percent" if marked else "py:light")
    cells: list[dict[str, Any]] = []
    for cell in nb.cells:
        if cell.cell_type == "code" and is_nbconverts:
            cells += _code_and_text(cell.source)
        elif cell.cell_type == "code" and (quoted := _quoted(cell.source)) is not None:
            cells.append(_markdown(quoted))
        else:
            cells.append(
                {"cell_type": cell.cell_type, "source": cell.source, "metadata": cell.metadata}
            )
    return [cell for cell in cells if cell["source"].strip()]


def _code_and_text(source: str) -> list[dict[str, Any]]:
    """nbconvert writes the text that follows a cell as comments, two blank lines below it."""
    lines = source.strip().splitlines()
    start = len(lines)
    while start and (not lines[start - 1].strip() or lines[start - 1].lstrip().startswith("#")):
        start -= 1
    # Comments that belong to the code stand closer to it.
    while start and start < len(lines) and any(map(str.strip, lines[start : start + 2])):
        start += 1
    code, text = "\n".join(lines[:start]), "\n".join(lines[start:])
    return [
        {"cell_type": "code", "source": code.strip(), "metadata": {}},
        _markdown(_COMMENT.sub("", text)),
    ]


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source.strip(), "metadata": {}}


def _quoted(source: str) -> str | None:
    """The text of a cell that is nothing but a text between quotation marks."""
    if not source.lstrip().startswith(('"', "'")):
        return None
    try:
        body = parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    match body:
        case [ast.Expr(ast.Constant(str(text)))]:
            return textwrap.dedent(text)
    return None
