"""A class is graded to its end, whatever dies on the way, and nothing is run twice."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from autograder.grading import local
from autograder.grading.evaluator import Graded, Prepared, Task
from autograder.grading.local import AHEAD, FIT_INTO_ONE, MOST_TRIES, run_here
from tests.autograder.grading.quick import (
    command,
    environment,
    expected_scores,
    finished,
    grade,
    scores,
    start,
    write_class,
)
from tests.processes import descendants
from tests.submissions.make import ROOT

FEW = 2
"""Workers that are processes here, to spare the start of more."""

MANY = FIT_INTO_ONE + 1
"""Workers that are processes everywhere."""

WITHIN = 180


@dataclass(frozen=True)
class Fake:
    """Stands for an evaluator; what it is to do is the prepared submission."""

    folder: Path

    def grade(self, prepared: str) -> str:
        name, _, deed = prepared.partition(" ")
        with (self.folder / name).open("a") as tries:
            tries.write("x")
        if deed == "die":
            os._exit(7)
        if deed == "be killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if deed == "die once" and (self.folder / name).read_text() == "x":
            os._exit(1)
        if deed == "raise":
            raise ValueError("no such\nthing")
        if deed == "fill":
            raise OSError(errno.ENOSPC, "No space left on device")
        if deed == "sleep":
            time.sleep(600)
        return f"graded {name}"

    def give_up(self, prepared: str, reason: str) -> str:
        return reason

    def tries(self) -> dict[str, int]:
        return {path.name: len(path.read_text()) for path in self.folder.iterdir()}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    monkeypatch.setattr(local, "FIT_INTO_ONE", 1)
    folder = tmp_path / "tries"
    folder.mkdir()
    return Fake(folder)


def tasks(fake: Fake, *deeds: str) -> list[Task]:
    return [
        Task(f"s{number}", cast(Any, fake), cast(Prepared, f"s{number} {deed}"))
        for number, deed in enumerate(deeds)
    ]


def outcomes(found: Iterator[tuple[Task, Graded]]) -> dict[str, str]:
    seen = {}
    for task, graded in found:
        assert task.student not in seen
        seen[task.student] = str(graded)
    return seen


def wait_until(holds: Callable[[], object], seconds: float = WITHIN) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_death_costs_nobody_else_anything(fake: Fake) -> None:
    deeds = ["", "die", "", "be killed", "die once", "raise", *[""] * 20]
    seen = outcomes(run_here(tasks(fake, *deeds), FEW))
    failed = {
        "s1": "The grader failed (a process of its own ended with exit status 7); grade again.",
        "s3": "The grader failed (a process of its own ended with signal 9); grade again.",
        "s5": "The grader failed (ValueError: no such thing); grade again.",
    }
    assert seen == {**{f"s{n}": f"graded s{n}" for n in range(len(deeds))}, **failed}
    twice = {"s1": MOST_TRIES, "s3": MOST_TRIES, "s4": 2}
    assert fake.tries() == {**dict.fromkeys(seen, 1), **twice}
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("workers", [1, FEW])
def test_tasks_are_taken_as_they_are_needed(fake: Fake, workers: int) -> None:
    taken, most = 0, 0

    def counted() -> Iterator[Task]:
        nonlocal taken
        for task in tasks(fake, *[""] * 40):
            taken += 1
            yield task

    for returned, _ in enumerate(run_here(counted(), workers), start=1):
        most = max(most, taken - returned)
    assert taken == 40
    assert most < AHEAD * workers


def test_a_failure_is_a_reason(fake: Fake) -> None:
    assert outcomes(run_here(tasks(fake, "raise", "", "raise"), FEW)) == {
        "s0": "The grader failed (ValueError: no such thing); grade again.",
        "s1": "graded s1",
        "s2": "The grader failed (ValueError: no such thing); grade again.",
    }


@pytest.mark.parametrize("workers", [1, FEW])
def test_a_full_disk_ends_it(fake: Fake, workers: int) -> None:
    with pytest.raises(OSError) as caught:
        outcomes(run_here(tasks(fake, *[""] * 5, "fill", *[""] * 100), workers))
    assert caught.value.errno == errno.ENOSPC
    assert len(fake.tries()) < 60
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("how", ["close", "Ctrl-C", "drawing fails"])
def test_nothing_goes_on_when_nobody_wants_the_rest(fake: Fake, how: str) -> None:
    def drawn() -> Iterator[Task]:
        # One fewer than are held ready, so that the end is drawn while all others sleep.
        yield from tasks(fake, "", *["sleep"] * (FEW * AHEAD - 1))
        if how == "drawing fails":
            raise RuntimeError("no more")

    found = run_here(drawn(), FEW)
    began = time.monotonic()
    task, graded = next(found)
    assert (task.student, graded) == ("s0", "graded s0")
    if how == "close":
        cast(Any, found).close()
    elif how == "Ctrl-C":
        threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            next(found)
    else:
        with pytest.raises(RuntimeError):
            next(found)
    assert not multiprocessing.active_children()
    assert time.monotonic() - began < WITHIN
    assert max(fake.tries().values()) == 1


PARENT = """
import sys
from pathlib import Path
from tests.autograder.grading.test_local import MANY, Fake, run_here, tasks
if __name__ == "__main__":
    list(run_here(tasks(Fake(Path(sys.argv[1])), *["sleep"] * MANY), MANY))
"""


def test_workers_do_not_outlive_their_parent(fake: Fake, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    where = {**environment(), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script), str(fake.folder)], env=where) as parent:
        wait_until(lambda: len(fake.tries()) == MANY)
        workers = set(descendants(parent.pid))
        assert len(workers) >= MANY
        parent.kill()
    wait_until(lambda: not any(map(alive, workers)), 20)


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class")
    write_class(folder, SIZE)
    return folder


SIZE = 6
EXPECTED = expected_scores(SIZE)


@pytest.mark.needs_sandbox
@pytest.mark.parametrize(("how", "workers"), [("INT", 1), ("KILL", MANY)])
def test_an_end_midway_costs_nothing(
    submitted: Path, tmp_path: Path, how: str, workers: int
) -> None:
    work = tmp_path / "work"
    options = ["--workers", str(workers)]
    with start(submitted, work, *options) as running:
        wait_until(lambda: len(finished(work)) >= 2)
        others = set(descendants(running.pid))
        os.kill(running.pid, signal.Signals[f"SIG{how}"])
        _, said = running.communicate(timeout=WITHIN)
    kept = finished(work)
    assert 2 <= len(kept) < SIZE
    assert others
    wait_until(lambda: not any(map(alive, others)), 20)
    if how == "INT":
        assert running.returncode == 130
        assert said == "Stopped; run the same command to resume.\n"
    grade(submitted, work, "--workers", "1")
    assert scores(work) == EXPECTED
    again = finished(work)
    assert {student: again[student] for student in kept} == kept
    assert len(again) == SIZE


@pytest.mark.needs_sandbox
def test_a_full_disk_is_one_sentence(submitted: Path, tmp_path: Path) -> None:
    """The room is taken away while submissions run, and given back."""
    work = tmp_path / "work"
    script = tmp_path / "full.py"
    script.write_text(FULL_DISK)
    done = subprocess.run(
        [sys.executable, str(script), *command(submitted, work, "--workers", "1")[1:]],
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr == (
        "The disk is full ([Errno 28] No space left on device); "
        "free some space, then run the same command.\n"
    )
    kept = finished(work)
    assert len(kept) == 3
    grade(submitted, work, "--workers", "1")
    assert scores(work) == EXPECTED
    again = finished(work)
    assert {student: again[student] for student in kept} == kept


FULL_DISK = """
import errno
from autograder.cli import main
from autograder.grading import records as kept

write = kept.write_atomically
records = 0

def write_while_there_is_room(path, content):
    global records
    if path.suffix == ".json" and "runs" in path.parts:
        records += 1
        if records > 4:
            raise OSError(errno.ENOSPC, "No space left on device")
    write(path, content)

kept.write_atomically = write_while_there_is_room
main()
"""
