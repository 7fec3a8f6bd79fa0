"""Google Classroom: the assignment's folder in Drive, `Student Name - file.ipynb`.

Classroom writes the name only before files that it has copied for each student. What students add
keeps its name, and Drive tells equal names apart by numbers: no name says whose `file(1).ipynb` is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from autograder.collecting.archives import Entry, Refused
from autograder.collecting.names import name_key
from autograder.collecting.platforms.scheme import (
    Context,
    Named,
    Owner,
    Reading,
    Scheme,
    without_common_folder,
)

_BETWEEN = " - "
_NOTEBOOK = ".ipynb"


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
        """All files that lie in one folder, if there is a notebook among them."""
        inside = without_common_folder(entries)
        flat = [one for one in inside if len(one.parts) == 1]
        return len(flat) if any(_NOTEBOOK in one.parts[0].casefold() for one in flat) else 0

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
        reading.handed = self.grouped(found)
        return reading

    def _known(self, parts: tuple[str, ...], context: Context) -> Named | None:
        pieces = parts[0].split(_BETWEEN)
        for number in range(len(pieces) - 1, 0, -1):
            name = _BETWEEN.join(pieces[:number]).strip()
            if len(parts) == 1 and name_key(name) and name_key(name) in context.known:
                return Named(Owner(name), name, (_BETWEEN.join(pieces[number:]).strip(),))
        return None
