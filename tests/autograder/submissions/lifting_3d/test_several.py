"""An assignment of several notebooks, one of them with several questions: nothing is mixed up."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.utils import determine_grade

from autograder.manifest import Notebook, load_manifest
from autograder.submissions.find import find_submissions
from autograder.submissions.repair import repair
from tests.submissions.make import grade_id

MANIFEST = load_manifest()
ASSIGNMENT = MANIFEST.assignment("lifting_3d")
OTHERS = set(MANIFEST.assignments) - {ASSIGNMENT.id}


def released(notebook: Notebook) -> NotebookNode:
    return nbformat.read(MANIFEST.released(ASSIGNMENT, notebook), as_version=4)


def test_each_notebook_is_found_by_what_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "ada" / ASSIGNMENT.id
    folder.mkdir(parents=True)
    names = {"lifting": "first.ipynb", "weak_supervision": "weak_supervision (1).ipynb"}
    for notebook in ASSIGNMENT.notebooks:
        nb = released(notebook)
        nb.cells.append(new_markdown_cell("mine"))
        nbformat.write(nb, folder / names.get(notebook.name, "second.ipynb"))
    (folder / "eval.py").write_text("# %%\nprint('mine')\n")
    (folder / "lifting.txt").write_text("my lifting notes")
    for notebook in ASSIGNMENT.notebooks:
        (one,) = find_submissions(tmp_path, ASSIGNMENT, notebook, released(notebook), OTHERS)
        assert one.path is not None
        assert one.path.name == names.get(notebook.name, "second.ipynb")


def asked(nb: NotebookNode, notebook: Notebook) -> list[str]:
    """The questions whose answers a person has to read, once the notebook is repaired."""
    fixed = {grade_id(cell): cell for cell in repair(nb, released(notebook), notebook).nb.cells}
    return [q.id for q in notebook.questions if determine_grade(fixed[q.id])[0] is None]


def test_each_question_gets_what_stands_below_its_own_heading() -> None:
    notebook = ASSIGNMENT.notebook("lifting")
    nb = released(notebook)
    second = notebook.questions[1].id
    place = next(i for i, cell in enumerate(nb.cells) if grade_id(cell) == second)
    nb.cells.insert(place + 1, new_markdown_cell("Integral regression won: 4.1 px against 5.0 px."))
    assert asked(nb, notebook) == [second]
    nb.cells.append(new_markdown_cell("My third answer is that I would begin earlier."))
    assert asked(nb, notebook) == [q.id for q in notebook.questions]
