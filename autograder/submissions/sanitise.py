"""Texts and outputs that come out of a kernel, made fit to be shown and stored.

Student code can make a kernel send what no kernel sends: outputs that nothing can draw, halves of
characters that no file can hold.
"""

from __future__ import annotations

from typing import Any

import nbformat.validator
from nbformat import NotebookNode
from nbformat.v4 import new_output

LONGEST_TEXT = 2000
"""Characters of an error, a line of code, or anything else that a sentence quotes."""

_SIZES = ("width", "height")

LEFT_OUT = "[The rest was left out: the outputs of this notebook are too long.]\n"
"""What stands in place of outputs for which there was no room."""


def sanitise_text(text: str) -> str:
    """Text that can be written to any file."""
    return text.encode("utf-8", "replace").decode("utf-8")


def shortened(text: str) -> str:
    """The beginning of a text, so much as a sentence may quote."""
    return sanitise_text(text[:LONGEST_TEXT])


def sanitise_outputs(nb: NotebookNode, most: int) -> None:
    """Keep the outputs that a notebook can hold and a page can show.

    Args:
        nb: an executed notebook; changed in place.
        most: characters that all outputs may have together.
    """
    left = most
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        if not isinstance(cell.execution_count, int) or not 0 <= cell.execution_count < 1 << 31:
            cell.execution_count = None
        kept: list[NotebookNode] = []
        for output in cell.outputs:
            output, size = _sanitised_output(output)
            if output is None:
                continue
            if size > left:
                kept.append(new_output("stream", name="stderr", text=LEFT_OUT))
                break
            left -= size
            kept.append(output)
        cell.outputs = kept


def _sanitised_output(output: Any) -> tuple[NotebookNode | None, int]:
    """The output, if it is one, and how long it is."""
    try:
        kind = output["output_type"]
        if kind == "stream":
            safe = new_output(kind, name=output["name"], text=sanitise_text(output["text"]))
            size = len(safe.text)
        elif kind == "error":
            lines = [sanitise_text(line) for line in output["traceback"]]
            safe = new_output(
                kind,
                ename=shortened(output["ename"]),
                evalue=sanitise_text(output["evalue"]),
                traceback=lines,
            )
            size = len(safe.evalue) + sum(map(len, lines))
        elif kind in ("display_data", "execute_result"):
            data = {
                mime: sanitise_text(text)
                for mime, text in output["data"].items()
                if can_be_shown(mime)
            }
            safe = new_output(kind, data=data, metadata=picture_sizes(output["metadata"]))
            size = sum(map(len, data.values()))
        else:
            return None, 0
        if not nbformat.validator.isvalid(safe, ref="output", version=4, version_minor=5):
            return None, 0
    except Exception:  # a forger chooses which
        return None, 0
    return safe, size


def can_be_shown(mime: str) -> bool:
    """JSON may have any form, and is not drawn: what it stands for comes as text as well."""
    return "json" not in mime and mime.isascii() and mime.isprintable()


def picture_sizes(metadata: Any) -> dict[str, dict[str, int | float]]:
    """The sizes of pictures in an output's metadata; all else is ignored."""
    kept = {}
    for mime, settings in metadata.items():
        if isinstance(settings, dict) and can_be_shown(mime):
            numbers = {n: settings[n] for n in _SIZES if type(settings.get(n)) in (int, float)}
            numbers = {name: value for name, value in numbers.items() if 0 < value < 1 << 16}
            if numbers:
                kept[mime] = numbers
    return kept
