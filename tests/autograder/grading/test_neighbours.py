"""One of a class does harm, and the others never notice: all are graded, in bounded memory."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from autograder.manifest import load_manifest
from autograder.sandbox.forkserver.watch import shared_out
from autograder.sandbox.policy import KERNEL_PACKAGE
from tests.autograder.grading.harms import (
    DISK,
    ENDLESS,
    HIDDEN,
    IN_FLIGHT,
    MANY_PROCESSES,
    MARK,
    OUTLIVE,
    OUTPUT,
    SIGNALS,
    TELLS,
    TELLTALE,
    Harm,
)
from tests.autograder.grading.quick import command, environment
from tests.autograder.grading.small import needs_sandbox
from tests.autograder.grading.test_attacks import FORGED_REPLY, MESSAGES, ONLY_THOSE, where_known
from tests.autograder.grading.test_floods import FORGE
from tests.autograder.grading.test_floods import KINDS as FLOODS
from tests.autograder.sandbox.test_limits import BOMB, FATES
from tests.autograder.sandbox.test_uncounted_memory import (
    CONNECTIONS,
    FILL,
    PAIRS,
    QUEUES,
    REFUSED,
    SLOW,
)
from tests.processes import arguments, descendants, resident
from tests.submissions.make import ASSIGNMENT, FILE, ROOT, written

pytestmark = [needs_sandbox, pytest.mark.soak]

FULL = load_manifest().assignment(ASSIGNMENT).automatic_points
NEIGHBOURS = 9
OPTIONS = ("--cell-seconds", "10", "--total-seconds", "60")
FEW, MANY = 2, 5
"""Workers in the grader's own process, and workers that are processes."""

LOOK_EVERY = 0.05
UNCHANGED = 1 << 20
OURS, OURS_FOR_A_WORKER = 1e9, 0.6e9
"""Bytes that all processes of the grader may take together, those of submissions left out."""

TABLE = where_known("return torch.tensor(table[key])")

MEMORY = {
    **{f"flood of {kind}": Harm(FORGE + source) for kind, source in FLOODS.items()},
    "hidden mappings": Harm(HIDDEN),
    "pairs of sockets": Harm(MANY_PROCESSES + FILL + PAIRS),
    "connections": Harm(MANY_PROCESSES + FILL + CONNECTIONS.replace("5000", "5000 + os.getpid()")),
    "queues": Harm("import ctypes\nlibc = ctypes.CDLL(None)\n" + "\n".join(QUEUES.values())),
    "memory": Harm(BOMB),
    "less to fear": Harm(f"try:\n    {REFUSED['less to fear']}\nexcept OSError:\n    pass\n{BOMB}"),
    "slow to measure": Harm(SLOW),
    "fork bomb": Harm(FATES["fork bomb"][0]),
    "descriptors in flight": Harm(IN_FLIGHT),
    "disk": Harm(DISK),
}
"""Each in a class of its own."""

OTHERS = {
    **{f"endless: {kind}": harm for kind, harm in ENDLESS.items()},
    **{f"endless output, {kind}": harm for kind, harm in OUTPUT.items()},
    "outlives": Harm(OUTLIVE),
    "signals": Harm(SIGNALS),
    "messages": Harm(MESSAGES),
    "forged reply": Harm(bodies={"joint_error": FORGED_REPLY + "return predicted"}),
    "table": Harm(bodies={"joint_error": TABLE}),
    "slow table": Harm(bodies={"joint_error": f"import time\ntime.sleep(0.1)\n{TABLE}"}),
    "tells": Harm(bodies={"joint_error": TELLS}),
}
"""All in one class, with as many that are right."""


class Graded:
    """A class that was graded by the command line.

    Args:
        folder: for everything.
        harms: those of the class, by name.
        right: how many others there are.
        workers: how many submissions run at a time.
    """

    def __init__(self, folder: Path, harms: Mapping[str, Harm], right: int, workers: int) -> None:
        self.work = folder / "work"
        self.bound = OURS + workers * OURS_FOR_A_WORKER
        self.hostile = {kind: f"{n:02}_hostile" for n, kind in enumerate(harms)}
        self.right = [f"{n:02}_right" for n in range(right)]
        for kind, student in self.hostile.items():
            self._hand_in(folder, student, harms[kind])
        for student in self.right:
            self._hand_in(folder, student, Harm(f"# {student}"))
        options = (*OPTIONS, "--workers", str(workers))
        began = time.monotonic()
        with (folder / "log").open("w+") as log:
            running = subprocess.Popen(
                command(folder / "submitted", self.work, *options),
                cwd=ROOT,
                env=environment(),
                stdout=log,
                stderr=log,
            )
            self.peak = peak_memory(running)
            log.seek(0)
            assert running.returncode == 0, log.read()[-3000:]
        self.seconds = time.monotonic() - began
        content = json.loads((self.work / "results" / f"{ASSIGNMENT}.json").read_text())
        self.records: dict[str, Any] = {one["student"]: one for one in content["submissions"]}
        print(
            f"{', '.join(harms)}: {self.peak / 1e6:.0f} MB of {self.bound / 1e6:.0f}, "
            f"{self.seconds:.0f} s"
        )
        for kind, student in self.hostile.items():
            record = self.records[student]
            print(f"  {kind}: {record['status']}, {record['score']:g}, {record['notes']}")

    @staticmethod
    def _hand_in(folder: Path, student: str, harm: Harm) -> None:
        path = folder / "submitted" / student / ASSIGNMENT / FILE
        path.parent.mkdir(parents=True)
        path.write_text(written(harm.notebook()), encoding="utf-8")

    def page(self, student: str) -> str:
        """A student's feedback."""
        path = self.work / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
        return path.read_text(encoding="utf-8")

    def check(self) -> None:
        """Nobody is missing or lost points, whoever did harm is told why, and memory sufficed."""
        assert set(self.records) == {*self.right, *self.hostile.values()}
        kept = {who: (self.records[who]["score"], self.records[who]["notes"]) for who in self.right}
        assert kept == dict.fromkeys(self.right, (FULL, []))
        for student in self.records:
            assert '<h3 id="task-joint_error">' in self.page(student)
        hostile = {kind: self.records[student] for kind, student in self.hostile.items()}
        assert [kind for kind, record in hostile.items() if not knows_why(record)] == []
        assert self.peak < self.bound


def knows_why(record: Mapping[str, Any]) -> bool:
    """Whether somebody is told the reason of every exercise that lost points, if any did."""
    lost = [
        exercise for exercise in record["exercises"] if exercise["score"] < exercise["max_score"]
    ]
    messages = ({rung["message"] for rung in exercise["criteria"]} for exercise in lost)
    return bool(record["notes"]) or all(map(any, messages))


class Gauge:
    """Adds up the memory of processes, what they share counted in proportion.

    That takes the system up to 20 ms for one of ours, so that one of unchanged size is measured
    only once a second.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, float, int]] = {}

    def read(self, pids: Iterable[int]) -> int:
        """Bytes."""
        return sum(map(self._measured, pids))

    def _measured(self, pid: int) -> int:
        size, now = resident(pid), time.monotonic()
        before, at, measured = self._known.get(pid, (0, 0, 0))
        if abs(size - before) > UNCHANGED or now - at > 1:
            measured = shared_out([pid])
            self._known[pid] = size, now, measured
        return measured


def peak_memory(running: subprocess.Popen[Any]) -> int:
    """Wait for a grader's end; bytes that its processes had together at the worst moment."""
    peak, gauge = 0, Gauge()
    while running.poll() is None:
        peak = max(peak, gauge.read([running.pid, *descendants(running.pid, starts_kernels)]))
        time.sleep(LOOK_EVERY)
    return peak


def starts_kernels(pid: int) -> bool:
    """Whether a process is a forkserver, which only kernels stand below."""
    return arguments(pid)[1:4] == ["-m", KERNEL_PACKAGE, "serve"]


@pytest.mark.parametrize("kind", MEMORY)
def test_harm_of_one_kind(kind: str, tmp_path: Path) -> None:
    Graded(tmp_path, {kind: MEMORY[kind]}, NEIGHBOURS, FEW).check()


@pytest.fixture(scope="module", params=[FEW, MANY])
def together(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("together")
    return Graded(folder, OTHERS, len(OTHERS), request.param)


def test_harm_of_all_other_kinds(together: Graded) -> None:
    together.check()


def test_what_never_ends_is_stopped(together: Graded) -> None:
    """What is printed while cases run is kept in the kernel, whose memory may end first."""
    found = {
        kind: together.records[student]["status"]
        for kind, student in together.hostile.items()
        if kind.startswith("endless")
    }
    memory = "endless output, printed by a function"
    assert found.pop(memory) in ("timed_out", "out_of_memory")
    assert found == dict.fromkeys(found, "timed_out")


def test_nothing_outlives_its_kernel(together: Graded) -> None:
    processes = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    assert not [pid for pid in processes if MARK in arguments(pid)]


def test_a_table_of_stored_answers_is_told(together: Graded) -> None:
    for kind in ("table", "slow table"):
        record = together.records[together.hostile[kind]]
        assert record["score"] < FULL
        assert ONLY_THOSE in " ".join(record["notes"])


def test_inputs_stay_secret(together: Graded) -> None:
    student = together.hostile["tells"]
    assert TELLTALE not in together.page(student)
    assert TELLTALE not in json.dumps(together.records[student])
    for path in (together.work / "autograded" / student).rglob("*.ipynb"):
        assert TELLTALE not in path.read_text(encoding="utf-8")
