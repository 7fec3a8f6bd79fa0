"""Independent right answers are not listed as alike; copies with other names and comments are."""

from __future__ import annotations

import ast
import inspect
import random
import re
import textwrap
from functools import cache
from importlib import import_module

import pytest

from autograder.manifest import COURSE_ROOT, exercise_folder, load_manifest
from autograder.reporting.similarity import Cell, OwnParts, Pair, alike, cells_of

MANIFEST = load_manifest()
ASSIGNMENTS = list(MANIFEST.assignments)
CLASSES, SIZE = 20, 12
"""Classes that are drawn, and their students."""

SUBMISSIONS = COURSE_ROOT / "tests" / "submissions"

ESSAY = """I would choose integral regression here, because its error of 4.2 px is the smallest of
the three and it needs half the epochs of the heat maps. Plain regression blurs wrists and ankles,
which the last figure shows for the second and the fifth image; only with few images it is ahead.
With more memory I would try larger maps, and expect the gap to close, since the argmax cannot be
finer than one pixel of its map."""


@cache
def reader(assignment: str) -> OwnParts:
    about = MANIFEST.assignment(assignment)
    paths = [MANIFEST.released(about, notebook) for notebook in about.graded_notebooks]
    return OwnParts([cell for path in paths for cell in cells_of(path)])


@cache
def solution(assignment: str) -> dict[str, str]:
    about = MANIFEST.assignment(assignment)
    folder = COURSE_ROOT / "solutions" / assignment
    paths = [folder / f"{notebook.name}.ipynb" for notebook in about.graded_notebooks]
    return reader(assignment).parts([cell for path in paths for cell in cells_of(path)])


@cache
def bank(assignment: str) -> dict[str, list[str]]:
    """By exercise, the sources of its right answers, as a student would have written them."""
    found: dict[str, list[str]] = {}
    for exercise in MANIFEST.assignment(assignment).exercises:
        folder = exercise_folder(assignment, exercise.id)
        answers = import_module(".".join((*folder.parts, "right_answers"))).RIGHT.values()
        written = (a for a in answers if inspect.isroutine(a) or inspect.isclass(a))
        sources = [textwrap.dedent(inspect.getsource(answer)) for answer in written]
        found[exercise.id] = [
            re.sub(r"^(def|class) \w+", rf"\1 {exercise.id}", bare, count=1)
            for bare in (re.sub(r"^@.*\n", "", source) for source in sources)
        ]
        assert len(found[exercise.id]) > 5
    return found


def drawn(assignment: str, size: int, rng: random.Random) -> dict[str, list[Cell]]:
    """A class whose members answer each exercise on their own, in a way of the bank."""
    return {
        f"s{number:02}": [
            Cell("code", exercise, rng.choice(sources))
            for exercise, sources in bank(assignment).items()
        ]
        for number in range(size)
    }


def disguised(cells: list[Cell]) -> list[Cell]:
    """The same with other names for variables, other comments and another layout."""
    return [Cell(cell.kind, cell.label, renamed(cell.source)) for cell in cells]


def renamed(source: str) -> str:
    tree = ast.parse(source)
    chosen = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and type(n.ctx) is ast.Store}
    chosen -= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in chosen:
            node.id = f"my_{node.id}"
    lines = ast.unparse(tree).splitlines()
    return "\n".join(f"{line}  # my step {number}\n" for number, line in enumerate(lines))


@cache
def part(assignment: str, cell: Cell) -> dict[str, str]:
    return reader(assignment).parts([cell])


def pairs(assignment: str, submissions: dict[str, list[Cell]]) -> list[Pair]:
    parts = {
        # Each exercise is one cell here, and many students have the same one.
        student: {name: text for cell in cells for name, text in part(assignment, cell).items()}
        for student, cells in submissions.items()
    }
    return alike(parts, solution(assignment))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_independent_answers_are_not_listed_and_a_disguised_copy_is(assignment: str) -> None:
    rng = random.Random(7)
    by_chance = found = 0
    for _ in range(CLASSES):
        submissions = drawn(assignment, SIZE, rng)
        by_chance += len(pairs(assignment, submissions))
        submissions["thief"] = disguised(submissions["s03"])
        listed = pairs(assignment, submissions)
        found += any((pair.first, pair.second) == ("s03", "thief") for pair in listed)
    assert by_chance <= 1  # 0.05 in a class
    assert found >= CLASSES - 1  # one may have copied what many write


def test_a_copy_among_five_hundred() -> None:
    submissions = drawn("heatmap_2d", 499, random.Random(1))
    # Each way of the bank is that of fifty; the copied notebook has ways of its own.
    own = "; ".join(f"step = step * {n} + mix(step, {n})" for n in range(9))
    submissions["s03"] = [
        Cell(cell.kind, cell.label, f"{cell.source}\nstep = 1; {own}")
        for cell in submissions["s03"]
    ]
    submissions["thief"] = disguised(submissions["s03"])
    found = pairs("heatmap_2d", submissions)
    assert (found[0].first, found[0].second) == ("s03", "thief") and len(found) == 1


def test_whoever_writes_as_the_solution_does_shares_nothing() -> None:
    submissions = {}
    for path in sorted(SUBMISSIONS.glob("*/heatmap_2d/heatmap_2d.ipynb")):
        if path.parts[-3] != "not_json":
            submissions[path.parts[-3]] = cells_of(path)
    assert len(submissions) > 10
    assert pairs("heatmap_2d", submissions) == []
    assert not reader("heatmap_2d").parts(submissions["untouched"])


def test_one_or_two_answers_alike_are_not_listed() -> None:
    submissions = drawn("heatmap_2d", 6, random.Random(3))
    submissions["s01"][:2] = submissions["s00"][:2]
    assert pairs("heatmap_2d", submissions) == []


def test_a_copied_text_is_listed_and_a_sentence_is_not() -> None:
    submissions = drawn("heatmap_2d", 6, random.Random(3))

    def with_text(student: str, text: str) -> list[Cell]:
        return [*submissions[student], Cell("markdown", "compare_methods", text)]

    sentence = (
        "Integral regression has the smallest error of the three, 4.2 px, so I would choose it."
    )
    class_of = submissions | {student: with_text(student, sentence) for student in ("s00", "s01")}
    assert pairs("heatmap_2d", class_of) == []
    changed = ESSAY.replace("I would choose", "I'd take").replace("half the epochs", "fewer epochs")
    class_of |= {"s00": with_text("s00", ESSAY), "s01": with_text("s01", changed)}
    (found,) = pairs("heatmap_2d", class_of)
    assert (found.first, found.second, found.alike) == ("s00", "s01", ("text: compare_methods",))


def test_small_classes() -> None:
    assert alike({}, {}) == []
    assert alike({"a": {}, "b": {}}, {}) == []
    one = drawn("heatmap_2d", 1, random.Random(0))
    assert pairs("heatmap_2d", one) == []


def test_what_is_no_python_is_compared_by_its_words() -> None:
    cells = [Cell("code", "joint_error", "def joint_error(a, b:\n    " + "x = a - b + 1\n" * 9)]
    assert reader("heatmap_2d").parts(cells)["joint_error"]
