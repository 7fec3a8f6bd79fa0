"""Outputs as they were handed in: what of them can be shown to whoever marks.

They prove nothing and earn nothing. No output that is kept is an `execute_result`, which is what
nbgrader takes a score from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from autograder.submissions.sanitise import picture_sizes, sanitise_text

MOST_OF_A_CELL = 4 << 20
"""Characters that the outputs of one cell may have; a moving picture has one or two million."""

MOST_TOGETHER = 16 << 20
"""Characters that all outputs of a notebook may have."""

MOST_OUTPUTS = 200
"""Outputs of one cell."""

LONGEST_TEXT = 100_000
"""Characters of one printed text, or of one table."""

LEFT_OUT = "[The rest was left out: it is too long to be shown.]\n"
NOT_SHOWN = "[An output that is not shown: it holds a script or a frame.]"

_PICTURES = ("image/png", "image/jpeg", "image/gif")
_TEXTS = ("text/plain", "text/markdown", "text/latex", "text/html")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
_BLOCKS = ("script", "style", "button", "noscript", "template")
"""Elements that are left out with all that is in them: tables of pandas and Colab have them."""
_ACTIVE = re.compile(
    r"<[\s/]*(?:script|i?frame|frameset|object|embed|applet|video|audio|form|input|meta|link|base)"
    r"\b",
    re.IGNORECASE,
)


def outputs_as_handed_in(outputs: Any) -> list[NotebookNode]:
    """The outputs of one cell that can be shown.

    Args:
        outputs: what a file holds in their place: anything.

    Returns:
        Printed text, pictures, tables and errors, as valid outputs. What was a result is shown as
        anything else is.
    """
    kept: list[NotebookNode] = []
    left = MOST_OF_A_CELL
    for output in outputs if isinstance(outputs, list) else ():
        try:
            safe = _safe(output)
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
        if safe is None:
            continue
        last = kept[-1] if kept else None
        if safe.output_type == "stream" and last is not None and last.get("name") == safe.name:
            if len(last.text) < LONGEST_TEXT:
                last.text = _cut(last.text + safe.text)
            continue
        left -= size_of(safe)
        if left < 0 or len(kept) == MOST_OUTPUTS:
            kept.append(printed(LEFT_OUT, "stderr"))
            break
        kept.append(safe)
    return kept


def keep_what_fits(cells: Iterable[NotebookNode]) -> None:
    """Leave out the outputs of the last cells where all together are too long.

    Args:
        cells: of a notebook; changed in place.
    """
    left = MOST_TOGETHER
    for cell in cells:
        if cell.cell_type == "code":
            left -= sum(map(size_of, cell.outputs))
            if left < 0 and cell.outputs:
                cell.outputs = [printed(LEFT_OUT, "stderr")]


def without_outputs(nb: NotebookNode) -> bool:
    """Whether a notebook has cells that run, and came without a single output."""
    code = [cell for cell in nb.cells if cell.cell_type == "code" and cell.source.strip()]
    return bool(code) and not any(cell.outputs for cell in code)


def printed(text: str, name: str = "stdout") -> NotebookNode:
    """An output that was printed. nbformat's own function takes a hundred times as long."""
    return NotebookNode(output_type="stream", name=name, text=text)


def displayed(data: Mapping[str, str], metadata: Mapping[str, Any] | None = None) -> NotebookNode:
    """An output that was shown, and from which nbgrader takes no score."""
    return NotebookNode(
        output_type="display_data",
        data=NotebookNode(data),
        metadata=NotebookNode({k: NotebookNode(v) for k, v in (metadata or {}).items()}),
    )


def size_of(output: NotebookNode) -> int:
    """How many characters an output has."""
    if output.output_type == "stream":
        return len(output.text)
    if output.output_type == "error":
        return sum(map(len, output.traceback))
    return sum(map(len, output.data.values()))


def _safe(output: Any) -> NotebookNode | None:
    kind = output["output_type"]
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return printed(_cut(_last_states(_text(output["text"]))), name)
    if kind in ("error", "pyerr"):
        lines = [_text(line) for line in output["traceback"]]
        return NotebookNode(
            output_type="error",
            ename=_cut(_text(output["ename"]))[:200],
            evalue=_cut(_text(output["evalue"]))[:2000],
            traceback=_cut("\n".join(lines)).split("\n"),
        )
    if kind in ("display_data", "execute_result"):
        data = dict(_shown(output["data"]))
        if data:
            return displayed(data, picture_sizes(output.get("metadata") or {}))
    return None


def _shown(data: Any) -> Iterator[tuple[str, str]]:
    active = False
    for mime in _PICTURES:
        if mime in data and _BASE64.fullmatch(picture := _text(data[mime])):
            yield mime, picture
    if "image/svg+xml" in data and not _ACTIVE.search(picture := _text(data["image/svg+xml"])):
        yield "image/svg+xml", picture
    if "text/html" in data:
        markup = _without_blocks(_text(data["text/html"]))
        if _ACTIVE.search(markup) or len(markup) > LONGEST_TEXT:
            active = True
        else:
            yield "text/html", markup
    for mime in _TEXTS[:-1]:
        if mime in data:
            text = _cut(_text(data[mime]))
            yield mime, NOT_SHOWN if active and mime == "text/plain" else text
    if active and "text/plain" not in data:
        yield "text/plain", NOT_SHOWN


def _text(content: Any) -> str:
    """Text, which files may hold as a list of lines."""
    if isinstance(content, list):
        content = "".join(content)
    if not isinstance(content, str):
        raise TypeError(f"a text that is a {type(content).__name__}")
    return sanitise_text(content)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}\n{LEFT_OUT}"


def _last_states(text: str) -> str:
    """What is left of lines that were written over: of a progress bar, its last state."""
    if "\r" not in text:
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def _without_blocks(markup: str) -> str:
    """HTML without scripts, styles and buttons. Not safe by this alone: pages clean it again."""
    for name in _BLOCKS:
        lower, kept, at = markup.lower(), [], 0
        while (start := lower.find(f"<{name}", at)) >= 0:
            kept.append(markup[at:start])
            end = lower.find(f"</{name}", start)
            close = lower.find(">", end) if end >= 0 else -1
            if close < 0:
                at = len(markup)
                break
            at = close + 1
        markup = "".join([*kept, markup[at:]])
    return markup
