"""A whole class: hand-ins run in parallel, one writer for the gradebook."""

from __future__ import annotations

import multiprocessing
import shutil
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TypeAlias

import nbformat
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from autograder.errors import CourseError
from autograder.build.pipeline import write_atomically
from autograder.grading.collect import find_hand_ins
from autograder.grading.execution import Limits
from autograder.grading.gradebook import Ledger
from autograder.grading.hand_in import Grader, NotebookRecord, Prepared
from autograder.grading.nbgrader_plugin import ENVIRONMENT, run_seed
from autograder.grading.results import Results, Status, SubmissionRecord
from autograder.manifest import Assignment, Manifest

OUR_SOLUTION = ".solution"
"""The course's own hand-in, run with the class. No student's folder may begin with a full stop."""

Task: TypeAlias = tuple[Grader, str, Prepared]
"""A grader, a student's name and what that student handed in."""

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


def grade_class(
    manifest: Manifest,
    assignment_id: str,
    submitted: Path,
    work: Path,
    results: Path,
    *,
    workers: int,
    force: bool,
    console: Console,
) -> Results:
    """Grade every hand-in of an assignment.

    Args:
        manifest: the course.
        assignment_id: the assignment.
        submitted: hand-ins, laid out STUDENT/ASSIGNMENT/NOTEBOOK.ipynb. Only read.
        work: gradebook, graded notebooks and feedback go here.
        results: the results file to write.
        workers: hand-ins that run at the same time.
        force: run hand-ins again that were graded before and did not change.
        console: for the progress bar.

    Raises:
        CourseError: there is nothing to grade, or nbgrader refuses.
    """
    assignment = manifest.assignment(assignment_id)
    ledger = Ledger(manifest, work)
    seed = run_seed(ledger.runs, assignment.id)
    tasks: list[Task] = []
    for notebook in assignment.graded_notebooks:
        grader = Grader(manifest, assignment, notebook, seed, Limits(), ledger.runs, ENVIRONMENT)
        found = find_hand_ins(submitted, assignment, notebook)
        tasks += [(grader, hand_in.student, grader.prepare(hand_in)) for hand_in in found]
        tasks.append((grader, OUR_SOLUTION, grader.prepare(grader.solution())))
    everything = _grade_all(tasks, workers, force, console)
    _expect_full_marks([record for student, record in everything if student == OUR_SOLUTION])
    records = [(student, record) for student, record in everything if student != OUR_SOLUTION]
    _hand_over(tasks, ledger, assignment)
    with console.status("Writing gradebook and feedback"):
        ledger.register(assignment.id)
        ledger.record(assignment.id)
        ledger.write_feedback(assignment.id)
        ledger.write_grades(ledger.work / "grades.csv")
    by_student = {
        student: tuple(record for name, record in records if name == student)
        for student in sorted({student for student, _ in records})
    }
    outcome = Results(
        assignment=assignment.id,
        seed=seed,
        submissions=tuple(_merged(student, parts) for student, parts in by_student.items()),
    )
    outcome.write(results)
    return outcome


def _expect_full_marks(solutions: list[NotebookRecord]) -> None:
    """A machine on which our own solution loses points must not grade anybody."""
    for record in solutions:
        for exercise in record.exercises:
            if exercise.score < exercise.max_score:
                failed = next(c for c in exercise.criteria if not c.passed)
                raise CourseError(
                    f"Nothing was recorded, because on this machine the course's own solution of "
                    f"{exercise.id} loses points ({failed.id}: {failed.message}); "
                    "run `make check`."
                )


def _hand_over(tasks: list[Task], ledger: Ledger, assignment: Assignment) -> None:
    """Lay the repaired hand-ins where nbgrader looks for submissions."""
    shutil.rmtree(ledger.submitted, ignore_errors=True)
    for grader, student, prepared in tasks:
        if student == OUR_SOLUTION:
            continue
        path = ledger.submitted / student / assignment.id / f"{grader.notebook.name}.ipynb"
        write_atomically(path, nbformat.writes(prepared.nb).encode())


def _grade_all(
    tasks: list[Task], workers: int, force: bool, console: Console
) -> list[tuple[str, NotebookRecord]]:
    """Run what has to be run, each hand-in in a process of its own pool, and keep the order."""
    records: dict[int, NotebookRecord] = {}
    columns = ("Grading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # A fresh process each: torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with (
        Progress(*columns, console=console, transient=True) as progress,
        ProcessPoolExecutor(workers, mp_context=context) as pool,
    ):
        bar = progress.add_task("", total=len(tasks))
        futures: dict[Future[NotebookRecord], int] = {}
        for number, (grader, student, prepared) in enumerate(tasks):
            kept = None if force else grader.kept(student)
            if kept is not None and kept.key == grader.key(prepared.nb):
                records[number] = kept
                progress.advance(bar)
            else:
                futures[pool.submit(grader.grade, student, prepared)] = number
        for future in as_completed(futures):
            number = futures[future]
            try:
                records[number] = future.result()
            except Exception as error:  # our own failure: it must not cost the others their grades
                grader, student, prepared = tasks[number]
                reason = f"The grader failed ({type(error).__name__}: {error}); grade once more."
                records[number] = grader.give_up(student, prepared, reason)
            progress.advance(bar)
    return [(tasks[number][1], records[number]) for number in sorted(records)]


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
