"""A kernel that takes too much is stopped, alone, and the reason is known."""

from __future__ import annotations

import asyncio
import signal

import pytest

from autograder.errors import CourseError
from autograder.sandbox.limits import KernelLimits
from tests.autograder.sandbox.running import Kernel, in_kernel, start, texts

SMALL = KernelLimits(
    memory_bytes=192 << 20, processes=12, disk_bytes=8 << 20, cpu_seconds=600, open_files=128
)
BOMB = "blocks = []\nwhile True:\n    blocks.append(bytearray(b'x' * (1 << 20)))"


FATES = {
    "memory": (BOMB, "out_of_memory"),
    "fork bomb": ("import os, time\nwhile True:\n    os.fork()", "too_many_processes"),
    "shared out": (
        "import os, time\n"
        "for _ in range(6):\n"
        "    if os.fork() == 0:\n"
        "        block = bytearray(b'x' * (64 << 20))\n"
        "        time.sleep(60)\n"
        "time.sleep(60)",
        "out_of_memory",
    ),
    "exit": ("import ctypes\nctypes.CDLL(None)._exit(3)", "exit 3"),
    "kill": ("import ctypes, os\nctypes.CDLL(None).kill(os.getpid(), 9)", "signal 9"),
    "segfault": ("import ctypes\nctypes.string_at(0)", f"signal {int(signal.SIGSEGV)}"),
    "abort": ("import ctypes\nctypes.CDLL(None).abort()", f"signal {int(signal.SIGABRT)}"),
}


@pytest.mark.parametrize(("source", "fate"), FATES.values(), ids=FATES)
def test_fate(source: str, fate: str) -> None:
    async def both() -> None:
        async with start(SMALL) as sibling:
            async with start(SMALL) as kernel:
                assert await kernel.dies(source) == fate
            assert await sibling.text("'alive'") == "'alive'"

    asyncio.run(both())


@pytest.mark.parametrize(
    "spin", ["while True: pass", "import os\nos.fork()\nos.fork()\nwhile True: pass"]
)
def test_processor_time_is_limited(spin: str) -> None:
    async def use(kernel: Kernel) -> None:
        assert await kernel.dies(spin) == "cpu_time"
        assert kernel.sandbox.cpu_seconds >= 0.9

    in_kernel(use, KernelLimits(cpu_seconds=1))


def test_one_allocation_far_too_large_is_an_error_like_any_other() -> None:
    numpy, torch = texts(
        "import numpy\nnumpy.ones(10**12)",
        "import torch\ntorch.ones(10**12)",
    )
    assert "MemoryError" in numpy
    assert "RuntimeError" in torch


def test_the_disk_is_small_and_a_full_one_harms_nobody() -> None:
    fill = "for n in range(100):\n    open(f'{place}/{n}', 'wb').write(bytes(1 << 20))"
    first, second, third = texts(
        f"place = '/tmp'\n{fill}",
        f"place = '/home/student'\n{fill}",
        "open('/dev/shm/one', 'wb').write(bytes(64 << 20))",
        limits=SMALL,
    )
    for text in (first, second, third):
        assert text.startswith("OSError")


def test_files_and_descriptors_are_limited() -> None:
    assert (
        "Too many open files"
        in texts("files = [open('/dev/null') for _ in range(1000)]", limits=SMALL)[0]
    )


def test_a_kernel_deaf_to_interrupts_can_be_killed() -> None:
    async def use(kernel: Kernel) -> None:
        km = kernel.client.km
        cell = asyncio.create_task(
            kernel.run(
                "import signal\n"
                "while True:\n"
                "    try:\n"
                "        while True:\n"
                "            pass\n"
                "    except BaseException:\n"
                "        pass"
            )
        )
        await asyncio.sleep(0.3)
        await km.interrupt_kernel()
        await asyncio.sleep(0.3)
        assert await km.is_alive()
        await km.signal_kernel(signal.SIGKILL)
        with pytest.raises(Exception, match="died"):
            await cell
        assert not await km.is_alive()
        assert kernel.sandbox.fate is None

    in_kernel(use)


def test_what_was_used_is_known_afterwards() -> None:
    async def use(kernel: Kernel) -> tuple[float, int]:
        await kernel.run(
            "import time\n"
            "block = bytearray(b'x' * (64 << 20))\n"
            "begin = time.process_time()\n"
            "while time.process_time() - begin < 0.5:\n"
            "    pass"
        )
        await kernel.client.km.shutdown_kernel()
        return kernel.sandbox.cpu_seconds, kernel.sandbox.peak_memory_bytes

    seconds, memory = in_kernel(use)
    assert 0.5 <= seconds < 5
    assert 64 << 20 <= memory < 256 << 20


@pytest.mark.parametrize("config", [{"memory": 1}, {"processes": 0}, {"disk_bytes": "much"}])
def test_limits_that_make_no_sense_are_refused(config: dict[str, int]) -> None:
    with pytest.raises(CourseError):
        KernelLimits.from_config(config)
