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
from autograder.collecting.names import (
    letters_of,
    name_key,
    spelled_words_of,
    split_name,
    words_of,
)
from autograder.collecting.paths import as_compared
from autograder.collecting.platforms.scheme import BY_NAME, Owner
from autograder.submissions.students import LONGEST_ID

How = Literal["said", "id", "name", "group", "stranger", "ambiguous"]

SECTION = "Section"
"""A roster's column that is kept beside the ids, for the platform, and is none."""

_CERTAIN = {
    "canvas user id": {"canvasuserid"},
    "anonymous id": {"anonymousid"},
    "participant": {"participant", "identifier"},
    "brightspace user": {"brightspaceuser"},
    BY_NAME: {BY_NAME},
}
"""The rosters' columns that hold a platform's own numbers; in others, the same number may be
another's."""


@dataclass(frozen=True)
class Attribution:
    """Whose something is.

    Args:
        students: their ids.
        how: how that is known; the instructor has ``said`` it, a ``stranger`` is on no roster,
            ``ambiguous`` may be one of several.
        remark: what a person should know of it, the beginning of a sentence; or nothing.
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
        self._by_spelling: dict[str, set[str]] = defaultdict(set)
        self._groups: dict[str, list[str]] = defaultdict(list)
        for student, person in self.people.items():
            for column, value in _ids_of(person):
                self._by_id[value.strip().casefold()].append((student, column))
            for key in _keys_of(person):
                self._by_name[key].add(student)
            for key in _spellings_of(person):
                self._by_spelling[key].add(student)
            for group in self._groups_of([person]):
                if letters_of(group):
                    self._groups[letters_of(group)].append(student)

    @property
    def known(self) -> set[str]:
        """All ids, names of groups and keys of names; a folder's name alone makes nobody known."""
        people = [one for one in self.people.values() if set(one.ids) != {"folder"}]
        ids = {value.strip().casefold() for one in people for _, value in _ids_of(one)}
        names = {key for one in people for key in _keys_of(one)}
        groups = {name.strip().casefold() for name in self._groups_of(people)}
        return {*ids, *names, *groups} - {""}

    @property
    def has_roster(self) -> bool:
        """Whether anybody is known from a class list."""
        return any(not person.admitted for person in self.people.values())

    def find(self, text: str) -> set[str]:
        """Whom a person's word for somebody may mean: who has it as an id, or else as a name."""
        found = {student for student, _ in self._by_id.get(text.strip().casefold(), ())}
        return found or self._spelled(text) or self._named(text)

    def attribute(self, owners: Sequence[Owner]) -> dict[Owner, Attribution]:
        """Whose it is what the platform ascribes to each of these.

        Args:
            owners: all that one platform names, each once.

        Returns:
            By owner; who is not known is admitted under the platform's own id.
        """
        found: dict[Owner, Attribution] = {}
        for owner in owners:
            if members := self._group(owner):
                how: How = "group" if len(members) > 1 else "id"
                found[owner] = Attribution(tuple(sorted(members)), how)
            elif members := self._identified(owner):
                found[owner] = self._known_as(next(iter(members)), owner, "id")
        unknown = [owner for owner in owners if owner not in found]
        # A platform that writes all names in plain letters spells none of them exactly.
        spells = any(not owner.name.isascii() for owner in owners)
        by_name = {owner: self._by_unique_name(owner, spells) for owner in unknown}
        # What Drive tells apart by numbers may be one person's.
        named = {(owner.name if _has_name_only(owner) else owner, owner.name) for owner in unknown}
        called = {owner.name: by_name[owner] for owner in unknown}
        times = Counter(s for _, name in named if len(called[name]) == 1 for s in called[name])
        alike = Counter(owner.name for owner in unknown if _has_name_only(owner))
        certain = {s for one in found.values() if one.how != "group" for s in one.students}
        for owner, students in by_name.items():
            if len(students) == 1:
                (student,) = students
                other = self._has_another_id(student, owner)
                if times[student] == 1 and student not in certain and not other:
                    found[owner] = self._known_as(student, owner, "name")
                    continue
            possible = students | self._named(owner.name)
            found[owner] = self._admitted(owner, possible, alike[owner.name] > 1)
        for owner, one in found.items():
            self._remember(owner, one)
        return found

    def learn(self, student: str, owner: Owner) -> None:
        """Keep a platform's ids of somebody whom the instructor names, if they are nobody's yet."""
        is_new = student in self.people and not self._identified(owner)
        if is_new and owner.ids and not _has_name_only(owner):
            self._remember(owner, Attribution((student,), "said"))

    def admit(self, name: str) -> str:
        """A new person of a name that an instructor gives."""
        student = self._new_id(name.strip())
        self.people[student] = _stranger(student, Owner(name.strip()))
        self._index()
        return student

    @staticmethod
    def _groups_of(people: Iterable[Person]) -> Iterator[str]:
        for person in people:
            yield from re.split(r"[,;]", person.group)

    def _group(self, owner: Owner) -> set[str]:
        """The members of the group that an owner is, by its name or by what it signs in with."""
        login = owner.ids[0][1] if owner.login and owner.ids else ""
        for word in (owner.name, login):
            key = letters_of(word)
            is_persons = key in self._by_name or word.casefold() in self._by_id
            if key and not is_persons and key in self._groups:
                return set(self._groups[key])
        return set()

    def _known_as(self, student: str, owner: Owner, how: How) -> Attribution:
        """Somebody who is known; whom only an earlier download named is as doubtful as then."""
        person = self.people[student]
        if person.admitted:
            return Attribution(
                (student,), "ambiguous" if person.doubt else "stranger", person.doubt
            )
        remark = ""
        # In another script, or transliterated, it may be the same name after all.
        is_same_script = letters_of(owner.name).isascii() == letters_of(person.name).isascii()
        if is_same_script and not _agrees(owner.name, person):
            remark = (
                f"the platform names {owner.name}, which is not the name of {person.name}; if it "
                "is a group, give the roster a column group with its name for each member"
            )
        return Attribution((student,), how, remark)

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

    def _spelled(self, name: str) -> set[str]:
        """Who is spelled exactly like that; platforms may leave out what is between letters."""
        key = " ".join(sorted(spelled_words_of(name)))
        return set(self._by_spelling.get(key, ()) if key else ())

    def _by_unique_name(self, owner: Owner, spells: bool) -> set[str]:
        # Moodle may write a group before a name; either may hold hyphens.
        pieces = owner.name.split("-")
        for start in range(len(pieces)):
            name = "-".join(pieces[start:])
            found = self._named(name)
            exactly = self._spelled(name) if spells else set()
            if found:
                return exactly if len(exactly) == 1 else found
        return set()

    def _has_another_id(self, student: str, owner: Owner) -> bool:
        ids = self.people[student].ids
        told = [(word, value) for word, value in owner.ids[:1] if word != BY_NAME]
        return any(ids.get(word, value) != value for word, value in told)

    def _admitted(self, owner: Owner, possible: set[str], alike: bool) -> Attribution:
        """Somebody who is not known, or may be one of several, under the platform's own id.

        Args:
            owner: who it is, as the platform says it.
            possible: who it may be.
            alike: whether nothing but a number of Drive's tells this one from another.
        """
        doubt = ""
        if possible:
            doubt = f"{owner.name} may be {' or '.join(sorted(possible))}"
        elif alike:
            doubt = f"{owner.name} may be the name of several people"
        student = self._new_id(_proposed(owner))
        self.people[student] = _stranger(student, owner).model_copy(update={"doubt": doubt})
        self._taken.add(as_compared(student))
        return Attribution((student,), "ambiguous" if doubt else "stranger", doubt)

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
    return Person(id=student, first_name=first, last_name=last, email=email, ids=ids, admitted=True)


def _told(owner: Owner) -> tuple[tuple[str, str], ...]:
    return owner.ids or (((BY_NAME, owner.name),) if owner.name else ())


def _has_name_only(owner: Owner) -> bool:
    return all(word == BY_NAME for word, _ in owner.ids)


def _proposed(owner: Owner) -> str:
    value = owner.ids[0][1] if owner.ids else ""
    if value and (owner.login or _has_name_only(owner)):
        return value
    name = re.sub(r"[^\w.'-]+", "_", owner.name)[: LONGEST_ID - 24].strip("._-'")
    return "-".join(part for part in (name, value) if part)


def _ids_of(person: Person) -> Iterator[tuple[str, str]]:
    yield "", person.id
    if person.email.strip():
        yield "email", person.email
    for column, value in person.ids.items():
        # A name is as good as an id only where there is no roster to say who else has it.
        if value.strip() and column != SECTION and (column != BY_NAME or person.admitted):
            yield column, value
            if number := participant_in(column, value):
                yield "participant", number


def participant_in(column: str, value: str) -> str:
    """The number of a participant, before which Moodle's worksheets write a word.

    Args:
        column: the column's header.
        value: what stands in it.

    Returns:
        The number; blank if it is none.
    """
    if _plain(column) not in _CERTAIN["participant"] | {"id"}:
        return ""
    found = re.fullmatch(r"[^\d]{6,}?\s*(\d+)", value.strip())
    return found[1] if found else ""


def _keys_of(person: Person) -> set[str]:
    """What a platform may make of a name: of several words, any may begin the last name."""
    words = words_of(f"{person.first_name} {person.last_name}")
    return {" ".join(sorted(words)), *_orders(words)} - {""}


def _spellings_of(person: Person) -> set[str]:
    """The same, as it is spelled."""
    words = spelled_words_of(f"{person.first_name} {person.last_name}")
    return {" ".join(sorted(words)), *_orders(words)} - {""}


def _orders(words: Sequence[str]) -> Iterator[str]:
    return ("".join((*words[start:], *words[:start])) for start in range(len(words)))


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
