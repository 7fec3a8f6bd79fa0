"""When something was handed in, as platforms write it beside the notebook: `timestamp.txt`."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import dateutil.parser
import dateutil.tz

from autograder.submissions.read import UnreadableError, read_bytes

TIMESTAMP = "timestamp.txt"
"""nbgrader's name for it."""

_LONGEST = 1000
_YEARS = range(2000, 2100)


def has_timestamp(folder: Path) -> bool:
    """Whether there is such a file; a link could lead anywhere."""
    path = folder / TIMESTAMP
    return os.path.lexists(path) and not path.is_symlink()


def read_timestamp(folder: Path) -> tuple[str | None, str | None]:
    """The time in a folder's `timestamp.txt`.

    Args:
        folder: a student's folder of an assignment.

    Returns:
        The time in UTC as nbgrader writes it, or ``None``; and a note if there is a file whose time
        cannot be used. A time without a zone is taken for UTC, as nbgrader takes it.
    """
    if not has_timestamp(folder):
        return None, None
    path = folder / TIMESTAMP
    try:
        text = read_bytes(path, _LONGEST).decode("utf-8-sig", "replace").strip()
        when = parse_time(text)
    except UnreadableError as error:
        return None, f"{str(error).rstrip('.')}; the time is not used."
    except (ValueError, OverflowError):
        shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:60]
        return None, f"{TIMESTAMP} does not say a time that can be read ({shown}); it is not used."
    return when.strftime("%Y-%m-%d %H:%M:%S UTC"), None


def parse_time(text: str) -> datetime:
    """The time that a text says, as nbgrader's or a platform's `timestamp.txt` does.

    Args:
        text: the time; one without a zone is taken for UTC.

    Returns:
        The time in UTC.

    Raises:
        ValueError: it is none, or its zone is not known.
        OverflowError: no calendar goes that far.
    """
    if re.fullmatch(r"\d{9,10}(?:\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)

    def zone(name: str | None, offset: int | None) -> tzinfo | None:
        if offset is not None:
            return dateutil.tz.tzoffset(name, timedelta(seconds=offset))
        found = dateutil.tz.gettz(name) if name else None
        if name and found is None:
            raise ValueError(f"the zone {name} is not known")
        return found

    if not re.search(r"\d{4}", text):
        raise ValueError("it names no year")
    named = re.fullmatch(r"(.*\d)\s+([A-Za-z]+/[\w/+-]+)", text)
    when = dateutil.parser.parse(named[1] if named else text, tzinfos=zone)
    if named:
        when = when.replace(tzinfo=zone(named[2], None))
    if when.year not in _YEARS:
        raise ValueError("the year is not likely")
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
