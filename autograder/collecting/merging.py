"""A roster that comes later: whom only a platform's number stood for gets an id of the roster."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.collecting.collection import Collection, Person
from autograder.collecting.identity import Attribution, Directory
from autograder.collecting.intake import digest_of_folder
from autograder.collecting.platforms.scheme import Owner
from autograder.collecting.shelves import Shelves
from autograder.submissions.students import readable


@dataclass(frozen=True)
class Merged:
    """An earlier collection under the ids of a roster.

    Args:
        collection: what was collected before; people as they were.
        people: those on the roster, and those of earlier runs who are not on it.
        renamed: by their earlier ids, the ids that people have on the roster.
    """

    collection: Collection
    people: Sequence[Person]
    renamed: Mapping[str, str]

    def move(self, shelves: Shelves) -> list[str]:
        """Move what was collected to the ids that people have now.

        Args:
            shelves: where it is.

        Returns:
            What was done, in sentences.
        """
        said = []
        for old, new in self.renamed.items():
            mine = [one for one in self.collection.attempts if new in one.students]
            source, target = shelves.current(old), shelves.current(new)
            if source.is_dir():
                if os.path.lexists(target):
                    digest = digest_of_folder(source)
                    known = (shelves.earlier(new, one) for one in mine if one.digest == digest)
                    target = next(known, target)
                    if os.path.lexists(target):
                        target = shelves.found(new, digest)
                shelves.move(source, target)
                said.append(f"{readable(old)} is {new} on the roster; the submission was moved.")
            for attempt in mine:
                source, target = shelves.earlier(old, attempt), shelves.earlier(new, attempt)
                if source.is_dir() and not os.path.lexists(target):
                    shelves.move(source, target)
            if rest := shelves.other_assignments(old):
                said.append(
                    f"The folder of {readable(old)} stays for {', '.join(rest)}; collect that "
                    "with this roster as well."
                )
            shelves.remove_empty(old)
        return said


def merge(before: Collection, roster: Sequence[Person]) -> Merged:
    """See whom of an earlier collection a roster names.

    Args:
        before: what was collected before.
        roster: everybody on the class list; nobody if none is given.

    Returns:
        The collection, and all people.
    """
    if not roster:
        return Merged(before, list(before.people.values()), {})
    people = {person.id: person for person in roster}
    found = _found(before, people)
    renamed = {old: one.students[0] for old, one in found.items() if one.how in ("id", "name")}
    having = {student for one in before.attempts for student in one.students}
    for old, person in before.people.items():
        new = renamed.get(old, old)
        if new in people:
            ids = {**person.ids, **people[new].ids}
            people[new] = people[new].model_copy(update={"ids": ids})
        elif found[old].how == "ambiguous" and old in having:
            people[old] = person.model_copy(update={"admitted": True, "doubt": found[old].remark})
        else:
            people[old] = person
    attempts = tuple(
        one.model_copy(
            update={"students": tuple(sorted({renamed.get(s, s) for s in one.students}))}
        )
        for one in before.attempts
    )
    return Merged(before.model_copy(update={"attempts": attempts}), list(people.values()), renamed)


def _found(before: Collection, roster: Mapping[str, Person]) -> dict[str, Attribution]:
    """By earlier id, who somebody is who is not on the roster under that id."""
    strangers = {
        old: Owner(person.name, tuple(person.ids.items()), login=True)
        for old, person in before.people.items()
        if old not in roster
    }
    found = Directory(roster.values()).attribute(list(dict.fromkeys(strangers.values())))
    return {old: found[owner] for old, owner in strangers.items()}
