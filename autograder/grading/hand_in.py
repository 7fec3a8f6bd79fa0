"""One hand-in from its file to its record: read, repair, run, score, store."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from pydantic import BaseModel, ConfigDict

from autograder.build.fingerprint import digest, packages
from autograder.exams import draw_papers
from autograder.build.pipeline import write_atomically
from autograder.grading.collect import HandIn, UnreadableError, read_notebook
from autograder.grading.execution import Limits, Run, run_notebook
from autograder.grading.repair import repair
from autograder.grading.results import ExerciseRecord, Status
from autograder.grading.scoring import add_notes, score
from autograder.manifest import Assignment, Manifest, Notebook
from poselab.checks.paper import Exercise, exercises_as_bytes


class NotebookRecord(BaseModel):
    """What one handed-in notebook earned, and what it was graded with."""

    model_config = ConfigDict(frozen=True)

    key: str
    status: Status
    notes: tuple[str, ...]
    exercises: tuple[ExerciseRecord, ...]


@dataclass(frozen=True)
class Prepared:
    """A hand-in that is ready to be run.

    Args:
        nb: what nbgrader gets as the submission: repaired, without outputs.
        status: ``graded``, ``repaired``, ``unreadable`` or ``missing``.
        notes: what its author should know.
        missing: by exercise, why there is nothing to grade.
    """

    nb: NotebookNode
    status: Status
    notes: tuple[str, ...]
    missing: Mapping[str, str]


@dataclass(frozen=True)
class Grader:
    """Grades the hand-ins of one notebook.

    Args:
        manifest: the course.
        assignment, notebook: what is graded.
        seed: draws the questions; the same for a whole class.
        limits: how long a hand-in may take.
        folder: where graded notebooks and records are kept, by student.
        environment: variables for the kernels.
    """

    manifest: Manifest
    assignment: Assignment
    notebook: Notebook
    seed: int
    limits: Limits
    folder: Path
    environment: Mapping[str, str]

    def prepare(self, hand_in: HandIn) -> Prepared:
        """Read and repair a hand-in. Of one that cannot be read, the released notebook is left."""
        released = self.released()
        if hand_in.path is None:
            return self._nothing(released, "missing", hand_in.notes)
        try:
            handed_in = read_notebook(hand_in.path)
        except UnreadableError as error:
            return self._nothing(released, "unreadable", (*hand_in.notes, str(error)))
        repaired = repair(handed_in, released, self.notebook)
        status: Status = "repaired" if repaired.mended else "graded"
        return Prepared(
            repaired.nb, status, (*hand_in.notes, *repaired.mended), repaired.missing
        )

    def grade(self, student: str, prepared: Prepared) -> NotebookRecord:
        """Run and score a prepared hand-in, and keep the result."""
        nb = copy.deepcopy(prepared.nb)
        if prepared.status in ("unreadable", "missing"):
            run = Run(nb)
        else:
            run = run_notebook(nb, self._papers(), self.limits, self.environment)
        return self._record(student, prepared, run, key=self.key(prepared.nb))

    def give_up(self, student: str, prepared: Prepared, reason: str) -> NotebookRecord:
        """Record a hand-in that our own side failed to grade. The next run tries it again."""
        notes = (*prepared.notes, reason)
        missing = {exercise.id: reason for exercise in self.notebook.exercises}
        failed = Prepared(prepared.nb, "crashed", notes, missing)
        return self._record(student, failed, Run(copy.deepcopy(prepared.nb)), key="")

    def kept(self, student: str) -> NotebookRecord | None:
        """The record of an earlier run, whatever it was graded with; ``None`` if there is none."""
        path = self._path(student, ".json")
        return NotebookRecord.model_validate_json(path.read_text()) if path.is_file() else None

    def kept_notebook(self, student: str) -> NotebookNode:
        """The graded notebook of an earlier run."""
        return nbformat.read(self._path(student, ".ipynb"), as_version=4)

    def released(self) -> NotebookNode:
        """The notebook that students were given."""
        path = (
            self.manifest.root / "assignments" / self.assignment.id / f"{self.notebook.name}.ipynb"
        )
        return nbformat.read(path, as_version=4)

    def solution(self) -> HandIn:
        """The course's own solution, as if it had been handed in."""
        name = f"{self.notebook.name}.ipynb"
        return HandIn("solution", self.manifest.root / "solutions" / self.assignment.id / name)

    def key(self, nb: NotebookNode) -> str:
        """Equal keys, equal grades: the notebook's cells, the limits, the papers, our own code."""
        cells = [
            [cell.cell_type, cell.source, cell.metadata.get("nbgrader", {}).get("grade_id")]
            for cell in nb.cells
        ]
        settings = [self.limits.cell, self.limits.total, dict(self.environment)]
        return digest([cells, settings, self._surroundings])

    def _papers(self) -> dict[str, Exercise]:
        papers = draw_papers(self.assignment.id, self.seed)
        return {exercise.id: papers[exercise.id] for exercise in self.notebook.exercises}

    def _record(self, student: str, prepared: Prepared, run: Run, key: str) -> NotebookRecord:
        verdicts = score(run, self.notebook, self._papers(), prepared.missing)
        notes = (*prepared.notes, *run.notes)
        add_notes(run.nb, notes)
        record = NotebookRecord(
            key=key,
            status=run.status or prepared.status,
            notes=notes,
            exercises=tuple(ExerciseRecord.of(verdict) for verdict in verdicts),
        )
        self._keep(student, run.nb, record)
        return record

    @cached_property
    def _surroundings(self) -> list[object]:
        papers = exercises_as_bytes(self._papers().values())
        code = packages(self.manifest, self.assignment)
        return [hashlib.sha256(papers).hexdigest(), code]

    def _nothing(
        self, released: NotebookNode, status: Status, notes: tuple[str, ...]
    ) -> Prepared:
        reason = " ".join(notes)
        missing = {exercise.id: reason for exercise in self.notebook.exercises}
        return Prepared(released, status, notes, missing)

    def _keep(self, student: str, nb: NotebookNode, record: NotebookRecord) -> None:
        # The record last: where there is a record, there is a notebook.
        write_atomically(self._path(student, ".ipynb"), nbformat.writes(nb).encode())
        write_atomically(self._path(student, ".json"), record.model_dump_json(indent=1).encode())

    def _path(self, student: str, suffix: str) -> Path:
        return self.folder / self.assignment.id / student / f"{self.notebook.name}{suffix}"
