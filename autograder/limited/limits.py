"""What one call may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CallLimits:
    """What one call may take.

    Args:
        seconds: of processor time.
        wall: seconds on the wall.
        memory: bytes, beyond what the process has when it starts.
        result: bytes of what is returned.
    """

    seconds: int = 20
    wall: float = 300.0
    memory: int = 2 << 30
    result: int = 256 << 20
