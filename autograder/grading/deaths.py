"""Why a kernel is no more, in words."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from autograder.grading.records import Status
from autograder.sandbox.limits import KernelLimits


@dataclass(frozen=True)
class Death:
    """Why a kernel is no more.

    Args:
        status: what follows for the submission.
        sentence: what to say after "Python ...".
    """

    status: Status
    sentence: str


def cause_of_death(fate: str | None, limits: KernelLimits) -> Death:
    """What the sandbox says of a kernel's end.

    Args:
        fate: as the kernel's provisioner has it; ``None`` if it is not known.
        limits: the kernel's.

    Returns:
        What follows for the submission, and what to say after "Python ...".
    """
    if fate == "out_of_memory":
        most = f"{limits.memory_bytes / (1 << 30):.2g} GB"
        return Death("out_of_memory", f"used more than {most} of memory")
    if fate == "too_many_processes":
        return Death("crashed", f"started more than {limits.processes} processes")
    if fate == "cpu_time":
        return Death("timed_out", f"took more than {limits.cpu_seconds} s of processor time")
    if fate and fate.startswith("signal"):
        number = int(fate.split()[1])
        return Death("crashed", f"was killed by signal {number} ({_signal_name(number)})")
    if fate and fate.startswith("exit"):
        return Death("crashed", "was stopped by the code")
    return Death("crashed", "died")


def _signal_name(number: int) -> str:
    try:
        return signal.strsignal(number) or "unknown"
    except ValueError:
        return "unknown"
