"""What keeps a run from being a success although everybody has a record."""

from __future__ import annotations

from collections.abc import Iterable

from autograder.grading.evaluator import GRADER_FAILED
from autograder.grading.records import ModelRecord, SubmissionRecord


def shortfall(records: Iterable[SubmissionRecord | ModelRecord]) -> str | None:
    """Why the exit status should say that something is wrong.

    Args:
        records: of the whole class.

    Returns:
        A sentence if most submissions could not be opened, or our own side failed for any.
    """
    count, closed, failed = 0, 0, []
    for record in records:
        count += 1
        closed += record.status == "unreadable"
        if any(note.startswith(GRADER_FAILED) for note in record.notes):
            failed.append(record.student)
    if failed:
        more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
        return (
            f"The grader failed for {', '.join(failed[:3])}{more}; run the same command again. "
            "The remarks say why."
        )
    if 2 * closed > count:
        return (
            f"{closed} of {count} submissions could not be opened; the remarks say why. "
            "Is it the right folder, and may it be read?"
        )
    return None
