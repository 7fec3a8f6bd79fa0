"""What the command line turns into a sentence."""

from __future__ import annotations

import errno


class CourseError(Exception):
    """Something a person can put right. The message is one sentence: what, where, what to do."""


DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors that are nobody's submission's fault, and that the next one would meet as well."""
