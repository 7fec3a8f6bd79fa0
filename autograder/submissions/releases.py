"""Which release of the course a notebook was made from, and what students see has changed since."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

_MOST_READ = 8 << 20
"""Bytes: the first code cell stands at the beginning of any notebook."""

_INSTALLED = re.compile(rb"git\+https?://[^\s\"'\\@]+@([\w.-]+)")
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


def releases_in(submitted: Path, assignment: str) -> dict[str, str]:
    """The release from which each student's notebook installs the course.

    Args:
        submitted: the folder of submissions.
        assignment: the assignment's id.

    Returns:
        The tag, by the student's folder; whoever has no such cell any more is not in it.
    """
    found = {}
    for folder in sorted(submitted.iterdir()) if submitted.is_dir() else ():
        for path in sorted((folder / assignment).glob("*.ipynb")):
            if path.is_symlink() or not path.is_file():
                continue
            with path.open("rb") as file:
                tag = _INSTALLED.search(file.read(_MOST_READ))
            if tag is not None:
                found[folder.name] = tag[1].decode("ascii", "replace").rstrip(".")
                break
    return found


def handout_changes(
    changelog: str, old: str, new: str, assignment: str, others: Collection[str]
) -> list[str] | None:
    """What students see that differs between two releases.

    Args:
        changelog: the text of `CHANGELOG.md`.
        old: the tag of one.
        new: the tag of the other, which may be the earlier.
        assignment: what concerns another assignment alone is left out.
        others: the other assignments' ids.

    Returns:
        The changes; ``None`` where the text does not name one of the releases.
    """
    parts = _SECTION.split(changelog)
    sections = dict(zip(map(str.strip, parts[1::2]), parts[2::2], strict=True))
    versions = list(sections)
    try:
        places = sorted(versions.index(tag.removeprefix("v")) for tag in (old, new))
    except ValueError:
        return None
    entries = [
        " ".join(entry.split())
        for version in versions[places[0] : places[1]]
        for entry in re.findall(r"^\* handout: (.+(?:\n  .+)*)", sections[version], re.MULTILINE)
    ]
    return [e for e in entries if assignment in e or not any(name in e for name in others)]
