"""One run at a time in a working folder: two would enter each other's halves into the gradebook."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from autograder.errors import CourseError

LOCK = ".lock"
OWNER = ".lock.owner"
"""Beside the lock, which only its owner may open on some systems: who holds it."""


@contextmanager
def only_run_in(work: Path, remedy: str = "with --work") -> Iterator[None]:
    """Hold a working folder for as long as the block lasts.

    The system lets go of the lock when the process that holds it ends, in whatever way. A file that
    was left behind holds nobody up.

    Args:
        work: the folder; it is made if need be.
        remedy: how another folder is given, for the message.

    Raises:
        CourseError: another run holds it, or it cannot be written to.
    """
    owner = work / OWNER
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock = FileLock(work / LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise CourseError(
            f"Another run is at work in {work}{_described(owner)}; wait for its end, or give this "
            f"one a folder of its own {remedy}."
        ) from None
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CourseError(
            f"The working folder {work} cannot be written to ({reason}); give another {remedy}."
        ) from None
    try:
        here = {"process": os.getpid(), "host": socket.gethostname()}
        owner.write_text(json.dumps({**here, "since": f"{datetime.now():%Y-%m-%d %H:%M}"}))
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _described(owner: Path) -> str:
    """Who holds the lock, as far as it says."""
    try:
        about = json.loads(owner.read_text())
        return f" (process {about['process']} on {about['host']}, since {about['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
