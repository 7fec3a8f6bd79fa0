"""One model in a process of its own, seen from outside.

The process gets two open files, the model and the clips, and has a pipe to write to. What it writes
may come from anybody: checks are read as data, poses are compared with labels that stay here.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from poselab.models.contract import (
    MEMORY,
    POSES,
    SECONDS,
    SECONDS_A_CLIP,
    Cause,
    Check,
    Report,
    from_line,
    unfinished,
)
from safetensors import SafetensorError

from autograder.errors import CourseError
from autograder.grading.execution import Sandbox
from autograder.sandbox.forkserver.spawn import KERNEL_FOLDERS, ROOM
from autograder.sandbox.policy import bubblewrap_arguments, find_bubblewrap

CLIPS = "clips"
"""The name of the check that the held_out clips are: the last, and no part of the contract."""

_INSIDE = Path(__file__).parent / "inside"
_MOST_SAID = 1 << 20
_MOST_TOLD = 300
_SPARE_SECONDS = 30.0
_BEYOND_SHELL = 128


@dataclass(frozen=True)
class Outcome:
    """What came of running a model.

    Args:
        report: the checks of the contract, as far as they got.
        poses: (clip, 10, 7, 2) float32, pixels; ``None`` if there are none. They may be anything,
            finite or not.
        failure: why there are none.
        complaint: what the process said last, if it ended before the first check.
    """

    report: Report
    poses: NDArray[np.float32] | None = None
    failure: Check | None = None
    complaint: str = ""


class Clips:
    """Frames that every model's process may read and none can change.

    Args:
        frames: (clip, 10, 64, 64, 3) uint8.
    """

    def __init__(self, frames: NDArray[np.uint8]) -> None:
        self.count = len(frames)
        self._content = np.ascontiguousarray(frames).tobytes()

    @contextmanager
    def opened(self) -> Iterator[int]:
        """The frames as an open file, by its number."""
        with _sealed(self._content) as handle:
            yield handle


def run_model(content: bytes, clips: Clips, sandbox: Sandbox, seconds: float = SECONDS) -> Outcome:
    """Check a model, and run it on clips, in a process that can reach nothing else.

    Args:
        content: the model file.
        clips: what to run it on.
        sandbox: what stands around it.
        seconds: of processor time for the checks; the clips get theirs on top.

    Raises:
        CourseError: there is no bubblewrap.
    """
    allowed = math.ceil(seconds), math.ceil(seconds + SECONDS_A_CLIP * clips.count)
    with (
        _sealed(content) as model,
        clips.opened() as frames,
        tempfile.TemporaryDirectory(prefix="model-") as room,
        tempfile.TemporaryFile() as complaints,
    ):
        arguments = [sandbox, *map(str, (model, frames, MEMORY, *allowed))]
        process = subprocess.Popen(
            [*_command(sandbox, Path(room)), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            pass_fds=[model, frames],
            env=_environment(),
            # Ctrl-C is for us: a model that it ends would be taken for one that crashed.
            start_new_session=True,
        )
        most = _MOST_SAID + clips.count * math.prod(POSES) * 4
        try:
            # A busy machine gives a process less than all of a processor.
            written, finished = _hear(process, most, 2 * allowed[1] + _SPARE_SECONDS)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
        complaints.seek(0)
        complaint = complaints.read(1 << 16).decode(errors="replace").strip()
    return _understand(written, finished, process.returncode, clips.count, complaint)


def _command(sandbox: Sandbox, room: Path) -> list[str]:
    if sandbox == "none":
        return [sys.executable, str(_INSIDE / "run_model.py")]
    bubblewrap = find_bubblewrap()
    if bubblewrap is None:
        raise CourseError(
            "bubblewrap is not installed, so models cannot be sandboxed: "
            "`apt install bubblewrap`, or evaluate with `--sandbox none`."
        )
    walls = [
        *bubblewrap_arguments(room),
        "--remount-ro",
        KERNEL_FOLDERS,
        "--ro-bind",
        str(_INSIDE),
        ROOM,
    ]
    return [bubblewrap, *walls, "--", sys.executable, f"{ROOM}/run_model.py"]


def _environment() -> Mapping[str, str]:
    """For a process without walls; those within get theirs from bubblewrap."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@contextmanager
def _sealed(content: bytes) -> Iterator[int]:
    """Bytes as an open file that nobody can write to, whoever they are."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("sealed", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    else:  # not Linux, and so without a sandbox
        handle, name = tempfile.mkstemp()
        os.unlink(name)
        seals = 0
    try:
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(content)
        if seals:
            fcntl.fcntl(handle, fcntl.F_ADD_SEALS, seals)
        yield handle
    finally:
        os.close(handle)


def _hear(process: subprocess.Popen[bytes], most: int, seconds: float) -> tuple[bytes, bool]:
    """What a process writes, up to so many bytes, and whether it came to its end in time."""
    assert process.stdout is not None
    handle = process.stdout.fileno()
    deadline = time.monotonic() + seconds
    parts: list[bytes] = []
    while most > 0 and (left := deadline - time.monotonic()) > 0:
        readable, _, _ = select.select([handle], [], [], left)
        part = os.read(handle, min(most, 1 << 16)) if readable else b""
        if readable and not part:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(left, 1.0))
                return b"".join(parts), True
            break
        most -= len(part)
        parts.append(part)
    return b"".join(parts), False


def _understand(written: bytes, finished: bool, status: int, clips: int, complaint: str) -> Outcome:
    """Make sense of what a process wrote that may have run anything."""
    said, separator, file = written.partition(b"\n\n")
    if not separator:
        said = said.rpartition(b"\n")[0]  # the last line may be half a line
    checks: list[Check] = []
    with contextlib.suppress(ValueError):
        checks += (from_line(line) for line in said.splitlines())
    report = Report(tuple(check for check in checks if check.name != CLIPS))
    poses = _poses(file, clips) if report.passed and separator else None
    if poses is not None:
        return Outcome(report, poses)
    failed = next((check for check in checks if not check.passed), None)
    if failed is not None:
        return Outcome(report, failure=failed)
    cause, detail = _end(finished, status)
    if report.passed:
        return Outcome(report, failure=_failed_on_clips(cause, detail))
    failed = unfinished(checks, cause, detail)
    told = complaint.splitlines()[-1][:_MOST_TOLD] if complaint and not checks else ""
    return Outcome(Report((*report.checks, failed)), failure=failed, complaint=told)


def _end(finished: bool, status: int) -> tuple[Cause, str]:
    """Why a process ended, and how exactly."""
    if not finished:
        return "timed_out", ""
    # bubblewrap passes on how the process within it ended, as shells do.
    number = -status if status < 0 else status - _BEYOND_SHELL
    if number == signal.SIGXCPU:
        return "timed_out", ""
    if number == signal.SIGKILL:  # by the system, when there is no memory left
        return "out_of_memory", ""
    if number in signal.valid_signals():
        return "crashed", f"signal {signal.Signals(number).name}"
    return "crashed", f"exit status {status}"


def _failed_on_clips(cause: Cause, detail: str) -> Check:
    sentences = {
        "timed_out": f"The model takes more than the {SECONDS_A_CLIP:g} s that a clip may take; "
        "use a smaller network, and no loops.",
        "out_of_memory": "With the held_out clips the model asks for more memory than it may; "
        "use a smaller network.",
    }
    otherwise = f"With the held_out clips the model ended the process that ran it ({detail})."
    return Check(CLIPS, False, sentences.get(cause, otherwise), cause)


def _poses(file: bytes, clips: int) -> NDArray[np.float32] | None:
    """The poses in a safetensors file, if that is what it is."""
    try:
        tensors = safetensors.numpy.load(file)
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError):
        return None
    poses = tensors.get("poses")
    if poses is None or poses.dtype != np.float32 or poses.shape != (clips, *POSES):
        return None
    return poses
