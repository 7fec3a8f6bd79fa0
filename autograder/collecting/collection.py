"""What was collected: who handed in what, when, and what the platform calls it.

One file an assignment, beside the folder of submissions. Whatever goes back to the platform, pages
or marks, needs the platform's own names, which STUDENT/ASSIGNMENT/FILE no longer shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from autograder.errors import CourseError
from autograder.files import write_atomically

Platform = Literal[
    "canvas",
    "moodle",
    "brightspace",
    "blackboard",
    "gradescope",
    "sakai",
    "classroom",
    "folders",
]
"""Whose download it was; ``folders`` are one folder a student, named by the instructor."""


class Person(BaseModel):
    """A student, as the roster or the platform names them.

    Args:
        id: the name of the student's folder, and the id in the gradebook.
        last_name, first_name, email: blank where they are not known.
        group: the group that the student hands in with; blank without one.
        ids: what platforms call the student, by the roster's column or the platform's word for it
            ("SIS User ID", "participant").
        admitted: whether only a download, and no roster, says that there is such a person.
        doubt: why it is not certain who it is, the beginning of a sentence; blank if it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    group: str = ""
    ids: dict[str, str] = {}
    admitted: bool = False
    doubt: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the id where there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.id


class Attempt(BaseModel):
    """What was handed in at one time.

    Args:
        students: whose it is; several if a group handed in together.
        platform: where it came from.
        label: what the platform calls it: the folder in its download, or what its files' names
            begin with.
        handed_in: when, with a zone; ``None`` where the platform does not say.
        late: whether the platform marks it as late.
        sequence: a number of the platform's that grows with each attempt; 0 where there is none.
        files: by the name under which a file is kept, the path that it had in the download.
        digest: of all files, to recognise an attempt that was collected before.
        current: whether it is the one that is graded.
        said: whether the instructor has said whose it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    students: tuple[str, ...]
    platform: Platform
    label: str
    handed_in: datetime | None = None
    late: bool = False
    sequence: int = 0
    files: dict[str, str] = {}
    digest: str
    current: bool = True
    said: bool = False


class Collection(BaseModel):
    """All that was collected for an assignment.

    Args:
        assignment: its id.
        people: everybody on the roster, and who handed in without being on it, by id.
        attempts: the earliest collected first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    assignment: str
    people: dict[str, Person] = {}
    attempts: tuple[Attempt, ...] = ()

    def current(self, student: str) -> Attempt | None:
        """A student's attempt that is graded; ``None`` if nothing was collected."""
        return latest(one for one in self.attempts if one.current and student in one.students)


def latest(attempts: Iterable[Attempt]) -> Attempt | None:
    """The last of several attempts.

    The platform's times tell, or else its numbers, or else which was collected later.

    Args:
        attempts: the earliest collected first.

    Returns:
        It; ``None`` if there is none.
    """
    last: Attempt | None = None
    for one in attempts:
        if last is None or not _is_later(last, one):
            last = one
    return last


def _is_later(first: Attempt, then: Attempt) -> bool:
    """Whether of two attempts the one that was collected first is the later one."""
    if first.handed_in and then.handed_in and first.handed_in != then.handed_in:
        return first.handed_in > then.handed_in
    return bool(first.sequence and then.sequence) and first.sequence > then.sequence


def collection_file(submitted: Path, assignment: str) -> Path:
    """Where it is kept what was collected: `collected/ASSIGNMENT.json` beside the submissions."""
    return submitted.parent / "collected" / f"{assignment}.json"


def read_collection(submitted: Path, assignment: str) -> Collection:
    """What was collected so far.

    Args:
        submitted: the folder of submissions.
        assignment: the assignment's id.

    Returns:
        It; nothing of anybody if nothing was collected.

    Raises:
        CourseError: the file cannot be read.
    """
    path = collection_file(submitted, assignment)
    if not path.is_file():
        return Collection(assignment=assignment)
    try:
        return Collection.model_validate_json(path.read_bytes())
    except (ValidationError, OSError) as error:
        first = str(error).splitlines()[0]
        raise CourseError(
            f"{path} cannot be read ({first}). It says whose the submissions are: restore it "
            "from a backup, or collect the downloads again into an empty folder."
        ) from None


def write_collection(submitted: Path, collection: Collection) -> None:
    """Keep what was collected.

    Args:
        submitted: the folder of submissions.
        collection: all of it.
    """
    text = collection.model_dump_json(indent=1)
    write_atomically(collection_file(submitted, collection.assignment), f"{text}\n".encode())
