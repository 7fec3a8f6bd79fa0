"""Which attempt is the one that is graded, and where each goes."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.collecting.collection import Attempt, Collection, latest
from autograder.collecting.intake import digest_of_folder
from autograder.collecting.outcome import Line
from autograder.collecting.shelves import Shelves
from autograder.submissions.students import readable


def settle(lines: Sequence[Line], before: Collection, shelves: Shelves) -> tuple[Attempt, ...]:
    """Put every submission where it belongs, and say on its line what became of it.

    Args:
        lines: the submissions, those made earlier first.
        before: what was collected before.
        shelves: where to put them.

    Returns:
        All attempts, those of earlier runs first.
    """
    attempts = list(before.attempts)
    settled: list[tuple[Line, int]] = []
    for line in lines:
        if not line.intake.files:
            line.state = "empty"
            line.remarks.append("Nothing of it could be taken.")
            continue
        number = next((i for i, one in enumerate(attempts) if _is_same(one, line)), None)
        if number is None:
            number = len(attempts)
            attempts.append(_attempt(line))
            line.state = "new"
        else:
            known = attempts[number]
            students = tuple(sorted({*known.students, *line.found.students}))
            update = {
                "students": students,
                "said": known.said or line.found.how == "said",
                "handed_in": known.handed_in or line.handed.handed_in,
            }
            attempts[number] = known.model_copy(update=update)
        settled.append((line, number))
    of: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        for student in attempt.students:
            of[student].append(attempt)
    last = {student: latest(mine) for student, mine in of.items()}
    for line, number in settled:
        students, attempt = line.found.students, attempts[number]
        if line.state == "new" and any(last[student] is not attempt for student in students):
            line.state = "earlier"
        elif line.state == "new" and any(len(of[student]) > 1 for student in students):
            line.state = "newer"
        putting = _Putting(line, attempt, number < len(before.attempts), shelves)
        # The last copy is the folder itself, which costs nothing.
        for left, student in reversed(list(enumerate(reversed(students)))):
            putting.put(student, of[student], last[student] is attempt, left == 0)
    return tuple(
        one.model_copy(update={"current": any(last[student] is one for student in one.students)})
        for one in attempts
    )


def _is_same(known: Attempt, line: Line) -> bool:
    """Whether an attempt was collected before: the same files, and what the platform calls them."""
    handed = line.handed
    if known.digest != line.digest or known.platform != handed.platform:
        return False
    if not set(known.students) & set(line.found.students):
        return False
    if known.sequence and handed.sequence:
        return known.sequence == handed.sequence
    return known.label == handed.label


def _attempt(line: Line) -> Attempt:
    handed = line.handed
    return Attempt(
        students=line.found.students,
        platform=handed.platform,
        label=handed.label,
        handed_in=handed.handed_in,
        late=handed.late,
        sequence=handed.sequence,
        files=dict(sorted(line.intake.files.items())),
        digest=line.digest,
        said=line.found.how == "said",
    )


@dataclass
class _Putting:
    """Lets the folders of one submission appear."""

    line: Line
    attempt: Attempt
    is_known: bool
    shelves: Shelves

    def put(self, student: str, mine: Sequence[Attempt], graded: bool, last: bool) -> None:
        """Put a copy on a student's shelf, if it is not there."""
        target: Path | None
        if graded:
            target = self._made_room(student, mine)
        else:
            target = self.shelves.earlier(student, self.attempt)
            current = self.shelves.current(student)
            if target.exists():
                target = None
            elif digest_of_folder(current) == self.attempt.digest:
                self.shelves.move(current, target)
                target = None
        if target is not None:
            self.shelves.put(self.line.intake.folder, self.attempt, target, last)

    def _made_room(self, student: str, mine: Sequence[Attempt]) -> Path | None:
        """The folder for what is graded, emptied; ``None`` if what lies there is to stay."""
        target = self.shelves.current(student)
        if not os.path.lexists(target) or _is_empty(target):
            return target
        lies = digest_of_folder(target)
        if lies == self.attempt.digest:
            return None
        other = next((one for one in mine if one.digest == lies), None)
        if other is not None:
            place = self.shelves.earlier(student, other)
            # A run that was killed may have written it already.
            place = self.shelves.found(student, lies) if place.exists() else place
            self.shelves.move(target, place)
            return target
        shown = readable(student)
        if self.is_known:
            self.line.remarks.append(
                f"The files of {shown} were changed by hand since; they stay as they are."
            )
            return None
        place = self.shelves.found(student, lies)
        self.shelves.move(target, place)
        self.line.remarks.append(
            f"What lay in the folder of {shown} was put there by hand; it is now in {place}."
        )
        return target


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())
