"""When something was handed in: `timestamp.txt`, from which nbgrader works out who is late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from autograder.files import write_atomically
from autograder.reporting.entries import Entered
from poselab.checks.report import points

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


def hand_on_time(when: str, target: Path) -> None:
    """Lay a time where nbgrader looks for it, or take away the one that lies there.

    Args:
        when: the time as nbgrader reads it; empty where there is none.
        target: where nbgrader looks for it.
    """
    if not when:
        target.unlink(missing_ok=True)
    elif not target.is_file() or target.read_text(encoding="utf-8") != when:
        write_atomically(target, when.encode())


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
