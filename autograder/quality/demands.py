"""What an exercise has to bring: each demand that is not met is one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from autograder.errors import CourseError
from autograder.exercises.bank import Function
from autograder.exercises.catalogue import bank_of, definition_of, gallery_of, right_answers
from autograder.manifest import Assignment, Exercise, Manifest, exercise_folder
from autograder.suites.drawing import STORED_SEED, draw_suite
from poselab.checks.cases import Suite
from poselab.checks.runner import run_cases

LEAST_MISTAKES = 12
LEAST_RIGHT = 6
"""The solution is one of them."""
LEAST_SHOWN = 4
"""In the gallery."""


def check_exercises(manifest: Manifest) -> str:
    """Hold every exercise that `check` judges to what it has to bring.

    Args:
        manifest: the course.

    Returns:
        One line that says what holds.

    Raises:
        CourseError: something is missing; a sentence for each such thing, in a line of its own.
    """
    judged = [
        (assignment, exercise)
        for assignment in manifest.assignments.values()
        for exercise in assignment.checked_exercises
    ]
    missing = [sentence for each in judged for sentence in unmet(manifest, *each)]
    if missing:
        raise CourseError("\n".join(missing))
    return f"{len(judged)} exercises have all that they need."


def unmet(manifest: Manifest, assignment: Assignment, exercise: Exercise) -> Iterator[str]:
    """What an exercise lacks.

    What can be said without judging wrong answers: the cells of its notebook are held by `build`,
    the bank by :mod:`autograder.quality.matrix`, the gallery by :mod:`autograder.quality.gallery`.

    Args:
        manifest: the course.
        assignment: the exercise's.
        exercise: which.

    Yields:
        A sentence for each demand that is not met: the file to edit, the exercise, what it lacks.

    Raises:
        CourseError: one of its files is missing or not filled in.
    """
    folder = exercise_folder(assignment.id, exercise.id)
    for file, lacks in _lacking(manifest, assignment, exercise):
        yield f"{folder}/{file}: {exercise.id} {lacks}."


def _lacking(
    manifest: Manifest, assignment: Assignment, exercise: Exercise
) -> Iterator[tuple[str, str]]:
    bank = bank_of(assignment.id, exercise.id).mistakes
    if len(bank) < LEAST_MISTAKES:
        yield "mistakes.py", f"has {len(bank)} of at least {LEAST_MISTAKES} mistakes"
    for name in _twice(mistake.id for mistake in bank):
        yield "mistakes.py", f"has two mistakes that are called {name}"
    first = [mistake for mistake in bank if mistake.diagnosed_as == mistake.id]
    for sentence in _twice(mistake.sentence for mistake in first):
        yield "mistakes.py", f"has two mistakes whose authors are told “{sentence}”"
    for mistake in bank:
        if not mistake.description.endswith("."):
            yield (
                "mistakes.py",
                f"has the mistake {mistake.id}, whose docstring does not begin with a sentence",
            )
        for criterion in {mistake.fails, *mistake.fails_too} - exercise.criteria.keys():
            yield (
                "mistakes.py",
                f"has the mistake {mistake.id}, which fails {criterion}, a criterion that "
                "course.toml does not list",
            )
    definition = definition_of(assignment.id, exercise.id)
    right = right_answers(manifest, assignment)[exercise.id]
    if definition.reference is not None and "vectorised" in exercise.criteria:
        suite = draw_suite(assignment.id, exercise.id, STORED_SEED)
        yield from (("cases.py", lacks) for lacks in _work(suite, definition.most_work, right))
    if len(right) < LEAST_RIGHT:
        others = f"{len(right) - 1} of at least {LEAST_RIGHT - 1}"
        yield "right_answers.py", f"has {others} right answers beside the solution"
    shown = gallery_of(assignment.id, exercise.id)
    if len(shown) < LEAST_SHOWN:
        yield "gallery.py", f"shows {len(shown)} of at least {LEAST_SHOWN} wrong answers"
    for criterion in definition.tolerance.keys() - exercise.criteria.keys():
        yield (
            "cases.py",
            f"has a tolerance for {criterion}, a criterion that course.toml does not list",
        )
    for other in set(definition.needs) - {known.id for known in assignment.checked_exercises}:
        yield "cases.py", f"needs {other}, which is no exercise of {assignment.id}"


def _work(suite: Suite, allowed: Mapping[str, int], right: Mapping[str, Function]) -> Iterator[str]:
    """What is wrong with the work that a counted call may cost: twice what right answers need."""
    counted = [case for case in suite.cases if case.kind == "count"]
    seen = [seen for answer in right.values() for seen in run_cases(answer, counted)]
    for kind in sorted({"operations"} | allowed.keys()):
        needed = max(getattr(one, kind) for one in seen)
        # Not to the unit: versions of torch and of Python differ a little.
        if not 1.8 * needed <= allowed.get(kind, 0) <= 2.2 * needed:
            yield (
                f"allows {allowed.get(kind, 0)} {kind} in `most_work` instead of {2 * needed}, "
                "twice what its right answers need"
            )


def _twice(names: Iterator[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
