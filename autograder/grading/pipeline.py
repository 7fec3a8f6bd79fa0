"""A whole class: submissions run in parallel, one writer for the gradebook."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from autograder.errors import CourseError
from autograder.grading.execution import Limits, Sandbox
from autograder.grading.local import Task, run_here
from autograder.grading.notebook import Graded, Grader, NotebookRecord
from autograder.manifest import Manifest
from autograder.nbgrader_plugin import ENVIRONMENT, run_seed
from autograder.reporting.gradebook import GradebookWriter
from autograder.reporting.recorder import Recorder
from autograder.reporting.results import Results, Status, SubmissionRecord
from autograder.submissions.find import Submission, find_submissions

OUR_SOLUTION = ".solution"
"""The course's own submission, run with the class. No student's folder may begin with a full stop."""

# From the most to the least telling: what a student with several notebooks is reported as.
_ORDER: tuple[Status, ...] = (
    "unreadable",
    "missing",
    "out_of_memory",
    "crashed",
    "timed_out",
    "repaired",
    "graded",
)


@dataclass(frozen=True)
class Settings:
    """How a class is graded.

    Args:
        workers: submissions that run at the same time on this machine.
        force: run submissions again that were graded before and did not change.
        sandbox: what stands around the kernels.
        limits: what a submission may use.
        scheduler: the address of a Dask scheduler whose workers run the submissions; else this machine.
        database: the gradebook, as SQLAlchemy writes it; else a file in the working folder.
    """

    workers: int = 1
    force: bool = False
    sandbox: Sandbox = "bubblewrap"
    limits: Limits = field(default_factory=Limits)
    scheduler: str | None = None
    database: str | None = None


def grade_class(
    manifest: Manifest,
    assignment_id: str,
    submitted: Path,
    work: Path,
    results: Path,
    settings: Settings,
    console: Console,
) -> Results:
    """Grade every submission of an assignment.

    Args:
        manifest: the course.
        assignment_id: the assignment.
        submitted: submissions, laid out STUDENT/ASSIGNMENT/NOTEBOOK.ipynb. Only read.
        work: gradebook, graded notebooks and feedback go here.
        results: the results file to write.
        settings: how.
        console: for the progress bar.

    Raises:
        CourseError: there is nothing to grade, or nbgrader refuses.
    """
    assignment = manifest.assignment(assignment_id)
    if not assignment.graded_notebooks:
        raise CourseError(
            f"course.toml has no graded notebook in {assignment_id}: nothing to grade."
        )
    gradebook_writer = GradebookWriter(manifest, work, settings.database)
    seed = run_seed(gradebook_writer.runs, assignment.id)
    graders = [
        Grader(
            manifest,
            assignment,
            notebook,
            seed,
            settings.limits,
            gradebook_writer.runs,
            ENVIRONMENT,
            settings.sandbox,
        )
        for notebook in assignment.graded_notebooks
    ]
    students: set[str] = set()
    _forget_the_gone(gradebook_writer, submitted)
    with Recorder(gradebook_writer, assignment) as recorder:
        for grader in graders:
            found = find_submissions(submitted, assignment, grader.notebook)
            # A student is entered when the last notebook has been run.
            enter = recorder if grader is graders[-1] else None
            students.update(_grade_all(grader, found, gradebook_writer, settings, enter, console))
    with console.status("Writing feedback"):
        gradebook_writer.record(assignment.id, gradebook_writer.unrecorded(assignment))
        gradebook_writer.write_feedback(
            assignment.id, gradebook_writer.without_feedback(assignment), settings.workers
        )
        gradebook_writer.write_grades(gradebook_writer.work / "grades.csv")
    outcome = Results(assignment.id, seed, _Kept(graders, sorted(students)))
    outcome.write(results)
    return outcome


@dataclass(frozen=True)
class _Kept:
    """What students have earned, read from the working folder as one goes through it."""

    graders: Sequence[Grader]
    students: Sequence[str]

    def __iter__(self) -> Iterator[SubmissionRecord]:
        for student in self.students:
            records = (grader.kept(student) for grader in self.graders)
            yield _merged(student, tuple(record for record in records if record is not None))


def _expect_full_marks(grader: Grader, solution: NotebookRecord, run: list[str]) -> None:
    """A machine on which our own solution loses points must not grade anybody."""
    for exercise in solution.exercises:
        if exercise.score < exercise.max_score:
            for student in (OUR_SOLUTION, *run):
                grader.forget(student)
            failed = next(c for c in exercise.criteria if not c.passed)
            raise CourseError(
                f"Nothing was recorded, because on this machine the course's own solution of "
                f"{exercise.id} loses points ({failed.id}: {failed.message}); run `make check`."
            )


def _grade_all(
    grader: Grader,
    found: list[Submission],
    gradebook_writer: GradebookWriter,
    settings: Settings,
    recorder: Recorder | None,
    console: Console,
) -> list[str]:
    """Run what has to be run, keep each record as it comes, and say whose there are.

    Raises:
        CourseError: our own solution loses points on this machine.
    """
    columns = ("Grading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    run: list[str] = []
    unchanged: list[str] = []
    solution = list(_our_solution(grader))
    sound, entered = not solution, 0
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=len(found))

        def tasks() -> Iterator[Task]:
            yield from solution
            for submission in found:
                prepared = grader.prepare(submission)
                gradebook_writer.add_submission(grader, submission.student, prepared.nb)
                kept = None if settings.force else grader.kept(submission.student)
                if kept is not None and prepared.key and kept.key == prepared.key:
                    unchanged.append(submission.student)
                    progress.advance(bar)
                else:
                    yield Task(submission.student, grader, prepared)

        for task, graded in _run(tasks(), settings):
            grader.keep(task.student, graded)
            if task.student == OUR_SOLUTION:
                _expect_full_marks(grader, graded.record, run)
                sound = True
            else:
                progress.advance(bar)
                run.append(task.student)
            # Nobody is entered before it is known that the machine can be trusted.
            if sound and recorder is not None:
                for student in run[entered:]:
                    recorder.enter(student)
                entered = len(run)
    return run + unchanged


def _our_solution(grader: Grader) -> Iterator[Task]:
    """Our own solution, run where the class runs; nothing counts if it loses points there."""
    prepared = grader.prepare(grader.solution())
    # Nobody's time is for its trainings: what defines something is enough.
    cells = [cell for cell in prepared.nb.cells if _is_needed(cell)]
    prepared = grader.prepare_notebook(NotebookNode({**prepared.nb, "cells": cells}))
    kept = grader.kept(OUR_SOLUTION)
    if kept is None or kept.key != prepared.key:
        yield Task(OUR_SOLUTION, grader, prepared)


def _is_needed(cell: NotebookNode) -> bool:
    if cell.cell_type != "code" or "nbgrader" in cell.metadata:
        return "nbgrader" in cell.metadata
    body = ast.parse(cell.source).body
    return any(isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef)) for node in body)


def _run(tasks: Iterable[Task], settings: Settings) -> Iterator[tuple[Task, Graded]]:
    if settings.scheduler is None:
        return run_here(tasks, settings.workers)
    from autograder.grading.cluster import run_on_cluster

    return run_on_cluster(tasks, settings.scheduler)


def _forget_the_gone(gradebook_writer: GradebookWriter, submitted: Path) -> None:
    """Take submissions out of nbgrader's folder that are no longer there."""
    for folder in gradebook_writer.submitted.glob("*"):
        if not (submitted / folder.name).is_dir():
            shutil.rmtree(folder)


def _merged(student: str, records: tuple[NotebookRecord, ...]) -> SubmissionRecord:
    """One student's notebooks as one submission."""
    exercises = tuple(exercise for record in records for exercise in record.exercises)
    return SubmissionRecord(
        student=student,
        status=min((record.status for record in records), key=_ORDER.index),
        score=sum(exercise.score for exercise in exercises),
        max_score=sum(exercise.max_score for exercise in exercises),
        notes=tuple(note for record in records for note in record.notes),
        exercises=exercises,
    )
