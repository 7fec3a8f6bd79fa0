"""What this machine offers for grading, a sentence for each thing, and what to do about it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.errors import CourseError
from autograder.sandbox.policy import find_bubblewrap, namespaces, started_as

_NO_SANDBOX = (
    "then submissions run with your privileges: grade only in a container or a virtual machine"
)
_INSTALL = "`apt install bubblewrap` (or your system's equivalent)"
_BOMB = "blocks = []\nwhile True:\n    blocks.append(bytearray(b'x' * (4 << 20)))"
_BOMB_LIMIT = 256 << 20
_PREFIXES = (sys.prefix, sys.base_prefix)
_CONTAINER_MARKS = ("/run/.containerenv", "/.dockerenv")
_SECCOMP = "with `--security-opt seccomp=unconfined`"
_UNMASK = "with `--security-opt unmask=ALL` (Docker: `systempaths=unconfined`)"
_APPARMOR = "with `--security-opt apparmor=unconfined`"
CONTAINER_OPTIONS = {
    "mount proc": _UNMASK,
    "Unexpected capabilities": "without `--cap-add`",
    "[Errno 1]": "without `--cap-drop`, or with the image's own user",
    "Permission denied": _APPARMOR,
    "namespace": _SECCOMP,
}
"""How to start a container, by what bubblewrap complains of in it."""


@dataclass(frozen=True)
class Finding:
    """One fact about this machine.

    Args:
        topic: a word or two.
        state: ``good``; ``note``, if it changes what will happen; ``bad``, if submissions are not
            sandboxed.
        sentence: the fact.
        advice: what to do; empty if nothing.
    """

    topic: str
    state: Literal["good", "note", "bad"]
    sentence: str
    advice: str = ""


def why_no_sandbox() -> str | None:
    """Why submissions cannot be sandboxed on this machine, or ``None``. Takes some milliseconds."""
    if sys.platform != "linux":
        return f"Submissions cannot be sandboxed on {_platform()}: that needs Linux."
    bubblewrap = find_bubblewrap()
    if bubblewrap is None:
        return f"Submissions cannot be sandboxed without bubblewrap: {_INSTALL}."
    if any(Path(prefix).resolve().is_relative_to("/tmp") for prefix in _PREFIXES):
        return (
            "Submissions cannot be sandboxed by a Python in /tmp, because each kernel gets a /tmp "
            "of its own: move the course elsewhere and set it up there."
        )
    complaint = _try_bubblewrap(bubblewrap)
    if complaint:
        return f"Submissions cannot be sandboxed: bubblewrap does not work here ({complaint})."
    return None


def examine() -> list[Finding]:
    """Try everything that grading relies on. Takes some seconds."""
    findings = [_examine_platform(), *_examine_accelerator()]
    reason = why_no_sandbox()
    if reason:
        return [*findings, Finding("sandbox", "bad", reason, _what_to_do(reason))]
    findings.append(Finding("bubblewrap", "good", "bubblewrap is installed and works."))
    return [*findings, *_examine_kernels()]


def _examine_platform() -> Finding:
    if _on_colab():
        return Finding(
            "platform",
            "note",
            "This is Colab, whose machine is given back, with all that is on it, when it is idle.",
            "download `--work` when you are done; docs/colab-grading.md says more",
        )
    state: Literal["good", "note"] = "good" if sys.platform == "linux" else "note"
    return Finding("platform", state, f"This is {_platform()}.")


def _examine_accelerator() -> Iterator[Finding]:
    if Path("/dev/nvidia0").exists():
        yield Finding(
            "accelerator",
            "note",
            "There is a GPU, but sandboxed kernels compute on the CPU: a forked process cannot "
            "use CUDA.",
            "with `--sandbox none` kernels start cold and use the GPU",
        )


def _examine_kernels() -> Iterator[Finding]:
    from autograder.sandbox.warm_parent import warm_parent

    began = time.perf_counter()
    try:
        parent = warm_parent()
    except CourseError as error:
        yield Finding("warm parent", "bad", str(error), _what_to_do(str(error)))
        return
    took = time.perf_counter() - began
    yield Finding(
        "warm parent",
        "good",
        f"The warm parent started in {took:.1f} s and holds {parent.resident >> 20} MB.",
    )
    try:
        yield from asyncio.run(_try_kernels())
    except (CourseError, RuntimeError) as error:
        sentence = " ".join(str(error).split())
        reason = f"Kernels do not start: {sentence}"
        yield Finding("kernels", "bad", reason, _what_to_do(reason))


async def _try_kernels() -> list[Finding]:
    from autograder.sandbox.limits import KernelLimits
    from autograder.sandbox.manager import GradedKernelManager, kernel_config

    limits = KernelLimits(memory_bytes=_BOMB_LIMIT)
    findings = []
    for attempt in ("first", "second"):
        manager = GradedKernelManager(config=kernel_config(limits))
        began = time.perf_counter()
        await manager.start_kernel()
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=30)
        took = time.perf_counter() - began
        if attempt == "second":
            sentence = f"A kernel starts in {1000 * took:.0f} ms."
            findings.append(Finding("kernels", "good", sentence))
            findings.append(await _try_bomb(manager, client))
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
    return findings


async def _try_bomb(manager: object, client: object) -> Finding:
    from autograder.sandbox.manager import GradedKernelManager

    assert isinstance(manager, GradedKernelManager) and manager.sandbox is not None
    client.execute(_BOMB)  # type: ignore[attr-defined]
    for _ in range(400):
        if not await manager.is_alive():
            break
        await asyncio.sleep(0.05)
    if manager.sandbox.fate == "out_of_memory":
        return Finding("memory limit", "good", "A kernel that takes too much memory is stopped.")
    return Finding("memory limit", "bad", "The memory limit does not hold.", _NO_SANDBOX)


def _try_bubblewrap(bubblewrap: str) -> str:
    """What bubblewrap complains of when it builds the namespaces that we need; empty if nothing."""
    command = [bubblewrap, *namespaces(), "--ro-bind", "/", "/", "--proc", "/proc"]
    command += ["--dev", "/dev", "--", "/bin/true"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, **started_as())
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines()
    return lines[-1].strip() if lines else f"exit status {done.returncode}"


def _what_to_do(reason: str) -> str:
    none = f"or grade with `--sandbox none`; {_NO_SANDBOX}"
    if sys.platform != "linux":
        return f"grade on Linux, {none}"
    if find_bubblewrap() is None:
        return f"{_INSTALL}, {none}"
    if _on_colab():
        return "grade with `--sandbox none`, on a machine that holds nothing but submissions"
    if "container" in os.environ or any(Path(mark).exists() for mark in _CONTAINER_MARKS):
        every = f"{_SECCOMP}, {_UNMASK} and {_APPARMOR}"
        wanted = (how for words, how in CONTAINER_OPTIONS.items() if words in reason)
        return f"start the container {next(wanted, every)}, {none}"
    return (
        "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
        f"kernel.apparmor_restrict_unprivileged_userns=0), {none}"
    )


def _on_colab() -> bool:
    return "COLAB_RELEASE_TAG" in os.environ or Path("/content/sample_data").is_dir()


def _platform() -> str:
    return {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)
