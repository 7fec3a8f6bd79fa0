"""Moodle: `Full Name_ID_assignsubmission_file_/FILE`, or flat `..._assignsubmission_file_FILE`.

As `mod/assign` of Moodle names files: before 4.0 the folder ends with an underscore; the name of a
group may stand before the full name, `Group-Full Name`; where a group hands in, newer versions
write its name and number instead, and no number for who is in no group. Under blind marking the
name is *Participant*, in the site's language. Names hold no underscore.
"""

from __future__ import annotations

import re
from datetime import tzinfo

from autograder.collecting.platforms.scheme import Named, Owner, Scheme

_PREFIX = re.compile(r"(.+?)(?:_(\d+))?_assignsubmission_([a-z]+)(?:_(.*))?", re.DOTALL)


class Moodle(Scheme):
    """The scheme of Moodle."""

    platform = "moodle"
    title = "Moodle"

    def named(self, parts: tuple[str, ...], zone: tzinfo) -> Named | None:
        """What a path says."""
        for depth, part in enumerate(parts):
            found = _PREFIX.fullmatch(part)
            if found is None:
                continue
            name, number, kind, file = found.groups()
            below = parts[depth + 1 :]
            if not below and not file:
                return None
            rest = below or (file,)
            label = part if below else part[: len(part) - len(file)]
            ids = (("participant", number),) if number else ()
            return Named(Owner(name, ids), label, _told_apart(kind, rest))
        return None


def _told_apart(kind: str, rest: tuple[str, ...]) -> tuple[str, ...]:
    """What was typed into the page is kept apart from files, which may have the same name."""
    return rest if kind in ("file", "onlinetext") else (kind, *rest)
