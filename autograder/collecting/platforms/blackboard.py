"""Blackboard: one flat folder, `Assignment_username_attempt_2024-03-01-23-59-00_file`.

Beside the files of an attempt lies a text, `..._attempt_2024-03-01-23-59-00.txt`, with the
student's name and the files' own names. Assignments and users may have underscores in their names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from itertools import takewhile

from autograder.collecting.archives import Entry, Refused, text_of
from autograder.collecting.dates import in_digits, short_zone
from autograder.collecting.paths import RefusedError
from autograder.collecting.platforms.scheme import (
    UNNAMED,
    Context,
    Named,
    Owner,
    Reading,
    Scheme,
    without_common_folder,
)

_NAME = re.compile(r"(.+)_attempt_(\d{4}(?:-\d\d){5})(?:_(.+)|\.txt)", re.DOTALL)
_NOTHING_WRITTEN = re.compile(
    r"there (?:is|are) no student .*for this assignment\.?", re.IGNORECASE
)
_SECTIONS = ("Submission Field:", "Comments:", "Files:")
_KEPT_AS = "blackboard.txt"


@dataclass(frozen=True)
class _About:
    """What the text of an attempt says."""

    name: str = ""
    user: str = ""
    zone: tzinfo | None = None
    written: bool = False
    originals: dict[str, str] = field(default_factory=dict)


class Blackboard(Scheme):
    """The scheme of Blackboard."""

    platform = "blackboard"
    title = "Blackboard"

    def named(self, parts: tuple[str, ...], zone: tzinfo) -> Named | None:
        """What a path says; without the texts, users' names are taken to have no underscores."""
        found = _NAME.fullmatch(parts[0])
        if found is None:
            return None
        stem, when, file = found.groups()
        return _named(parts, stem.rpartition("_")[2], when, file, zone)

    def claims(self, entries: Sequence[Entry], context: Context) -> int:
        """How many files are named as this platform names them."""
        return super().claims(without_common_folder(entries), context)

    def read(self, entries: Sequence[Entry], context: Context) -> Reading:
        """Make out what was handed in, with the help of the texts."""
        reading = Reading()
        inside = without_common_folder(entries)
        parsed = {entry: _NAME.fullmatch(entry.parts[0]) for entry in inside}
        texts: dict[tuple[str, str], _About] = {}
        for entry, found in parsed.items():
            if found is not None and found[3] is None:
                try:
                    texts[found[1], found[2]] = _about(text_of(entry), found[1])
                except RefusedError as error:
                    reading.unread.append(f"{entry.shown}: {error}.")
        stems = {found[1] for found in parsed.values() if found is not None}
        users = _users(stems, [about for about in texts.values() if about.user], context)
        originals = {
            stored: name for about in texts.values() for stored, name in about.originals.items()
        }
        files = []
        for entry, found in parsed.items():
            if found is None:
                reading.left.append(Refused(entry.shown, UNNAMED))
                continue
            stem, when, file = found.groups()
            about = texts.get((stem, when), _About())
            if file is None and not about.written:
                reading.own.append(Refused(entry.shown, f"{self.title} wrote it, and no student"))
                file = ""
            elif file is None:
                file = _KEPT_AS
            else:
                file = originals.get(entry.parts[0], file)
            named = _named(entry.parts, users[stem], when, file, about.zone or context.zone)
            owner = replace(named.owner, name=about.name)
            files.append((replace(named, owner=owner), entry))
        reading.handed = [one for one in self.grouped(_same_owners(files)) if one.files]
        return reading


def _named(parts: tuple[str, ...], user: str, when: str, file: str | None, zone: tzinfo) -> Named:
    end = parts[0].index(f"_attempt_{when}") + len(f"_attempt_{when}")
    rest = (file or _KEPT_AS, *parts[1:]) if file != "" else ()
    time: datetime | None = in_digits(when, zone)
    return Named(Owner("", (("username", user),), login=True), parts[0][:end], rest, when, time)


def _same_owners(files: list[tuple[Named, Entry]]) -> list[tuple[Named, Entry]]:
    """A name that one of a user's texts tells holds for all of the user's files."""
    names = {named.owner.ids: named.owner.name for named, _ in files if named.owner.name}
    return [
        (replace(named, owner=replace(named.owner, name=names.get(named.owner.ids, ""))), entry)
        for named, entry in files
    ]


def _users(stems: set[str], texts: list[_About], context: Context) -> dict[str, str]:
    """The user in each `Assignment_username`: both may have underscores."""
    users: dict[str, str] = {}
    for stem in stems:
        told = [about.user for about in texts if stem.endswith(f"_{about.user}")]
        known = [
            stem[at + 1 :]
            for at, letter in enumerate(stem)
            if letter == "_" and stem[at + 1 :].casefold() in context.known
        ]
        if certain := told or known:
            users[stem] = max(certain, key=len)
    before = Counter(stem.removesuffix(user) for stem, user in users.items()).most_common(1)
    others = stems - set(users)
    shared = before[0][0] if before else _shared_beginning(others)
    for stem in others:
        fits = shared and stem.startswith(shared) and len(stem) > len(shared)
        users[stem] = stem[len(shared) :] if fits else stem.rpartition("_")[2]
    return users


def _shared_beginning(stems: Iterable[str]) -> str:
    """What all begin with, to its last underscore: the assignment, if there are several users."""
    several = sorted(stems)
    if len(several) < 2:
        return ""
    # What the first and the last have in common, all have.
    same = takewhile(lambda pair: pair[0] == pair[1], zip(several[0], several[-1], strict=False))
    return re.sub(r"[^_]*$", "", "".join(letter for letter, _ in same))


def _about(text: str, stem: str) -> _About:
    """What the text of an attempt says; headings stay English in all languages but a few."""
    lines = text.splitlines()
    name, user = "", ""
    person = re.search(r"^[^:\n]+:\s*(.*?)\s*\(([^()\n]+)\)\s*$", text, re.MULTILINE)
    if person and stem.endswith(f"_{person[2]}"):
        name, user = person[1], person[2]
    submitted = next((line for line in lines if line.startswith("Date Submitted:")), "")
    originals, original = {}, ""
    for line in lines:
        key, _, value = line.strip().partition(": ")
        if key == "Original filename":
            original = value.strip()
        elif key == "Filename" and original:
            originals[value.strip()], original = original, ""
    return _About(name, user, short_zone(submitted), _is_written(text), originals)


def _is_written(text: str) -> bool:
    """Whether a student has written something into the form."""
    start = text.find(_SECTIONS[0])
    if start < 0:
        return False
    end = text.find(_SECTIONS[2], start)
    written = text[start : end if end >= 0 else None]
    for heading in _SECTIONS[:2]:
        written = written.replace(heading, "")
    return bool(_NOTHING_WRITTEN.sub("", written).strip())
