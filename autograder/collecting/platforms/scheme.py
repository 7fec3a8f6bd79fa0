"""What all platforms' schemes of names have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import ClassVar

from autograder.collecting.archives import Entry, Refused
from autograder.collecting.collection import Platform
from autograder.collecting.names import letters_of, name_key

BY_NAME = "name"
"""Stands for the word for an id where a platform has none."""


@dataclass(frozen=True)
class Owner:
    """Whose something is, as the platform says it.

    Args:
        name: of a person or a group; blank where the platform hides it or needs none.
        ids: the platform's word for an id, and the id.
        login: whether the first id is one that a person signs in with, which others know as well.
    """

    name: str = ""
    ids: tuple[tuple[str, str], ...] = ()
    login: bool = False


@dataclass(frozen=True)
class Named:
    """What the path of one file says.

    Args:
        owner: whose it is.
        label: what the platform calls what was handed in: a folder, or what files begin with.
        rest: the path below that, as the student knows it; empty if the file is the platform's own.
        attempt: tells a person's attempts apart.
        handed_in: when, with a zone.
        late: whether the platform marks it as late.
        sequence: a number of the platform's that grows with each attempt; 0 where there is none.
    """

    owner: Owner
    label: str
    rest: tuple[str, ...]
    attempt: str = ""
    handed_in: datetime | None = None
    late: bool = False
    sequence: int = 0


@dataclass(frozen=True)
class Handed:
    """What was handed in at one time.

    Args:
        platform: where.
        owners: whose it is; several if a group handed in together.
        label: what the platform calls it.
        files: by path below that, the files.
        handed_in: when, with a zone; ``None`` where the platform does not say.
        late: whether the platform marks it as late.
        sequence: a number of the platform's that grows with each attempt; 0 where there is none.
    """

    platform: Platform
    owners: tuple[Owner, ...]
    label: str
    files: tuple[tuple[tuple[str, ...], Entry], ...]
    handed_in: datetime | None = None
    late: bool = False
    sequence: int = 0


@dataclass
class Reading:
    """What was made of a download.

    Args:
        handed: what was handed in.
        left: files of which no name says whose they are.
        own: files that the platform wrote for itself.
        unread: what a person should know of the download: what could not be read of it, and what
            was passed over; sentences.
    """

    handed: list[Handed] = field(default_factory=list)
    left: list[Refused] = field(default_factory=list)
    own: list[Refused] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Context:
    """What helps to understand names.

    Args:
        zone: of the platform's times that name none.
        known: the ids and names of the roster, in small letters.
        assignment: the assignment's id.
        elsewhere: the course's other assignments.
        from_drive: whether Google Drive has packed the download.
    """

    zone: tzinfo
    known: Collection[str] = frozenset()
    assignment: str = ""
    elsewhere: Collection[str] = frozenset()
    from_drive: bool = False

    def knows(self, name: str) -> bool:
        """Whether the roster has such an id or name."""
        words = (name.strip().casefold(), name_key(name), letters_of(name))
        return any(word in self.known for word in words if word)


class Scheme(ABC):
    """How one platform names what it gives."""

    platform: ClassVar[Platform]
    title: ClassVar[str]
    """The platform's name."""
    marked: ClassVar[bool] = True
    """Whether its names hold something that no person writes; others give way to such a scheme."""

    @abstractmethod
    def named(self, parts: tuple[str, ...], zone: tzinfo) -> Named | None:
        """What a path says; ``None`` if the platform does not name files like that."""

    def claims(self, entries: Sequence[Entry], context: Context) -> int:
        """How many files are named as this platform names them."""
        return sum(self.named(one.parts, context.zone) is not None for one in entries)

    def is_own(self, parts: tuple[str, ...]) -> bool:
        """Whether a file belongs to the platform, and to no student."""
        return False

    def read(self, entries: Sequence[Entry], context: Context) -> Reading:
        """Make out what was handed in.

        Args:
            entries: the files of a download.
            context: what helps to understand their names.

        Returns:
            All of it, and the files that nobody can be found for.
        """
        reading = Reading()
        found = []
        for entry in entries:
            named = self.named(entry.parts, context.zone)
            if named is not None:
                found.append((named, entry))
            elif self.is_own(entry.parts):
                reading.own.append(Refused(entry.shown, f"{self.title} wrote it for itself"))
            else:
                reading.left.append(Refused(entry.shown, UNNAMED))
        reading.handed = self.grouped(found)
        return reading

    def grouped(self, found: Iterable[tuple[Named, Entry]]) -> list[Handed]:
        """What was handed in, from what the paths of files say."""
        attempts: dict[tuple[Owner, str], list[tuple[Named, Entry]]] = {}
        for named, entry in found:
            attempts.setdefault((named.owner, named.attempt), []).append((named, entry))
        handed = []
        for (owner, _), files in attempts.items():
            first = files[0][0]
            handed.append(
                Handed(
                    self.platform,
                    (owner,),
                    first.label,
                    tuple((named.rest, entry) for named, entry in files if named.rest),
                    next((named.handed_in for named, _ in files if named.handed_in), None),
                    any(named.late for named, _ in files),
                    max(named.sequence for named, _ in files),
                )
            )
        return handed


UNNAMED = "no name says whose it is"


def without_common_folder(entries: Sequence[Entry]) -> list[Entry]:
    """The same files, where all of them lie in one folder, from inside of it."""
    seen = list(entries)
    while seen and all(len(one.parts) > 1 for one in seen):
        if len({one.parts[0] for one in seen}) > 1:
            break
        seen = [one.below(1) for one in seen]
    return seen


def with_files(handed: Handed, files: Iterable[tuple[tuple[str, ...], Entry]]) -> Handed:
    """The same, with other files."""
    return replace(handed, files=tuple(files))
