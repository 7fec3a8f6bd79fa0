"""Entering scores into the gradebook while other submissions are still running: the one writer."""

from __future__ import annotations

import queue
import threading
from types import TracebackType

from autograder.manifest import Assignment
from autograder.reporting.gradebook import GradebookWriter

MOST_AT_ONCE = 100
"""Students entered in one go: nbgrader starts faster for many than for one at a time."""


class Recorder:
    """A thread that enters students into the gradebook, in the order in which it is given them.

    Leaving the ``with`` block waits until all are entered. After an exception it enters no more:
    what is kept in the working folder is entered by the next run.

    Args:
        gradebook_writer: enters the students.
        assignment: the assignment that is graded.

    Raises:
        CourseError: on leaving, if a student could not be entered.
    """

    def __init__(self, gradebook_writer: GradebookWriter, assignment: Assignment) -> None:
        self.gradebook_writer = gradebook_writer
        self.assignment = assignment
        self._students: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="gradebook", daemon=True)
        self._failure: Exception | None = None
        self._stopped = threading.Event()

    def enter(self, student: str) -> None:
        """Have a student entered, whose run is kept.

        Args:
            student: the name of the student's folder.

        Raises:
            CourseError: an earlier student could not be entered.
        """
        if self._failure is not None:
            raise self._failure
        self._students.put(student)

    def __enter__(self) -> Recorder:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish, or stop after an error."""
        if error is not None:
            self._stopped.set()
        self._students.put(None)
        self._thread.join()
        if error is None and self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        try:
            self.gradebook_writer.register(self.assignment.id)
            while students := self._next():
                self.gradebook_writer.record(self.assignment, students)
        except Exception as error:  # raised again by the thread that waits for this one
            self._failure = error

    def _next(self) -> list[str]:
        """All that wait, or else the next one; nothing when there will be no more."""
        students = [self._students.get()]
        while students[-1] is not None and len(students) < MOST_AT_ONCE:
            try:
                students.append(self._students.get_nowait())
            except queue.Empty:
                break
        if students[-1] is None and len(students) > 1:
            self._students.put(None)  # for the next time
        named = [student for student in students if student is not None]
        return [] if self._stopped.is_set() else named
