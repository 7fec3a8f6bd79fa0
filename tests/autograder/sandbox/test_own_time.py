"""Limits count a kernel's own time: computing counts, sleep counts half, waiting does not."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from autograder.sandbox import own_time
from autograder.sandbox.forkserver.watch import Load, load_of
from autograder.sandbox.own_time import LONGEST_WAIT, Stopwatch, own_seconds


@pytest.mark.parametrize(
    ("wall", "processor", "waited", "own"),
    [
        (10, 10, 0, 10),  # computes
        (10, 25, 0, 25),  # computes in several processes
        (10, 0, 0, 5),  # sleeps
        (100, 5, 95, 5),  # waits for a processor
        (100, 5, 55, 22.5),  # sleeps, too
        (100, 0, 300, 0),  # several wait at once
        (10, 4, math.nan, 5),  # who knows
    ],
)
def test_what_is_charged(wall: float, processor: float, waited: float, own: float) -> None:
    assert own_seconds(wall, processor, waited) == own


class Machine:
    """A clock, and a kernel that has so much of each of its seconds."""

    def __init__(self, runs: float, waits: float, tells: bool = True) -> None:
        self.now, self.runs, self.waits, self.tells = 0.0, runs, waits, tells
        self.asked = 0

    def monotonic(self) -> float:
        return self.now

    async def load(self) -> Load | None:
        self.asked += 1
        if not self.tells:
            return None
        return Load(7 + self.runs * self.now, 3 + self.waits * self.now)

    def seconds_until(self, limit: float, monkeypatch: pytest.MonkeyPatch) -> float:
        """By this clock, when the limit is reached."""
        monkeypatch.setattr(own_time, "time", self)

        async def go() -> float:
            watch = Stopwatch(SimpleNamespace(sandbox=self))
            while await watch.look() < limit and self.now < 10_000:
                self.now += 0.1
            return self.now

        return asyncio.run(go())


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (Machine(runs=1.0, waits=0.0), 5),  # an endless loop
        (Machine(runs=0.0, waits=0.0), 10),  # sleep
        (Machine(runs=1 / 15, waits=14 / 15), 75),  # an endless loop beside thirty others
        (Machine(runs=4.0, waits=0.0), 1.25),  # four processes
        (Machine(runs=0.0, waits=1.0), 5 * LONGEST_WAIT),  # nothing waits for ever
        (Machine(runs=1.0, waits=0.0, tells=False), 5 * LONGEST_WAIT),  # a parent that is busy
    ],
    ids=["loop", "sleep", "starved", "processes", "stuck", "silent"],
)
def test_when_a_cell_is_stopped(
    machine: Machine, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machine.seconds_until(5, monkeypatch) == pytest.approx(expected, rel=0.1, abs=1)


def test_a_cell_that_is_soon_done_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(runs=1.0, waits=0.0)
    machine.seconds_until(0.05, monkeypatch)
    assert machine.asked <= 1


def test_where_nothing_can_be_measured_the_clock_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=iter([0.0, 3.0, 5.5]).__next__)
    monkeypatch.setattr(own_time, "time", clock)
    watch = Stopwatch(SimpleNamespace(sandbox=None))
    assert watch.seconds() == 3.0
    assert watch.seconds() == 5.5


def children(source: str, use: Callable[[int], Any]) -> Any:
    """What is found of a process that runs some code, when it has said that it is ready."""
    command = [sys.executable, "-S", "-c", f"{source}\nprint(flush=True)\ninput()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        found = use(process.pid)
        process.kill()
    return found


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="there is no /proc")
def test_a_process_and_what_it_has_started_is_measured() -> None:
    busy = "import os, time\nwhile time.process_time() < 0.3: pass"
    inner = f"import subprocess, sys\nsubprocess.run([sys.executable, '-S', '-c', {busy!r}])"
    for source in (busy, inner):
        load = children(source, load_of)
        assert load.seconds >= 0.25
        assert load.waited >= 0
    assert children("import time\ntime.sleep(0.3)", load_of).seconds < 0.25
    assert load_of(1 << 22).seconds == 0
