"""Every student's feedback pages: no page can keep the others from being written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from autograder.errors import DISK_FULL
from autograder.files import write_atomically
from autograder.grading.marking_scheme import marking_schemes
from autograder.grading.records import NOTHING_TO_GRADE, NotebookRecord, RecordStore
from autograder.limited.calls import LimitedCallError, call, warm
from autograder.limited.limits import CallLimits
from autograder.manifest import Assignment, Notebook
from autograder.reporting.entries import Entered
from autograder.reporting.gradebook import GradebookWriter
from autograder.reporting.page_facts import page_content
from autograder.reporting.page_parts import PageContent
from autograder.reporting.pages import MARK, make_page, page_of, plain_page, prepare
from autograder.submissions.students import known_students
from autograder.suites.drawing import stored_suites

LIMITS = CallLimits(seconds=20, result=64 << 20)
"""Of one page. An ordinary one takes a tenth of a second and has 200 kB."""


@dataclass(frozen=True)
class FeedbackWriter:
    """Writes the pages of an assignment's notebooks.

    Args:
        gradebook_writer: knows the working folder and the gradebook.
        assignment: the assignment.
        limits: what one page may take.
    """

    gradebook_writer: GradebookWriter
    assignment: Assignment
    limits: CallLimits = LIMITS

    def prepare(self) -> None:
        """Have done meanwhile what all pages need; without waiting for it."""
        warm(prepare)

    def unfinished(self) -> list[str]:
        """The students with a plain page. What was in the way may be gone by now."""
        return sorted(
            path.parents[1].name
            for notebook in self.assignment.graded_notebooks
            for path in self.gradebook_writer.feedback.glob(
                f"*/{self.assignment.id}/{notebook.name}.html"
            )
            if is_plain(path)
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
        contents = self.contents(students)

        def written(pair: tuple[str, Notebook]) -> str | None:
            student, notebook = pair
            return self._write(student, notebook, contents[student, notebook.name])

        pairs = [(s, notebook) for s in students for notebook in self.assignment.graded_notebooks]
        with ThreadPoolExecutor(workers) as pool:
            reasons = list(pool.map(written, pairs))
        return {
            student: f"The feedback page shows no notebook: {reason}."
            for (student, _), reason in zip(pairs, reasons, strict=True)
            if reason is not None
        }

    def contents(self, students: Sequence[str]) -> dict[tuple[str, str], PageContent]:
        """What some students' pages say beside the notebook.

        Args:
            students: the students.

        Returns:
            By student and notebook.
        """
        writer, assignment = self.gradebook_writer, self.assignment
        there = writer.entered(assignment.id, students)
        entered = {student: there.get(student, Entered()) for student in students}
        known = known_students(writer.runs)
        stores = {
            notebook.name: RecordStore(writer.runs / assignment.id, notebook.name, NotebookRecord)
            for notebook in assignment.graded_notebooks
        }
        kept = {s: {name: store.kept(s) for name, store in stores.items()} for s in students}
        missing = {
            student: [n for n, one in records.items() if one and one.status in NOTHING_TO_GRADE]
            for student, records in kept.items()
        }
        return {
            (student, notebook.name): page_content(
                assignment,
                notebook,
                entered[student].full_name or known.name_of(student),
                entered[student],
                kept[student][notebook.name],
                self._titles,
                self._schemes.get(notebook.name, {}),
                missing[student],
            )
            for student in students
            for notebook in assignment.graded_notebooks
        }

    def page(self, student: str, notebook: str, nb: NotebookNode) -> str:
        """A page that nbgrader asks for, which has read the notebook.

        Args:
            student: whose.
            notebook: its name.
            nb: the autograded notebook.

        Returns:
            HTML; a plain page where the notebook cannot be shown.
        """
        content = self.contents([student])[student, notebook]
        checks = checks_of(self.assignment.notebook(notebook))
        try:
            return call(page_of, content, nb, checks, limits=self.limits)
        except LimitedCallError:
            return plain_page(content)

    def _write(self, student: str, notebook: Notebook, content: PageContent) -> str | None:
        """Write a page; if it is a plain one, say why."""
        writer, assignment = self.gradebook_writer, self.assignment
        where = (student, assignment.id)
        source = writer.autograded.joinpath(*where, f"{notebook.name}.ipynb")
        reason = None
        try:
            checks = checks_of(notebook)
            page = call(make_page, content, source, checks, limits=self.limits)
        except LimitedCallError as error:
            reason = str(error).rstrip(".")
            page = plain_page(content)
        try:
            path = writer.feedback.joinpath(*where, f"{notebook.name}.html")
            write_atomically(path, page.encode())
        except OSError as error:
            if error.errno in DISK_FULL:
                raise
            return f"it could not be written ({error.strerror})"
        return reason

    @cached_property
    def _titles(self) -> Mapping[tuple[str, str], str]:
        """What students call the criteria, by exercise and criterion."""
        return {
            (suite.id, rung.id): rung.title
            for suite in stored_suites(self.assignment.id).values()
            for rung in suite.criteria
        }

    @cached_property
    def _schemes(self) -> Mapping[str, Mapping[str, str]]:
        """The marking schemes that students may see, by notebook and question."""
        manifest = self.gradebook_writer.manifest
        if not manifest.shows_marking_scheme(self.assignment):
            return {}
        return {
            notebook.name: marking_schemes(manifest.executed(self.assignment, notebook))
            for notebook in self.assignment.graded_notebooks
        }


def checks_of(notebook: Notebook) -> dict[str, str]:
    """By the name of the cell that checks it, each of a notebook's exercises."""
    return {exercise.check_id: exercise.id for exercise in notebook.exercises}


def is_plain(page: Path) -> bool:
    """Whether a page shows no notebook, because that could not be shown."""
    with page.open("rb") as file:
        return MARK in file.read(100)
