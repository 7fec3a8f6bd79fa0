"""What browsers, platforms and people make of a file's name, and what it was before."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path

_COPY = re.compile(
    r"(?:Copy of )*(.*?)"
    r"(?:[ _]*\(\d+\)|[ _-]+copy(?: ?\d+)?|[_-]{1,2}\d+|[ _-]+(?:final|v\d+))*",
    re.IGNORECASE,
)
_NOTEBOOK = re.compile(
    r"(.+?)\.ipynb((?:\.(?:json|txt|ipynb|download)|[ _-]*\(\d+\)|[ _.-]+\d+)*)", re.IGNORECASE
)
_PERHAPS_NOTEBOOK = ("", ".json", ".txt")


class Likeness(IntEnum):
    """How much a file's name is like the one that it should have; the most like first."""

    EXACT = 0
    SPELLED_OTHERWISE = 1
    COPY = 2
    CONTAINS = 3
    NONE = 4


def without_marks(name: str) -> str:
    """The letters and digits of a name: what is left when case and separators do not count."""
    return re.sub(r"[\W_]+", "", name.casefold())


def likeness(stem: str, wanted: str) -> Likeness:
    """How much a name without its suffix is like another."""
    if stem == wanted:
        return Likeness.EXACT
    if without_marks(stem) == without_marks(wanted):
        return Likeness.SPELLED_OTHERWISE
    if is_copy(stem, wanted):
        return Likeness.COPY
    if without_marks(wanted) in without_marks(stem):
        return Likeness.CONTAINS
    return Likeness.NONE


def is_copy(stem: str, original: str) -> bool:
    """Whether a name is what a browser, or Colab, makes of another one's name."""
    match = _COPY.fullmatch(stem)
    return match is not None and without_marks(match[1]) == without_marks(original)


def notebook_stem(name: str) -> str | None:
    """A notebook's name without its suffix, however that is spelled; ``None`` if it has none."""
    match = _NOTEBOOK.fullmatch(name)
    return match[1] if match else None


def perhaps_notebook_stem(name: str) -> str | None:
    """The name of a file that could be a notebook which has lost its suffix."""
    path = Path(name)
    return path.stem if path.suffix.lower() in _PERHAPS_NOTEBOOK else None


def script_stem(name: str) -> str | None:
    """A script's name without its suffix; ``None`` if it is none."""
    path = Path(name)
    return path.stem if path.suffix.lower() == ".py" else None


def most_like(stem: str, names: Iterable[str]) -> str | None:
    """Of several names the one that a file's name holds, the longest if it holds several."""
    held = [name for name in names if likeness(stem, name) is not Likeness.NONE]
    return max(held, key=len, default=None)


def in_order(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Sorts names so that (10) comes after (9)."""
    parts = re.split(r"(\d+)", name)
    return tuple((part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)
