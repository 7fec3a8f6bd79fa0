"""Memory that belongs to no process is refused, or counted all the same."""

from __future__ import annotations

import asyncio

import pytest

from autograder.sandbox.limits import KernelLimits
from tests.autograder.sandbox.running import start, texts

SMALL = KernelLimits(memory_bytes=96 << 20, processes=12, disk_bytes=8 << 20)

REFUSED = {
    "shared and anonymous": "import mmap\nmmap.mmap(-1, 1 << 20)",
    "shared zeros": (
        "import mmap\nmmap.mmap(open('/dev/zero', 'r+b', buffering=0).fileno(), 1 << 20)"
    ),
    "memfd": "import os\nos.memfd_create('memory')",
    "virtual machines": "import socket\nsocket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
    "packets": "import socket\nsocket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "ciphers": "import socket\nsocket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
    "pairs of another family": "import socket\nsocket.socketpair(socket.AF_TIPC)",
    "large pipes": "import fcntl, os\nfcntl.fcntl(os.pipe()[0], 1031, 1 << 20)",
    "less to fear": "open('/proc/self/oom_score_adj', 'w').write('0')",
}

QUEUES = {
    "message queues": "libc.msgget(0, 0o1600)",
    "semaphores": "libc.semget(0, 1, 0o1600)",
    "POSIX queues": "libc.mq_open(b'/queue', 0o102, 0o600, None)",
    "shared memory": "libc.shmget(0, 1 << 20, 0o1600)",
}

HONEST = {
    "import mmap\nlen(mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))": "4096",
    "import multiprocessing as mp\nqueue, value = mp.Queue(), mp.Value('i', 3)\nqueue.put(4)\n"
    "queue.get() + value.value": "7",
    "import torch\nfrom torch.utils.data import DataLoader\n"
    "sum(batch.sum().item() for batch in DataLoader(torch.ones(8), 2, num_workers=2))": "8.0",
    "import subprocess\nsubprocess.run(['echo', 'hi'], capture_output=True, text=True).stdout": (
        "'hi\\n'"
    ),
    "import socket\none, other = socket.socketpair()\none.setsockopt(1, 7, 1 << 22)\n"
    "one.send(b'x'), one.getsockopt(1, 7) < 1 << 20": "(1, True)",
    "import asyncio\nasync def three():\n    return 3\nawait three()": "3",
    "open('/proc/self/oom_score_adj').read()": "'1000\\n'",
}

FILL = """
import itertools, socket, time
def fill(end):
    end.setblocking(False)
    try:
        while True:
            end.send(bytes(100_000))
    except OSError:
        pass
"""
PAIRS = """
keep = [socket.socketpair() for _ in range(400)]
for pair in keep:
    any(map(fill, pair))
time.sleep(60)
"""
CONNECTIONS = """
server, keep = socket.create_server(("127.0.0.1", 5000)), []
for _ in range(300):
    keep += [socket.create_connection(("127.0.0.1", 5000)), server.accept()[0]]
    fill(keep[-2])
time.sleep(60)
"""

SLOW = """
import ctypes, os, time
libc = ctypes.CDLL(None)
libc.mmap.restype, libc.mmap.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_size_t] + [
    ctypes.c_int
] * 3 + [ctypes.c_long]
for _ in range(8):
    if os.fork() == 0:
        break
for number in range(60_000):
    libc.mmap(None, 4096, 1 + 2 * (number % 2), 0x8022, -1, 0)
time.sleep(60)
"""
"""Processes of 60,000 mappings each, which take long to add up."""


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED)
def test_is_refused(source: str) -> None:
    (text,) = texts(source)
    assert text.partition(":")[0] in ("PermissionError", "OSError", "AttributeError"), text


def test_queues_are_refused() -> None:
    preface = "import ctypes\nlibc = ctypes.CDLL(None)\n"
    assert texts(*(preface + source for source in QUEUES.values())) == ["-1"] * len(QUEUES)


def test_what_notebooks_need_is_not() -> None:
    assert texts(*HONEST) == list(HONEST.values())


@pytest.mark.parametrize("source", [PAIRS, CONNECTIONS], ids=["pairs", "connections"])
def test_what_waits_in_sockets_counts(source: str) -> None:
    async def both() -> None:
        async with start(SMALL) as sibling:
            async with start(SMALL) as kernel:
                assert await kernel.dies(FILL + source) == "out_of_memory"
            assert await sibling.text("'alive'") == "'alive'"

    asyncio.run(both())


def test_a_kernel_cannot_draw_out_how_its_memory_is_measured() -> None:
    async def both() -> list[str]:
        async with start(SMALL) as slow, start(SMALL) as sibling:
            running = asyncio.create_task(slow.dies(SLOW))
            said = []
            while not running.done():
                said.append(await sibling.text("6 * 7"))
                await asyncio.sleep(0.1)
            assert await running == "out_of_memory"
            return said

    assert set(asyncio.run(both())) == {"42"}
