"""Submissions are aligned with the release: what is recognised is fixed, what is not is said."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.errors import CourseError
from autograder.manifest import load_manifest
from autograder.submissions.find import find_submissions
from autograder.submissions.read import UnreadableError, read_notebook
from autograder.submissions.repair import defined_names, repair
from tests.submissions.make import grade_id, released, solved

ASSIGNMENT = load_manifest().assignment("heatmap_2d")
NOTEBOOK = ASSIGNMENT.notebook("heatmap_2d")
EXPECTED_IDS = [
    *(i for exercise in NOTEBOOK.exercises for i in (exercise.id, exercise.check_id)),
    *(question.id for question in NOTEBOOK.questions),
]


def cell_of(nb: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in nb.cells if grade_id(cell) == name)


def ids(nb: NotebookNode) -> list[str]:
    return [grade_id(cell) for cell in nb.cells if grade_id(cell)]


def test_nothing_to_mend_changes_nothing() -> None:
    nb = solved()
    fixed = repair(nb, released(), NOTEBOOK)
    assert fixed.nb == nb
    assert fixed.fixed == ()
    assert fixed.missing == {}


def strip_metadata(nb: NotebookNode) -> None:
    for number, cell in enumerate(nb.cells):
        cell.metadata = NotebookNode()
        cell.id = f"x{number}"


def strip_metadata_keep_ids(nb: NotebookNode) -> None:
    for cell in nb.cells:
        cell.metadata = NotebookNode()


def edit_check(nb: NotebookNode) -> None:
    cell_of(nb, "check_joint_error").source = "3.0"


def delete_check(nb: NotebookNode) -> None:
    nb.cells.remove(cell_of(nb, "check_joint_error"))


def copy_solution_below(nb: NotebookNode) -> None:
    changed = copy.deepcopy(cell_of(nb, "joint_error"))
    changed.source += "\n# second try"
    nb.cells.append(changed)


def colab_metadata(nb: NotebookNode) -> None:
    for cell in nb.cells:
        cell.metadata.update({"id": "AbC", "colab": {"base_uri": "x"}, "outputId": "y"})
    nb.metadata["colab"] = {"provenance": []}


def reverse_cells(nb: NotebookNode) -> None:
    nb.cells.reverse()


@pytest.mark.parametrize(
    "damage",
    [
        strip_metadata,
        strip_metadata_keep_ids,
        edit_check,
        delete_check,
        copy_solution_below,
        colab_metadata,
        reverse_cells,
    ],
)
def test_damage_is_mended(damage: Callable[[NotebookNode], None]) -> None:
    nb = solved()
    damage(nb)
    fixed = repair(nb, released(), NOTEBOOK)
    assert sorted(ids(fixed.nb)) == sorted(EXPECTED_IDS)
    assert fixed.missing == {}
    assert cell_of(fixed.nb, "check_joint_error").source == "check(joint_error)"
    assert len({cell.id for cell in fixed.nb.cells}) == len(fixed.nb.cells)
    assert bool(fixed.fixed) != (damage is colab_metadata)


def test_of_two_copies_the_changed_one_counts() -> None:
    nb = released()
    first = copy.deepcopy(cell_of(nb, "joint_error"))
    cell_of(nb, "joint_error").source += "\n# mine"
    nb.cells.append(first)
    fixed = repair(nb, released(), NOTEBOOK)
    assert "# mine" in cell_of(fixed.nb, "joint_error").source
    assert any("2 times; the last changed one counts" in note for note in fixed.fixed)


def test_a_renamed_function_is_named() -> None:
    nb = solved()
    cell = cell_of(nb, "joint_error")
    cell.source = cell.source.replace("def joint_error(", "def joint_eror(")
    missing = repair(nb, released(), NOTEBOOK).missing
    assert missing == {
        "joint_error": "Its cell defines `joint_eror`, not `joint_error`. "
        "Keep the name that the exercise gives."
    }


def test_a_deleted_cell_is_missing_unless_the_function_lives_elsewhere() -> None:
    nb = solved()
    cell = cell_of(nb, "joint_error")
    nb.cells.remove(cell)
    assert "is not in the notebook" in repair(nb, released(), NOTEBOOK).missing["joint_error"]
    nb.cells.insert(0, new_code_cell(f"import torch\n{cell.source}"))
    fixed = repair(nb, released(), NOTEBOOK)
    assert fixed.missing == {}
    assert any("recognised by `joint_error`" in note for note in fixed.fixed)


def test_a_stranger_is_told_so_once() -> None:
    nb = new_notebook(cells=[new_code_cell("2 + 2")])
    fixed = repair(nb, released(), NOTEBOOK)
    assert fixed.fixed == (
        "This does not look like heatmap_2d.ipynb: none of its exercises are in it. "
        "Was another notebook handed in by mistake?",
    )
    assert set(fixed.missing) == {exercise.id for exercise in NOTEBOOK.exercises}
    assert repair(new_notebook(), released(), NOTEBOOK).fixed == (
        "The notebook is empty: it has no cells.",
    )


def test_what_has_no_exercise_and_no_question_is_another_notebook() -> None:
    manifest = load_manifest()
    for assignment in manifest.assignments.values():
        for other in assignment.notebooks:
            path = manifest.released(assignment, other)
            expected = other.name != NOTEBOOK.name
            assert repair(read_notebook(path), released(), NOTEBOOK).is_another == expected
    assert not repair(released(), released(), NOTEBOOK).is_another
    nb = solved()
    (question,) = NOTEBOOK.questions
    answer = cell_of(nb, question.id)
    # Whoever has lost all exercises, and not the answer, is still asked about it.
    only = new_notebook(cells=[new_code_cell("2 + 2"), answer])
    fixed = repair(only, released(), NOTEBOOK)
    assert not fixed.is_another and cell_of(fixed.nb, question.id).source == answer.source


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_no_damage_is_too_much(random: st.DataObject) -> None:
    nb = solved()
    for _ in range(30):
        index = random.randrange(len(nb.cells)) if nb.cells else 0  # type: ignore[attr-defined]
        match random.randrange(4) if nb.cells else 3:  # type: ignore[attr-defined]
            case 0:
                del nb.cells[index]
            case 1:
                nb.cells.append(copy.deepcopy(nb.cells[index]))
            case 2:
                nb.cells[index].metadata = NotebookNode()
            case 3:
                nb.cells.insert(index, new_code_cell("def joint_error(: broken"))
    fixed = repair(nb, released(), NOTEBOOK)
    found = ids(fixed.nb)
    assert len(found) == len(set(found))
    checks = {exercise.check_id for exercise in NOTEBOOK.exercises}
    assert checks <= set(found)
    for exercise in NOTEBOOK.exercises:
        assert (exercise.id in found) or (exercise.id in fixed.missing)


def test_defined_names_survive_magics_and_syntax_errors() -> None:
    assert defined_names("%time\ndef f(x):\n  pass") == {"f"}
    assert defined_names("class A: ...\nb = 1\nasync def c(): ...") == {"A", "b", "c"}
    assert defined_names("def g(:") == {"g"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"  \n", "The file is empty"),
        (b'{"cells": [', "not a notebook: reading it as JSON fails at line 1, column 12"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe\xff", "The file is not text"),
        (b"[1, 2]", "The file is JSON, but it is not a notebook"),
        (b'{"cells": [{"cell_type": "code"}]}', "its cells cannot be read"),
        (b'{"cells": [3]}', "its cells cannot be read"),
        (b'{"cells": [{"cell_type": "pie", "source": ""}]}', "its cells cannot be read"),
    ],
)
def test_what_is_no_notebook_gets_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "n.ipynb"
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as raised:
        read_notebook(path)
    assert says in str(raised.value)


def test_other_encodings_and_older_formats_are_read(tmp_path: Path) -> None:
    nb = json.dumps({"cells": [{"cell_type": "code", "source": ["a = 1\n", "a"], "outputs": []}]})
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path = tmp_path / f"{encoding}.ipynb"
        path.write_bytes(nb.encode(encoding))
        assert read_notebook(path).cells[0].source == "a = 1\na"
    cell = {"cell_type": "code", "input": "b", "language": "python", "outputs": [], "metadata": {}}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    path = tmp_path / "v3.ipynb"
    path.write_text(json.dumps(old))
    assert read_notebook(path).cells[0].source == "b"


def test_submissions_are_found(tmp_path: Path) -> None:
    for student, name in (
        ("ada", "heatmap_2d.ipynb"),
        ("bob", "Copy of heatmap_2d.ipynb"),
        ("cyd", "homework.ipynb"),
        ("dan", "preliminaries.ipynb"),
        ("eve", "a.ipynb"),
        ("eve", "b.ipynb"),
    ):
        path = tmp_path / student / "heatmap_2d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"{name}"')
    (tmp_path / ".git").mkdir()
    found = {h.student: h for h in find_submissions(tmp_path, ASSIGNMENT, NOTEBOOK)}
    assert list(found) == ["ada", "bob", "cyd", "dan", "eve"]
    assert found["ada"].notes == ()
    assert "is called Copy of heatmap_2d.ipynb" in found["bob"].notes[0]
    assert found["cyd"].path is not None
    assert found["dan"].path is None and not found["dan"].refused
    assert found["dan"].notes == (
        "No heatmap_2d.ipynb was found; there is only heatmap_2d/preliminaries.ipynb.",
    )
    assert found["eve"].path is not None
    assert "is called b.ipynb" in found["eve"].notes[0]


def test_a_folder_without_students_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no student's folder"):
        find_submissions(tmp_path, ASSIGNMENT, NOTEBOOK)
    with pytest.raises(CourseError, match="There is no folder"):
        find_submissions(tmp_path / "nowhere", ASSIGNMENT, NOTEBOOK)
