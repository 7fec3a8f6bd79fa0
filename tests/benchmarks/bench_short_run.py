"""Whether anybody loses a point by the short run: ``python -m tests.benchmarks.bench_short_run``.

Grades notebooks twice, with what is needed and with all cells, and compares the points of each
exercise: the submissions in tests/submissions, and all answers of the banks, one for each exercise
to a notebook. A line for each notebook; the exit status is 1 if any two differ.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.errors import CourseError
from autograder.exercises.catalogue import bank_of, right_answers, solution_source
from autograder.grading.notebook import NotebookEvaluator
from autograder.grading.settings import Limits
from autograder.manifest import Assignment, Manifest, Notebook, load_manifest
from autograder.submissions.find import Submission
from tests.submissions.make import HERE, grade_id

SEED = 7
_ENOUGH = 1e-9


def main() -> None:
    """Grade, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assignment", default="")
    parser.add_argument("--most", type=int, default=None, help="notebooks of each kind")
    options = parser.parse_args()
    manifest = load_manifest()
    lost = 0
    for assignment in manifest.assignments.values():
        if options.assignment not in ("", assignment.id):
            continue
        for notebook in assignment.graded_notebooks:
            for find in (_shipped, _of_banks):
                found: Iterator[tuple[str, Any]] = find(manifest, assignment, notebook)
                for name, nb in itertools.islice(found, options.most):
                    lost += compare(manifest, assignment, notebook, name, nb)
    sys.exit(1 if lost else 0)


def compare(
    manifest: Manifest,
    assignment: Assignment,
    notebook: Notebook,
    name: str,
    submitted: Path | NotebookNode,
) -> int:
    """Grade one notebook both ways.

    Args:
        manifest: the course.
        assignment: the assignment.
        notebook: which notebook it is a submission of.
        name: what the line calls it.
        submitted: a file, or a notebook.

    Returns:
        1 if an exercise earns something else, else 0.
    """
    points, ran, seconds = [], [], []
    for what in ("needed", "all"):
        with tempfile.TemporaryDirectory() as folder:
            grader = NotebookEvaluator(
                manifest,
                assignment,
                notebook,
                SEED,
                Limits(),
                Path(folder),
                "bubblewrap",
                what,
            )
            prepared = (
                grader.prepare(Submission(name, submitted))
                if isinstance(submitted, Path)
                else grader.prepare_notebook(submitted)
            )
            attempt = grader.attempt(prepared)
            record = grader.scored(prepared, attempt).record
        points.append({exercise.id: exercise.score for exercise in record.exercises})
        ran.append(len(attempt.executed))
        seconds.append(attempt.run.processor_seconds)
    differing = [name for name in points[0] if abs(points[0][name] - points[1][name]) > _ENOUGH]
    verdict = f"DIFFERS in {', '.join(differing)}: {points}" if differing else "equal"
    print(
        f"{assignment.id} {name:32} {sum(points[0].values()):5g} points, {ran[0]:3} and {ran[1]:3} "
        f"cells, {seconds[0]:5.1f} and {seconds[1]:5.1f} s: {verdict}",
        flush=True,
    )
    return int(bool(differing))


def _shipped(
    manifest: Manifest, assignment: Assignment, notebook: Notebook
) -> Iterator[tuple[str, Path]]:
    """The submissions in tests/submissions."""
    for path in sorted(HERE.glob(f"*/{assignment.id}/{notebook.name}.ipynb")):
        yield path.parents[1].name, path


def _of_banks(
    manifest: Manifest, assignment: Assignment, notebook: Notebook
) -> Iterator[tuple[str, NotebookNode]]:
    """Notebooks with the first answer of each bank, with the second of each, and so on."""
    released = manifest.released(assignment, notebook)
    right = right_answers(manifest, assignment)
    answers: dict[str, list[Callable[..., Any]]] = {
        exercise.id: [
            *right[exercise.id].values(),
            *(m.written or m.function for m in bank_of(assignment.id, exercise.id).mistakes),
        ]
        for exercise in notebook.exercises
    }
    for number in range(max(map(len, answers.values()))):
        nb = nbformat.read(released, as_version=4)
        for cell in nb.cells:
            name = grade_id(cell)
            if name in answers:
                written = source_of(answers[name][number % len(answers[name])], name)
                cell.source = written if written is not None else cell.source
        yield f"bank answers {number + 1}", nb


def source_of(answer: Callable[..., Any], name: str) -> str | None:
    """The source of a bank's answer under the exercise's name; ``None`` if it has none."""
    try:
        path = inspect.getsourcefile(answer)
        text = solution_source(Path(path), answer.__name__) if path is not None else ""
    except (TypeError, OSError, CourseError):
        return None
    tree = ast.parse(text)
    kept: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("autograder"):
            continue
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == answer.__name__:
            node.name, node.decorator_list = name, []
        kept.append(node)
    source = ast.unparse(ast.Module(kept, []))
    return source if f" {name}" in source else None


if __name__ == "__main__":
    main()
