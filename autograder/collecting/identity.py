"""Whose a submission is: by an id of the roster, else by a name that only one person has.

Nobody is guessed. Who cannot be told keeps the platform's own id and is named.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from autograder.collecting.collection import Person
from autograder.collecting.names import letters_of, name_key, split_name, words_of
from autograder.collecting.paths import as_compared
from autograder.collecting.platforms.scheme import Owner
from autograder.submissions.students import LONGEST_ID

How = Literal["id", "name", "group", "stranger", "ambiguous"]

SECTION = "Section"
"""A roster's column that is kept beside the ids, for the platform, and is none."""

_BY_NAME = "name"
"""Stands for an id where a platform gives none."""

_CERTAIN = {
    "canvas user id": {"canvasuserid"},
    "anonymous id": {"anonymousid"},
    "participant": {"participant", "identifier"},
    "brightspace user": {"brightspaceuser"},
    _BY_NAME: {_BY_NAME},
}
"""The rosters' columns that hold a platform's own numbers; in others, the same number may be
another's."""


@dataclass(frozen=True)
class Attribution:
    """Whose something is.

    Args:
        students: their ids.
        how: how that is known; ``stranger`` is on no roster, ``ambiguous`` may be one of several.
        remark: what a person should know of it, or nothing.
    """

    students: tuple[str, ...]
    how: How
    remark: str = ""


def _plain(word: str) -> str:
    return re.sub(r"[\W_]+", "", word.casefold())


class Directory:
    """All people that are known, and whom the platform names without anybody knowing them.

    Args:
        people: those on the roster, and those of earlier runs.
    """

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = {person.id: person for person in people}
        self.remarks: list[str] = []
        self._index()

    def _index(self) -> None:
        self._taken = {as_compared(student) for student in self.people}
        self._by_id: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._groups: dict[str, list[str]] = defaultdict(list)
        for student, person in self.people.items():
            for column, value in _ids_of(person):
                self._by_id[value.strip().casefold()].append((student, column))
            for key in _keys_of(person):
                self._by_name[key].add(student)
            for group in re.split(r"[,;]", person.group):
                if letters_of(group):
                    self._groups[letters_of(group)].append(student)

    @property
    def known(self) -> set[str]:
        """All ids and keys of names."""
        return {*self._by_id, *self._by_name}

    def find(self, text: str) -> str | None:
        """The one person whom a person's word for somebody names: any id, or else the name."""
        found = {student for student, _ in self._by_id.get(text.strip().casefold(), ())}
        found = found or self._named(text)
        return next(iter(found)) if len(found) == 1 else None

    def attribute(self, owners: Sequence[Owner]) -> dict[Owner, Attribution]:
        """Whose it is what the platform ascribes to each of these.

        Args:
            owners: all that one platform names, each once.

        Returns:
            By owner; who is not known is admitted under the platform's own id.
        """
        found: dict[Owner, Attribution] = {}
        for owner in owners:
            if (members := self._group(owner)) or (members := self._identified(owner)):
                how: How = "group" if len(members) > 1 else "id"
                found[owner] = Attribution(tuple(sorted(members)), how)
        by_name = {owner: self._by_unique_name(owner) for owner in owners if owner not in found}
        times = Counter(student for one in by_name.values() if len(one) == 1 for student in one)
        certain = {student for one in found.values() if one.how == "id" for student in one.students}
        for owner, students in by_name.items():
            if len(students) == 1:
                (student,) = students
                other = self._has_another_id(student, owner)
                if times[student] == 1 and student not in certain and not other:
                    found[owner] = Attribution((student,), "name")
                    continue
            found[owner] = self._admitted(owner, students)
        for owner, one in found.items():
            self._remember(owner, one)
        return found

    def admit(self, text: str) -> str:
        """The person of a name that an instructor gives, who is admitted if nobody has it."""
        student = self.find(text)
        if student is None:
            student = self._new_id(text.strip())
            self.people[student] = _stranger(student, Owner(text.strip()))
            self._index()
        return student

    def _group(self, owner: Owner) -> set[str]:
        key = letters_of(owner.name)
        return set(self._groups.get(key, ())) if key and key not in self._by_name else set()

    def _identified(self, owner: Owner) -> set[str]:
        """The person who has one of the owner's ids, if it is certain to be the same id."""
        for word, value in _told(owner):
            candidates = self._by_id.get(value.casefold(), ())
            certain = {s for s, column in candidates if self._is_certain(word, column, s)}
            if len(certain) == 1:
                return certain
            likely = {s for s, _ in candidates}
            if owner.login and not value.isdigit() and len(likely) == 1:
                return likely
            agreeing = {s for s in likely if _agrees(owner.name, self.people[s])}
            if len(agreeing) == 1:
                return agreeing
        return set()

    def _is_certain(self, word: str, column: str, student: str) -> bool:
        if _plain(column) in _CERTAIN.get(word, ()) or (column == word and word != "submission"):
            return True
        # Canvas calls its own number plainly "ID", and writes "SIS" before all others.
        return (
            word == "canvas user id"
            and _plain(column) == "id"
            and any(_plain(other).startswith("sis") for other in self.people[student].ids)
        )

    def _named(self, name: str) -> set[str]:
        keys = [key for key in (name_key(name), letters_of(name)) if key]
        return next((self._by_name[key] for key in keys if key in self._by_name), set())

    def _by_unique_name(self, owner: Owner) -> set[str]:
        if found := self._named(owner.name):
            return found
        # Moodle may write a group before a name; either may hold hyphens.
        pieces = owner.name.split("-")
        for start in range(1, len(pieces)):
            if found := self._named("-".join(pieces[start:])):
                return found
        return set()

    def _has_another_id(self, student: str, owner: Owner) -> bool:
        ids = self.people[student].ids
        return any(ids.get(word, value) != value for word, value in owner.ids[:1])

    def _admitted(self, owner: Owner, possible: set[str]) -> Attribution:
        """Somebody who is not known, or may be one of several, under the platform's own id."""
        student = self._new_id(_proposed(owner))
        self.people[student] = _stranger(student, owner)
        self._taken.add(as_compared(student))
        if not possible:
            return Attribution((student,), "stranger")
        those = ", ".join(sorted(possible))
        remark = f"{owner.name} may be {those}; give an id of theirs in the roster"
        return Attribution((student,), "ambiguous", remark)

    def _new_id(self, proposed: str) -> str:
        slug = re.sub(r"[^\w.@+'-]+", "_", unicodedata.normalize("NFC", proposed))
        slug = slug[: LONGEST_ID - 4].strip("._-+'@ ") or "student"
        names = (slug if n == 1 else f"{slug}-{n}" for n in range(1, len(self._taken) + 2))
        return next(name for name in names if as_compared(name) not in self._taken)

    def _remember(self, owner: Owner, found: Attribution) -> None:
        """Keep the platform's ids: pages and marks go back under them."""
        if len(found.students) == 1:
            person = self.people[found.students[0]]
            ids = {**person.ids, **{w: v for w, v in _told(owner) if w not in person.ids}}
            self.people[person.id] = person.model_copy(update={"ids": ids})


def _stranger(student: str, owner: Owner) -> Person:
    first, last = split_name(owner.name)
    email = next((value for word, value in owner.ids if word == "email"), "")
    ids = {word: value for word, value in _told(owner) if word != "email"}
    return Person(id=student, first_name=first, last_name=last, email=email, ids=ids)


def _told(owner: Owner) -> tuple[tuple[str, str], ...]:
    return owner.ids or (((_BY_NAME, owner.name),) if owner.name else ())


def _proposed(owner: Owner) -> str:
    value = owner.ids[0][1] if owner.ids else ""
    if owner.login and value:
        return value
    name = re.sub(r"[^\w.'-]+", "_", owner.name)[: LONGEST_ID - 24].strip("._-'")
    return "-".join(part for part in (name, value) if part)


def _ids_of(person: Person) -> Iterator[tuple[str, str]]:
    yield "", person.id
    if person.email.strip():
        yield "email", person.email
    for column, value in person.ids.items():
        if value.strip() and column != SECTION:
            yield column, value
            # Moodle's worksheets write the number of a participant after a word.
            if _plain(column) in _CERTAIN["participant"] | {"id"} and (
                found := re.fullmatch(r"[^\d]{6,}?\s*(\d+)", value.strip())
            ):
                yield "participant", found[1]


def _keys_of(person: Person) -> set[str]:
    """What a platform may make of a name: of several words, any may begin the last name."""
    words = words_of(f"{person.first_name} {person.last_name}")
    orders = ("".join((*words[start:], *words[:start])) for start in range(len(words)))
    return {" ".join(sorted(words)), *orders} - {""}


def _agrees(name: str, person: Person) -> bool:
    """Whether a name can be that of a person who has the right number."""
    words, letters = set(words_of(name)), letters_of(name)
    own = words_of(f"{person.first_name} {person.last_name}")
    if not words or not own:
        return True
    return (
        bool(words & set(own))
        or letters in _keys_of(person)
        or any(len(word) > 2 and word in letters for word in own)
    )
