"""The interface between the pipeline and what knows how one kind of submission is graded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from autograder.errors import DISK_FULL, CourseError
from autograder.grading.records import KeptRecord, RecordStore
from autograder.manifest import Assignment, Manifest
from autograder.sandbox.choice import Sandbox

OWN = ".solution"
"""The course's own submission, run with the class. No student's folder begins with a full stop."""

GRADER_FAILED = "The grader failed"
"""How the remark begins on a submission that our own side failed to grade."""


class Found(Protocol):
    """What was found of one student's submission."""

    @property
    def student(self) -> str:
        """The name of the student's folder."""


class Prepared(Protocol):
    """A submission that is ready to be run."""

    @property
    def key(self) -> str:
        """All that the grade depends on; equal keys, equal grades."""


Graded = Any
"""The result of a submission, in the evaluator's own form; it travels between processes."""


class Evaluator(Protocol):
    """How one kind of submission is graded. It travels to other processes and machines.

    Only ``keep``, which runs where the class is graded, writes anything.
    """

    @property
    def manifest(self) -> Manifest:
        """The course."""

    @property
    def assignment(self) -> Assignment:
        """What is graded."""

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox of what was submitted."""

    @property
    def store(self) -> RecordStore[Any]:
        """Where records are kept."""

    @property
    def in_threads(self) -> bool:
        """Whether scoring takes so little that threads do for any number of workers."""

    def find(self, submitted: Path) -> Iterable[Found]:
        """Every student's submission."""

    def prepare(self, found: Any) -> Prepared:
        """Read one, and put it right as far as that goes."""

    def unprepared(self, found: Any, reason: str) -> Prepared:
        """What stands for one that could not be read; without a key, for it to be tried again."""

    def grade(self, prepared: Any) -> Graded:
        """Run and score one."""

    def give_up(self, prepared: Any, reason: str) -> Graded:
        """Record one that our own side failed to grade; without a key, for it to be tried again."""

    def keep(self, student: str, graded: Any) -> KeptRecord:
        """Store the result of one, and return its record."""

    def own(self) -> Prepared:
        """The course's own submission, which has to be graded as it should be."""

    def why_not_trusted(self, record: Any) -> str | None:
        """Why a machine on which our own submission gets this record must not grade anybody."""


@dataclass(frozen=True)
class Task:
    """One student's submission, ready to be graded."""

    student: str
    evaluator: Evaluator
    prepared: Prepared


def prepare(evaluator: Evaluator, found: Any) -> Prepared:
    """Make one submission ready; what our own side gets wrong becomes its reason.

    Args:
        evaluator: knows how.
        found: what was found of the submission.

    Returns:
        The submission, or what stands for it.

    Raises:
        CourseError: no submission can be read on this machine.
        OSError: the disk is full.
    """
    try:
        return evaluator.prepare(found)
    except CourseError:
        raise
    except Exception as error:  # one submission must not cost the others their grades
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise
        return evaluator.unprepared(found, _our_side(f"{type(error).__name__}: {error}"))


def run_task(task: Task) -> Graded:
    """Grade one submission; what our own side gets wrong becomes its reason.

    Args:
        task: the submission and how to grade it.

    Returns:
        The result in the evaluator's own form.

    Raises:
        OSError: the disk is full.
    """
    try:
        return task.evaluator.grade(task.prepared)
    except CourseError as error:
        return give_up(task, str(error).rstrip("."))
    except Exception as error:  # one submission must not cost the others their grades
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise
        return give_up(task, f"{type(error).__name__}: {error}")


def give_up(task: Task, reason: str) -> Graded:
    """Record that our own side failed, and why; the next run tries the submission again."""
    return task.evaluator.give_up(task.prepared, _our_side(reason))


def grader_failed(notes: Iterable[str]) -> bool:
    """Whether the remarks on a submission say that our own side failed."""
    return any(note.startswith(GRADER_FAILED) for note in notes)


def _our_side(reason: str) -> str:
    return f"{GRADER_FAILED} ({' '.join(reason.split())[:300]}); grade again."
