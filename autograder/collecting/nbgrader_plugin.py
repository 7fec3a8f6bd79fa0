"""For `nbgrader zip_collect`: the names that learning platforms give to files.

It reads one name at a time. `autograder collect` reads all of a download, with the roster and with
what else lies in it, and is to be preferred.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from dateutil.tz import tzlocal
from nbgrader.plugins import FileNameCollectorPlugin

from autograder.collecting.collection import Platform
from autograder.collecting.identity import Directory
from autograder.collecting.platforms.scheme import Named
from autograder.collecting.recognise import SCHEMES

_ONE_BY_ONE: tuple[Platform, ...] = ("moodle", "blackboard", "brightspace", "sakai", "canvas")
"""The platforms whose names say, each for itself, whose a file is."""


class PlatformCollector(FileNameCollectorPlugin):  # type: ignore[misc]
    """Reads the names that Canvas, Moodle, Brightspace, Blackboard and Sakai write.

    Where ``named_regexp`` is set, names are read by that alone, as nbgrader's own plugin does.
    """

    def _match(self, filename: str) -> dict[str, Any] | None:
        if self.named_regexp:
            return super()._match(filename)
        named = _named(Path(filename))
        if named is None:
            self.log.warning("No platform names files like this: %s", filename)
            return None
        # The same id as `autograder collect` gives without a roster.
        owner = named.owner
        (student,) = Directory([]).attribute([owner])[owner].students
        found = {"student_id": student, "file_id": "/".join(named.rest)}
        if named.handed_in is not None:
            found["timestamp"] = named.handed_in.isoformat()
        return found


def _named(path: Path) -> Named | None:
    """What a path says; the folders above those of the platform are passed over."""
    parts = path.parts[1:] if path.is_absolute() else path.parts
    flat = parts[-1:]
    for platform in _ONE_BY_ONE:
        scheme = SCHEMES[platform]
        looked_at = parts if platform in ("moodle", "brightspace", "sakai") else flat
        named = scheme.named(looked_at, tzlocal())
        if named is not None and named.rest and not re.search(r"^\.", named.rest[-1]):
            return named
    return None
