"""Marking schemes: found in the solutions, shown to whoever marks."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import NotebookNode

from autograder.errors import CourseError
from autograder.grading.marking_scheme import marking_schemes, points_in
from autograder.grading.presentation import MARKING_SCHEME, add_marking_schemes
from autograder.manifest import Assignment, Notebook, load_manifest
from autograder.submissions.labels import is_for_instructors
from tests.autograder.grading.test_presentation import notebook

MANIFEST = load_manifest()


@pytest.mark.parametrize(("assignment", "of"), list(MANIFEST.notebooks()))
def test_the_items_of_each_scheme_add_up(assignment: Assignment, of: Notebook) -> None:
    schemes = marking_schemes(MANIFEST.executed(assignment, of))
    assert {name: points_in(scheme) for name, scheme in schemes.items()} == {
        question.id: question.points for question in of.questions
    }
    assert not any("MARK SCHEME" in scheme for scheme in schemes.values())


def test_a_file_that_is_no_notebook_is_one_sentence(tmp_path: Path) -> None:
    assert marking_schemes(tmp_path / "none.ipynb") == {}
    broken = tmp_path / "broken.ipynb"
    broken.write_text("[]")
    with pytest.raises(CourseError, match="is no notebook"):
        marking_schemes(broken)


def test_the_scheme_stands_beside_its_question_alone() -> None:
    nb: NotebookNode = notebook()
    before = len(nb.cells)
    add_marking_schemes(nb, {"q": "* **4 points, all.**", "another": "no"})
    assert len(nb.cells) == before + 1
    scheme, answer = nb.cells[-2:]
    assert answer.source == "My answer" and is_for_instructors(scheme)
    assert MARKING_SCHEME in scheme.source and "**4 points, all.**" in scheme.source
