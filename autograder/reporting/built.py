"""Whether what students were given is what course.toml says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import CourseError
from autograder.manifest import Assignment, Manifest, Notebook
from autograder.reporting.entries import exercise_of
from autograder.suites.drawing import stored_suites
from poselab.checks.report import points as in_words


def require_built(manifest: Manifest, assignment: Assignment) -> None:
    """Refuse to grade with points or exercises that `make build` has not put into the notebooks.

    The gradebook takes each cell's points from the notebooks; the suites take them from
    course.toml. Where the two differ, totals would be wrong without a word.

    Args:
        manifest: the course.
        assignment: what is about to be graded.

    Raises:
        CourseError: they differ; the sentence names the first difference.
    """
    for difference in _differences(manifest, assignment):
        raise CourseError(
            f"course.toml is not what was built: {difference}; run `make build`, then grade again."
        )


def _differences(manifest: Manifest, assignment: Assignment) -> Iterator[str]:
    # The release is what students have; the solutions are what nbgrader reads points from.
    for room in ("assignments", "solutions"):
        folder = manifest.root / room / assignment.id
        for notebook in assignment.notebooks:
            yield from _in_notebook(folder / f"{notebook.name}.ipynb", notebook)
        there = {path.stem for path in folder.glob("[!.]*.ipynb")}
        for name in sorted(there - {notebook.name for notebook in assignment.notebooks}):
            yield f"{room}/{assignment.id}/{name}.ipynb is there and not in course.toml"
    yield from _in_suites(assignment)


def _in_notebook(path: Path, notebook: Notebook) -> Iterator[str]:
    where = "/".join(path.parts[-3:])
    built: dict[str, float] = {}
    try:
        # Not by nbformat, which also validates each of the pictures in a solution.
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            label = cell["metadata"].get("nbgrader", {})
            if label.get("grade"):
                built[label["grade_id"]] = float(label["points"])
    except FileNotFoundError:
        yield f"there is no {where}"
        return
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        yield f"{where} cannot be read"
        return
    wanted: dict[str, float] = {}
    if notebook.graded:
        wanted = {exercise.check_id: exercise.points for exercise in notebook.exercises}
        wanted |= {question.id: question.points for question in notebook.questions}
    for name, most in wanted.items():
        task = exercise_of(name)
        if name not in built:
            yield f"{task} is not in {where}"
        elif built[name] != most:
            before, now = in_words(built[name]), in_words(most)
            yield f"{task} has {before} points in {where} and {now} in course.toml"
    for name in sorted(built.keys() - wanted.keys()):
        yield f"{exercise_of(name)} is in {where} and not in course.toml"


def _in_suites(assignment: Assignment) -> Iterator[str]:
    """Where an exercise's points are divided otherwise than in the suites that students have."""
    try:
        suites = stored_suites(assignment.id)
    except FileNotFoundError:
        yield f"{assignment.id} has no suites"
        return
    for exercise in assignment.exercises:
        suite = suites.get(exercise.id)
        if suite is None:
            yield f"{exercise.id} has no suite"
        elif {rung.id: rung.points for rung in suite.criteria} != exercise.criteria:
            yield f"{exercise.id} divides its points among its criteria in another way"
