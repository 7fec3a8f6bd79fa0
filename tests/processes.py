"""A process and those that it has started, as the system lists them."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Callable, Iterator
from pathlib import Path


def children(pid: int) -> list[int]:
    """Those that a process has started, and that are still there."""
    found: list[int] = []
    with contextlib.suppress(OSError):  # it has ended since we heard of it
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def descendants(pid: int, leave_out: Callable[[int], bool] = lambda pid: False) -> Iterator[int]:
    """Those that a process has started, and those that they have, and so on.

    Args:
        pid: the process.
        leave_out: whether those below one are left out.

    Yields:
        Their ids.
    """
    for child in children(pid):
        yield child
        if not leave_out(child):
            yield from descendants(child, leave_out)


def resident(pid: int) -> int:
    """Bytes of memory, what is shared with others included; none, if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def arguments(pid: int) -> list[str]:
    """The command that a process was started with; nothing, if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []
