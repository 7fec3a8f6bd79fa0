"""One notebook from its file to its record: read, repair, run, score, store."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.exercises.catalogue import solution_source
from autograder.files import write_atomically
from autograder.fingerprints import digest, packages
from autograder.grading.execution import Run, run_notebook
from autograder.grading.records import ExerciseRecord, NotebookRecord, RecordStore, Status
from autograder.grading.scoring import add_notes, score
from autograder.grading.settings import ENVIRONMENT, Limits
from autograder.manifest import Assignment, Manifest, Notebook
from autograder.needed_cells import graded_part
from autograder.sandbox.choice import Sandbox
from autograder.submissions.find import Submission, find_submissions
from autograder.submissions.read import UnreadableError, read_notebook
from autograder.submissions.repair import repair
from autograder.submissions.students import admit
from autograder.submissions.timestamps import has_timestamp, read_timestamp
from autograder.suites.drawing import STORED_SEED, draw_suites, stored_suites
from poselab.checks.cases import Suite, suites_as_bytes


@dataclass(frozen=True)
class PreparedNotebook:
    """A submission that is ready to be run.

    Args:
        nb: what nbgrader gets as the submission: repaired, without outputs.
        status: ``graded``, ``repaired``, ``unreadable`` or ``missing``.
        notes: what its author should know.
        missing: by exercise, why there is nothing to grade.
        key: what the grade depends on; equal keys, equal grades.
        handed_in_at: the time, as nbgrader reads it; empty where it is not known.
    """

    nb: NotebookNode
    status: Status
    notes: tuple[str, ...]
    missing: Mapping[str, str]
    key: str = ""
    handed_in_at: str = ""


@dataclass(frozen=True)
class GradedNotebook:
    """A graded submission: what is to be kept of it.

    Args:
        record: what it earned.
        nb: the executed and scored notebook, as JSON.
    """

    record: NotebookRecord
    nb: str


@dataclass(frozen=True)
class NotebookEvaluator:
    """Grades the submissions of one notebook.

    Args:
        manifest: the course.
        assignment, notebook: what is graded.
        seed: draws the cases; the same for a whole class.
        limits: how long a submission may take.
        folder: where graded notebooks and records are kept, by assignment.
        sandbox: the kernels'.
    """

    manifest: Manifest
    assignment: Assignment
    notebook: Notebook
    seed: int
    limits: Limits
    folder: Path
    sandbox: Sandbox

    in_threads = False

    @property
    def store(self) -> RecordStore[NotebookRecord]:
        """Where records are kept, and graded notebooks beside them."""
        return RecordStore(self.folder / self.assignment.id, self.notebook.name, NotebookRecord)

    def find(self, submitted: Path) -> list[Submission]:
        """Every student's notebook, under the student's id."""
        others = set(self.manifest.assignments) - {self.assignment.id}
        found = find_submissions(submitted, self.assignment, self.notebook, self._released, others)
        students = admit(self.folder, (submission.student for submission in found))
        return [replace(one, student=students.id_of(one.student)) for one in found]

    def prepare(self, submission: Submission) -> PreparedNotebook:
        """Read and repair a submission; one that cannot be read becomes the released notebook."""
        released = self.released()
        if submission.path is None:
            status: Status = "unreadable" if submission.refused else "missing"
            return self._nothing(released, status, submission.notes)
        try:
            handed_in = read_notebook(submission.path)
        except UnreadableError as error:
            return self._nothing(released, "unreadable", (*submission.notes, str(error)))
        beside = submission.path.parent
        folders = [beside, beside.parent]  # a notebook may lie too deep
        when, why_not = read_timestamp(next((f for f in folders if has_timestamp(f)), beside))
        notes = (*submission.notes, *([why_not] if why_not else []))
        prepared = self.prepare_notebook(handed_in, notes)
        if when is None:
            return prepared
        # Another time may be another penalty, which nbgrader finds when it enters the submission.
        return replace(prepared, key=digest([prepared.key, when]), handed_in_at=when)

    def prepare_notebook(self, nb: NotebookNode, notes: tuple[str, ...] = ()) -> PreparedNotebook:
        """Repair a notebook that has been read."""
        repaired = repair(nb, self.released(), self.notebook)
        status: Status = "repaired" if repaired.fixed else "graded"
        key = self.key(repaired.nb)
        return PreparedNotebook(
            repaired.nb, status, (*notes, *repaired.fixed), repaired.missing, key
        )

    def grade(self, prepared: PreparedNotebook) -> GradedNotebook:
        """Run and score a prepared submission. Writes nothing: that is for :meth:`keep`."""
        nb = copy.deepcopy(prepared.nb)
        if prepared.status in ("unreadable", "missing"):
            run = Run(nb)
        else:
            published = {} if self.seed == STORED_SEED else stored_suites(self.assignment.id)
            run = run_notebook(
                nb, self.suites(), self.limits, self.sandbox, published, self.right_sources()
            )
        return self._graded(prepared, run)

    def give_up(self, prepared: PreparedNotebook, reason: str) -> GradedNotebook:
        """Record a submission that our own side failed to grade. The next run tries it again."""
        notes = (*prepared.notes, reason)
        missing = {exercise.id: reason for exercise in self.notebook.exercises}
        failed = PreparedNotebook(prepared.nb, "crashed", notes, missing)
        return self._graded(failed, Run(copy.deepcopy(prepared.nb)))

    def keep(self, student: str, graded: GradedNotebook) -> NotebookRecord:
        """Store the result of a submission, and return its record."""
        # The record last: where there is a record, there is a notebook.
        write_atomically(self.store.path(student, ".ipynb"), graded.nb.encode())
        self.store.keep(student, graded.record)
        return graded.record

    def kept_notebook(self, student: str) -> NotebookNode:
        """The graded notebook of an earlier run."""
        return nbformat.read(self.store.path(student, ".ipynb"), as_version=4)

    def own(self) -> PreparedNotebook:
        """The course's own solution, without the cells that only train or draw."""
        prepared = self.prepare(self.solution())
        cells = graded_part(prepared.nb)
        return self.prepare_notebook(NotebookNode({**prepared.nb, "cells": cells}))

    def why_not_trusted(self, record: NotebookRecord) -> str | None:
        """The points that our own solution has lost, if any."""
        for exercise in record.exercises:
            if exercise.score < exercise.max_score:
                failed = next(c for c in exercise.criteria if not c.passed)
                return (
                    f"the course's own solution of {exercise.id} loses points "
                    f"({failed.id}: {failed.message}); run `make check`"
                )
        return None

    def released(self) -> NotebookNode:
        """The notebook that students were given."""
        return copy.deepcopy(self._released)

    def solution(self) -> Submission:
        """The course's own solution, as if it had been submitted."""
        name = f"{self.notebook.name}.ipynb"
        return Submission("solution", self.manifest.root / "solutions" / self.assignment.id / name)

    def key(self, nb: NotebookNode) -> str:
        """Equal keys, equal grades: the notebook's cells, the limits, the suites, our own code."""
        settings = [asdict(self.limits), ENVIRONMENT, self.sandbox]
        return digest([cells_digest(nb), settings, self._surroundings])

    def suites(self) -> dict[str, Suite]:
        """The cases of this run and what is expected, by exercise."""
        suites = draw_suites(self.assignment.id, self.seed)
        return {exercise.id: suites[exercise.id] for exercise in self.notebook.exercises}

    def right_sources(self) -> dict[str, str]:
        """By exercise, the source of a right answer to each that another one needs."""
        source = self.manifest.source(self.assignment, self.notebook)
        needed = {name for suite in self.suites().values() for name in suite.needs}
        return {name: solution_source(source, name) for name in sorted(needed)}

    def _graded(self, prepared: PreparedNotebook, run: Run) -> GradedNotebook:
        verdicts = score(run, self.notebook, self.suites(), prepared.missing)
        notes = (*prepared.notes, *run.notes)
        add_notes(run.nb, notes)
        record = NotebookRecord(
            key=prepared.key,
            cells=cells_digest(prepared.nb),
            status=run.status or prepared.status,
            notes=notes,
            exercises=tuple(ExerciseRecord.of(verdict) for verdict in verdicts),
        )
        return GradedNotebook(record, nbformat.writes(run.nb))

    @cached_property
    def _released(self) -> NotebookNode:
        folder = self.manifest.root / "assignments" / self.assignment.id
        return nbformat.read(folder / f"{self.notebook.name}.ipynb", as_version=4)

    @cached_property
    def _surroundings(self) -> str:
        # What the mistakes give derives from the code, and takes seconds to try.
        suites = suites_as_bytes(replace(suite, mistakes=()) for suite in self.suites().values())
        code = packages(self.manifest, self.assignment)
        return digest([hashlib.sha256(suites).hexdigest(), code])

    def _nothing(
        self, released: NotebookNode, status: Status, notes: tuple[str, ...]
    ) -> PreparedNotebook:
        reason = " ".join(notes)
        missing = {exercise.id: reason for exercise in self.notebook.exercises}
        return PreparedNotebook(
            released, status, notes, missing, digest([notes, self._surroundings])
        )


def cells_digest(nb: NotebookNode) -> str:
    """What tells two submissions apart: their cells, without outputs."""
    return digest(
        [
            [cell.cell_type, cell.source, cell.metadata.get("nbgrader", {}).get("grade_id")]
            for cell in nb.cells
        ]
    )
