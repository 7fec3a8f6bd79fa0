"""Every student's feedback pages: no page can keep the others from being written."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import MissingEntry
from traitlets.config import Config

from autograder.errors import DISK_FULL
from autograder.files import write_atomically
from autograder.grading.records import NotebookRecord, RecordStore
from autograder.limited.calls import LimitedCallError, call, warm
from autograder.limited.limits import CallLimits
from autograder.manifest import Assignment, Notebook
from autograder.reporting.gradebook import GradebookWriter
from autograder.reporting.gradebook_check import opened
from autograder.reporting.pages import Page, make_page, prepare
from autograder.reporting.plain_page import MARK, Mark, plain_page

LIMITS = CallLimits(seconds=20, result=64 << 20)
"""Of one page. An ordinary one takes a fifth of a second and has 200 kB."""


@dataclass(frozen=True)
class FeedbackWriter:
    """Writes the pages of an assignment's notebooks.

    Args:
        gradebook_writer: knows the working folder and nbgrader's configuration.
        assignment: the assignment.
        limits: what one page may take.
    """

    gradebook_writer: GradebookWriter
    assignment: Assignment
    limits: CallLimits = LIMITS

    def prepare(self) -> None:
        """Have done meanwhile what all pages need; without waiting for it."""
        warm(prepare, self.gradebook_writer.configuration())

    def unfinished(self) -> list[str]:
        """The students with a plain page. What was in the way may be gone by now."""
        return sorted(
            path.parents[1].name
            for notebook in self.assignment.graded_notebooks
            for path in self.gradebook_writer.feedback.glob(
                f"*/{self.assignment.id}/{notebook.name}.html"
            )
            if _is_plain(path)
        )

    def write(self, students: Sequence[str], workers: int) -> dict[str, str]:
        """Write some students' pages, several at a time.

        Args:
            students: the students.
            workers: pages that are made at the same time.

        Returns:
            By student, why the page shows points and messages only.

        Raises:
            OSError: the disk is full.
        """
        if not students:
            return {}
        pairs = [(s, notebook) for s in students for notebook in self.assignment.graded_notebooks]
        config = self.gradebook_writer.configuration()

        def written(pair: tuple[str, Notebook]) -> str | None:
            return self._write(pair[0], pair[1], config)

        with ThreadPoolExecutor(workers) as pool:
            reasons = list(pool.map(written, pairs))
        return {
            student: f"The feedback page shows no notebook: {reason}."
            for (student, _), reason in zip(pairs, reasons, strict=True)
            if reason is not None
        }

    def _write(self, student: str, notebook: Notebook, config: Config) -> str | None:
        """Write a page; if it is a plain one, say why."""
        writer, assignment = self.gradebook_writer, self.assignment
        where = (student, assignment.id)
        source = writer.autograded.joinpath(*where, f"{notebook.name}.ipynb")
        reason = None
        try:
            page = Page(student, assignment.id, notebook.name, source)
            made = call(make_page, page, config, limits=self.limits).encode()
        except LimitedCallError as error:
            reason = str(error).rstrip(".")
            made = self._plain(student, notebook, reason)
        try:
            write_atomically(writer.feedback.joinpath(*where, f"{notebook.name}.html"), made)
        except OSError as error:
            if error.errno in DISK_FULL:
                raise
            return f"it could not be written ({error.strerror})"
        return reason

    def _plain(self, student: str, notebook: Notebook, reason: str) -> bytes:
        runs = self.gradebook_writer.runs / self.assignment.id
        record = RecordStore(runs, notebook.name, NotebookRecord).kept(student)
        marks, by_hand = self._marks(student, notebook)
        return plain_page(
            title=f"{self.assignment.title}: {notebook.name}",
            remark=f"The notebook could not be shown: {reason}.",
            exercises=record.exercises if record else (),
            marks=marks,
            notes=record.notes if record else (),
            by_hand=by_hand,
        )

    def _marks(self, student: str, notebook: Notebook) -> tuple[list[Mark], dict[str, float]]:
        """What a person has given: for questions, and instead of what the grader gave."""
        checks = {exercise.check_id: exercise.id for exercise in notebook.exercises}
        marks: dict[str, Mark] = {}
        by_hand: dict[str, float] = {}
        try:
            with opened(self.gradebook_writer.database) as gradebook:
                entered = gradebook.find_submission_notebook(
                    notebook.name, self.assignment.id, student
                )
                comments = {comment.name: comment.comment or "" for comment in entered.comments}
                for grade in entered.grades:
                    if grade.name in checks:
                        by_hand[checks[grade.name]] = grade.score
                    else:
                        score = None if grade.needs_manual_grade else grade.score
                        comment = comments.pop(grade.name, "")
                        marks[grade.name] = Mark(grade.name, score, grade.max_score, comment)
                rest = [Mark(name, None, 0, text) for name, text in comments.items() if text]
        except MissingEntry:
            return [], {}
        return [*marks.values(), *rest], by_hand


def _is_plain(page: Path) -> bool:
    with page.open("rb") as file:
        return MARK in file.read(100)
