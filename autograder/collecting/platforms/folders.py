"""Plain folders, one a student: `STUDENT/FILE`, or `STUDENT/ASSIGNMENT/FILE`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from itertools import permutations

from autograder.collecting.archives import Entry, Refused, text_of
from autograder.collecting.paths import RefusedError
from autograder.collecting.platforms.scheme import (
    Context,
    Named,
    Owner,
    Reading,
    Scheme,
    with_files,
)
from autograder.submissions.names import is_copy, notebook_stem
from autograder.submissions.timestamps import TIMESTAMP, parse_time

_BETWEEN = " - "


class Folders(Scheme):
    """The scheme of who has sorted the files already."""

    platform = "folders"
    title = "a folder for each student"
    marked = False

    def named(self, parts: tuple[str, ...], zone: tzinfo) -> Named | None:
        """What a path says."""
        if len(parts) < 2:
            return None
        return Named(Owner(parts[0], (("folder", parts[0]),), login=True), parts[0], parts[1:])

    def claims(self, entries: Sequence[Entry], context: Context) -> int:
        """How many files lie in a folder."""
        return super().claims(_unwrapped(entries), context)

    def read(self, entries: Sequence[Entry], context: Context) -> Reading:
        """Make out what was handed in."""
        reading = Reading()
        found = []
        for entry in _unwrapped(entries):
            named = self.named(entry.parts, context.zone)
            if named is None:
                reading.left.append(Refused(entry.shown, "it lies in no student's folder"))
                continue
            first = named.rest[0] if len(named.rest) > 1 else ""
            if first and any(is_copy(first, other) for other in context.elsewhere):
                reading.own.append(Refused(entry.shown, f"it belongs to {first}"))
                continue
            if first and is_copy(first, context.assignment):
                named = replace(named, rest=named.rest[1:])
            found.append((named, entry))
        for handed in self.grouped(found):
            times = [entry for rest, entry in handed.files if rest == (TIMESTAMP,)]
            files = [(rest, entry) for rest, entry in handed.files if rest != (TIMESTAMP,)]
            when = None
            for entry in times:
                try:
                    when = parse_time(text_of(entry).strip())
                except (RefusedError, ValueError, OverflowError):
                    reading.unread.append(f"{entry.shown} does not say a time that can be read.")
            if files:
                reading.handed.append(replace(with_files(handed, files), handed_in=when))
        return reading


def crowded(entries: Sequence[Entry], context: Context) -> tuple[str, str] | None:
    """A folder that may hold the work of several people, though nobody says so.

    Args:
        entries: the files of a download that is laid out in folders.
        context: what helps to understand names.

    Returns:
        The folder, and the names of two of its notebooks; ``None`` if there is none.
    """
    inside: dict[str, list[str]] = {}
    for entry in _unwrapped(entries):
        if len(entry.parts) == 2:
            inside.setdefault(entry.parts[0], []).append(entry.parts[1])
    alone = len({entry.parts[0] for entry in entries}) == 1
    for folder, names in inside.items():
        if context.knows(folder):
            continue
        stems = {stem: name for name in names if (stem := notebook_stem(name)) is not None}
        for one, other in permutations(stems, 2):
            prefix, between, file = one.partition(_BETWEEN)
            before, also, same = other.partition(_BETWEEN)
            named = between and also and prefix != before and is_copy(file, same)
            # One student's second copy is common; all that is handed in, rarely.
            if named or (alone and len(inside) == 1 and is_copy(one, other)):
                return folder, f"{stems[other]} and {stems[one]}"
    return None


def _unwrapped(entries: Sequence[Entry]) -> list[Entry]:
    """From inside a folder that holds all students' folders, and nothing else."""
    seen = list(entries)
    while (
        seen
        and len({one.parts[0] for one in seen}) == 1
        and all(len(one.parts) > 2 for one in seen)
        and len({one.parts[1] for one in seen}) > 1
    ):
        seen = [one.below(1) for one in seen]
    return seen
