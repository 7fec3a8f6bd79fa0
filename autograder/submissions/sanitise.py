"""What comes out of a kernel, made fit to be shown, stored and judged.

Student code can make a kernel send what no kernel sends: outputs that nothing can draw, halves of
characters that no file can hold, numbers with a million digits.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import nbformat.validator
import torch
from nbformat import NotebookNode
from nbformat.v4 import new_output

from poselab.checks.runner import LARGEST_RESULT, Observation

LONGEST_TEXT = 2000
"""Characters of an error, a line of code, or anything else that a sentence quotes."""

MOST_LINES = 1000
"""Lines of code whose work is told apart."""

_LARGEST_COUNT = 1 << 53

_ORDINARY = {
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint8,
    torch.bool,
    torch.complex64,
    torch.complex128,
}

_VALUES = re.compile(r"\d\.\d|\d[eE][-+]?\d|\b(?:tensor|array|bytearray)\(|(?:\d{1,20}\D{1,6}){12}")

_SIZES = ("width", "height")

_LEFT_OUT = "[The rest was left out: the outputs of this notebook are too long.]\n"


def without_values(error: str) -> str:
    """An error as `Kind: message`, without a message that may hold the grader's inputs.

    Shapes and sizes stay, because they help. What is left out are tensors and rows of numbers, and
    numbers that are not whole.
    """
    kind, colon, message = _short(error).partition(": ")
    if not colon or not _VALUES.search(message):
        return _short(error)
    return f"{kind} (its message holds values and is not shown)"


def sanitise_text(text: str) -> str:
    """Text that can be written to any file."""
    return text.encode("utf-8", "replace").decode("utf-8")


def sanitise_observation(observation: Observation) -> Observation:
    """An observation whose tensor can be compared, and whose words and numbers can be quoted."""
    result = observation.result
    if result is not None and (result.dtype not in _ORDINARY or result.numel() > LARGEST_RESULT):
        result = None
    return replace(
        observation,
        result=result,
        returned=_short(observation.returned),
        error=without_values(observation.error),
        line=_short(observation.line),
        left_device=_short(observation.left_device),
        not_believed=_short(observation.not_believed),
        operations=_count(observation.operations),
        instructions=_count(observation.instructions),
        operations_by_line=_counts(observation.operations_by_line),
        instructions_by_line=_counts(observation.instructions_by_line),
    )


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
                kept.append(new_output("stream", name="stderr", text=_LEFT_OUT))
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
                ename=_short(output["ename"]),
                evalue=sanitise_text(output["evalue"]),
                traceback=lines,
            )
            size = len(safe.evalue) + sum(map(len, lines))
        elif kind in ("display_data", "execute_result"):
            data = {
                mime: sanitise_text(text) for mime, text in output["data"].items() if _shown(mime)
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


def _shown(mime: str) -> bool:
    """JSON may have any form, and is not drawn: what it stands for comes as text as well."""
    return "json" not in mime and mime.isascii() and mime.isprintable()


def picture_sizes(metadata: Any) -> dict[str, dict[str, int | float]]:
    """The sizes of pictures in an output's metadata; all else is ignored."""
    kept = {}
    for mime, settings in metadata.items():
        if isinstance(settings, dict) and _shown(mime):
            numbers = {n: settings[n] for n in _SIZES if type(settings.get(n)) in (int, float)}
            numbers = {name: value for name, value in numbers.items() if 0 < value < 1 << 16}
            if numbers:
                kept[mime] = numbers
    return kept


def _short(text: str) -> str:
    return sanitise_text(text[:LONGEST_TEXT])


def _count(number: int) -> int:
    return max(-_LARGEST_COUNT, min(number, _LARGEST_COUNT))


def _counts(by_line: Any) -> dict[str, int]:
    lines = list(by_line.items())[:MOST_LINES]
    return {_short(line): _count(number) for line, number in lines}
