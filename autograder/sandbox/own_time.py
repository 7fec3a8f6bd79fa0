"""What a kernel's time is its own: a busy machine takes nobody's time away.

Limits count processor time. A kernel that waits for a processor, because others keep all of them
busy, is not charged for it; one that sleeps is charged half, so that nothing sleeps for ever.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.sandbox.forkserver.watch import Load, load_of

PATIENCE = 2.0
"""Seconds of sleep that count as one."""

LONGEST_WAIT = 20.0
"""Seconds of anything that count as one, whatever a kernel says of its waiting."""

Spent = Literal["main", "others", "waiting"]
"""What a kernel's time went to: its main thread, in which cells and functions run, other threads
and processes, or neither."""

_SMALL_SHARE = 0.25
"""What has less was not what took the time: beside one busy thread a function still has half."""

_FIRST_LOOK, _LOOK_EVERY = 0.25, 0.5


@dataclass(frozen=True)
class _Reading:
    at: float
    load: Load


class Stopwatch:
    """Measures a kernel's own time, from now on.

    Args:
        manager: the kernel's manager.
    """

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._started = time.monotonic()
        self._first: _Reading | None = None
        self._last: _Reading | None = None
        self._measured = _can_be_measured(manager)
        self._next = self._started + _FIRST_LOOK

    async def look(self) -> float:
        """The kernel's own seconds until now; asks the system now and then."""
        if self._measured and time.monotonic() >= self._next:
            load = await _load(self._manager)
            if load is not None:
                self._last = _Reading(time.monotonic(), load)
                self._first = self._first or self._last
            self._next = time.monotonic() + _LOOK_EVERY
        return self.seconds()

    def seconds(self) -> float:
        """The kernel's own seconds, as far as they are known."""
        wall = time.monotonic() - self._started
        if not self._measured:
            return wall
        span, measured = 0.0, 0.0
        if self._first is not None and self._last is not None:
            first, last = self._first, self._last
            span = last.at - first.at
            measured = own_seconds(
                span, last.load.seconds - first.load.seconds, last.load.waited - first.load.waited
            )
        measured += min(wall - span, _LOOK_EVERY) / PATIENCE
        return max(measured, wall / LONGEST_WAIT)

    @property
    def spent_on(self) -> Spent | None:
        """What most of the time went to; ``None`` if that is not known."""
        if self._first is None or self._last is None:
            return None
        first, last = self._first.load, self._last.load
        computed = last.seconds - first.seconds
        asleep = self._last.at - self._first.at - (last.waited - first.waited)
        if computed < _SMALL_SHARE * asleep:
            return "waiting"
        return "others" if last.main - first.main < _SMALL_SHARE * computed else "main"

    @property
    def pause(self) -> float:
        """Seconds until another look says more."""
        return max(0.05, self._next - time.monotonic()) if self._measured else 0.1


def own_seconds(wall: float, processor: float, waited: float) -> float:
    """What is charged.

    Args:
        wall: seconds that have passed.
        processor: seconds of processor time, of all of a kernel's processes.
        waited: seconds that these have waited for a processor; ``nan`` if that is not known.

    Returns:
        Seconds of the kernel's own.
    """
    asleep = wall - (0.0 if math.isnan(waited) else max(0.0, waited))
    return max(processor, asleep / PATIENCE)


def _can_be_measured(manager: Any) -> bool:
    if getattr(manager, "sandbox", None) is not None:
        return True
    return _process_of(manager) is not None and Path("/proc/self/stat").is_file()


def _process_of(manager: Any) -> Any:
    return getattr(getattr(manager, "provisioner", None), "process", None)


async def _load(manager: Any) -> Load | None:
    box = getattr(manager, "sandbox", None)
    if box is not None:
        found: Load | None = await box.load()
        return found
    return load_of(_process_of(manager).pid)
