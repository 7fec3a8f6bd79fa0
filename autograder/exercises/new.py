"""A new exercise's folder, written from a template that has to be filled in."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from string import Template

from autograder.errors import CourseError
from autograder.manifest import Assignment, Manifest, exercise_folder

TEMPLATE = Path(__file__).parent / "template"

PLACEHOLDER = "exercise_name"
"""What stands for the exercise's id in the template's files."""

_NEXT = Template("""\
Fill these in; until then, each fails with a sentence. Then

1. give the exercise its points in course.toml, among those of its notebook:

   [[assignments.$assignment.notebooks.exercises]]
   id = "$exercise"
   title = "..."
   minutes = 15
   criteria = { shape = 0.5, values = 1 }

2. write its cells in solutions/$assignment/$notebook.py:

   # %% [markdown]
   # ### {exercise:$exercise}
   #
   # What to do.
   #
   # <details><summary>Hint 1</summary>The mistake you are likely to make.</details>
   # <details><summary>Hint 2</summary>The shapes on the way.</details>

   # %% exercise="$exercise"
   def $exercise(values: Tensor) -> Tensor:
       \"""What comes in, what goes out.\"""
       ### BEGIN SOLUTION
       ...
       ### END SOLUTION

3. run `make derived`, then `make check`.""")


def fill_in(file: str, what: str) -> None:
    """Refuse a file of the template that is not filled in.

    Args:
        file: the module's ``__file__``.
        what: what has to be written there.

    Raises:
        CourseError: always.
    """
    path = Path(*Path(file).parts[-5:])
    raise CourseError(f"{path}: write {what}, then delete the line `fill_in(...)` and its import.")


def write_exercise(
    manifest: Manifest, assignment_id: str, exercise: str
) -> Iterator[PurePosixPath]:
    """Write the folder of a new exercise, and name its files.

    Args:
        manifest: the course.
        assignment_id: the assignment that the exercise belongs to.
        exercise: its id, which is the name of the function or class that students write.

    Yields:
        Each file, relative to the course.

    Raises:
        CourseError: the assignment is unknown, the id is no Python name, or there is such an
            exercise.
    """
    manifest.assignment(assignment_id)
    if not exercise.isidentifier() or keyword.iskeyword(exercise):
        raise CourseError(f"'{exercise}' must be a Python name: students define it.")
    folder = exercise_folder(assignment_id, exercise)
    if (manifest.root / folder).exists():
        raise CourseError(f"{folder} exists already; choose another name or edit what is there.")
    for other in manifest.assignments.values():
        if other.id != assignment_id and exercise in (known.id for known in other.exercises):
            raise CourseError(f"{other.id} has an exercise '{exercise}' already; ids are unique.")
    (manifest.root / folder).mkdir(parents=True)
    package = folder.parent / "__init__.py"
    if not (manifest.root / package).exists():
        (manifest.root / package).write_text(f'"""The exercises of {assignment_id}."""\n')
        yield package
    for template in sorted(TEMPLATE.glob("*.py")):
        text = template.read_text(encoding="utf-8").replace(PLACEHOLDER, exercise)
        (manifest.root / folder / template.name).write_text(text, encoding="utf-8")
        yield folder / template.name


def what_else(assignment: Assignment, exercise: str) -> str:
    """What is left to do for a new exercise."""
    notebooks = [notebook.name for notebook in assignment.graded_notebooks] or ["NOTEBOOK"]
    return _NEXT.substitute(assignment=assignment.id, exercise=exercise, notebook=notebooks[-1])
