"""Functions in a kernel are asked, whatever their author did to whoever asks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from autograder.kernels.client import Reply
from poselab.checks.paper import Question, write_questions
from poselab.checks.probe import Answer, read_answers
from tests.kernels.running import Kernel, in_kernel

DOUBLE = "import torch\ndef double(x):\n    return 2 * x"
LOOP = "import torch\ndef double(x):\n    return torch.stack([2 * row for row in x])"


@pytest.fixture
def questions(tmp_path: Path) -> bytes:
    path = tmp_path / "questions.safetensors"
    values = torch.arange(6.0).reshape(3, 2)
    write_questions(
        path,
        [
            Question("values/0", "values", "call", "double(x)", "x", (values,)),
            Question("gradient/0", "gradient", "gradient", "double(x)", "x", (values,), values),
            Question("small/0", "vectorised", "count", "double(x)", "x", (values,)),
            Question(
                "large/0",
                "vectorised",
                "count",
                "double(x)",
                "x",
                (values.repeat(20, 1),),
                axis="x",
            ),
        ],
    )
    return path.read_bytes()


def asked(source: str, questions: bytes, tmp_path: Path, **options: float) -> tuple[Reply, dict]:
    async def use(kernel: Kernel) -> Reply:
        await kernel.run(source)
        return await kernel.ask("double", questions, **options)

    reply = in_kernel(use)
    return reply, _read(reply, tmp_path)


def _read(reply: Reply, tmp_path: Path) -> dict[str, Answer]:
    if not reply.answers:
        return {}
    path = tmp_path / "answers.safetensors"
    path.write_bytes(reply.answers)
    return {answer.question: answer for answer in read_answers(path)}


def _is_right(answers: dict[str, Answer]) -> bool:
    result = answers["values/0"].result
    return result is not None and torch.equal(result, 2 * torch.arange(6.0).reshape(3, 2))


def test_answers_come_back(questions: bytes, tmp_path: Path) -> None:
    reply, answers = asked(DOUBLE, questions, tmp_path)
    assert (reply.status, reply.tampered) == ("ok", ())
    assert _is_right(answers)
    assert answers["small/0"].operations == answers["large/0"].operations


def test_a_function_that_is_not_there_is_undefined(questions: bytes, tmp_path: Path) -> None:
    reply, answers = asked("single = 1", questions, tmp_path)
    assert (reply.status, answers) == ("undefined", {})


def test_errors_and_exits_are_answers(questions: bytes, tmp_path: Path) -> None:
    reply, answers = asked("def double(x):\n    raise SystemExit(1)", questions, tmp_path)
    assert reply.status == "ok"
    assert answers["values/0"].error == "SystemExit: 1"


def test_a_function_that_takes_too_long_is_interrupted(questions: bytes, tmp_path: Path) -> None:
    source = (
        "calls = 0\n"
        "def double(x):\n"
        "    global calls\n"
        "    calls += 1\n"
        "    while calls > 1:\n"
        "        pass\n"
        "    return 2 * x"
    )
    reply, answers = asked(source, questions, tmp_path, timeout=1.0)
    assert reply.status == "interrupted"
    assert list(answers) == ["values/0"]
    assert _is_right(answers)


def test_a_function_that_cannot_be_interrupted(questions: bytes) -> None:
    source = (
        "def double(x):\n"
        "    while True:\n"
        "        try:\n"
        "            while True:\n"
        "                pass\n"
        "        except BaseException:\n"
        "            pass"
    )
    reply, _ = asked(source, questions, Path(), timeout=0.5)
    assert reply.status == "timed_out"


def test_a_function_that_kills_its_kernel(questions: bytes) -> None:
    reply, _ = asked("import os\ndef double(x):\n    os._exit(0)", questions, Path())
    assert reply.status == "died"


def test_a_full_disk_does_not_keep_a_function_from_being_asked(
    questions: bytes, tmp_path: Path
) -> None:
    fill = "try:\n    open('full', 'wb').write(bytes(1 << 30))\nexcept OSError:\n    pass"
    reply, answers = asked(f"{DOUBLE}\n{fill}", questions, tmp_path)
    assert reply.status == "ok"
    assert _is_right(answers)


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
            "import poselab.checks.probe as p\np.put_questions = lambda *a: []",
            "poselab.checks.probe.put_questions",
        ),
        (
            "import poselab.checks.probe as p\np._count = lambda f, q, a: p.Answer(q.id)",
            "poselab.checks.probe._count",
        ),
        (
            "import poselab.checks.probe as p\n"
            "p._put.__code__ = (lambda f, q: p.Answer(q.id)).__code__",
            "poselab.checks.probe._put",
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
            "import sys, types\nsys.modules['poselab.checks.probe'] = types.ModuleType('x')",
            "sys.modules['poselab.checks.probe']",
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
def test_tampering_is_told_and_of_no_use(
    tampering: str, name: str, questions: bytes, tmp_path: Path
) -> None:
    reply, answers = asked(f"{LOOP}\n{tampering}", questions, tmp_path)
    assert reply.status == "ok"
    assert name in reply.tampered
    assert _is_right(answers)
    assert answers["large/0"].operations > answers["small/0"].operations


def test_honest_code_is_not_accused(questions: bytes, tmp_path: Path) -> None:
    source = (
        f"{DOUBLE}\n"
        "import warnings, random, numpy as np, matplotlib.pyplot as plt, torchvision_ = None"
    ).replace(", torchvision_ = None", "")
    source += (
        "\nfrom torch import nn, optim\n"
        "from torch.utils.data import DataLoader\n"
        "from tqdm.auto import tqdm\n"
        "import poselab, poselab.checks, poselab.plots\n"
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
    reply, answers = asked(source, questions, tmp_path)
    assert (reply.status, reply.tampered) == ("ok", ())
    assert _is_right(answers)
