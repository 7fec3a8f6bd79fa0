"""What a notebook of the pose-estimation course imports."""

from typing import Any

__all__ = ["check"]  # noqa: F822  (see below)


def __getattr__(name: str) -> Any:
    """Import `check` when it is asked for: the command line reads the criteria without torch."""
    if name != "check":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from poselab.checks.check import check

    return check
