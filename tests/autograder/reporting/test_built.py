"""Points in course.toml that `make build` has not put into the notebooks are refused."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from autograder.errors import CourseError
from autograder.manifest import Assignment, Exercise
from autograder.reporting.built import require_built
from tests.autograder.reporting.books import ASSIGNMENT, QUESTION, Books
from tests.submissions.make import grade_id


def changed(books: Books, **update: Any) -> Assignment:
    notebook = books.notebook.model_copy(update=update)
    others = [n for n in books.assignment.notebooks if n.name != notebook.name]
    return books.assignment.model_copy(update={"notebooks": (*others, notebook)})


def worth(exercise: Exercise, **points: float) -> Exercise:
    return exercise.model_copy(update={"criteria": {**exercise.criteria, **points}})


def refused(books: Books, assignment: Assignment) -> str:
    with pytest.raises(CourseError) as error:
        require_built(books.manifest, assignment)
    said = str(error.value)
    assert said.startswith("course.toml is not what was built: ") and "\n" not in said
    assert said.endswith("; run `make build`, then grade again.")
    return said.removeprefix("course.toml is not what was built: ").split(";")[0]


def test_what_is_built_is_fine(books: Books) -> None:
    require_built(books.manifest, books.assignment)


def test_points_and_exercises(books: Books) -> None:
    first, *others = books.notebook.exercises
    (question,) = books.notebook.questions
    where = f"assignments/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
    for points in (first.points + 1, first.points - 0.5):
        exercise = first.model_copy(update={"criteria": {"values": points}})
        now = changed(books, exercises=(exercise, *others))
        assert refused(books, now) == (
            f"{first.id} has {first.points:g} points in {where} and {points:g} in course.toml"
        )
    now = changed(books, questions=(question.model_copy(update={"points": question.points + 1}),))
    assert refused(books, now) == (
        f"{QUESTION} has {question.points:g} points in {where} and {question.points + 1:g} in "
        "course.toml"
    )
    assert refused(books, changed(books, exercises=tuple(others))) == (
        f"{first.id} is in {where} and not in course.toml"
    )
    more = first.model_copy(update={"id": "brand_new"})
    assert refused(books, changed(books, exercises=(first, *others, more))) == (
        f"brand_new is not in {where}"
    )
    one, another, *_ = first.criteria
    moved = {one: first.criteria[one] + 0.5, another: first.criteria[another] - 0.5}
    assert refused(books, changed(books, exercises=(worth(first, **moved), *others))) == (
        f"{first.id} divides its points among its criteria in another way"
    )


def test_files(books: Books) -> None:
    solution = books.source.read_text(encoding="utf-8")
    source = books.edit_source()
    for cell in source.cells:
        if grade_id(cell) == QUESTION:
            cell.metadata.nbgrader.points = 2
    books.write_source(source)
    assert f"2 points in solutions/{ASSIGNMENT}/" in refused(books, books.assignment)
    books.source.write_text(solution[:1000])
    assert refused(books, books.assignment).endswith(".ipynb cannot be read")
    books.source.unlink()
    assert refused(books, books.assignment).startswith("there is no solutions/")
    books.source.write_text(solution)
    extra = books.source.with_name("extra.ipynb")
    extra.write_text(nbformat.writes(nbformat.v4.new_notebook()))
    assert refused(books, books.assignment).startswith(f"solutions/{ASSIGNMENT}/extra.ipynb is")
