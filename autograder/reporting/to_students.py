"""What a student reads in place of what was written for the instructor."""

from __future__ import annotations

import re
from collections.abc import Mapping

from autograder.grading.evaluator import GRADER_FAILED
from autograder.grading.trust import REPORTED
from poselab.checks import messages
from poselab.checks.runner import Observation

FAILED = (
    "The grader could not finish this. That is not your fault; your instructor will run it again."
)
SEEN = "Your instructor has been asked to look at something in this notebook. It cost no points."
NOT_BELIEVED = (
    "This is measured while the function runs, in the same process, and does not count after the "
    "code has changed what the measurement relies on."
)

_GAP = "\0"
_IN_A_NOTEBOOK = ": fill in its cell, run that, then run this one."
_PLAIN = re.compile(r"was stopped, because [\w ]+\.|called `\w+`(?:; it also called `\w+`)*\.")
"""Reasons that help whoever meant no harm, and tell nobody how the grader is watched."""
_NOT_BELIEVED = messages.not_believed(Observation("", not_believed=_GAP)).partition(_GAP)[0]


def message_to_students(message: str) -> str:
    """A criterion's message without what only an instructor should read.

    Args:
        message: the judge's, or why there is nothing to judge.

    Returns:
        The same, or a neutral sentence in its place.
    """
    if message.startswith(GRADER_FAILED):
        return FAILED
    # A page has no cell to run.
    message = message.replace(_IN_A_NOTEBOOK, ".")
    if not message.startswith(_NOT_BELIEVED) or _PLAIN.fullmatch(message, len(_NOT_BELIEVED)):
        return message
    return NOT_BELIEVED


def remark_to_students(note: str, instead: Mapping[str, str]) -> str:
    """A remark on a submission without what only an instructor should read.

    Args:
        note: the grader's.
        instead: by note, the sentence that was chosen for its author.

    Returns:
        The same, or a neutral sentence in its place.
    """
    if note.startswith(REPORTED):
        return instead.get(note, SEEN)
    return instead.get(note, message_to_students(note))
