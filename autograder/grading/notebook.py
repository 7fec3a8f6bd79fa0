"""One submission from its file to its record: read, repair, run, score, store."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from pydantic import BaseModel, ConfigDict

from autograder.files import write_atomically
from autograder.fingerprints import digest, packages
from autograder.grading.execution import Limits, Run, Sandbox, run_notebook
from autograder.grading.scoring import add_notes, score
from autograder.manifest import Assignment, Manifest, Notebook
from autograder.reporting.results import ExerciseRecord, Status
from autograder.submissions.find import Submission, UnreadableError, read_notebook
from autograder.submissions.repair import repair
from autograder.suites.drawing import STORED_SEED, draw_suites, stored_suites
from poselab.checks.cases import Suite, suites_as_bytes


class NotebookRecord(BaseModel):
    """What one handed-in notebook earned, and what it was graded with.

    Args:
        key: the cells, and all else that the grade depends on; empty where grading failed.
        cells: the cells alone.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    cells: str = ""
    status: Status
    notes: tuple[str, ...]
    exercises: tuple[ExerciseRecord, ...]


@dataclass(frozen=True)
class Prepared:
    """A submission that is ready to be run.

    Args:
        nb: what nbgrader gets as the submission: repaired, without outputs.
        status: ``graded``, ``repaired``, ``unreadable`` or ``missing``.
        notes: what its author should know.
        missing: by exercise, why there is nothing to grade.
        key: what the grade depends on; equal keys, equal grades.
    """

    nb: NotebookNode
    status: Status
    notes: tuple[str, ...]
    missing: Mapping[str, str]
    key: str = ""


@dataclass(frozen=True)
class Graded:
    """A graded submission: what is to be kept of it.

    Args:
        record: what it earned.
        nb: the executed and scored notebook, as JSON.
    """

    record: NotebookRecord
    nb: str


@dataclass(frozen=True)
class Grader:
    """Grades the submissions of one notebook.

    Args:
        manifest: the course.
        assignment, notebook: what is graded.
        seed: draws the cases; the same for a whole class.
        limits: how long a submission may take.
        folder: where graded notebooks and records are kept, by student.
        environment: variables for the kernels.
        sandbox: what stands around the kernels.
    """

    manifest: Manifest
    assignment: Assignment
    notebook: Notebook
    seed: int
    limits: Limits
    folder: Path
    environment: Mapping[str, str]
    sandbox: Sandbox

    def prepare(self, submission: Submission) -> Prepared:
        """Read and repair a submission. Of one that cannot be read, the released notebook is left."""
        released = self.released()
        if submission.path is None:
            return self._nothing(released, "missing", submission.notes)
        try:
            handed_in = read_notebook(submission.path)
        except UnreadableError as error:
            return self._nothing(released, "unreadable", (*submission.notes, str(error)))
        return self.prepare_notebook(handed_in, submission.notes)

    def prepare_notebook(self, nb: NotebookNode, notes: tuple[str, ...] = ()) -> Prepared:
        """Repair a notebook that has been read."""
        repaired = repair(nb, self.released(), self.notebook)
        status: Status = "repaired" if repaired.mended else "graded"
        key = self.key(repaired.nb)
        return Prepared(repaired.nb, status, (*notes, *repaired.mended), repaired.missing, key)

    def grade(self, prepared: Prepared) -> Graded:
        """Run and score a prepared submission. Writes nothing: that is for :meth:`keep`."""
        nb = copy.deepcopy(prepared.nb)
        if prepared.status in ("unreadable", "missing"):
            run = Run(nb)
        else:
            published = {} if self.seed == STORED_SEED else stored_suites(self.assignment.id)
            run = run_notebook(
                nb, self.suites(), self.limits, self.environment, self.sandbox, published
            )
        return self._graded(prepared, run)

    def give_up(self, prepared: Prepared, reason: str) -> Graded:
        """Record a submission that our own side failed to grade. The next run tries it again."""
        notes = (*prepared.notes, reason)
        missing = {exercise.id: reason for exercise in self.notebook.exercises}
        failed = Prepared(prepared.nb, "crashed", notes, missing)
        return self._graded(failed, Run(copy.deepcopy(prepared.nb)))

    def keep(self, student: str, graded: Graded) -> None:
        """Store what came of a submission."""
        # The record last: where there is a record, there is a notebook.
        write_atomically(self.path(student, ".ipynb"), graded.nb.encode())
        content = graded.record.model_dump_json(indent=1)
        write_atomically(self.path(student, ".json"), content.encode())

    def forget(self, student: str) -> None:
        """Drop what was kept of a submission."""
        self.path(student, ".json").unlink(missing_ok=True)

    def kept(self, student: str) -> NotebookRecord | None:
        """The record of an earlier run, whatever it was graded with; ``None`` if there is none."""
        path = self.path(student, ".json")
        return NotebookRecord.model_validate_json(path.read_text()) if path.is_file() else None

    def kept_notebook(self, student: str) -> NotebookNode:
        """The graded notebook of an earlier run."""
        return nbformat.read(self.path(student, ".ipynb"), as_version=4)

    def released(self) -> NotebookNode:
        """The notebook that students were given."""
        return copy.deepcopy(self._released)

    def solution(self) -> Submission:
        """The course's own solution, as if it had been handed in."""
        name = f"{self.notebook.name}.ipynb"
        return Submission("solution", self.manifest.root / "solutions" / self.assignment.id / name)

    def key(self, nb: NotebookNode) -> str:
        """Equal keys, equal grades: the notebook's cells, the limits, the suites, our own code."""
        settings = [asdict(self.limits), dict(self.environment), self.sandbox]
        return digest([cells_digest(nb), settings, self._surroundings])

    def suites(self) -> dict[str, Suite]:
        """The cases and keys of this run, by exercise."""
        suites = draw_suites(self.assignment.id, self.seed)
        return {exercise.id: suites[exercise.id] for exercise in self.notebook.exercises}

    def _graded(self, prepared: Prepared, run: Run) -> Graded:
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
        return Graded(record, nbformat.writes(run.nb))

    @cached_property
    def _released(self) -> NotebookNode:
        folder = self.manifest.root / "assignments" / self.assignment.id
        return nbformat.read(folder / f"{self.notebook.name}.ipynb", as_version=4)

    @cached_property
    def _surroundings(self) -> str:
        suites = suites_as_bytes(self.suites().values())
        code = packages(self.manifest, self.assignment)
        return digest([hashlib.sha256(suites).hexdigest(), code])

    def _nothing(self, released: NotebookNode, status: Status, notes: tuple[str, ...]) -> Prepared:
        reason = " ".join(notes)
        missing = {exercise.id: reason for exercise in self.notebook.exercises}
        return Prepared(released, status, notes, missing, digest([notes, self._surroundings]))

    def path(self, student: str, suffix: str) -> Path:
        """Where a submission's graded notebook (``.ipynb``) or record (``.json``) is kept."""
        return self.folder / self.assignment.id / student / f"{self.notebook.name}{suffix}"


def cells_digest(nb: NotebookNode) -> str:
    """What tells two submissions apart: their cells, without outputs."""
    return digest(
        [
            [cell.cell_type, cell.source, cell.metadata.get("nbgrader", {}).get("grade_id")]
            for cell in nb.cells
        ]
    )
