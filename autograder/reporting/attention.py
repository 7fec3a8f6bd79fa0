"""Which submissions a person should look at, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.grading.evaluator import GRADER_FAILED
from autograder.grading.records import ModelRecord, SubmissionRecord
from autograder.grading.trust import REPORTED
from autograder.reporting import hand_given
from autograder.reporting.entries import Entered

REASONS = {
    "reported": "reported",
    "not_graded": "not graded",
    "unreadable": "unreadable",
    "crashed": "crashed",
    "out_of_memory": "out of memory",
    "timed_out": "timed out",
    "by_hand": "points by hand",
    "incomplete": "incomplete",
    "repaired": "repaired",
}
"""What there is to look at, the most pressing first, and how it is said."""


@dataclass(frozen=True)
class Look:
    """One reason to look at a submission.

    Args:
        student: whose, as people read it.
        why: a key of :data:`REASONS`.
        notes: all that was noticed about it.
    """

    student: str
    why: str
    notes: tuple[str, ...]


def looks(record: SubmissionRecord | ModelRecord, entered: Entered | None = None) -> Iterator[Look]:
    """The reasons to look at a submission.

    Args:
        record: what became of it.
        entered: what the gradebook says.

    Yields:
        Each reason once.
    """
    by_hand = list(hand_given.remarks(entered)) if entered is not None else []
    notes: dict[str, list[str]] = {}
    for note in record.notes:
        if note in by_hand:
            continue
        if note.startswith(REPORTED):
            said = note.removeprefix(REPORTED)
            notes.setdefault("reported", []).append(said[:1].upper() + said[1:])
        elif note.startswith(GRADER_FAILED):
            notes.setdefault("not_graded", []).append(note)
        elif record.status in REASONS:
            notes.setdefault(record.status, []).append(note)
    if record.status in REASONS and not notes:
        notes[record.status] = []
    if by_hand:
        notes["by_hand"] = by_hand
    for why, noticed in notes.items():
        yield Look(record.student, why, tuple(noticed))


def most_pressing_first(found: Iterable[Look]) -> list[Look]:
    """Reasons in the order in which to look at them."""
    order = list(REASONS)
    return sorted(found, key=lambda look: (order.index(look.why), look.student))
