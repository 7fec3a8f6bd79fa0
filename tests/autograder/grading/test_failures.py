"""Nothing stops the batch, nothing is lost: cells that take too much, die, or shout."""

from __future__ import annotations

import time

import nbformat
import pytest

from autograder.grading.records import Status
from autograder.grading.settings import Limits
from tests.autograder.grading.small import (
    FULL,
    KERNEL,
    needs_sandbox,
    outcome_is,
    points,
    run,
    said,
)

pytestmark = needs_sandbox

FORK_BOMB = "import os\nwhile True:\n    os.fork()"
MEMORY_BOMB = "blocks = []\nwhile True:\n    blocks.append(bytearray(b'x' * (16 << 20)))"
DEAF = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
SEGFAULT = "import ctypes\nctypes.string_at(0)"
SPAWN = """
import subprocess, threading, time
subprocess.Popen(["sleep", "600"], start_new_session=True)
def work():
    while True:
        time.sleep(0.01)
for daemon in (True, False):
    threading.Thread(target=work, daemon=daemon).start()
"""


@pytest.mark.parametrize(
    ("source", "status", "note"),
    [
        ("import time\ntime.sleep(600)", "timed_out", "Stopped after 4 s: cell 4"),
        (MEMORY_BOMB, "out_of_memory", "used more than 0.5 GB of memory in cell 4 (`blocks = []`)"),
        (SEGFAULT, "crashed", "was killed by signal 11 (Segmentation fault) in cell 4"),
        ("import ctypes\nctypes.CDLL(None).abort()", "crashed", "was killed by signal 6"),
    ],
    ids=["sleep", "memory", "segfault", "abort"],
)
def test_a_cell_that_has_to_be_stopped(source: str, status: Status, note: str) -> None:
    outcome = run(source)
    assert outcome_is(outcome, status), said(outcome)
    assert note in said(outcome)
    assert any(output.output_type == "error" for output in outcome.nb.cells[3].outputs)
    nbformat.validate(outcome.nb)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("for _ in range(64):\n    print('x' * (1 << 20))", "[Output stopped"),
        ("import sys\nsys.stderr.write('x' * (64 << 20))", ""),
        ("open('full', 'wb').write(bytes(200 << 20))", "OSError"),
        ("name = input()", "StdinNotImplementedError"),
        ("import warnings, sys\nwarnings.warn('mind')\nprint('oh', file=sys.stderr)", "mind"),
        ("import sys\nsys.exit(3)", "SystemExit"),
        ("%%bash\nexit 1", ""),
        ("print('a' * 400_000 + '\\b' * 400_000, end='\\r')", ""),
        ("print('\\ud800')\nraise ValueError('\\udcff')", "ValueError"),
        ("def broken(:", "SyntaxError"),
        ("\0", ""),
        ("quit()", "SystemExit"),
        ("import os\nos._exit(0)", "SystemExit"),
        ("import os\nos.abort()", "SystemExit"),
    ],
    ids=[
        "stdout",
        "stderr",
        "disk",
        "input",
        "warnings",
        "sys.exit",
        "bash",
        "backspaces",
        "halves of characters",
        "syntax",
        "null",
        "quit",
        "_exit",
        "abort",
    ],
)
def test_a_cell_that_is_only_loud(source: str, shown: str) -> None:
    outcome = run(source)
    assert outcome_is(outcome, None), (outcome.status, outcome.silent, said(outcome))
    assert shown in nbformat.writes(outcome.nb).encode().decode()
    assert len(nbformat.writes(outcome.nb)) < 8 << 20


def test_a_gigabyte_of_output() -> None:
    outcome = run("for _ in range(1 << 10):\n    print('x' * (1 << 20))")
    # IPython keeps what was printed for its history, and that may be too much for the memory.
    assert outcome.status in (None, "out_of_memory")
    assert points(outcome) == FULL
    assert "[Output stopped" in nbformat.writes(outcome.nb)


def test_plots_without_end() -> None:
    endless = (
        "%matplotlib inline\nimport matplotlib.pyplot as plt\n"
        "while True:\n    plt.figure(figsize=(2, 2))\n    plt.plot([0, 1])\n    plt.show()"
    )
    outcome = run(endless)
    assert outcome_is(outcome, "timed_out"), said(outcome)
    assert len(nbformat.writes(outcome.nb)) < 8 << 20


def test_a_fork_bomb() -> None:
    outcome = run(FORK_BOMB)
    # On a busy machine the time may be up before the bomb is noticed.
    assert outcome.status in ("crashed", "timed_out")
    assert points(outcome) == FULL
    assert "the code forked its process" in said(outcome)


def test_what_outlives_its_cell_holds_nobody_up() -> None:
    began = time.monotonic()
    outcome = run(SPAWN)
    assert outcome_is(outcome, None), said(outcome)
    assert time.monotonic() - began < 30


def test_the_total_holds_even_for_the_deaf() -> None:
    began = time.monotonic()
    outcome = run(DEAF, DEAF, DEAF, limits=Limits(cell=60, total=4, kernel=KERNEL))
    assert time.monotonic() - began < 20
    assert outcome.status == "timed_out"
    assert points(outcome) == FULL
    assert "did not stop after 2 s in cell 4" in said(outcome)


def test_many_deadly_cells_cost_only_themselves() -> None:
    outcome = run(*[SEGFAULT] * 6)
    assert outcome_is(outcome, "crashed"), said(outcome)


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ("import os\nos._exit(1)", None, ""),
        ("import ctypes\nctypes.string_at(0)", "crashed", "was killed by signal 11"),
        ("while True:\n    pass", "timed_out", ""),
        ("raise KeyboardInterrupt", None, ""),
        ("raise SystemExit", None, ""),
        ("raise ValueError('\\ud800' * 10_000)", None, ""),
        ("return joint_error(predicted, target)", None, ""),
        ("return torch.ones(1 << 40)", None, ""),
        ("return torch.ones(3).to_sparse()", None, ""),
        ("return torch.empty(0, 1 << 40)", None, ""),
        ("return torch.ones((), dtype=torch.float8_e5m2)", None, ""),
    ],
)
def test_a_function_that_has_to_be_stopped(body: str, status: str | None, why: str) -> None:
    outcome = run(joint_error=body)
    assert outcome.status == status, said(outcome)
    assert points(outcome) == {**FULL, "joint_error": 0} or (
        # The type of these is right.
        points(outcome)["heatmap_argmax"] == FULL["heatmap_argmax"]
        and points(outcome)["joint_error"] < 1
        and "float8" in body
    )
    assert why in outcome.silent.get("joint_error", "")
    (said(outcome) + str(outcome.silent) + str(outcome.observations)).encode()
