"""The two-sided gate: solutions score full marks, untouched notebooks run and score nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

from nbformat import NotebookNode

from autograder.errors import CourseError
from autograder.grading.execution import run_notebook
from autograder.grading.notebook import NotebookEvaluator
from autograder.grading.records import NotebookRecord
from autograder.grading.settings import Limits
from autograder.manifest import Assignment, Manifest, Notebook
from autograder.quality.unwritten import only_unwritten
from autograder.sandbox.choice import Sandbox, sandbox_for_our_code
from autograder.submissions.find import Submission
from poselab.checks.report import points

PROOF_SEED = 1
"""Not the stored suites' seed: the solutions have to be right on other inputs, too."""


def prove(manifest: Manifest, pool: Executor) -> Iterator[str]:
    """Begin to grade every solution and every untouched notebook.

    Args:
        manifest: the course.
        pool: where that is done.

    Returns:
        Waits, and gives one line for each thing that holds. Raises CourseError where a solution
        loses points, or an untouched notebook earns some or does not run.
    """
    parts = [pool.submit(prove_notebook, manifest, *which) for which in manifest.notebooks()]
    return (part.result() for part in parts)


def prove_notebook(manifest: Manifest, assignment: Assignment, notebook: Notebook) -> str:
    """Grade the solution of one notebook and the untouched notebook, or run it if it is not graded.

    Args:
        manifest: the course.
        assignment: the notebook's.
        notebook: which.

    Returns:
        One line that says what holds.

    Raises:
        CourseError: the solution loses points; the untouched notebook earns some, or fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _prove(manifest, assignment, notebook, Path(folder))


def _prove(manifest: Manifest, assignment: Assignment, notebook: Notebook, folder: Path) -> str:
    sandbox = sandbox_for_our_code()
    grader = NotebookEvaluator(
        manifest, assignment, notebook, PROOF_SEED, Limits(), folder, sandbox, "all"
    )
    name = f"{assignment.id}/{notebook.name}.ipynb"
    if not notebook.graded:
        _run_untouched(grader.released(), name, sandbox)
        return f"assignments/{name} runs."
    solved = grader.grade(grader.prepare(grader.solution())).record
    _expect(solved, name, full=True)
    untouched = manifest.released(assignment, notebook)
    prepared = grader.prepare(Submission("untouched", untouched))
    blank = grader.attempt(prepared)
    only_unwritten(blank.run.nb, name)
    _expect(grader.scored(prepared, blank).record, name, full=False)
    most = sum(exercise.max_score for exercise in solved.exercises)
    return (
        f"solutions/{name} scores {points(most)} of {points(most)}, "
        f"assignments/{name} runs and scores 0."
    )


def _expect(record: NotebookRecord, name: str, full: bool) -> None:
    if record.status != "graded":
        raise CourseError(f"{name} is {record.status} instead of graded: {' '.join(record.notes)}")
    for exercise in record.exercises:
        wanted = exercise.max_score if full else 0.0
        if exercise.score == wanted:
            continue
        if full:
            failed = next(criterion for criterion in exercise.criteria if not criterion.passed)
            raise CourseError(
                f"solutions/{name}: {exercise.id} loses {failed.id}: {failed.message}"
            )
        raise CourseError(
            f"assignments/{name}: {exercise.id} earns {points(exercise.score)} points untouched."
        )


def _run_untouched(nb: NotebookNode, name: str, sandbox: Sandbox) -> None:
    run = run_notebook(nb, {}, Limits(), sandbox)
    if run.status is not None:
        raise CourseError(f"assignments/{name} does not run: {' '.join(run.notes)}")
    only_unwritten(run.nb, name)
