"""What a kernel sends costs the grader little memory, and nobody a point, however much it is."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.autograder.grading.small import FULL, needs_sandbox

pytestmark = needs_sandbox

MOST = 300
"""MB that the grader's process may take more than for an ordinary submission."""

FORGE = """
import sys
from ipykernel.kernelapp import IPKernelApp
kernel, app = get_ipython().kernel, IPKernelApp.instance()
session, parent, iopub = kernel.session, kernel.get_parent(), kernel.iopub_socket
for name, module in list(sys.modules.items()):
    if name.endswith("forkserver.output"):
        module.budget.left = 1 << 60

def tell(kind, buffers=(), metadata=None, **content):
    session.send(iopub, kind, content, parent=parent, metadata=metadata, buffers=list(buffers))

def tell_json(kind, content, metadata=b"{}"):
    message = session.msg(kind, parent=parent)
    heads = [session.pack(message[part]) for part in ("header", "parent_header")]
    parts = [*heads, metadata, content]
    iopub.send_multipart([kind.encode(), b"<IDS|MSG>", session.sign(parts), *parts])

def show(**more):
    tell("display_data", data={"text/plain": "x"}, transient={}, **{"metadata": {}, **more})
"""

KINDS = {
    "large frames": "for _ in range(60):\n    show(buffers=[bytes(50 << 20)])",
    "many frames": "show(buffers=[bytes(10 << 20)] * 300)",
    "below the limit": "for _ in range(60):\n    show(buffers=[bytes(15 << 20)])",
    "nested JSON": "lists = b'[' + b'[],' * 4_500_000 + b'[]]'\nfor _ in range(6):\n"
    "    tell_json('display_data', b'{\"data\":{\"application/json\":' + lists + b'},"
    '"metadata":{},"transient":{}}\')',
    "nested metadata": "lists = b'{\"a\":[' + b'[],' * 4_500_000 + b'[]]}'\nfor _ in range(6):\n"
    '    tell_json(\'stream\', b\'{"name":"stdout","text":"x"}\', lists)',
    "small messages": "for _ in range(40_000):\n    show(metadata={'a': [[]] * 100})",
    "wide characters": "for _ in range(60):\n"
    "    tell('stream', name='stdout', text='\\U0001F600' * (3 << 20))",
    "tracebacks": "for _ in range(60):\n"
    "    tell('error', ename='E' * (1 << 20), evalue='x' * (8 << 20), traceback=['y' * (2 << 20)])",
    "widgets": "for number in range(100):\n    tell('comm_open', comm_id=str(number),"
    " target_name='jupyter.widget', data={'state': {'_model_module': '@jupyter-widgets/output',"
    " '_model_name': 'OutputModel', 'outputs': ['x' * (4 << 20)]}})",
    "other channels": "import zmq\n"
    "for socket in (app.stdin_socket, app.control_socket, app.shell_socket):\n"
    "    for _ in range(60):\n"
    "        socket.send_multipart([parent['header']['session'].encode(), bytes(50 << 20)],"
    " zmq.NOBLOCK)",
}

RUN = """
import json, resource, sys
from tests.autograder.grading import small
from autograder.grading.settings import Limits

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

limits = Limits(cell=60, total=200, kernel=small.KernelLimits(memory_bytes=2 << 30))
small.run(limits=limits)
usual, forge, kinds = peak(), *json.load(sys.stdin)
for name, source in kinds.items():
    outcome = small.run(forge + source, limits=limits)
    print(json.dumps([name, peak() - usual, small.points(outcome)]))
"""


def floods(kinds: dict[str, str]) -> dict[str, tuple[int, dict[str, float]]]:
    """By kind, the MB above what is usual, and the points, of a process that grades them."""
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps([FORGE, kinds]),
        capture_output=True,
        text=True,
        check=True,
    )
    rows = map(json.loads, done.stdout.splitlines())
    return {name: (above, earned) for name, above, earned in rows}


def check(kinds: dict[str, str]) -> None:
    found = floods(kinds)
    assert list(found) == list(kinds)
    assert {name: one for name, one in found.items() if one[0] > MOST or one[1] != FULL} == {}


@pytest.mark.slow
def test_one_of_each_cause() -> None:
    check({name: KINDS[name] for name in ("many frames", "nested JSON")})


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_takes_much(kind: str) -> None:
    check({kind: KINDS[kind]})
