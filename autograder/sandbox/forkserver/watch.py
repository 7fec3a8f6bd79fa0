"""What kernels use, all processes of each added up."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from .spawn import Order

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    seconds: float
    resident: int


@dataclass
class Usage:
    """What a kernel and all that it started use at one moment.

    Args:
        seconds: processor time, of those still there and those that were waited for.
        resident: memory in bytes; what several processes share counts several times.
        processes: how many there are.
        pids: their ids.
    """

    seconds: float = 0.0
    resident: int = 0
    processes: int = 0
    pids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Load:
    """What a process and all that it started have taken of the machine until now.

    Args:
        seconds: processor time, of those still there and those that were waited for.
        waited: seconds that those still there were ready and waited for a processor; ``nan`` where
            the system does not count them.
    """

    seconds: float
    waited: float


def load_of(pid: int) -> Load:
    """The load of a process and its descendants; of nothing, if it has ended."""
    usage = look([pid]).get(pid, Usage())
    return Load(usage.seconds, sum(map(waited, (pid, *usage.pids))))


def waited(pid: int) -> float:
    """Seconds that the threads of a process have waited for a processor."""
    nanoseconds = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", "rb") as file:
                nanoseconds += int(file.read().split()[1])
    except ProcessLookupError:
        pass
    except (OSError, IndexError):
        return 0.0 if not os.path.isdir(f"/proc/{pid}") else math.nan
    return nanoseconds / 1e9


def look(inits: list[int]) -> dict[int, Usage]:
    """What the families of these processes use. A pid namespace is the family of its process 1."""
    processes = list(_processes())
    children: defaultdict[int, list[_Process]] = defaultdict(list)
    for process in processes:
        children[process.parent].append(process)
    own = {process.pid: process for process in processes}
    return {init: _sum_up(own[init], children) for init in inits if init in own}


def used_by_others(init: int) -> float:
    """Seconds that a kernel's family has used until now, but for the kernel itself.

    It is more exact than what :func:`look` sees, and leaves out what has ended.

    Args:
        init: the family's process 1.

    Returns:
        The seconds.
    """
    # The first that process 1 started is the kernel.
    others = sorted(look([init]).get(init, Usage()).pids)[1:]
    seconds = 0.0
    for pid in others:
        with contextlib.suppress(OSError):
            # What clock_getcpuclockid would say.
            seconds += time.clock_gettime((~pid << 3) | 2)
    return seconds


def broken_limit(usage: Usage, at_start: int, order: Order) -> str | None:
    """Which limit a kernel has broken, if any.

    Args:
        usage: of the kernel's family.
        at_start: the memory that it had before it ran anything.
        order: its limits.

    Returns:
        ``too_many_processes``, ``cpu_time`` or ``out_of_memory``; ``None`` if none is broken.
    """
    if usage.processes > order.processes:
        return "too_many_processes"
    if usage.seconds > order.cpu_seconds:
        return "cpu_time"
    if usage.resident - at_start > order.memory_bytes:
        # Only now, because it takes the kernel a while to find out.
        alone = sum(map(_proportional, usage.pids))
        if alone > order.memory_bytes:
            return "out_of_memory"
    return None


def _sum_up(init: _Process, children: dict[int, list[_Process]]) -> Usage:
    usage = Usage(seconds=init.seconds)
    pids = []
    waiting = [*children.get(init.pid, ())]
    while waiting:
        process = waiting.pop()
        usage.seconds += process.seconds
        usage.resident += process.resident
        pids.append(process.pid)
        waiting += children.get(process.pid, ())
    usage.processes = len(pids)
    usage.pids = tuple(pids)
    return usage


def _processes() -> Iterator[_Process]:
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue  # it has ended
        seconds = sum(map(int, fields[11:15])) / _TICK
        yield _Process(int(name), int(fields[1]), seconds, int(fields[21]) * _PAGE)


def _proportional(pid: int) -> int:
    """A process's memory, what it shares with others counted in proportion."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) << 10
    except OSError:
        pass
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0
