"""When something was handed in: `timestamp.txt`, from which nbgrader works out who is late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.files import write_atomically
from autograder.reporting.entries import Entered
from autograder.submissions.read import UnreadableError, read_bytes
from poselab.checks.report import points

TIMESTAMP = "timestamp.txt"
"""The name that nbgrader gives the file, beside the submission."""

_LONGEST = 200
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


def hand_on_timestamp(source: Path, target: Path) -> str | None:
    """Lay a timestamp where nbgrader looks for it, or take away the one that lies there.

    Args:
        source: where it was handed in.
        target: where nbgrader looks for it.

    Returns:
        A remark if there is a file that gives no time; nbgrader would stop at it.
    """
    if not source.is_file():
        target.unlink(missing_ok=True)
        return None
    try:
        text = read_bytes(source, _LONGEST).decode().strip()
        parse_utc(text)
    except (UnreadableError, ValueError, OverflowError, TypeError, AttributeError):
        target.unlink(missing_ok=True)
        return (
            f"{TIMESTAMP} gives no time such as 2026-05-04 12:00:00 UTC, so it was not used: no "
            "late penalty was worked out."
        )
    if not target.is_file() or target.read_text(encoding="utf-8") != text:
        write_atomically(target, text.encode())
    return None


def lateness(entered: Entered) -> Iterator[str]:
    """What being late has cost."""
    if entered.penalty:
        yield (
            f"Handed in {_in_words(entered.late)} late: the penalty is "
            f"{points(entered.penalty)} points."
        )


def _in_words(seconds: float) -> str:
    for unit, length in _UNITS:
        count = int(seconds // length)
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"
