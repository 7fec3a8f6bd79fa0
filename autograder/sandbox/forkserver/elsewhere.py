"""Whether other threads or processes work while a function is measured.

What they do, no count of ours sees. But whoever hands work over has to wait for it, and the system
counts both: the processor time of all others, and how often this thread has waited.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

_KILL = os.kill
"""Before another takes its place: what measures calls only what is written in C."""

MUCH = 50_000
"""Nanoseconds of others' work. Where nothing is handed over there is none at all."""


@dataclass(frozen=True)
class Load:
    """What has been used until now.

    Args:
        others: processor time of other threads, and of processes that have ended, in nanoseconds.
        waits: how often this thread has given up the processor by itself.
        accompanied: whether there are other processes, besides the first.
    """

    others: int
    waits: int
    accompanied: bool


def make_meter(alone: bool) -> Callable[[], Load]:
    """A function that reads what has been used.

    Args:
        alone: whether all processes that can be reached, but the first, are this kernel's.

    Returns:
        The function.
    """
    process, thread = time.process_time_ns, time.thread_time_ns
    usage, own_thread, children = (
        resource.getrusage,
        resource.RUSAGE_THREAD,
        resource.RUSAGE_CHILDREN,
    )
    signal, nobody_there, load, number = _KILL, OSError, Load, int

    def read() -> Load:
        # In this order: to ask for the thread's time brings the process's up to date.
        own_time = thread()
        others = process() - own_time
        ended = usage(children)
        others += number((ended.ru_utime + ended.ru_stime) * 1e9)
        accompanied = alone
        if alone:
            try:
                signal(-1, 0)
            except nobody_there:
                accompanied = False
        return load(others, usage(own_thread).ru_nvcsw, accompanied)

    return read


def handed_over(before: Load, after: Load) -> bool:
    """Whether others have worked for this thread meanwhile, as far as that can be told.

    Args:
        before: read before the function was called.
        after: read afterwards.

    Returns:
        Whether they have: other threads; or a process, if there is one and something was waited
        for. A function that only computes waits for nothing.
    """
    waited = after.waits > before.waits
    return after.others - before.others > MUCH or (waited and after.accompanied)
