"""What lies in a student's folder, whatever lies there: links, pipes, folders that nobody may read.

Nothing is opened here, and no link is followed out of the folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from autograder.submissions.students import readable

DEEPEST = 6
"""Folders below a student's folder that are looked into; archives bring some along."""

MOST_FILES = 2000
"""Files of one student that are looked at, and folders."""

_NOBODY_WROTE = ("__MACOSX", "__pycache__")


@dataclass(frozen=True)
class Lying:
    """What lies in a student's folder.

    Args:
        files: every file, and every link or pipe, sorted; hidden ones are not among them.
        hidden: the names of hidden files, such as the ``._NAME`` of macOS.
        closed: what may not be read, one sentence each.
    """

    files: tuple[Path, ...]
    hidden: tuple[str, ...]
    closed: tuple[str, ...]


def lying_in(folder: Path) -> Lying:
    """Everything that lies in a student's folder."""
    files: list[Path] = []
    hidden: list[str] = []
    closed: list[str] = []
    seen: set[str] = set()
    too_many = False
    root = os.path.realpath(folder)

    def walk(place: Path, depth: int) -> None:
        nonlocal too_many
        real = os.path.realpath(place)
        if real in seen or depth > DEEPEST or not _is_below(real, root):
            return
        if len(seen) >= MOST_FILES:
            too_many = True
            return
        seen.add(real)
        try:
            with os.scandir(place) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            reason = (error.strerror or "unknown error").lower()
            closed.append(f"The folder {readable(place.name)} cannot be read ({reason}).")
            return
        for entry in found:
            if entry.name in _NOBODY_WROTE:
                continue
            if too_many or len(files) >= MOST_FILES:
                too_many = True
                return
            path = place / entry.name
            if path.name.startswith("."):
                hidden.append(path.name)
            elif is_folder(path) and _is_below(os.path.realpath(path), root):
                walk(path, depth + 1)
            else:
                files.append(path)

    walk(folder, 0)
    if too_many:
        closed.append(
            f"More than {MOST_FILES:,} files or folders were handed in, and only the first were "
            "looked at; hand in nothing but what is asked for."
        )
    return Lying(tuple(files), tuple(hidden), tuple(closed))


def leaves(path: Path, folder: Path) -> bool:
    """Whether a path is a link out of a folder: to a solution, or to another student's file."""
    return not _is_below(os.path.realpath(path), os.path.realpath(folder))


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; what cannot be asked, or is a link in a circle, is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_below(real: str, root: str) -> bool:
    return Path(real).is_relative_to(root)
