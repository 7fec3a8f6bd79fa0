"""Students' folders and the ids that stand for them everywhere behind the door.

A folder may be called anything: `x[1]`, `Last, First`, 200 letters, bytes of another encoding.
nbgrader reads ids as patterns and splits lists of them at commas, and file systems have limits of
their own. So each folder gets an id that is safe everywhere; a plain name is its own. What was
given once is kept, so that an id never changes when others come and go.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.errors import CourseError
from autograder.files import write_atomically

LONGEST_ID = 64
"""Characters; a longer name gets a shorter id."""

_RENAMED, _DROPPED = "renamed.json", "dropped.json"
"""Beside the ids: by folder, the id that a person has given; and who has left."""

_PLAIN = re.compile(r"\w(?:[\w.@+' -]*[\w@+'-])?")
_KEPT_OF_NAME = 40
_DIGITS = 8


@dataclass(frozen=True)
class Students:
    """Which id stands for which folder.

    Args:
        ids: by the name of the folder, as the file system gives it.
    """

    ids: Mapping[str, str]

    def id_of(self, folder: str) -> str:
        """The id that stands for a folder; its own name if it was never seen."""
        return self.ids.get(folder, folder)

    def folder_of(self, student: str) -> str:
        """The folder that an id stands for; the id if it stands for none."""
        return self._folders.get(student, student)

    @cached_property
    def _folders(self) -> Mapping[str, str]:
        return {student: folder for folder, student in self.ids.items()}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """By id, the name of the folder on one line, to be read by people; each is there once."""
        names = {student: readable(folder) for folder, student in self.ids.items()}
        times = Counter(names.values())
        return {
            student: name if times[name] == 1 or name == student else f"{name} ({student})"
            for student, name in names.items()
        }

    def name_of(self, student: str) -> str:
        """The name that an id stands for; the id if it stands for none."""
        return self.names.get(student, student)


def students_file(runs: Path) -> Path:
    """Where it is kept which id stands for which folder."""
    return runs / "students.json"


def admit(runs: Path, folders: Iterable[str]) -> Students:
    """Give ids to folders that have none yet, and keep them.

    Args:
        runs: the folder of all runs.
        folders: the names of students' folders.

    Returns:
        The ids of these and of all earlier folders.

    Raises:
        CourseError: the file that keeps them cannot be read.
    """
    path = students_file(runs)
    folders = set(folders)
    before = dict(known_students(runs).ids)
    kept = _follow_renamed(runs, before, folders)
    taken = {_as_compared(given) for given in kept.values()}
    # Plain names first: none should lose its own to one that only looks like it.
    for folder in sorted(folders - set(kept), key=lambda name: (not _is_plain(name), name)):
        kept[folder] = next(i for i in _ids_for(folder) if _as_compared(i) not in taken)
        taken.add(_as_compared(kept[folder]))
    if kept != before:
        # Halves of characters, which stand for bytes that are no text, are written as \uXXXX.
        write_atomically(path, json.dumps(kept, indent=1, sort_keys=True).encode())
    return Students(kept)


def rename(runs: Path, old: str, new: str) -> None:
    """Have a folder stand for another id from now on, and a folder that is called so as well.

    Args:
        runs: the folder of all runs.
        old: the id so far.
        new: the id from now on.

    Raises:
        CourseError: the file that keeps the ids cannot be read.
    """
    kept = dict(known_students(runs).ids)
    folder = Students(kept).folder_of(old)
    renamed = {f: new if i == old else i for f, i in _renamed(runs).items()}
    renamed.pop(new, None)
    write_atomically(runs / _RENAMED, json.dumps({**renamed, folder: new}, indent=1).encode())
    kept.pop(folder, None)
    if new not in kept.values():
        kept[folder] = new
    write_atomically(students_file(runs), json.dumps(kept, indent=1, sort_keys=True).encode())


def _renamed(runs: Path) -> dict[str, str]:
    path = runs / _RENAMED
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def _follow_renamed(runs: Path, kept: Mapping[str, str], folders: set[str]) -> dict[str, str]:
    """Give the ids of renamed students to those of their folders that are there."""
    now, renamed = dict(kept), _renamed(runs)
    for folder in sorted(folders):
        student = renamed.get(folder) or (folder if folder in renamed.values() else None)
        if student is None:
            continue
        for other in [f for f, i in now.items() if i == student and f != folder]:
            if other in folders:
                raise CourseError(
                    f"The folders {readable(other)} and {readable(folder)} are both {student}'s, "
                    "since `autograder student rename`: take away the one that does not count."
                )
            del now[other]
        now[folder] = student
    return now


def dropped_students(runs: Path) -> frozenset[str]:
    """The ids of those who have left, and whom no run takes in again.

    Args:
        runs: the folder of all runs.

    Returns:
        The ids.
    """
    path = runs / _DROPPED
    return frozenset(json.loads(path.read_text())) if path.is_file() else frozenset()


def keep_dropped(runs: Path, students: Iterable[str]) -> None:
    """Note who has left.

    Args:
        runs: the folder of all runs.
        students: the ids of all of them.
    """
    write_atomically(runs / _DROPPED, json.dumps(sorted(students), indent=1).encode())


def known_students(runs: Path) -> Students:
    """The ids that were given so far.

    Args:
        runs: the folder of all runs.

    Returns:
        The ids.

    Raises:
        CourseError: the file that keeps them cannot be read.
    """
    path = students_file(runs)
    if not path.is_file():
        return Students({})
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        ids = {str(folder): str(student) for folder, student in kept.items()}
    except (ValueError, AttributeError) as error:
        raise CourseError(
            f"{path} cannot be read ({error}). It says which id stands for which student: restore "
            "it from a backup, or delete it if all folders have plain names."
        ) from None
    return Students(ids)


def readable(folder: str) -> str:
    """A folder's name on one line, without what terminals and files choke on."""
    raw = os.fsencode(folder)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split()) or "?"


def listed(names: Iterable[str], most: int) -> str:
    """The first names of several, and how many more there are; a name may hold a comma."""
    shown = list(names)
    between = "; " if any("," in name for name in shown[:most]) else ", "
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return between.join(shown[:most]) + more


def _ids_for(folder: str) -> Iterable[str]:
    if _is_plain(folder):
        yield folder
    plain = unicodedata.normalize("NFKC", readable(folder))
    slug = re.sub(r"[^\w.@+-]+", "_", plain)[:_KEPT_OF_NAME].strip("._-+") or "student"
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()
    for digits in range(_DIGITS, len(digest) + 1):
        yield f"{slug}-{digest[:digits]}"


def _is_plain(folder: str) -> bool:
    """Whether a name stands for nothing but itself, in nbgrader and in the file system."""
    return (
        _PLAIN.fullmatch(folder) is not None
        and len(folder) <= LONGEST_ID
        and unicodedata.is_normalized("NFC", folder)
        and "  " not in folder
        # Files of our own lie beside the students' folders.
        and not folder.lower().endswith(".json")
    )


def _as_compared(student: str) -> str:
    """What file systems that do not tell cases apart make of an id."""
    return unicodedata.normalize("NFC", student).casefold()
