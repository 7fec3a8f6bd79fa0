"""What an earlier run ascribed to the wrong people, once the same files are known to be others'."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

from autograder.collecting.collection import Attempt, Collection, latest
from autograder.collecting.identity import Attribution
from autograder.collecting.intake import digest_of_folder, digests_in
from autograder.collecting.outcome import Line
from autograder.collecting.shelves import Shelves
from autograder.submissions.students import readable


def keep_what_was_certain(lines: Iterable[Line], before: Collection) -> None:
    """Let submissions stay with whom an earlier run, with more to go by, gave them.

    Args:
        lines: the submissions.
        before: what was collected before.
    """
    for line in lines:
        if line.found.how == "said":
            continue
        for attempt in before.attempts:
            is_same = (
                attempt.platform == line.handed.platform
                and attempt.digest == line.digest
                and set(attempt.files.values()) == set(line.intake.files.values())
            )
            is_elsewhere = attempt.students != line.found.students
            if is_same and is_elsewhere and (attempt.said or _was_surer(attempt, line, before)):
                line.found = Attribution(attempt.students, "said" if attempt.said else "id")
                break


def _was_surer(attempt: Attempt, line: Line, before: Collection) -> bool:
    people = [before.people.get(student) for student in attempt.students]
    return line.found.how in ("ambiguous", "stranger") and all(
        one is not None and not one.admitted and not one.doubt for one in people
    )


def retire(
    before: Collection, lines: Sequence[Line], own: Set[str], shelves: Shelves
) -> tuple[Collection, list[str], set[str]]:
    """Take back attempts of which every file is somebody else's now, or no student's.

    Args:
        before: what was collected before.
        lines: the submissions.
        own: the paths of files that no student has handed in.
        shelves: where attempts are kept.

    Returns:
        What of the earlier collection holds still; what was done, in sentences; and from whom
        something was taken.
    """
    now: dict[tuple[str, bytes], set[str]] = defaultdict(set)
    for line in lines:
        for kept, shown in line.intake.files.items():
            now[shown, line.intake.content_of(kept)].update(line.found.students)
    paths = {shown for shown, _ in now}
    said: list[str] = []
    attempts: list[Attempt] = []
    retired: set[str] = set()
    for attempt in before.attempts:
        staying = attempt.students
        wrong, files = set[str](), set(attempt.files.values())
        if files and own >= files:
            wrong = set(staying)
        elif files and paths >= files:
            wrong = {s for s in staying if _is_others(s, attempt, now, shelves)}
        staying = tuple(student for student in staying if student not in wrong)
        retired |= wrong
        said += [_put_away(student, attempt, shelves) for student in sorted(wrong)]
        if staying:
            attempts.append(attempt.model_copy(update={"students": staying}))
    having = {student for one in attempts for student in one.students}
    having |= {student for line in lines for student in line.found.students}
    people = {
        student: person
        for student, person in before.people.items()
        if student in having or student not in retired
    }
    return before.model_copy(update={"attempts": tuple(attempts), "people": people}), said, retired


def _folder(student: str, attempt: Attempt, shelves: Shelves) -> Path | None:
    """Where an attempt lies, as it was collected."""
    for folder in (shelves.current(student), shelves.earlier(student, attempt)):
        if digest_of_folder(folder) == attempt.digest:
            return folder
    return None


def _is_others(
    student: str, attempt: Attempt, now: dict[tuple[str, bytes], set[str]], shelves: Shelves
) -> bool:
    folder = _folder(student, attempt, shelves)
    if folder is None:
        return False
    contents = digests_in(folder)
    whose = [now.get((shown, contents[kept]), set()) for kept, shown in attempt.files.items()]
    return all(students and student not in students for students in whose)


def _put_away(student: str, attempt: Attempt, shelves: Shelves) -> str:
    current, place = shelves.current(student), shelves.earlier(student, attempt)
    if digest_of_folder(current) == attempt.digest:
        if place.exists():
            place = shelves.found(student, attempt.digest)
        shelves.move(current, place)
    return (
        f"What was collected before for {readable(student)} is not theirs, by what is known now. "
        f"It was moved to {place}."
    )


def bring_back(students: Iterable[str], attempts: Sequence[Attempt], shelves: Shelves) -> None:
    """Put the last attempt that somebody really made into the place of one that is gone.

    Args:
        students: of whom something was moved.
        attempts: all that are known.
        shelves: where they are kept.
    """
    for student in students:
        last = latest(one for one in attempts if student in one.students)
        target = shelves.current(student)
        if last is not None and not os.path.lexists(target):
            folder = _folder(student, last, shelves)
            if folder is not None:
                shelves.move(folder, target)
        shelves.remove_empty(student)
