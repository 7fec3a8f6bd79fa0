"""From downloads to `submitted/STUDENT/ASSIGNMENT/FILE`: read, attribute, put in its place.

The same downloads, collected again, change nothing; after a run that was killed the same command
finishes it. What is kept of an assignment is in `Collection`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path

from dateutil.tz import gettz, tzlocal

from autograder.collecting.advice import how_to_settle
from autograder.collecting.collection import (
    Attempt,
    Collection,
    Person,
    Platform,
    read_collection,
    write_collection,
)
from autograder.collecting.downloads import Download, joined, open_download
from autograder.collecting.identity import Attribution, Directory
from autograder.collecting.intake import Intake
from autograder.collecting.merging import merge
from autograder.collecting.outcome import Line, Outcome
from autograder.collecting.owners import Owners
from autograder.collecting.platforms.scheme import (
    BY_NAME,
    Context,
    Handed,
    Owner,
    Reading,
    with_files,
)
from autograder.collecting.recognise import SCHEMES, recognise
from autograder.collecting.retiring import bring_back, keep_what_was_certain, retire
from autograder.collecting.roster import read_roster, read_times
from autograder.collecting.settling import settle
from autograder.collecting.shelves import Shelves
from autograder.errors import CourseError
from autograder.manifest import Manifest
from autograder.submissions.students import readable

MOST_NAMED = 20
"""Files of one submission that were left out and are named; the rest are counted."""


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
    earlier = read_collection(submitted, assignment)
    shelves = Shelves(submitted, assignment)
    shelves.clear()
    roster = read_roster(wishes.roster) if wishes.roster else []
    merged = merge(earlier, roster)
    before, directory = merged.collection, Directory(merged.people)
    owners = Owners(wishes.owners)
    elsewhere = set(manifest.assignments) - {assignment}
    with ExitStack() as stack:
        opened = joined(stack.enter_context(open_download(path)) for path in downloads)
        context = Context(wishes.zone, directory.known, assignment, elsewhere)
        readings = [_read(one, wishes.platform, context) for one in opened]
        times = read_times(wishes.roster, wishes.zone) if wishes.roster else {}
        handed, left = owners.share_out(
            [_timed(one, times) for _, reading in readings for one in reading.handed],
            [one for _, reading in readings for one in reading.left],
            [entry for one in opened for entry in one.entries],
            directory,
            before,
        )
        lines = [_taken_in(*one, shelves) for one in _attributed(handed, directory)]
    left += [refused for one in opened for refused in one.refused]
    if not any(line.intake.files for line in lines):
        shelves.clear()
        why = f"; {left[0].shown}: {left[0].reason}" if left else ""
        raise CourseError(f"Nothing of {assignment} could be collected{why}.")
    keep_what_was_certain(lines, before)
    for line in lines:
        line.remarks = [*_about(line), *line.remarks]
    moves = merged.move(shelves)
    own = [refused for _, reading in readings for refused in reading.own]
    holding, said, retired = retire(before, lines, {one.shown for one in own}, shelves)
    moves += said
    attempts = settle(lines, holding, shelves)
    bring_back({*retired, *merged.renamed.values()}, attempts, shelves)
    gone = set(before.people) - set(holding.people) - {person.id for person in roster}
    people = _still_known(directory, attempts, lines, gone)
    for folder in shelves.without_owner(people):
        if shelves.remove_empty(folder):
            moves.append(f"The empty folder {readable(folder)} was nobody's; it was removed.")
    collection = Collection(assignment=assignment, people=people, attempts=attempts)
    if collection != earlier:
        write_collection(submitted, collection)
    shelves.clear()
    having = {student for one in attempts for student in one.students}
    unread = [sentence for _, reading in readings for sentence in reading.unread]
    return Outcome(
        collection,
        tuple(dict.fromkeys(title for title, _ in readings)),
        tuple(lines),
        tuple(left),
        tuple(own),
        (*unread, *moves),
        tuple(sorted(set(people) - having)),
        directory.has_roster,
        bool(moves),
    )


def _read(download: Download, platform: Platform | None, context: Context) -> tuple[str, Reading]:
    context = replace(context, from_drive=download.is_drives)
    scheme = SCHEMES[platform] if platform else recognise(download, context)
    return scheme.title, scheme.read(download.entries, context)


def _still_known(
    directory: Directory, attempts: Iterable[Attempt], lines: Iterable[Line], gone: set[str]
) -> dict[str, Person]:
    """Everybody, but for whom only a download named that is read otherwise by now."""
    having = {student for one in attempts for student in one.students}
    having |= {student for line in lines for student in line.found.students}
    return {
        student: person
        for student, person in directory.people.items()
        if student in having or not (student in gone or _is_only_called(person))
    }


def _is_only_called(person: Person) -> bool:
    """Whether only a download, or a name in a table of the instructor's, tells of somebody."""
    return person.admitted or (not person.email and set(person.ids) <= {BY_NAME})


def _timed(handed: Handed, times: Mapping[str, datetime]) -> Handed:
    """With the time that Moodle's worksheet says; the download says none."""
    if handed.platform != "moodle" or handed.handed_in is not None or len(handed.owners) != 1:
        return handed
    number = dict(handed.owners[0].ids).get("participant", "")
    return replace(handed, handed_in=times.get(number))


def _attributed(
    pairs: Sequence[tuple[Handed, str | None]], directory: Directory
) -> list[tuple[Handed, Attribution]]:
    """Whose each submission is; in the order in which the platform says they were made."""
    unsaid = [one for one, student in pairs if student is None]
    found: dict[Owner, Attribution] = {}
    for platform in dict.fromkeys(one.platform for one in unsaid):
        mine = [owner for one in unsaid if one.platform == platform for owner in one.owners]
        found |= directory.attribute(list(dict.fromkeys(mine)))
    result = []
    for one, student in pairs:
        if student is not None:
            if len(one.owners) == 1:
                directory.learn(student, one.owners[0])
            result.append((one, Attribution((student,), "said")))
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
    remarks = list(intake.remarks)
    named, more = intake.left[:MOST_NAMED], len(intake.left) - MOST_NAMED
    remarks += [f"{one.shown} was left out: {one.reason}." for one in named]
    if more > 0:
        remarks.append(f"{more} more files were left out; the summary names them.")
    return Line(handed, found, intake, remarks=remarks)


def _about(line: Line) -> list[str]:
    """What a person should know of whose a submission is."""
    remark = line.found.remark
    if line.found.how == "ambiguous":
        return [f"{remark}; {how_to_settle(line.handed)}."]
    return [f"{remark}."] if remark else []
