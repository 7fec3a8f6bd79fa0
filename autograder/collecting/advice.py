"""What can be done where it is not certain whose a submission is."""

from __future__ import annotations

import csv
import io

from autograder.collecting.platforms.scheme import Handed

COLUMNS = ("participant", "brightspace user", "canvas user id", "anonymous id")
"""The numbers by which only a platform knows people; a roster may have a column for each."""


def how_to_settle(handed: Handed) -> str:
    """Say what to write, and where, so that it is certain whose a submission is.

    Args:
        handed: the submission.

    Returns:
        The end of a sentence.
    """
    for owner in handed.owners:
        for column, value in owner.ids:
            if column in COLUMNS:
                return (
                    f'add a column "{column}" to the roster, and write {value} into it in the row '
                    "of whose it is"
                )
    whole = handed.platform != "classroom"
    files = [handed.label] if whole else [entry.shown for _, entry in handed.files]
    lines = " and ".join(_line(file, "STUDENT") for file in files)
    return (
        "give --owners a table with the header file,student and "
        f"the line{'s' if len(files) > 1 else ''} {lines}, with an id for STUDENT"
    )


def _line(*cells: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
