"""Who was late, and what it costs, in words; for feedback pages, so without the grading."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.reporting.entries import Entered

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


def lateness(entered: Entered) -> Iterator[str]:
    """What to know of a submission's time.

    Args:
        entered: what the gradebook says.

    Yields:
        An extension, and what being late has cost.
    """
    if entered.extended_to is not None:
        yield f"Due on {entered.extended_to:%Y-%m-%d %H:%M} UTC, after an extension."
    if entered.penalty:
        yield (
            f"Handed in {_in_words(entered.late)} late: the penalty is {entered.penalty:g} points."
        )
    elif entered.late:
        yield f"Handed in {_in_words(entered.late)} late, without a penalty."


def _in_words(seconds: float) -> str:
    for unit, length in _UNITS:
        count = int(seconds // length)
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"
