"""What a submission tries is written down where it cannot be unwritten."""

from __future__ import annotations

import pytest
import torch

from poselab.checks.cases import Case, cases_as_bytes
from tests.autograder.sandbox.running import Kernel, in_kernel


def audit_entries(*sources: str) -> list[str]:
    async def use(kernel: Kernel) -> list[str]:
        for source in sources:
            await kernel.run(source)
        return kernel.sandbox.audit_entries

    return in_kernel(use)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "import socket\nsocket.socket().connect(('10.1.2.3', 80))",
            "The code tried to connect to 10.1.2.3:80.",
        ),
        (
            "import urllib.request\nurllib.request.urlopen('http://example.org/observations')",
            "The code tried to download http://example.org/observations.",
        ),
        (
            "open('/srv/course/solutions/heatmap_2d.py')",
            "The code tried to open /srv/course/solutions/heatmap_2d.py.",
        ),
        ("open('../gradebook.db')", "The code tried to open ../gradebook.db."),
        ("import autograder.exercises", "The code tried to import autograder."),
        (
            "import os\nif os.fork() == 0:\n    os._exit(0)\nos.wait()",
            "the code forked its process.",
        ),
    ],
)
def test_attempts_are_told_once(source: str, sentence: str) -> None:
    assert audit_entries(source, source).count(sentence) == 1


def test_an_ordinary_notebook_has_an_empty_audit_log() -> None:
    assert (
        audit_entries(
            "import torch, numpy, matplotlib.pyplot as plt, h5py, tqdm.auto, poselab.plots.poses",
            "plt.plot([0, 1])\nplt.show()",
            "import tempfile\nopen('mine.txt', 'w').write('x')\nopen('mine.txt').read()",
            "torch.save({}, 'weights.pt')\ntorch.load('weights.pt')",
            "1 / 0",
            "def broken(:",
            "import unknown_module",
            "list(torch.utils.data.DataLoader([1, 2], num_workers=1))",
            "import subprocess\nsubprocess.run(['true'])",
            "import sys, inspect\nsys._getframe(), inspect.stack()",
        )
        == []
    )


def test_a_look_at_the_case_runner_is_noted() -> None:
    cases = cases_as_bytes([Case("a/0", "a", "call", "f(x)", "x", (torch.ones(1),))])

    async def use(kernel: Kernel) -> list[str]:
        await kernel.run("import sys\ndef f(x):\n    sys._getframe(1)\n    return x")
        await kernel.run_cases("f", cases)
        return kernel.sandbox.audit_entries

    assert in_kernel(use) == ["the code inspected its callers."]


def test_what_was_noted_outlives_the_kernel_and_cannot_be_forged_into_nonsense() -> None:
    async def use(kernel: Kernel) -> list[str]:
        await kernel.dies(
            "import ctypes, os, socket\n"
            "try:\n"
            "    open('/submitted/s01')\n"
            "except OSError:\n"
            "    pass\n"
            "for number in range(3, 100):\n"
            "    try:\n"
            "        socket.socket(fileno=os.dup(number)).send(b'[[\"open\"], {}]')\n"
            "    except OSError:\n"
            "        pass\n"
            "ctypes.CDLL(None)._exit(1)"
        )
        return kernel.sandbox.audit_entries

    assert "The code tried to open /submitted/s01." in in_kernel(use)
