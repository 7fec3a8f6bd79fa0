"""What of a notebook runs when it is graded: given cells are decided once, a student's own run."""

from __future__ import annotations

import builtins
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.errors import CourseError
from autograder.grading import plan as planning
from autograder.grading.plan import Plan, decide, only_defines, plan_of
from autograder.manifest import COURSE_ROOT, load_manifest
from tests.submissions.make import grade_id, solved

LISTS = Path(__file__).parent / "plans"
GRADED = [(a, n) for a, n in load_manifest().notebooks() if n.graded]


def released(assignment: str, name: str) -> NotebookNode:
    return nbformat.read(COURSE_ROOT / "assignments" / assignment / f"{name}.ipynb", as_version=4)


def the_list(assignment: str, name: str) -> str:
    return "".join(f"{decision}\n" for decision in decide(released(assignment, name)))


@pytest.mark.parametrize(("assignment", "notebook"), [(a.id, n.name) for a, n in GRADED])
def test_what_becomes_of_each_given_cell(assignment: str, notebook: str) -> None:
    path = LISTS / assignment / f"{notebook}.txt"
    expected = path.read_text(encoding="utf-8") if path.is_file() else "none is stored yet"
    assert the_list(assignment, notebook) == expected, (
        "read the list that `make build` prints; if it is right, run "
        "`python -m tests.autograder.grading.test_plan`"
    )


@pytest.mark.parametrize(("assignment", "notebook"), [(a.id, n.name) for a, n in GRADED])
def test_no_given_cell_that_runs_trains_or_draws(assignment: str, notebook: str) -> None:
    nb = released(assignment, notebook)
    names = {*dir(builtins), *re.findall(r"\w+", " ".join(cell.source for cell in nb.cells))}
    assert all(only_defines(d.source, names) for d in decide(nb) if d.runs)


TRAINING = "network = train(make())"


def small(*sources: str, tags: dict[int, str] | None = None) -> NotebookNode:
    """A released notebook: given cells, and one exercise `f` with its check where it says so."""
    label = {"schema_version": 3, "task": False}
    cells = []
    for number, source in enumerate(sources):
        cell = new_code_cell(source, id=f"cell-{number}")
        if source.startswith("def f"):
            cell.metadata["nbgrader"] = {
                **label,
                "grade_id": "f",
                "grade": False,
                "solution": True,
                "locked": False,
            }
        if source == "check(f)":
            cell.metadata["nbgrader"] = {
                **label,
                "grade_id": "check_f",
                "grade": True,
                "solution": False,
                "locked": True,
            }
        if tags and number in tags:
            cell.metadata["tags"] = [tags[number]]
        cells.append(cell)
    return new_notebook(cells=cells)


STUB = "def f(x: Tensor, size=SIZE):\n    raise NotImplementedError"
COURSE = (
    "import torch\nfrom torch import Tensor\nfrom course import check, train, make",
    "SIZE = (3, 4)",
    "data = load()",
    "def helper(x):\n    return x * data",
    STUB,
    "check(f)",
    TRAINING,
    "plot(network, f)",
    "class Box:\n    side = SIZE[0]",
    "def later(x=network):\n    return x",
)


def runs(nb: NotebookNode) -> list[int]:
    return [decision.cell for decision in decide(nb) if decision.runs]


def test_what_graded_cells_need_runs_and_what_only_defines() -> None:
    assert runs(small(*COURSE)) == [0, 1, 3, 8]


def test_what_an_exercise_needs_runs_whatever_it_does() -> None:
    using = STUB.replace("SIZE", "data.size")
    assert 2 in runs(small(*COURSE[:4], using, *COURSE[5:]))


def test_tags_decide() -> None:
    assert runs(small(*COURSE, tags={6: "run", 8: "skip"})) == [0, 1, 3, 6, 9]
    with pytest.raises(CourseError, match="Cell 1 has both tags"):
        nb = small(*COURSE)
        nb.cells[0].metadata["tags"] = ["run", "skip"]
        decide(nb)


def test_a_tagged_cell_runs_with_what_it_needs() -> None:
    nb = small("a = 1 + len('a')", "b = a()", STUB, "check(f)", tags={1: "run"})
    assert runs(nb) == [0, 1]


@pytest.mark.parametrize(
    ("source", "defines"),
    [
        ("import torch", True),
        ("from torch import *", False),
        ("A = 1", True),
        ("A, B = 1, (2, 'c')", True),
        ("A: int = -1", True),
        ("A = {}\nB = [1, 2]", True),
        ("A = B * 2", False),
        ("B = 2\nA = B * 2", True),
        ("A = f()", False),
        ("A = [x for x in range(3)]", False),
        ("a.b = 1", False),
        ("a[0] = 1", False),
        ("def f(x):\n    return unknown(x)", True),
        ("def f(x=unknown):\n    return x", False),
        ("def f(x: unknown):\n    return x", False),
        ("@unknown\ndef f(x):\n    return x", False),
        ("class A:\n    b = unknown", False),
        ("class A(unknown):\n    pass", False),
        ("class A:\n    def b(self):\n        return unknown", True),
        ("'text'", True),
        ("# nothing", True),
        ("print(1)", False),
        ("%matplotlib inline", False),
        ("!ls", False),
        ("if True:\n    A = 1", False),
        ("def f(:", False),
        ("\0", False),
        ("(" * 5000, False),
    ],
)
def test_cells_that_only_define(source: str, defines: bool) -> None:
    assert only_defines(source, {"range", "print", "int"}) is defines


def planned(nb: NotebookNode, given: NotebookNode) -> tuple[list[int], list[int]]:
    plan = plan_of(nb, given, decide(given))
    assert not plan.executed & plan.skipped
    return sorted(plan.executed), sorted(plan.own)


ANSWER = "def f(x: Tensor, size=SIZE):\n    return x"


def handed_in(*changes: tuple[int, str]) -> NotebookNode:
    nb = small(*COURSE)
    nb.cells[4].source = ANSWER
    for index, source in changes:
        if index < len(nb.cells):
            nb.cells[index].source = source
        else:
            nb.cells.append(new_code_cell(source))
    return nb


@pytest.mark.parametrize(
    ("nb", "executed", "own"),
    [
        pytest.param(handed_in(), [0, 1, 3, 4, 5, 8], [4], id="only the exercise"),
        pytest.param(
            handed_in((6, TRAINING + "  # mine"), (1, "SIZE=( 3,4 )")),
            [0, 1, 3, 4, 5, 8],
            [4],
            id="comments and layout",
        ),
        pytest.param(
            handed_in((4, "def f(x: Tensor, size=SIZE):\n    return helper(x)")),
            [0, 1, 2, 3, 4, 5, 8],
            [4],
            id="a helper and what it needs",
        ),
        pytest.param(
            handed_in((7, "plot(network, f, 2)")),
            [0, 1, 3, 4, 5, 6, 7, 8],
            [4, 7],
            id="a changed figure and its training",
        ),
        pytest.param(
            handed_in((99, "print(f(1))")), [0, 1, 3, 4, 5, 8, 10], [4, 10], id="an added cell"
        ),
        pytest.param(
            handed_in((99, "print(network)")),
            [0, 1, 3, 4, 5, 6, 8, 10],
            [4, 10],
            id="an added cell that needs a training",
        ),
        pytest.param(
            handed_in((99, TRAINING)), [0, 1, 3, 4, 5, 8, 10], [4, 10], id="a copied training"
        ),
        pytest.param(
            handed_in((1, "SIZE = (3, 5)")), [0, 1, 3, 4, 5, 8], [1, 4], id="a changed constant"
        ),
        pytest.param(handed_in((2, "data = 5")), [0, 1, 2, 3, 4, 5, 8], [2, 4], id="changed data"),
        pytest.param(
            handed_in((6, f"%%time\n{TRAINING}"), (7, "%%capture\nplot(network, f)")),
            [0, 1, 3, 4, 5, 8],
            [4],
            id="a training that is timed",
        ),
        pytest.param(
            handed_in((6, "%%time\nnetwork = train(make(), 9)"), (99, "print(network)")),
            [0, 1, 3, 4, 5, 6, 8, 10],
            [4, 6, 10],
            id="another training that is timed",
        ),
        pytest.param(handed_in((7, "def f(:")), [0, 1, 3, 4, 5, 7, 8], [4, 7], id="not Python"),
        pytest.param(handed_in((7, "!ls")), [0, 1, 3, 4, 5, 7, 8], [4, 7], id="a magic"),
    ],
)
def test_what_of_a_submission_runs(nb: NotebookNode, executed: list[int], own: list[int]) -> None:
    assert planned(nb, small(*COURSE)) == (executed, own)


def test_cells_are_recognised_wherever_they_stand() -> None:
    nb = handed_in()
    nb.cells = [nb.cells[i] for i in (6, 0, 1, 4, 5, 7)]
    nb.cells.insert(0, new_markdown_cell("My name"))
    for cell in nb.cells:
        cell.id = f"new-{cell.id}"
    assert planned(nb, small(*COURSE)) == ([2, 3, 4, 5], [4])


def test_the_skip_tag_holds_for_what_a_students_cell_needs() -> None:
    nb = handed_in((99, "print(network)"))
    assert planned(nb, small(*COURSE, tags={6: "skip"})) == ([0, 1, 3, 4, 5, 8, 10], [4, 10])


def test_what_is_too_long_to_be_looked_at_is_run_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    nb = handed_in((99, "a = 1\n" * 100_000))
    everything = frozenset(range(11))
    assert plan_of(nb, small(*COURSE), decide(small(*COURSE))) == Plan(everything, own=everything)
    assert not plan_of(
        handed_in((99, "%time a\n" * 60)), small(*COURSE), decide(small(*COURSE))
    ).skipped
    monkeypatch.setattr(planning, "MOST_CELLS", 5)
    nb = handed_in()
    assert not plan_of(nb, small(*COURSE), decide(small(*COURSE))).skipped


def test_a_solved_notebook_runs_no_training() -> None:
    nb, given = solved(), released("heatmap_2d", "heatmap_2d")
    plan = plan_of(nb, given, decide(given))
    assert {grade_id(nb.cells[index]) for index in plan.own} == {
        exercise.id for exercise in load_manifest().assignment("heatmap_2d").exercises
    }
    trains = re.compile(r"= (train|overfit)\(")
    assert sum(bool(trains.search(cell.source)) for cell in nb.cells) >= 6
    assert not any(trains.search(nb.cells[index].source) for index in plan.executed)
    assert len(plan.skipped) > len(plan.executed)


if __name__ == "__main__":
    for assignment, notebook in GRADED:
        path = LISTS / assignment.id / f"{notebook.name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(the_list(assignment.id, notebook.name), encoding="utf-8")
