"""A small class in a gradebook: submissions whose runs are made up, so that no kernel is needed."""

from __future__ import annotations

import copy
import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import Gradebook

from autograder.grading.notebook import NotebookEvaluator, cells_digest
from autograder.grading.records import CriterionRecord, ExerciseRecord, NotebookRecord
from autograder.grading.settings import Limits
from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.reporting.entries import Entered
from autograder.reporting.gradebook import GradebookWriter
from autograder.submissions.students import known_students
from tests.submissions.make import grade_id

ASSIGNMENT = "heatmap_2d"
QUESTION = "compare_methods"

NEWEST = "e43177bfe90b"
"""The version of nbgrader's tables that a new gradebook has: nbgrader starts alembic to ask."""


@cache
def _stripped(room: str, name: str) -> str:
    """A notebook of the course without its outputs, as text."""
    nb = nbformat.from_dict(
        json.loads((COURSE_ROOT / room / ASSIGNMENT / f"{name}.ipynb").read_text(encoding="utf-8"))
    )
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return nbformat.writes(nb)


class Books:
    """A copy of an assignment that may be changed, and a working folder."""

    def __init__(self, folder: Path) -> None:
        self.root, self.work = folder / "course", folder / "work"
        manifest = load_manifest()
        self.assignment = manifest.assignment(ASSIGNMENT)
        (self.notebook,) = self.assignment.graded_notebooks
        for room in ("assignments", "solutions"):
            (self.root / room / ASSIGNMENT).mkdir(parents=True)
            for notebook in self.assignment.notebooks:
                path = self.root / room / ASSIGNMENT / f"{notebook.name}.ipynb"
                path.write_text(_stripped(room, notebook.name), encoding="utf-8")
        config = (COURSE_ROOT / "nbgrader_config.py").read_bytes()
        (self.root / "nbgrader_config.py").write_bytes(config)
        self.manifest = manifest.model_copy(update={"root": self.root})
        self.said: list[str] = []

    @property
    def writer(self) -> GradebookWriter:
        """A new one, as in a new run."""
        return GradebookWriter(self.manifest, self.work)

    @property
    def address(self) -> str:
        return f"sqlite:///{self.work / 'gradebook.db'}"

    @property
    def source(self) -> Path:
        return self.root / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"

    def submission(self, answer: str, code: Mapping[str, str]) -> NotebookNode:
        nb = nbformat.reads(_stripped("assignments", ASSIGNMENT), as_version=4)
        for cell in nb.cells:
            if grade_id(cell) == QUESTION and answer:
                cell.source = answer
            if grade_id(cell) in code:
                cell.source = code[grade_id(cell)]
        return nb

    def hand_in(
        self,
        student: str,
        answer: str = "",
        code: Mapping[str, str] | None = None,
        scores: Mapping[str, float] | None = None,
        without: Iterable[str] = (),
    ) -> None:
        """Lay a submission and the run that it came to; every exercise earns full marks."""
        nb = self.submission(answer, code or {})
        nb.cells = [c for c in nb.cells if grade_id(c).removeprefix("check_") not in set(without)]
        exercises = [e for e in self.notebook.exercises if e.id not in set(without)]
        earned = {exercise.id: exercise.points for exercise in exercises} | dict(scores or {})
        graded = copy.deepcopy(nb)
        for cell in graded.cells:
            name = grade_id(cell).removeprefix("check_")
            if name in earned and grade_id(cell).startswith("check_"):
                data = {"text/plain": str(earned[name])}
                cell.outputs = [new_output("execute_result", data=data, execution_count=1)]
        content = nbformat.writes(graded)
        record = NotebookRecord(
            key="a key",
            cells=cells_digest(nb),
            graded=hashlib.sha256(content.encode()).hexdigest(),
            status="graded",
            notes=(),
            exercises=tuple(_record(e.id, earned[e.id], e.points) for e in exercises),
        )
        evaluator = self.evaluator
        self.writer.add_submission(evaluator, student, nb)
        path = evaluator.store.path(student, ".ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        evaluator.store.keep(student, record)

    @property
    def evaluator(self) -> NotebookEvaluator:
        runs = self.work / "runs"
        return NotebookEvaluator(
            self.manifest, self.assignment, self.notebook, 3, Limits(), runs, "none"
        )

    def enter(self, *students: str) -> list[str]:
        """Enter a class as a run does; whom that concerned."""
        writer = self.writer
        self.said += writer.fit(ASSIGNMENT)
        writer.register(ASSIGNMENT)
        new = writer.unrecorded(self.assignment, students)
        writer.record(self.assignment, new)
        return new

    def settle(self) -> dict[str, tuple[float, float]]:
        """Enter due dates and penalties, as a run does at its end; whose penalty changed."""
        known = known_students(self.work / "runs")
        remarks, changed = self.writer.settle_due_dates(self.assignment, ASSIGNMENT, known)
        self.said += remarks
        return changed

    def entered(self, student: str) -> Entered:
        return self.writer.entered(ASSIGNMENT)[student]

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        with Gradebook(self.address) as gradebook:
            yield gradebook
            gradebook.db.commit()

    def give(self, student: str, score: float, cell: str = QUESTION, comment: str = "") -> None:
        """Save a score, as the formgrader does."""
        with self.gradebook() as gradebook:
            grade = gradebook.find_grade(cell, ASSIGNMENT, ASSIGNMENT, student)
            grade.manual_score, grade.needs_manual_grade = score, False
            if comment:
                found = gradebook.find_comment(cell, ASSIGNMENT, ASSIGNMENT, student)
                found.manual_comment = comment

    def rows(self) -> list[dict[str, str]]:
        """grades.csv as it is now."""
        path = self.work / "grades.csv"
        self.writer.write_grades(path)
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def edit_source(self, name: str = ASSIGNMENT) -> NotebookNode:
        path = self.root / "solutions" / ASSIGNMENT / f"{name}.ipynb"
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)

    def write_source(self, nb: NotebookNode, name: str = ASSIGNMENT) -> None:
        path = self.root / "solutions" / ASSIGNMENT / f"{name}.ipynb"
        path.write_text(nbformat.writes(nb), encoding="utf-8")


def _record(exercise: str, score: float, most: float) -> ExerciseRecord:
    criterion = CriterionRecord(
        id="values", passed=score == most, points=score, max_points=most, message="Said."
    )
    return ExerciseRecord(id=exercise, score=score, max_score=most, criteria=(criterion,))
