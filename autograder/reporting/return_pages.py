"""Feedback pages in one archive, laid out as a platform takes them back.

What the platform calls a student's submission is known from when it was collected. Who was not
collected from there lies in a folder of their own, to be given back by hand.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path, PurePosixPath

from autograder.collecting.collection import Attempt, Collection, Person, Platform
from autograder.errors import CourseError
from autograder.submissions.names import likeness
from autograder.submissions.students import Students
from poselab.files import replacing

BY_HAND = "by_hand"
"""The archive's folder of students whom the platform does not know."""

UPLOADS: Mapping[Platform, str] = {
    "canvas": "Gradebook > the assignment's menu > Upload Submissions; Canvas shows a page under "
    "the name of the file that was submitted",
    "moodle": "Assignment > Submissions > Actions > Upload multiple feedback files in a zip",
    "brightspace": "Assignments > the folder > Add Feedback Files",
    "sakai": "Assignments > the assignment > Upload All, with Feedback attachments chosen",
    "blackboard": "Blackboard takes no archive of feedback: attach each student's pages by hand",
    "gradescope": "Gradescope takes no archive of feedback: give each student their pages by hand",
    "classroom": "Classroom takes no archive of feedback: attach each student's pages by hand",
    "folders": "one folder a student",
}
"""Where a platform takes the archive, in the words of its menus."""

_FEEDBACK_OF_SAKAI = "Feedback Attachment(s)"
_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Returned:
    """An archive that was written.

    Args:
        path: where it lies.
        students: whose pages it holds.
        by_hand: those of them whom the platform does not know.
        pages: how many there are; a group has each page once.
    """

    path: Path
    students: tuple[str, ...]
    by_hand: tuple[str, ...]
    pages: int


def write_archive(
    feedback: Path, collection: Collection, known: Students, platform: Platform, path: Path
) -> Returned:
    """Write the pages of everybody who has some.

    Args:
        feedback: the folder of pages, STUDENT/ASSIGNMENT/NOTEBOOK.html.
        collection: what was collected for the assignment.
        known: which id stands for which folder of submissions.
        platform: whom it is for.
        path: the archive. Equal pages give equal bytes.

    Returns:
        What it holds.

    Raises:
        CourseError: nobody has a page.
    """
    folders = {student: folder for folder, student in known.ids.items()}
    pages = {
        folder.name: found
        for folder in sorted(feedback.glob("*"))
        if (found := list(_pages(folder, collection.assignment)))
    }
    if not pages:
        raise CourseError(
            f"There are no pages of {collection.assignment} in {feedback}: grade the class first, "
            "or give the folder of its grading with --work."
        )
    by_hand: list[str] = []
    archived = _Names()
    with replacing(path) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
        for student, found in pages.items():
            attempt = collection.current(folders.get(student, student))
            places: list[PurePosixPath | None] = []
            if attempt is not None and attempt.platform == platform:
                person = collection.people.get(folders.get(student, student), Person(id=student))
                place = _PLACES.get(platform, _readable)
                places = [place(attempt, person, page) for page in found]
            known_there = [where for where in places if where is not None]
            if len(known_there) < len(found):
                by_hand.append(student)
                attempt = None
                known_there = [PurePosixPath(BY_HAND, student, page.name) for page in found]
            for page, where in zip(found, known_there, strict=True):
                name = archived.name(where, attempt)
                if name is not None:
                    about = zipfile.ZipInfo(name, _TIME)
                    about.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(about, page.read_bytes())
    return Returned(path, tuple(pages), tuple(by_hand), archived.count)


class _Names:
    """The names in an archive, of which no two are one, whatever the file system."""

    def __init__(self) -> None:
        self._taken: dict[str, Attempt | None] = {}

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._taken)

    def name(self, where: PurePosixPath, attempt: Attempt | None) -> str | None:
        """A name for a page, with a number if another has it; ``None`` if it is there already."""
        where = PurePosixPath(_safe(where))
        numbered = (where.with_stem(f"{where.stem}-{n}") for n in count(2))
        for name in map(str, chain([where], numbered)):
            if name.casefold() not in self._taken:
                self._taken[name.casefold()] = attempt
                return name
            # A group has handed in once: its members have one place, and equal pages.
            if attempt is not None and self._taken[name.casefold()] is attempt:
                return None
        raise AssertionError("numbers do not end")


def _pages(student: Path, assignment: str) -> Iterator[Path]:
    """A student's pages, those about the model included."""
    for name in (assignment, f"{assignment}_model"):
        yield from sorted((student / name).glob("[!.]*.html"))


def _safe(where: PurePosixPath) -> str:
    """A path that stays within the archive, and that any file system can hold."""
    parts = [
        re.sub(r'[<>:"|?*\\\x00-\x1f]', "_", part).rstrip(". ")
        for part in where.parts
        if part not in ("/", "..", ".")
    ]
    return "/".join(part or "_" for part in parts)


def _in_the_folder(attempt: Attempt, person: Person, page: Path) -> PurePosixPath:
    """In a folder that is called as in the download."""
    return PurePosixPath(attempt.label, page.name)


def _as_the_file(attempt: Attempt, person: Person, page: Path) -> PurePosixPath | None:
    """Beside no folder, called as the submitted file: Canvas reads two numbers in its name.

    A text that was typed into Canvas has one number only, so there is no such name for it.
    """
    user = re.escape(attempt.label.rpartition("_")[2])
    numbered = re.compile(rf"((?:.*_)?{user}_\d+)_.", re.DOTALL)
    files = sorted(
        attempt.files.items(), key=lambda one: likeness(PurePosixPath(one[0]).stem, page.stem)
    )
    for _, downloaded in files:
        # What a zip file held stands after its name.
        parts = re.split(r"/|: ", downloaded)
        upload = next((found for part in parts if (found := numbered.match(part))), None)
        if upload is not None:
            break
    else:
        return None
    name = PurePosixPath(upload.string).stem if upload.string == parts[-1] else upload[1]
    if page.stem not in name:
        name = f"{name}_{page.stem}"
    return PurePosixPath(f"{name}.html")


def _in_sakais_folder(attempt: Attempt, person: Person, page: Path) -> PurePosixPath:
    """In the folder of feedback beside that of submitted files."""
    for downloaded in attempt.files.values():
        parts = PurePosixPath(downloaded).parts
        if attempt.label in parts:
            above = parts[: parts.index(attempt.label) + 1]
            return PurePosixPath(*above, _FEEDBACK_OF_SAKAI, page.name)
    return PurePosixPath(attempt.label, _FEEDBACK_OF_SAKAI, page.name)


def _readable(attempt: Attempt, person: Person, page: Path) -> PurePosixPath:
    """In a folder that a person finds."""
    name = ", ".join(filter(None, (person.last_name, person.first_name)))
    folder = f"{name} ({person.id})" if name else person.id
    return PurePosixPath(folder.replace("/", "_"), page.name)


_PLACES: Mapping[Platform, Callable[[Attempt, Person, Path], PurePosixPath | None]] = {
    "canvas": _as_the_file,
    "moodle": _in_the_folder,
    "brightspace": _in_the_folder,
    "sakai": _in_sakais_folder,
}
