"""Grading a class and reporting it: results file, gradebook, feedback pages, leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from autograder.errors import CourseError
from autograder.exercises.graded_model import GradedModel, graded_model_of
from autograder.files import write_atomically
from autograder.grading.model import ModelEvaluator, gradebook_name
from autograder.grading.notebook import NotebookEvaluator
from autograder.grading.pipeline import grade_all
from autograder.grading.records import ModelRecord, SubmissionRecord
from autograder.grading.settings import Settings, run_seed
from autograder.manifest import Assignment, Manifest
from autograder.reporting.enter_names import enter_names
from autograder.reporting.gradebook import GradebookWriter, outdated
from autograder.reporting.model_page import model_page
from autograder.reporting.recorder import Recorder
from autograder.reporting.results import Results, model_row, write_leaderboard
from autograder.submissions.find import (
    refuse_another_layout,
    refuse_without_files,
    student_folders,
)
from autograder.submissions.students import Students, admit, known_students
from autograder.submissions.timestamps import TIMESTAMP
from poselab.models.predictor import MissingPackageError, require_packages


def grade_class(
    manifest: Manifest,
    assignment_id: str,
    submitted: Path,
    work: Path,
    results: Path,
    settings: Settings,
    console: Console,
) -> Results[SubmissionRecord]:
    """Grade every submission of an assignment's notebooks.

    Args:
        manifest: the course.
        assignment_id: the assignment.
        submitted: submissions, laid out STUDENT/ASSIGNMENT/NOTEBOOK.ipynb. Only read.
        work: gradebook, graded notebooks and feedback go here.
        results: the results file to write.
        settings: how.
        console: for the progress bar.

    Returns:
        What the results file holds. Each record is read from the disk when it is needed.

    Raises:
        CourseError: there is nothing to grade, or nbgrader refuses.
    """
    assignment = manifest.assignment(assignment_id)
    if not assignment.graded_notebooks:
        raise CourseError(
            f"course.toml has no graded notebook in {assignment_id}: nothing to grade."
        )
    others = set(manifest.assignments) - {assignment.id}
    refuse_another_layout(submitted, assignment, others)
    writer = GradebookWriter(manifest, work, settings.database)
    seed = run_seed(writer.runs, assignment.id)
    evaluators = [
        NotebookEvaluator(
            manifest, assignment, notebook, seed, settings.limits, writer.runs, settings.sandbox
        )
        for notebook in assignment.graded_notebooks
    ]
    students: set[str] = set()
    folders = [f.name for f in student_folders(submitted, assignment.id)]
    known = admit(writer.runs, folders)
    writer.forget_the_gone({known.id_of(folder) for folder in folders})
    with Recorder(writer, assignment) as recorder:
        sink = _NotebookSink(writer, recorder, evaluators[-1])
        for evaluator in evaluators:
            students.update(grade_all(evaluator, submitted, sink, settings, console))
    with console.status("Writing feedback"):
        writer.record(assignment.id, writer.unrecorded(assignment))
        enter_names(writer.database, known)
        writer.write_feedback(assignment.id, writer.without_feedback(assignment), settings.workers)
        writer.write_grades(writer.work / "grades.csv")
    outcome = Results(assignment.id, seed, _KeptSubmissions(evaluators, sorted(students), known))
    outcome.write(results)
    return outcome


def evaluate_models(
    manifest: Manifest,
    assignment_id: str,
    submitted: Path,
    work: Path,
    results: Path,
    settings: Settings,
    console: Console,
    graded: GradedModel | None = None,
) -> Results[ModelRecord]:
    """Evaluate every model that was submitted.

    Args:
        manifest: the course.
        assignment_id: the assignment.
        submitted: submissions, laid out STUDENT/ASSIGNMENT/my_model.onnx. Only read.
        work: gradebook, feedback pages and leaderboard go here.
        results: the results file to write.
        settings: how.
        console: for the progress bar.
        graded: what the grader knows of the model; the assignment's unless told otherwise.

    Returns:
        What the results file holds.

    Raises:
        CourseError: there is nothing to evaluate, or models do not run on this machine.
    """
    assignment = manifest.assignment(assignment_id)
    graded = graded or graded_model_of(assignment)
    try:
        require_packages(graded.spec)
    except MissingPackageError as error:
        raise CourseError(str(error)) from None
    refuse_without_files(submitted, assignment, graded.spec.files)
    name = gradebook_name(assignment)
    writer = GradebookWriter(manifest, work, settings.database)
    seed = run_seed(writer.runs, name)
    evaluator = ModelEvaluator(manifest, assignment, graded, seed, writer.work, settings.sandbox)
    with console.status("Drawing the held-out data"):
        evaluator.draw()
    students = sorted(grade_all(evaluator, submitted, _NoSink(), settings, console))
    known = known_students(writer.runs)
    kept = {s: record for s in students if (record := evaluator.store.kept(s)) is not None}
    model, metrics = evaluator.model, graded.metrics
    writer.enter_models(assignment, model, kept.values())
    enter_names(writer.database, known)
    named = {s: r.model_copy(update={"student": known.name_of(s)}) for s, r in kept.items()}
    records = list(named.values())
    for student, record in named.items():
        page = writer.feedback / student / name / f"{Path(model.file).stem}.html"
        if outdated([(page, evaluator.store.path(student))]):
            write_atomically(page, model_page(record, assignment, model, graded, evaluator.count))
    writer.write_grades(writer.work / "grades.csv")
    write_leaderboard(records, model, metrics, leaderboard(writer.work, assignment))
    outcome = Results(
        assignment.id,
        seed,
        records,
        {
            f"{graded.spec.sample}s": evaluator.count,
            **{name: setting for metric in metrics for name, setting in metric.settings.items()},
        },
        partial(model_row, metrics=metrics),
    )
    outcome.write(results)
    return outcome


def leaderboard(work: Path, assignment: Assignment) -> Path:
    """Where an assignment's leaderboard is written."""
    return work / "leaderboards" / f"{assignment.id}.csv"


@dataclass(frozen=True)
class _NotebookSink:
    """Lays submissions where nbgrader looks for them, and enters students when they are done."""

    writer: GradebookWriter
    recorder: Recorder
    last: NotebookEvaluator

    def planned(self, evaluator: Any, student: str, prepared: Any) -> None:
        self.writer.add_submission(evaluator, student, prepared.nb)
        if evaluator is self.last:
            self._lay_timestamp(self.writer.submitted / student / evaluator.assignment.id, prepared)

    def graded(self, evaluator: Any, student: str) -> None:
        # A student is entered when the last notebook has been run.
        if evaluator is self.last:
            self.recorder.enter(student)

    def _lay_timestamp(self, folder: Path, prepared: Any) -> None:
        """Lay the time of submission where nbgrader looks for it."""
        path = folder / TIMESTAMP
        if prepared.handed_in_at:
            write_atomically(path, prepared.handed_in_at.encode())
        else:
            path.unlink(missing_ok=True)


class _NoSink:
    """For what is entered when all is done."""

    def planned(self, evaluator: Any, student: str, prepared: Any) -> None:
        """Do nothing."""

    def graded(self, evaluator: Any, student: str) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class _KeptSubmissions:
    """What students have earned, read from the working folder one by one."""

    evaluators: Sequence[NotebookEvaluator]
    students: Sequence[str]
    known: Students

    def __iter__(self) -> Any:
        for student in self.students:
            records = [evaluator.store.kept(student) for evaluator in self.evaluators]
            name = self.known.name_of(student)
            yield SubmissionRecord.of(name, [record for record in records if record])
