"""Brightspace: `ID-ID - Full Name - Oct 3, 2023 1159 PM/FILE`, a folder an attempt.

The numbers are the user's, or the group's, and the folder's of submissions; the date is in the
site's language and in the zone of who downloads. Older versions are flat: `... - DATE - FILE`.
"""

from __future__ import annotations

import re
from datetime import tzinfo
from itertools import pairwise

from autograder.collecting.dates import localised, looks_like_date
from autograder.collecting.platforms.scheme import Named, Owner, Scheme

_PREFIX = re.compile(r"(\d+)-(\d+)\s+-\s*(.*)", re.DOTALL)
_BETWEEN = re.compile(r"\s*-\s+")


class Brightspace(Scheme):
    """The scheme of Brightspace."""

    platform = "brightspace"
    title = "Brightspace"

    def named(self, parts: tuple[str, ...], zone: tzinfo) -> Named | None:
        """What a path says."""
        for depth, part in enumerate(parts):
            found = _PREFIX.fullmatch(part)
            if found is None:
                continue
            user, _, words = found.groups()
            below = parts[depth + 1 :]
            name, date, file = _taken_apart(words, flat=not below)
            rest = below or ((file,) if file else ())
            if not rest:
                return None
            label = part if below else part[: len(part) - len(file)]
            owner = Owner(name, (("brightspace user", user),))
            return Named(owner, label, rest, date, localised(date, zone))
        return None

    def is_own(self, parts: tuple[str, ...]) -> bool:
        """Whether a file is the list of all submissions."""
        return parts[-1].casefold() == "index.html"


def _taken_apart(words: str, flat: bool) -> tuple[str, str, str]:
    """Name, date, and the file where there is no folder.

    A name may hold hyphens, and so may a file's: the date lies between the two.
    """
    starts = [found.span() for found in _BETWEEN.finditer(words)]
    if not flat:
        for start, end in reversed(starts):
            if looks_like_date(words[end:]):
                return words[:start].strip(), words[end:], ""
        return words.strip(), "", ""
    for (start, end), (stop, after) in pairwise(starts):
        if looks_like_date(words[end:stop]):
            return words[:start].strip(), words[end:stop], words[after:]
    return "", "", ""
