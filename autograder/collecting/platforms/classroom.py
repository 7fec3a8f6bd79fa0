"""Google Classroom: the assignment's folder in Drive, `Student Name - file.ipynb`.

Classroom writes the name only before files that it has copied for each student. What students add
keeps its name, and Drive tells equal names apart by numbers: no name says whose `file(1).ipynb` is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from autograder.collecting.archives import Entry, Refused
from autograder.collecting.names import name_key
from autograder.collecting.platforms.scheme import (
    BY_NAME,
    Context,
    Named,
    Owner,
    Reading,
    Scheme,
    without_common_folder,
)

_BETWEEN = " - "
_NOTEBOOK = ".ipynb"
_NUMBER = re.compile(r"(.*\S)\((\d+)\)(\.[^.]+)?", re.DOTALL)


class Classroom(Scheme):
    """The scheme of Google Classroom."""

    platform = "classroom"
    title = "Google Classroom"
    marked = False

    def named(self, parts: tuple[str, ...], zone: tzinfo) -> Named | None:
        """What a path says."""
        name, between, file = parts[0].partition(_BETWEEN)
        if len(parts) > 1 or not between or not name.strip() or not file.strip():
            return None
        return Named(Owner(name.strip()), name, (file.strip(),))

    def claims(self, entries: Sequence[Entry], context: Context) -> int:
        """All files that lie in one folder, if there is a notebook among them.

        One folder may be one student's as well: then something has to show that it is not.
        """
        inside = without_common_folder(entries)
        flat = [one for one in inside if len(one.parts) == 1]
        notebooks = [one for one in flat if _NOTEBOOK in one.parts[0].casefold()]
        around = entries[0].parts[: len(entries[0].parts) - len(inside[0].parts)]
        if not notebooks or (around and not self._is_shared(around, notebooks, context)):
            return 0
        return len(flat)

    def _is_shared(
        self, around: tuple[str, ...], notebooks: Sequence[Entry], context: Context
    ) -> bool:
        """Whether a folder holds the notebooks of a class, and is not that of one student."""
        if any(context.knows(folder) for folder in around):
            return False
        if context.from_drive or any(self._known(one.parts, context) for one in notebooks):
            return True
        named = [self.named(one.parts, context.zone) for one in notebooks]
        return len({name_key(one.owner.name) for one in named if one is not None}) > 1

    def read(self, entries: Sequence[Entry], context: Context) -> Reading:
        """Make out what was handed in; a name of the roster may hold a hyphen."""
        reading, found = Reading(), []
        for entry in without_common_folder(entries):
            named = self._known(entry.parts, context) or self.named(entry.parts, context.zone)
            if named is None:
                reason = "no name says whose it is; say it with --owners FILE.csv (file,student)"
                reading.left.append(Refused(entry.shown, reason))
            else:
                found.append((named, entry))
        reading.handed = self.grouped(_told_apart(found))
        return reading

    def _known(self, parts: tuple[str, ...], context: Context) -> Named | None:
        pieces = parts[0].split(_BETWEEN)
        for number in range(len(pieces) - 1, 0, -1):
            name = _BETWEEN.join(pieces[:number]).strip()
            if len(parts) == 1 and name_key(name) and name_key(name) in context.known:
                return Named(Owner(name), name, (_BETWEEN.join(pieces[number:]).strip(),))
        return None


def _told_apart(found: list[tuple[Named, Entry]]) -> list[tuple[Named, Entry]]:
    """Drive numbers files that have the name of another one: they may be of another person."""
    there = {(named.owner.name, named.rest) for named, _ in found}
    apart = []
    for named, entry in found:
        number = _NUMBER.fullmatch(named.rest[0])
        if number and (named.owner.name, (number[1] + (number[3] or ""),)) in there:
            name = f"{named.owner.name} ({number[2]})"
            named = replace(named, owner=replace(named.owner, ids=((BY_NAME, name),)))
        apart.append((named, entry))
    return apart
