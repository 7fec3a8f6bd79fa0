"""What kernels use, all processes of each added up."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .spawn import Order

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")
_ORDINARY_SOCKETS = 100
"""Sockets between processes of one kernel: workers of a data loader need a few each."""

_SOCKET_BUFFER = 212_992
"""Bytes that wait in one at most: Linux's default, which the filter lets nobody raise."""


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
        largest: memory of the process that has most, in bytes.
        buffers: memory of sockets, which belongs to no process, in bytes.
        processes: how many there are.
        pids: their ids; the first is the kernel's.
    """

    seconds: float = 0.0
    resident: int = 0
    largest: int = 0
    buffers: int = 0
    processes: int = 0
    pids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Load:
    """What a process and all that it started have taken of the machine until now.

    Args:
        seconds: processor time, of those still there and those that were waited for.
        waited: seconds that those still there were ready and waited for a processor; ``nan`` where
            the system does not count them.
        main: processor time of the kernel's main thread, in which cells and functions run; ``nan``
            where it is not known.
    """

    seconds: float
    waited: float
    main: float = math.nan


def load_of(pid: int) -> Load:
    """The load of a process and its descendants; of nothing, if it has ended."""
    usage = look([pid]).get(pid, Usage())
    return Load(usage.seconds, sum(map(waited, (pid, *usage.pids))), main_thread_seconds(pid))


def main_thread_seconds(pid: int) -> float:
    """Processor time of a process's main thread; ``nan`` if that is not known."""
    try:
        with open(f"/proc/{pid}/task/{pid}/schedstat", "rb") as file:
            return int(file.read().split()[0]) / 1e9
    except (OSError, IndexError):
        return math.nan


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
    others = look([init]).get(init, Usage()).pids[1:]
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
        ``too_many_processes`` or ``cpu_time``; ``out_of_memory``, unless :func:`shared_out` finds
        less; ``None`` if none is broken.
    """
    if usage.processes > order.processes:
        return "too_many_processes"
    if usage.seconds > order.cpu_seconds:
        return "cpu_time"
    if usage.resident - at_start + usage.buffers > order.memory_bytes:
        return "out_of_memory"
    return None


def shared_out(pids: Iterable[int]) -> int:
    """The memory of several processes, what they share with others counted in proportion.

    A process can have so many mappings that this takes seconds, and hold it up on top of that.

    Args:
        pids: the processes.

    Returns:
        Bytes.
    """
    return sum(map(_proportional, pids))


def held_by_sockets(init: int) -> int:
    """The memory of all sockets in a process's network namespace, in bytes.

    What waits in TCP's and UDP's is exact. Of others only their number is known: those beyond what
    a notebook needs count as full.
    """
    held = sum(_queued(f"/proc/{init}/net/{kind}") for kind in ("tcp", "tcp6", "udp", "udp6"))
    try:
        with open(f"/proc/{init}/net/unix", "rb") as file:
            sockets = file.read().count(b"\n") - 1
    except OSError:
        return held  # it has ended
    return held + max(0, sockets - _ORDINARY_SOCKETS) * _SOCKET_BUFFER


def _queued(table: str) -> int:
    try:
        with open(table, "rb") as file:
            lines = file.read().splitlines()[1:]
    except OSError:
        return 0
    queues = (line.split()[4].split(b":") for line in lines)
    return sum(int(to_send, 16) + int(received, 16) for to_send, received in queues)


def _sum_up(init: _Process, children: dict[int, list[_Process]]) -> Usage:
    usage = Usage(seconds=init.seconds)
    pids = []
    waiting = [*children.get(init.pid, ())]
    while waiting:
        process = waiting.pop()
        usage.seconds += process.seconds
        usage.resident += process.resident
        usage.largest = max(usage.largest, process.resident)
        pids.append(process.pid)
        waiting += children.get(process.pid, ())
    usage.processes = len(pids)
    # The first that process 1 started is the kernel.
    usage.pids = tuple(sorted(pids))
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
