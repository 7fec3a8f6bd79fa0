"""Functions in a kernel are asked, whatever their author did to whoever asks."""

from __future__ import annotations

import pytest
import torch

from autograder.sandbox.client import Reply
from poselab.checks.cases import Case, cases_as_bytes
from poselab.checks.runner import Observation, observations_from_bytes
from tests.autograder.sandbox.running import Kernel, in_kernel

DOUBLE = "import torch\ndef double(x):\n    return 2 * x"
LOOP = "import torch\ndef double(x):\n    return torch.stack([2 * row for row in x])"


@pytest.fixture
def cases() -> bytes:
    values = torch.arange(6.0).reshape(3, 2)
    return cases_as_bytes(
        [
            Case("values/0", "values", "call", "double(x)", "x", (values,)),
            Case("gradient/0", "gradient", "gradient", "double(x)", "x", (values,), values),
            Case("small/0", "vectorised", "count", "double(x)", "x", (values,)),
            Case(
                "large/0",
                "vectorised",
                "count",
                "double(x)",
                "x",
                (values.repeat(20, 1),),
                axis="x",
            ),
        ]
    )


def asked(source: str, cases: bytes, **options: float) -> tuple[Reply, dict]:
    async def use(kernel: Kernel) -> Reply:
        await kernel.run(source)
        return await kernel.run_cases("double", cases, **options)

    reply = in_kernel(use)
    return reply, _read(reply)


def _read(reply: Reply) -> dict[str, Observation]:
    if not reply.observations:
        return {}
    return {o.case: o for o in observations_from_bytes(reply.observations)}


def _is_right(observations: dict[str, Observation]) -> bool:
    result = observations["values/0"].result
    return result is not None and torch.equal(result, 2 * torch.arange(6.0).reshape(3, 2))


def test_answers_come_back(cases: bytes) -> None:
    reply, observations = asked(DOUBLE, cases)
    assert (reply.status, reply.tampered) == ("ok", ())
    assert _is_right(observations)
    assert observations["small/0"].operations == observations["large/0"].operations


def test_a_function_that_is_not_there_is_undefined(cases: bytes) -> None:
    reply, observations = asked("single = 1", cases)
    assert (reply.status, observations) == ("undefined", {})


@pytest.mark.parametrize(
    ("leaving", "error"),
    [
        ("raise SystemExit", ""),
        ("raise SystemExit(1)", ": 1"),
        ("os._exit(0)", ": called os._exit"),
        ("quit()", ": ended Python"),
        ("os.kill(-1, 9)", ": called os.kill with a signal that ends its own process"),
        ("get_ipython().kernel.do_shutdown(True)", ": restarted the kernel"),
    ],
)
def test_errors_and_exits_are_answers(leaving: str, error: str, cases: bytes) -> None:
    reply, observations = asked(f"import os\ndef double(x):\n    {leaving}", cases)
    assert reply.status == "ok"
    assert observations["values/0"].error == f"SystemExit{error}"


def test_a_function_that_takes_too_long_is_interrupted(cases: bytes) -> None:
    source = (
        "calls = 0\n"
        "def double(x):\n"
        "    global calls\n"
        "    calls += 1\n"
        "    while calls > 1:\n"
        "        pass\n"
        "    return 2 * x"
    )
    reply, observations = asked(source, cases, timeout=1.0)
    assert reply.status == "interrupted"
    assert reply.spent_on == "main"
    assert list(observations) == ["values/0"]
    assert _is_right(observations)


@pytest.mark.parametrize("n", [6, 30])
def test_threads_that_leave_a_function_no_time_are_told_of(n: int, cases: bytes) -> None:
    source = (
        f"import threading\nn = {n}\n"
        "def spin():\n"
        "    while True: pass\n"
        "for _ in range(n): threading.Thread(target=spin, daemon=True).start()\n"
        "def double(x):\n"
        "    while True: pass"
    )
    reply, _ = asked(source, cases, timeout=2.0)
    assert reply.status in ("interrupted", "timed_out")
    assert reply.spent_on == "others"


def test_a_function_that_waits_is_told_from_one_that_computes(cases: bytes) -> None:
    reply, _ = asked("def double(x):\n    import queue; queue.Queue().get()", cases, timeout=2.0)
    assert (reply.status, reply.spent_on) == ("interrupted", "waiting")


def test_an_interrupt_that_is_not_ours_is_told_apart(cases: bytes) -> None:
    reply, observations = asked("def double(x):\n    raise KeyboardInterrupt", cases)
    assert (reply.status, observations) == ("broken_off", {})


def test_a_cells_timer_does_not_disturb(cases: bytes) -> None:
    source = (
        f"{DOUBLE}\n"
        "import signal\n"
        "def ring(*_): raise KeyboardInterrupt\n"
        "signal.signal(signal.SIGALRM, ring)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)"
    )
    reply, observations = asked(source, cases)
    assert reply.status == "ok"
    assert _is_right(observations)


def test_interrupts_that_keep_coming_are_told_of(cases: bytes) -> None:
    source = (
        "import _thread, threading, time\n"
        "def pester():\n"
        "    while True:\n"
        "        time.sleep(0.05); _thread.interrupt_main()\n"
        "def double(x):\n"
        "    time.sleep(1)\n"
        "    return 2 * x\n"
        "threading.Thread(target=pester, daemon=True).start()"
    )
    reply, observations = asked(source, cases)
    assert (reply.status, observations) == ("broken_off", {})


def test_a_function_may_wait_for_its_children(cases: bytes) -> None:
    source = (
        "import signal, subprocess\n"
        "signal.signal(signal.SIGCHLD, lambda *_: None)  # as data loaders do\n"
        "def double(x):\n"
        "    return subprocess.run('false').returncode * 2 * x"
    )
    _, observations = asked(source, cases)
    assert _is_right(observations)


def test_a_function_may_use_a_timer_of_its_own(cases: bytes) -> None:
    source = (
        "import signal\n"
        "def double(x):\n"
        "    rung = []\n"
        "    signal.signal(signal.SIGALRM, lambda *_: rung.append(1))\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.01)\n"
        "    while not rung: pass\n"
        "    return 2 * x"
    )
    _, observations = asked(source, cases)
    assert _is_right(observations)


def test_a_function_that_cannot_be_interrupted(cases: bytes) -> None:
    source = (
        "def double(x):\n"
        "    while True:\n"
        "        try:\n"
        "            while True:\n"
        "                pass\n"
        "        except BaseException:\n"
        "            pass"
    )
    reply, _ = asked(source, cases, timeout=0.5)
    assert reply.status == "timed_out"


def test_a_function_that_kills_its_kernel(cases: bytes) -> None:
    reply, _ = asked("import ctypes\ndef double(x):\n    ctypes.string_at(0)", cases)
    assert reply.status == "died"


def test_a_full_disk_does_not_keep_a_function_from_being_asked(cases: bytes) -> None:
    fill = "try:\n    open('full', 'wb').write(bytes(1 << 30))\nexcept OSError:\n    pass"
    reply, observations = asked(f"{DOUBLE}\n{fill}", cases)
    assert reply.status == "ok"
    assert _is_right(observations)


@pytest.mark.parametrize(
    ("tampering", "name"),
    [
        ("torch.equal = torch.allclose = lambda *a, **k: True", "torch.allclose"),
        ("torch.Tensor.__eq__ = lambda *a: torch.tensor(True)", "torch.Tensor.__eq__"),
        ("import builtins\nbuiltins.len = lambda x, real=len: real(x)", "builtins.len"),
        (
            "import builtins\nbuiltins.isinstance = lambda *a, real=isinstance: real(*a)",
            "builtins.isinstance",
        ),
        ("import builtins\nbuiltins.sum = builtins.sorted = None", "builtins.sorted"),
        (
            "import poselab.checks.runner as p\np.run_cases = lambda *a: []",
            "poselab.checks.runner.run_cases",
        ),
        (
            "import poselab.checks.runner as p\np._count = lambda f, q, a: p.Observation(q.id)",
            "poselab.checks.runner._count",
        ),
        (
            "import poselab.checks.runner as p\n"
            "p._run.__code__ = (lambda f, q: p.Observation(q.id)).__code__",
            "poselab.checks.runner._run",
        ),
        (
            "import poselab.checks.counting as c\nc.len = lambda x: 0",
            "poselab.checks.counting.len",
        ),
        (
            "import poselab.checks.counting as c\nc.Work.__init__ = lambda self, *a: None",
            "poselab.checks.counting.Work.__init__",
        ),
        (
            "import sys, types\nsys.modules['poselab.checks.runner'] = types.ModuleType('x')",
            "sys.modules['poselab.checks.runner']",
        ),
        ("import sys\nsys.settrace = lambda f: None", "sys.settrace"),
        ("import sys\nsys.settrace(lambda *a: None)", "sys.settrace"),
        ("import json\njson.dumps = lambda *a, real=json.dumps, **k: real(*a, **k)", "json.dumps"),
        (
            "import safetensors.torch as s\ns.save = lambda *a, **k: b''",
            "safetensors.torch.save",
        ),
        ("import os\nos.replace = os.rename = lambda *a: None", "os.replace"),
    ],
)
def test_tampering_is_told_and_of_no_use(tampering: str, name: str, cases: bytes) -> None:
    reply, observations = asked(f"{LOOP}\n{tampering}", cases)
    assert reply.status == "ok"
    assert name in reply.tampered
    assert _is_right(observations)
    assert observations["large/0"].operations > observations["small/0"].operations


def test_honest_code_is_not_accused(cases: bytes) -> None:
    source = (
        f"{DOUBLE}\n"
        "import warnings, random, numpy as np, matplotlib.pyplot as plt, torchvision_ = None"
    ).replace(", torchvision_ = None", "")
    source += (
        "\nfrom torch import nn, optim\n"
        "from torch.utils.data import DataLoader\n"
        "from tqdm.auto import tqdm\n"
        "import poselab, poselab.checks, poselab.plots.poses\n"
        "warnings.filterwarnings('ignore')\n"
        "torch.manual_seed(1); np.random.seed(1); random.seed(1)\n"
        "torch.set_printoptions(precision=3); torch.set_num_threads(1)\n"
        "torch.use_deterministic_algorithms(True)\n"
        "layer = nn.Linear(2, 2); adam = optim.Adam(layer.parameters())\n"
        "layer(torch.ones(1, 2)).sum().backward(); adam.step()\n"
        "plt.plot([1, 2]); plt.show()\n"
        "for _ in tqdm(range(3)): pass\n"
        "len_ = len; sum = 3; list = [1]"
    )
    reply, observations = asked(source, cases)
    assert (reply.status, reply.tampered) == ("ok", ())
    assert _is_right(observations)
