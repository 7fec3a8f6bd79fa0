"""Noticing that a dictionary was written to, even if that was undone.

CPython gives each dictionary another number whenever it is written to, for its own caches. A
module's names, and a class's, live in dictionaries.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable

_VERSION_AT = 2 * ctypes.sizeof(ctypes.c_void_p) + ctypes.sizeof(ctypes.c_ssize_t)
"""Behind the reference count, the type and the length."""

Written = Callable[[], list[str]]
"""The labels of the dictionaries that were written to since the last call."""


def watch_writing(labelled: Iterable[tuple[str, dict[str, object]]]) -> Written:
    """Watch dictionaries.

    Args:
        labelled: each with its name.

    Returns:
        What tells which were written to; nothing ever, where this Python keeps no such numbers.
    """
    pairs = list(labelled) if _has_versions() else []
    numbers = [ctypes.c_uint64.from_address(id(names) + _VERSION_AT) for _, names in pairs]
    then = [number.value for number in numbers]
    together = zip

    def written() -> list[str]:
        nonlocal then
        now = [number.value for number in numbers]
        if now == then:
            return []
        changed = [label for (label, _), old, new in together(pairs, then, now) if old != new]
        then = now
        return changed

    return written


def _has_versions() -> bool:
    names: dict[str, object] = {}
    number = ctypes.c_uint64.from_address(id(names) + _VERSION_AT)
    first = number.value
    names["a"] = 1
    second = number.value
    del names["a"]
    return first != second != number.value
