"""Reading what was submitted: notebooks, whatever has become of them, and other files."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.submissions.names import script_stem
from autograder.submissions.outputs import keep_what_fits, outputs_as_handed_in
from autograder.submissions.scripts import cells_of_script
from autograder.submissions.students import readable

LARGEST_FILE = 512 << 20
"""Bytes. Outputs may be large, and little of them is kept; beyond this, reading costs too much."""

MOST_CELLS = 2000
"""Far more than a notebook has; every cell costs time from here to the feedback page."""

LONGEST_CODE = 200_000
"""Characters of one cell of code. A syntax tree takes a thousand times as many bytes."""

MOST_CODE = 1_000_000
"""Characters of all code."""

MOST_TEXT = 16 << 20
"""Characters of all text, in which Colab keeps pictures."""

REMARKS = "autograder_remarks"
"""Where in a notebook's metadata is listed what was fixed while reading it."""

MOST_REMARKS = 10


class UnreadableError(Exception):
    """A submission that cannot be read. The message is one sentence for its author."""


def read_bytes(path: Path, most: int) -> bytes:
    """The bytes of a file that is none too large and not empty.

    Args:
        path: the file.
        most: bytes that it may have.

    Returns:
        The file's content, 1 to ``most`` bytes.

    Raises:
        UnreadableError: it is not a file, cannot be read, is empty or has more than ``most`` bytes.
    """
    try:
        content, size = _read(path, most)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise UnreadableError(
            f"{readable(path.name)} cannot be read ({reason}); hand it in again."
        ) from None
    if size > most:
        raise UnreadableError(
            f"{readable(path.name)} is {size >> 20} MB; the limit is {most >> 20} MB."
        )
    if not content:
        raise UnreadableError(f"{readable(path.name)} is empty; hand it in again.")
    return content


def _read(path: Path, most: int) -> tuple[bytes, int]:
    """A file's content and its size in bytes; no content where that is more than ``most``.

    Raises:
        UnreadableError: it is not a file.
        OSError: it cannot be read.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise UnreadableError(f"{readable(path.name)} is not a file; hand in the file itself.")
    # Should it have become a pipe, that would keep us waiting for somebody to write to it.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise UnreadableError(f"{readable(path.name)} is not a file; hand in the file itself.")
        content = b"" if about.st_size > most else file.read(most + 1)
    return content, max(about.st_size, len(content))  # it may grow meanwhile


def read_notebook(path: Path) -> NotebookNode:
    """Read a submission as a notebook of the newest format, and keep of it what can be graded.

    Sources, attached pictures, nbgrader's labels and what of the outputs can be shown stay; the
    front-end's own metadata goes. What had to be changed to make a notebook of it is listed in
    its metadata, as ``REMARKS``.

    Args:
        path: the file that was submitted.

    Returns:
        The notebook; a cell that cannot be read is left out.

    Raises:
        UnreadableError: the file cannot be opened, is too large or empty, or holds no notebook.
    """
    try:
        content, size = _read(path, LARGEST_FILE)
    except OSError as error:
        raise UnreadableError(f"The file cannot be opened ({error.strerror}).") from None
    if size > LARGEST_FILE:
        raise UnreadableError(
            f"The file is {size >> 20} MB; the limit is {LARGEST_FILE >> 20} MB: "
            "clear all outputs and hand it in again."
        )
    if not content.strip():
        raise UnreadableError("The file is empty; download the notebook again and hand that in.")
    remarks: list[str] = []
    return _as_notebook(_parse(content, remarks, script_stem(path.name) is not None), remarks)


def _parse(content: bytes, remarks: list[str], is_script: bool) -> Any:
    encoding = json.detect_encoding(content)
    try:
        text, damaged = content.decode(encoding), False
    except UnicodeDecodeError:
        text, damaged = content.decode(encoding, "replace"), True
    if is_script and not text.lstrip("\ufeff\n\r\t ").startswith("{"):
        return _from_script(text, remarks)
    try:
        raw = _from_json(text)
    except json.JSONDecodeError as error:
        if damaged:
            raise UnreadableError(
                "The file is not text; a notebook is. "
                "Download it again with File > Download > .ipynb."
            ) from None
        raise UnreadableError(
            f"The file is not a notebook: reading it as JSON fails at line {error.lineno}, column "
            f"{error.colno} ({error.msg}); download it again with File > Download > .ipynb."
        ) from None
    except RecursionError:
        raise UnreadableError(
            "The file is not a notebook: its brackets are nested far too deeply; download it again "
            "with File > Download > .ipynb."
        ) from None
    if damaged:
        remarks.append("The file was damaged: some characters are not text, and were replaced.")
    return raw


def _from_script(text: str, remarks: list[str]) -> Any:
    if len(text) > MOST_CODE:
        raise _too_much("code", len(text), MOST_CODE)
    remarks.append(
        "This is a notebook exported as a script; its cells were read from it. "
        "Hand in the .ipynb file, which also holds your results."
    )
    return {"cells": cells_of_script(text)}


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # A number with thousands of digits, which Python refuses to read as an integer.
        return json.loads(text, parse_int=float)


def _as_notebook(raw: Any, remarks: list[str]) -> NotebookNode:
    if not isinstance(raw, dict) or not ("cells" in raw or "worksheets" in raw):
        raise UnreadableError(
            "The file is JSON, but it is not a notebook: it has no cells. Hand in the .ipynb file."
        )
    try:
        found = raw["cells"] if "cells" in raw else _cells_of_old_format(raw)
        if not isinstance(found, list):
            raise TypeError("they are not a list")
    except Exception as error:  # the damage chooses which
        raise _no_cells(f"{type(error).__name__}: {error}") from None
    if len(found) > MOST_CELLS:
        raise UnreadableError(
            f"The notebook has {len(found):,} cells; the limit is {MOST_CELLS:,}: "
            "delete those that do not belong to it and hand it in again."
        )
    cells = []
    problems = []
    for number, cell in enumerate(found, start=1):
        try:
            clean = _clean(cell)
            if clean.cell_type == "code" and len(clean.source) > LONGEST_CODE:
                remarks.append(
                    f"Cell {number} has {len(clean.source):,} characters of code and was left out; "
                    f"the limit is {LONGEST_CODE:,}."
                )
                continue
            cells.append(clean)
        except (KeyError, TypeError, ValueError) as error:
            problems.append(f"{type(error).__name__}: {error}")
            remarks.append(f"Cell {number} of the file could not be read and was left out.")
    if problems and not cells:
        raise _no_cells(problems[0])
    for what, most in (("code", MOST_CODE), ("text", MOST_TEXT)):
        size = sum(
            len(cell.source) for cell in cells if (cell.cell_type == "code") == (what == "code")
        )
        if size > most:
            raise _too_much(what, size, most)
    keep_what_fits(cells)
    # Not with nbformat's own function, which refuses cells whose ids are missing or given twice.
    nb = NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(), cells=cells)
    if remarks:
        nb.metadata[REMARKS] = remarks[:MOST_REMARKS]
    return nb


def _too_much(what: str, size: int, most: int) -> UnreadableError:
    return UnreadableError(
        f"The notebook has {size:,} characters of {what}; the limit is {most:,}: "
        "delete what does not belong to it and hand it in again."
    )


def _no_cells(reason: str) -> UnreadableError:
    return UnreadableError(
        f"The file looks like a notebook, but its cells cannot be read ({_text(reason[:300])}); "
        "download it again with File > Download > .ipynb."
    )


def _cells_of_old_format(raw: dict[str, Any]) -> Any:
    version = raw.get("nbformat")
    minor = raw.get("nbformat_minor")
    raw["nbformat"] = version if version in (2, 3) else 3
    raw["nbformat_minor"] = minor if isinstance(minor, int) else 0
    raw.setdefault("metadata", {})
    return nbformat.convert(nbformat.from_dict(raw), 4).cells


def _clean(cell: Any) -> NotebookNode:
    """A cell as format 4.5 has it, from what other front-ends, or accidents, made of it."""
    if not isinstance(cell, dict):
        raise TypeError(f"a cell that is a {type(cell).__name__}")
    kind, source = cell["cell_type"], cell["source"]
    if isinstance(source, list):
        source = "".join(source)
    if kind not in ("code", "markdown", "raw") or not isinstance(source, str):
        raise ValueError(f"a cell of type {str(kind)[:40]!r}")
    clean = NotebookNode(cell_type=kind, source=_text(source), metadata=_clean_metadata(cell))
    if isinstance(cell.get("id"), str):
        clean.id = cell["id"]
    if kind == "code":
        # What the student's own run printed proves nothing: it is shown, and earns no points.
        clean.outputs = outputs_as_handed_in(cell.get("outputs"))
        count = cell.get("execution_count", cell.get("prompt_number"))
        clean.execution_count = count if type(count) is int and 0 < count < 1 << 31 else None
    elif attachments := _clean_attachments(cell.get("attachments")):
        clean.attachments = attachments
    return clean


def _clean_metadata(cell: dict[str, Any]) -> NotebookNode:
    """What the grader and nbgrader look at; the rest is the front-end's, and may be anything."""
    given = cell.get("metadata")
    kept = NotebookNode()
    if not isinstance(given, dict):
        return kept
    for name in ("deletable", "editable"):
        if isinstance(given.get(name), bool):
            kept[name] = given[name]
    tags = given.get("tags")
    if isinstance(tags, list) and all(isinstance(t, str) and "," not in t for t in tags):
        kept.tags = [_text(tag) for tag in dict.fromkeys(tags) if tag]
    label = given.get("nbgrader")
    if isinstance(label, dict):
        kept.nbgrader = NotebookNode(
            {k: v for k, v in label.items() if isinstance(v, (str, bool, int, float))}
        )
    return kept


def _clean_attachments(given: Any) -> NotebookNode:
    if not isinstance(given, dict):
        return NotebookNode()
    kept = NotebookNode()
    for name, bundle in given.items():
        if isinstance(bundle, dict):
            pictures = {k: v for k, v in bundle.items() if isinstance(v, str) and "json" not in k}
            if pictures:
                data = {_text(kind): _text(content) for kind, content in pictures.items()}
                kept[_text(name)] = NotebookNode(data)
    return kept


def _text(text: str) -> str:
    """Text that can be written to a file: JSON can hold halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8")
