"""The one exception that the command line turns into a sentence."""

from __future__ import annotations


class CourseError(Exception):
    """Something a person can put right. The message is one sentence: what, where, what to do."""
