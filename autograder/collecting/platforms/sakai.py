"""Sakai: `ASSIGNMENT/Last, First(eid)/Submission attachment(s)/FILE`, with `timestamp.txt` beside.

`timestamp.txt` holds the time in UTC, `yyyyMMddHHmmssSSS` or as ISO 8601. Names of folders are in
the site's language. Without folders for students names are joined by underscores. What the student
typed in is `..._submissionText.html`; comments and feedback are the instructor's.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from autograder.collecting.archives import Entry, Refused, text_of
from autograder.collecting.dates import in_digits
from autograder.collecting.paths import RefusedError
from autograder.collecting.platforms.scheme import Context, Named, Owner, Reading, Scheme

_FOLDER = re.compile(r"(.*?),?\s*\(([^()]+)\)", re.DOTALL)
_FLAT = re.compile(
    r"(.*?),?\s*\(([^()]+)\)_(?:(?:[^_]*\(s\)|[^_]*attachment[^_]*)_(.+)"
    r"|(timestamp\.txt|comments\.txt|feedbackText\.html)|([^_]*submissionText\.\w+))",
    re.DOTALL,
)
_TIME = "timestamp.txt"
_INSTRUCTORS = ("comments.txt", "feedbacktext.html", "feedbacktext.txt", "rubric.pdf")
_FEEDBACK = ("feedback", "retour", "kommentar", "フィードバック", "返却")
_GRADES = re.compile(r"grades\.(?:csv|xlsx?)", re.IGNORECASE)


class Sakai(Scheme):
    """The scheme of Sakai."""

    platform = "sakai"
    title = "Sakai"

    def named(self, parts: tuple[str, ...], zone: tzinfo) -> Named | None:
        """What a path says."""
        for depth, part in enumerate(parts[:-1]):
            found = _FOLDER.fullmatch(part)
            below = parts[depth + 1 :]
            if found is None or (len(below) == 1 and not _is_sakais(below[0])):
                continue
            owner = Owner(found[1].strip(), (("eid", found[2].strip()),), login=True)
            return Named(owner, part, _submitted(below))
        found = _FLAT.fullmatch(parts[-1])
        if found is None:
            return None
        owner = Owner(found[1].strip(), (("eid", found[2].strip()),), login=True)
        label = parts[-1][: found.end(2) + 1]
        file = found[3] or ("submissionText.html" if found[5] else "")
        return Named(owner, label, (file,) if file else ())

    def is_own(self, parts: tuple[str, ...]) -> bool:
        """Whether a file is the list of grades."""
        return _GRADES.fullmatch(parts[-1]) is not None and len(parts) <= 3

    def read(self, entries: Sequence[Entry], context: Context) -> Reading:
        """Make out what was handed in, with the times and marks of lateness that lie beside."""
        reading = super().read(entries, context)
        times, late = {}, set[str]()
        for entry in entries:
            named = self.named(entry.parts, context.zone)
            try:
                if named is not None and not named.rest and entry.parts[-1].endswith(_TIME):
                    times[named.label] = _moment(text_of(entry))
                elif self.is_own(entry.parts) and entry.parts[-1].casefold().endswith(".csv"):
                    late |= _late(text_of(entry))
            except RefusedError as error:
                reading.unread.append(f"{entry.shown}: {error}.")
        for entry in entries:
            named = self.named(entry.parts, context.zone)
            if named is not None and not named.rest:
                reading.own.append(Refused(entry.shown, f"{self.title} wrote it, and no student"))
        reading.handed = [
            replace(
                one,
                handed_in=times.get(one.label),
                late=any(value.casefold() in late for _, value in one.owners[0].ids),
            )
            for one in reading.handed
            if one.files
        ]
        return reading


def _is_sakais(name: str) -> bool:
    return name == _TIME or name.casefold() in _INSTRUCTORS or "submissionText" in name


def _submitted(below: tuple[str, ...]) -> tuple[str, ...]:
    """The path as the student knows it; empty for what is not the student's."""
    first = below[0]
    if len(below) == 1:
        if first == _TIME or first.casefold() in _INSTRUCTORS:
            return ()
        return ("submissionText.html",) if "submissionText" in first else below
    if any(first.casefold().startswith(word) for word in _FEEDBACK):
        return ()
    return below[1:]


def _moment(text: str) -> datetime | None:
    """The time in `timestamp.txt`."""
    text = text.strip()
    if "T" not in text:
        return in_digits(text, UTC)
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _late(text: str) -> set[str]:
    """The ids of who handed in late, from the list of grades."""
    found: set[str] = set()
    columns: list[str] = []
    for row in csv.reader(io.StringIO(text)):
        cells = [cell.strip().casefold() for cell in row]
        if any("late" in cell for cell in cells) and "id" in cells:
            columns = cells
        elif columns and len(cells) >= len(columns):
            lateness = next(i for i, name in enumerate(columns) if "late" in name)
            if cells[lateness].startswith("late") or cells[lateness] in ("true", "yes"):
                found.add(cells[columns.index("id")])
    return found
