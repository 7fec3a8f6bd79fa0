"""From downloads to `submitted/STUDENT/ASSIGNMENT/FILE`: read, attribute, put in its place.

The same downloads, collected again, change nothing; after a run that was killed the same command
finishes it. What is kept of an assignment is in `Collection`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path, PurePosixPath

from dateutil.tz import gettz, tzlocal

from autograder.collecting.archives import Entry, Refused
from autograder.collecting.collection import (
    Collection,
    Person,
    Platform,
    read_collection,
    write_collection,
)
from autograder.collecting.downloads import Download, open_download
from autograder.collecting.identity import Attribution, Directory
from autograder.collecting.intake import Intake
from autograder.collecting.outcome import Line, Outcome
from autograder.collecting.platforms.scheme import Context, Handed, Owner, Reading, with_files
from autograder.collecting.recognise import SCHEMES, recognise
from autograder.collecting.roster import read_roster, read_table
from autograder.collecting.settling import settle
from autograder.collecting.shelves import Shelves
from autograder.errors import CourseError
from autograder.manifest import Manifest
from autograder.submissions.names import without_marks


def as_zone(name: str | None) -> tzinfo:
    """A zone of that name; this machine's if there is none.

    Args:
        name: such as ``Europe/Berlin``.

    Returns:
        The zone.

    Raises:
        CourseError: there is no such zone.
    """
    if name is None:
        return tzlocal()
    zone = gettz(name)
    if zone is None:
        raise CourseError(f"There is no zone {name}; give one such as Europe/Berlin with --zone.")
    return zone


@dataclass(frozen=True)
class Wishes:
    """What an instructor says beside the downloads.

    Args:
        roster: the class list.
        owners: a table that says whose files are that no name tells.
        platform: whose the downloads are.
        zone: of times that name none.
    """

    roster: Path | None = None
    owners: Path | None = None
    platform: Platform | None = None
    zone: tzinfo = field(default_factory=tzlocal)


def collect(
    manifest: Manifest,
    assignment: str,
    downloads: Sequence[Path],
    submitted: Path,
    wishes: Wishes | None = None,
) -> Outcome:
    """Collect what learning platforms give.

    Args:
        manifest: the course.
        assignment: the assignment's id.
        downloads: zip files, or folders in which they were unpacked.
        submitted: the folder of submissions.
        wishes: the roster, and what else is known beside the downloads.

    Returns:
        What became of every file.

    Raises:
        CourseError: nothing can be collected, or the roster cannot be read.
    """
    wishes = wishes or Wishes()
    manifest.assignment(assignment)
    before = read_collection(submitted, assignment)
    shelves = Shelves(submitted, assignment)
    shelves.clear()
    remarks: list[str] = []
    roster = read_roster(wishes.roster) if wishes.roster else []
    before, people = _merged(before, roster, shelves, remarks)
    directory = Directory(people)
    owners = _Owners(wishes.owners, directory)
    elsewhere = set(manifest.assignments) - {assignment}
    with ExitStack() as stack:
        opened = [stack.enter_context(open_download(path)) for path in downloads]
        context = Context(wishes.zone, directory.known, assignment, elsewhere)
        readings = [_read(one, wishes.platform, context) for one in opened]
        handed, left = owners.settle(
            [one for _, reading in readings for one in reading.handed],
            [one for _, reading in readings for one in reading.left],
            [entry for one in opened for entry in one.entries],
        )
        found = _attributed(handed, directory, owners)
        lines = [_taken_in(one, students, shelves) for one, students in found]
    left += [refused for one in opened for refused in one.refused]
    if not any(line.intake.files for line in lines):
        shelves.clear()
        why = f"; {left[0].shown}: {left[0].reason}" if left else ""
        raise CourseError(f"Nothing of {assignment} could be collected{why}.")
    attempts = settle(lines, before, shelves)
    collection = Collection(assignment=assignment, people=directory.people, attempts=attempts)
    if collection != before:
        write_collection(submitted, collection)
    shelves.clear()
    having = {student for one in attempts for student in one.students}
    own = [refused for _, reading in readings for refused in reading.own]
    remarks += [sentence for _, reading in readings for sentence in reading.unread]
    return Outcome(
        collection,
        tuple(dict.fromkeys(title for title, _ in readings)),
        tuple(lines),
        tuple(left),
        tuple(own),
        tuple(remarks),
        tuple(sorted(set(directory.people) - having)),
        bool(roster),
    )


def _read(download: Download, platform: Platform | None, context: Context) -> tuple[str, Reading]:
    scheme = SCHEMES[platform] if platform else recognise(download, context)
    return scheme.title, scheme.read(download.entries, context)


def _merged(
    before: Collection, roster: Sequence[Person], shelves: Shelves, remarks: list[str]
) -> tuple[Collection, list[Person]]:
    """The roster's people and those of earlier runs.

    Who was collected under a platform's id, and is on the roster now, gets the roster's.
    """
    if not roster:
        return before, list(before.people.values())
    people = {person.id: person for person in roster}
    renamed = _renamed(before, people)
    for old, person in before.people.items():
        new = renamed.get(old, old)
        if new in people:
            ids = {**person.ids, **people[new].ids}
            people[new] = people[new].model_copy(update={"ids": ids})
        else:
            people[new] = person
    for old, new in renamed.items():
        source, target = shelves.current(old), shelves.current(new)
        if source.is_dir() and not os.path.lexists(target):
            shelves.move(source, target)
            remarks.append(f"{old} is {new} on the roster; the submission was moved there.")
    attempts = tuple(
        one.model_copy(
            update={"students": tuple(sorted({renamed.get(s, s) for s in one.students}))}
        )
        for one in before.attempts
    )
    return before.model_copy(update={"attempts": attempts}), list(people.values())


def _renamed(before: Collection, people: dict[str, Person]) -> dict[str, str]:
    strangers = {
        Owner(
            f"{person.first_name} {person.last_name}".strip(), tuple(person.ids.items()), login=True
        ): old
        for old, person in before.people.items()
        if old not in people
    }
    found = Directory(people.values()).attribute(list(strangers))
    return {
        strangers[owner]: one.students[0]
        for owner, one in found.items()
        if one.how in ("id", "name")
    }


class _Owners:
    """What an instructor says of files that no name tells: by path, name or label, the student."""

    def __init__(self, path: Path | None, directory: Directory) -> None:
        self.students: dict[str, str] = {}
        if path is None:
            return
        rows = read_table(path)
        header = [without_marks(cell) for cell in rows[0]] if rows else []
        if "file" not in header or "student" not in header:
            raise CourseError(f"{path} needs the columns file and student; it has {header}.")
        file, student = header.index("file"), header.index("student")
        for row in rows[1:]:
            if len(row) > max(file, student) and row[file].strip() and row[student].strip():
                self.students[row[file].strip()] = directory.admit(row[student])

    def of(self, handed: Handed) -> str | None:
        """The student who is named for a label."""
        return self.students.get(handed.label)

    def settle(
        self, handed: list[Handed], left: list[Refused], entries: Iterable[Entry]
    ) -> tuple[list[Handed], list[Refused]]:
        """Give the files that are left to whom the instructor names."""
        if not self.students:
            return handed, left
        by_path = {entry.shown: entry for entry in entries}
        given: dict[str, list[Entry]] = {}
        still = []
        for one in left:
            path = PurePosixPath(one.shown)
            keys = (one.shown, path.name, *path.parts)
            student = next((self.students[key] for key in keys if key in self.students), None)
            if student is None:
                still.append(one)
            else:
                given.setdefault(student, []).append(by_path[one.shown])
        platform: Platform = handed[0].platform if handed else "folders"
        for student, files in given.items():
            label = files[0].shown
            self.students[label] = student
            named = tuple(((entry.parts[-1],), entry) for entry in files)
            handed.append(Handed(platform, (Owner(label),), label, named))
        return handed, still


def _attributed(
    handed: Sequence[Handed], directory: Directory, owners: _Owners
) -> list[tuple[Handed, Attribution]]:
    """Whose each submission is; in the order in which the platform says they were made."""
    unsaid = [one for one in handed if owners.of(one) is None]
    found: dict[Owner, Attribution] = {}
    for platform in dict.fromkeys(one.platform for one in unsaid):
        mine = [owner for one in unsaid if one.platform == platform for owner in one.owners]
        found |= directory.attribute(list(dict.fromkeys(mine)))
    result = []
    for one in handed:
        student = owners.of(one)
        if student is not None:
            result.append((one, Attribution((student,), "id")))
            continue
        parts = [found[owner] for owner in one.owners]
        students = tuple(sorted({student for part in parts for student in part.students}))
        worst = next(
            (part for how in ("ambiguous", "stranger") for part in parts if part.how == how), None
        )
        how = worst.how if worst else ("group" if len(students) > 1 else parts[0].how)
        remark = "; ".join(part.remark for part in parts if part.remark)
        result.append((one, Attribution(students, how, remark)))
    return sorted(_joined(result), key=_in_order)


def _joined(
    pairs: Iterable[tuple[Handed, Attribution]],
) -> Iterator[tuple[Handed, Attribution]]:
    """What a student has in one of Classroom's folders, of which some files name nobody, is one."""
    found: dict[tuple[str, ...], tuple[Handed, Attribution]] = {}
    for handed, whose in pairs:
        if handed.platform != "classroom":
            yield handed, whose
        elif (before := found.get(whose.students)) is None:
            found[whose.students] = handed, whose
        else:
            files = (*before[0].files, *handed.files)
            found[whose.students] = with_files(before[0], files), before[1]
    yield from found.values()


def _in_order(pair: tuple[Handed, Attribution]) -> tuple[tuple[str, ...], float, int]:
    handed, found = pair
    when = handed.handed_in.timestamp() if handed.handed_in else 0.0
    return found.students, when, handed.sequence


def _taken_in(handed: Handed, found: Attribution, shelves: Shelves) -> Line:
    intake = Intake(shelves.workplace())
    intake.take_all(handed.files)
    remarks = [f"{found.remark}."] if found.remark else []
    remarks += intake.remarks
    remarks += [f"{one.shown} was left out: {one.reason}." for one in intake.left]
    return Line(handed, found, intake, remarks=remarks)
