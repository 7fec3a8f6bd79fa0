"""An exercise from the template: refused until it is filled in, then drawn, judged and graded."""

from __future__ import annotations

import ast
import csv
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from torch import Tensor
from typer.testing import CliRunner, Result

import autograder.exercises
from autograder import nbgrader_plugin
from autograder.authoring.pipeline import build_course
from autograder.authoring.release import write_release
from autograder.cli import app
from autograder.errors import CourseError
from autograder.exercises.catalogue import bank_of, definition_of, gallery_of, right_answers
from autograder.exercises.new import TEMPLATE
from autograder.manifest import COURSE_ROOT, Manifest, load_manifest
from autograder.quality.gallery import shown_answers
from autograder.quality.gate import prove_notebook
from autograder.quality.matrix import require_sharp, try_exercise
from autograder.quality.tolerances import certify_exercise, require_gap
from autograder.reporting import late_penalty
from autograder.suites import drawing
from poselab.checks.judge import Verdict, judge
from poselab.checks.report import as_text
from poselab.checks.runner import run_cases

FILES = ("cases.py", "gallery.py", "mistakes.py", "right_answers.py")
FOLDER = Path("autograder/exercises/shapes/heights")
NOTEBOOK = """
[[assignments.shapes.notebooks]]
name = "shapes"
title = "Heights"
graded = true
"""
ENTRY = """
[[assignments.shapes.notebooks.exercises]]
id = "heights"
title = "As high as they are"
minutes = 5
criteria = { shape = 0.5, values = 1, memory_format = 0.5 }
"""
SOURCE = '''\
# %% [markdown]
# # Heights

# %% tags=["setup"]

# %%
from torch import Tensor

from poselab import check

# %% [markdown]
# ## {exercise:heights}
#
# <details><summary>Hint 1</summary>They are what they are.</details>
# <details><summary>Hint 2</summary>Return them.</details>


# %% exercise="heights"
def heights(values: Tensor) -> Tensor:
    """The values themselves, in a tensor of their own."""
    ### BEGIN SOLUTION
    return 1 * values
    ### END SOLUTION
'''


def new_exercise(assignment: str, name: str, root: str) -> Result:
    return CliRunner().invoke(app, ["new", "exercise", assignment, name, "--course", root])


@pytest.fixture
def course(unbuilt: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The sample course with one notebook, whose one exercise is new and not filled in."""
    path = unbuilt / "course.toml"
    head, *_ = path.read_text().partition("[[assignments.shapes.notebooks]]")
    notebook = (
        '[[assignments.shapes.notebooks]]\nname = "shapes"\ntitle = "Heights"\ngraded = true\n'
    )
    path.write_text(head + notebook)
    # The course's own exercises stand beside those that are imported.
    folders = [*autograder.exercises.__path__, str(unbuilt / "autograder" / "exercises")]
    monkeypatch.setattr(autograder.exercises, "__path__", folders)
    for module in (drawing, late_penalty, nbgrader_plugin):
        monkeypatch.setattr(module, "load_manifest", lambda: load_manifest(unbuilt))
    monkeypatch.setattr(drawing, "SUITES", unbuilt / "poselab" / "checks" / "suites")
    made = CliRunner().invoke(
        app, ["new", "exercise", "shapes", "heights", "--course", str(unbuilt)]
    )
    assert made.exit_code == 0, made.output
    importlib.invalidate_caches()
    yield unbuilt
    drawing.draw_suite.cache_clear()
    drawing.stored_suites.cache_clear()
    for name in [name for name in sys.modules if name.startswith("autograder.exercises.shapes")]:
        del sys.modules[name]


def fill_in(course: Path, name: str) -> None:
    """Take out what refuses the file; the rest of the template is an exercise already."""
    path = course / FOLDER / name
    lines = path.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if "fill_in" not in line)
    says = "the sentence of the notebook that the following cases test, word by word"
    path.write_text(text.replace(says, "in a tensor of their own"))


@pytest.fixture
def filled_in(course: Path) -> Manifest:
    """The course with the exercise filled in, a criterion of its own among the others."""
    for name in FILES:
        fill_in(course, name)
    cases = course / FOLDER / "cases.py"
    text = cases.read_text()
    for old, new in (
        (
            "from autograder.exercises.suite_builder",
            "from poselab.checks.criteria import Criterion\n"
            "from autograder.exercises.suite_builder",
        ),
        (
            "    advice={\n",
            '    criteria=(Criterion("memory_format", "memory format"),),\n'
            '    advice={\n        "memory_format": "Print the strides.",\n',
        ),
        (
            "\n\nEXERCISE",
            '    suite.call("memory_format", suite.normal(6), remark="strided")\n\n\nEXERCISE',
        ),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    cases.write_text(text)
    manifest = course / "course.toml"
    manifest.write_text(manifest.read_text() + ENTRY)
    (course / "solutions/shapes/shapes.py").write_text(SOURCE)
    (course / "solutions/shapes/reading.py").unlink()
    return load_manifest(course)


def judged(function: object, seed: int = 3) -> Verdict:
    suite = drawing.draw_suite("shapes", "heights", seed)
    return judge(suite, run_cases(function, suite.cases))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FILES)
def test_a_file_fails_with_a_sentence_until_it_is_filled_in(course: Path, name: str) -> None:
    module = f"{'.'.join(FOLDER.parts)}.{name.removesuffix('.py')}"
    with pytest.raises(CourseError) as raised:
        importlib.import_module(module)
    sentence = str(raised.value)
    assert sentence.startswith(f"{FOLDER}/{name}: write ")
    assert "delete the line `fill_in(...)`" in sentence and "\n" not in sentence
    fill_in(course, name)
    importlib.invalidate_caches()
    importlib.import_module(module)


def test_what_is_left_to_do_is_printed(unbuilt: Path) -> None:
    made = CliRunner().invoke(
        app, ["new", "exercise", "shapes", "Square", "--course", str(unbuilt)]
    )
    assert made.exit_code == 0
    assert "wrote autograder/exercises/shapes/square/cases.py" in made.output
    for said in ('id = "Square"', "solutions/shapes/shapes.py", "make derived"):
        assert said in made.output
    for name in FILES:
        text = (unbuilt / "autograder/exercises/shapes/square" / name).read_text()
        assert "`Square`" in text and "exercise_name" not in text
        ast.parse(text)


@pytest.mark.parametrize(
    ("assignment", "name", "sentence"),
    [
        ("shapes", "two words", "'two words' must be a Python name"),
        ("shapes", "class", "'class' must be a Python name"),
        ("colours", "mix", "course.toml has no assignment 'colours'"),
        ("shapes", "heights", "autograder/exercises/shapes/heights exists already"),
    ],
)
def test_what_cannot_be_is_refused(course: Path, assignment: str, name: str, sentence: str) -> None:
    before = sorted(course.rglob("*"))
    made = new_exercise(assignment, name, str(course))
    assert made.exit_code == 1
    assert sentence in made.stderr and made.stderr.count("\n") == 1
    assert sorted(course.rglob("*")) == before


def test_an_exercise_of_another_assignment_is_not_written_twice() -> None:
    made = new_exercise("heatmap_2d", "PoseRNN", str(COURSE_ROOT))
    assert made.exit_code == 1
    assert "rnn_video has an exercise 'PoseRNN' already" in made.stderr


def test_an_exercise_without_a_folder_names_the_command(course: Path) -> None:
    with pytest.raises(CourseError, match="`autograder new exercise shapes circle` writes one"):
        definition_of("shapes", "circle")


def test_suites_are_drawn_and_answers_judged(filled_in: Manifest) -> None:
    right = right_answers(filled_in, filled_in.assignment("shapes"))["heights"]
    assert set(right) == {"solution", "unchanged"}
    for function in right.values():
        assert judged(function).score == 2
    (doubled,) = bank_of("shapes", "heights").mistakes
    verdict = judged(doubled.function)
    assert [c.mistake for c in verdict.criteria] == [None, "doubled", None]
    assert doubled.sentence in as_text(verdict)
    assert gallery_of("shapes", "heights") == ("doubled",)
    (shown,) = shown_answers("shapes", "heights")
    assert shown.verdict.score == 0.5 and shown.drawing is not None
    assignment = filled_in.assignment("shapes")
    totals = try_exercise(filled_in, assignment, "heights", range(2))
    require_sharp(totals, "shapes")
    in_turn = try_exercise(filled_in, assignment, "heights", range(2), in_turn=True)
    require_sharp(in_turn, "shapes")
    assert (totals.wrong, totals.right) == (2, 4) and (in_turn.wrong, in_turn.right) == (1, 4)
    require_gap(certify_exercise("shapes", "heights", right, range(2)))


def test_a_solution_that_the_notebook_does_not_define_is_named(filled_in: Manifest) -> None:
    source = filled_in.root / "solutions/shapes/shapes.py"
    source.write_text(SOURCE.replace("def heights", "def widths"))
    with pytest.raises(CourseError, match=r"^solutions/shapes/shapes\.py defines no `heights`"):
        right_answers(filled_in, filled_in.assignment("shapes"))


def test_a_criterion_of_ones_own_has_points_a_title_and_advice(filled_in: Manifest) -> None:
    def halved(values: Tensor) -> Tensor:
        return values if len(values) != 6 else values[::2]

    verdict = judged(halved)
    assert [(c.id, c.passed) for c in verdict.criteria] == [
        ("shape", True),
        ("values", True),
        ("memory_format", False),
    ]
    assert verdict.score == 1.5
    assert "FAILED  memory format (0 of 0.5): Called `heights(values)`" in as_text(verdict)
    assert "Print the strides." in as_text(verdict)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'Criterion("memory_format"',
            'Criterion("layout"',
            "criteria.memory_format, which",
        ),
        ('        "memory_format": "Print the strides.",\n', "", "memory_format has no advice"),
        ('suite.call("memory_format"', 'suite.call("values"', "memory_format has no case"),
        ('suite.call("memory_format"', 'suite.call("gradient"', "has no"),
        ("reference=reference", "reference=None", "cases.py: shape/0 needs a reference"),
    ],
)
def test_a_criterion_that_lacks_something_is_named(
    filled_in: Manifest, old: str, new: str, sentence: str
) -> None:
    path = filled_in.root / FOLDER / "cases.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(CourseError, match=sentence):
        judged(load_manifest(filled_in.root))


TITLE = "As high as they are"
WRITTEN = {
    "right": "return 1 * values",
    "wrong": "return 2 * values",
    "untouched": "",
}
EARNED = {"right": 2, "wrong": 0.5, "untouched": 0}


def hand_in(manifest: Manifest, submitted: Path) -> None:
    """Lay the released notebook into everybody's folder, with what each has written."""
    (assignment, notebook), *_ = manifest.notebooks()
    for student, line in WRITTEN.items():
        nb = nbformat.read(manifest.released(assignment, notebook), as_version=4)
        (cell,) = (cell for cell in nb.cells if cell.id == "heights")
        if line:
            assert "# TODO" in cell.source
            cell.source = f"{cell.source.partition('# TODO')[0]}{line}"
        path = submitted / student / assignment.id / f"{notebook.name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(nb, path)


@pytest.mark.needs_sandbox
def test_it_goes_from_build_to_release_grades_pages_and_report(
    filled_in: Manifest, tmp_path: Path
) -> None:
    root, submitted, work = filled_in.root, tmp_path / "submitted", tmp_path / "work"
    assert list(build_course(filled_in))
    (which,) = filled_in.notebooks()
    assert prove_notebook(filled_in, *which) == (
        "solutions/shapes/shapes.ipynb scores 2 of 2, "
        "assignments/shapes/shapes.ipynb runs and scores 0."
    )
    write_release(filled_in, tmp_path / "release")
    assert TITLE in (tmp_path / "release/assignments/shapes/shapes.ipynb").read_text()
    hand_in(filled_in, submitted)
    where = ["--course", root, "--submitted", submitted, "--work", work, "--report"]
    done = CliRunner().invoke(app, ["grade", "shapes", *map(str, where), "--workers", "1"])
    assert done.exit_code == 0, done.output
    results = json.loads((work / "results/shapes.json").read_text())["submissions"]
    assert {one["student"]: one["score"] for one in results} == EARNED
    with (work / "grades.csv").open(newline="") as file:
        entered = {row["student_id"]: float(row["heights"]) for row in csv.DictReader(file)}
    assert entered == EARNED
    (doubled,) = bank_of("shapes", "heights").mistakes
    for student in WRITTEN:
        page = (work / "feedback" / student / "shapes" / "shapes.html").read_text()
        assert TITLE in page and (doubled.sentence in page) is (student == "wrong")
        assert f"{EARNED[student]:g} of 2 points" in page
    report = (work / "reports/shapes.html").read_text()
    assert TITLE in report and "doubled (1 student)" in report


def test_the_template_is_no_exercise() -> None:
    assert TEMPLATE.is_relative_to(COURSE_ROOT / "autograder" / "exercises")
    assert TEMPLATE.name not in load_manifest().assignments
