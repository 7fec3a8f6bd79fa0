"""Every student gets a page, whatever one of them has written."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook

from autograder.grading.records import CriterionRecord, ExerciseRecord, NotebookRecord, RecordStore
from autograder.limited.limits import CallLimits
from autograder.manifest import load_manifest
from autograder.reporting import feedback
from autograder.reporting.feedback import FeedbackWriter
from autograder.reporting.gradebook import GradebookWriter
from autograder.reporting.nbgrader_tools import programs_on_path
from autograder.reporting.pages import make_page
from tests.autograder.reporting.broken_pages import page_of_some

MANIFEST = load_manifest()
ASSIGNMENT = MANIFEST.assignment("heatmap_2d")
(NOTEBOOK,) = ASSIGNMENT.graded_notebooks
FULL = ASSIGNMENT.exercise("joint_error").points
MOST = f"of {ASSIGNMENT.points:g} points"
SMALL = CallLimits(seconds=5, memory=512 << 20, result=8 << 20)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> GradebookWriter:
    """A working folder whose gradebook knows the assignment and no student."""
    writer = GradebookWriter(MANIFEST, tmp_path_factory.mktemp("feedback") / "work")
    writer.work.mkdir()
    with programs_on_path(), Gradebook(writer.database) as gradebook:
        gradebook.add_assignment(ASSIGNMENT.id)
        gradebook.add_notebook(NOTEBOOK.name, ASSIGNMENT.id)
        where = (NOTEBOOK.name, ASSIGNMENT.id)
        gradebook.add_grade_cell("check_joint_error", *where, max_score=FULL, cell_type="code")
        gradebook.add_grade_cell("compare_methods", *where, max_score=4, cell_type="markdown")
        gradebook.add_solution_cell("compare_methods", *where)
    FeedbackWriter(writer, ASSIGNMENT).prepare()
    return writer


def enter(writer: GradebookWriter, student: str, *cells: NotebookNode) -> None:
    """What grading leaves: an autograded notebook, a record, an entry in the gradebook."""
    verdict = new_code_cell("check(joint_error)")
    verdict.metadata["nbgrader"] = label("check_joint_error", solution=False)
    answer = new_markdown_cell("Ours is better.")
    answer.metadata["nbgrader"] = label("compare_methods", solution=True)
    path = writer.autograded / student / ASSIGNMENT.id / f"{NOTEBOOK.name}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=[*cells, verdict, answer]), path)
    criterion = CriterionRecord(
        id="values", passed=False, points=1, max_points=FULL, message="It returned <nan>."
    )
    exercise = ExerciseRecord(id="joint_error", score=1, max_score=FULL, criteria=(criterion,))
    record = NotebookRecord(
        key="k", notes=("A note.",), status="graded", exercises=(exercise,), cells="c"
    )
    RecordStore(writer.runs / ASSIGNMENT.id, NOTEBOOK.name, NotebookRecord).keep(student, record)
    with Gradebook(writer.database) as gradebook:
        gradebook.add_student(student)
        gradebook.add_submission(ASSIGNMENT.id, student)
        where = (NOTEBOOK.name, ASSIGNMENT.id, student)
        check = gradebook.find_grade("check_joint_error", *where)
        check.auto_score, check.needs_manual_grade = 1, False
        gradebook.find_grade("compare_methods", *where).needs_manual_grade = True
        gradebook.db.commit()


def label(grade_id: str, solution: bool) -> dict[str, Any]:
    return {
        "grade_id": grade_id,
        "grade": True,
        "solution": solution,
        "locked": not solution,
        "schema_version": 3,
        "points": 1,
    }


def page(writer: GradebookWriter, student: str) -> str:
    path = writer.feedback / student / ASSIGNMENT.id / f"{NOTEBOOK.name}.html"
    return path.read_text(encoding="utf-8")


def test_what_one_page_does_costs_no_other(
    empty: GradebookWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    students = ["a", "dies", "b", "fills", "loops", "c", "raises", "d"]
    for student in students:
        enter(empty, student)
    monkeypatch.setattr(feedback, "make_page", page_of_some)
    limits = CallLimits(seconds=2, memory=256 << 20)
    remarks = FeedbackWriter(empty, ASSIGNMENT, limits).write(students, workers=2)
    why = "The feedback page shows no notebook: "
    assert remarks == {
        "dies": why + "its process was ended with exit status 3.",
        "fills": why + "it needed more than 0.25 GB of memory.",
        "loops": why + "it took more than 2 s of processor time.",
        "raises": why + "ValueError: <b>no</b>.",
    }
    for student in students:
        shown = page(empty, student)
        assert "Ours is better." in shown or student in remarks
        if student in remarks:
            assert f"1 {MOST}" in shown and "4 of them are not yet marked" in shown
            assert "It returned &lt;nan&gt;." in shown and "A note." in shown
            assert "without your notebook" in shown
            assert "<b>no</b>" not in shown
    # What was in the way may be gone when the class is graded again.
    assert set(remarks) <= set(FeedbackWriter(empty, ASSIGNMENT).unfinished())
    monkeypatch.setattr(feedback, "make_page", make_page)
    assert FeedbackWriter(empty, ASSIGNMENT).write(sorted(remarks), workers=2) == {}
    assert not set(students) & set(FeedbackWriter(empty, ASSIGNMENT).unfinished())


HEAVY: dict[str, list[NotebookNode]] = {
    "pictures": [new_markdown_cell("![a](attachment:my%20pic.png) ![b](attachment:bücher.png)")],
    "style": [new_markdown_cell('<p style="color:' + "(" * 50_000 + '">text</p>')],
    "environments": [new_markdown_cell("\\begin{a}" * 66_000)],
    "attributes": [new_markdown_cell("<p" + " a" * 200_000 + ">text</p>")],
    "divisions": [new_markdown_cell("<div>" * 1_500_000)],
    "blank lines": [new_code_cell("a = 1\n" + "\n" * 200_000)],
    "lines": [new_code_cell("a=1\n" * 500_000)],
    "colours": [
        new_code_cell(outputs=[new_output("stream", name="stdout", text="\x1b[31mx" * 300_000)])
    ],
    "a table": [
        new_code_cell(outputs=[new_output("display_data", {"text/html": "<td>1" * 300_000})])
    ],
    "LaTeX": [
        new_code_cell(outputs=[new_output("display_data", {"text/latex": "$\\begin{a}" * 99_999})])
    ],
    "Markdown": [
        new_code_cell(outputs=[new_output("display_data", {"text/markdown": "[" * 300_000})])
    ],
}


@pytest.mark.parametrize("kind", HEAVY)
def test_what_is_made_to_be_slow_is_shown_all_the_same(empty: GradebookWriter, kind: str) -> None:
    enter(empty, kind, *HEAVY[kind])
    assert FeedbackWriter(empty, ASSIGNMENT, SMALL).write([kind], workers=1) == {}
    assert "Ours is better." in page(empty, kind)


def test_too_many_cells_for_a_page_are_left_out(empty: GradebookWriter) -> None:
    enter(empty, "cells", *[new_code_cell(f"a = {number}") for number in range(20_000)])
    limits = CallLimits(seconds=2)
    remarks = FeedbackWriter(empty, ASSIGNMENT, limits).write(["cells"], workers=1)
    assert "it took more than 2 s of processor time" in remarks["cells"]
    assert f"1 {MOST}" in page(empty, "cells")


def test_what_a_person_gave_is_on_a_plain_page(empty: GradebookWriter) -> None:
    enter(empty, "marked")
    with Gradebook(empty.database) as gradebook:
        where = (NOTEBOOK.name, ASSIGNMENT.id, "marked")
        gradebook.find_grade("check_joint_error", *where).manual_score = 3
        gradebook.find_grade("compare_methods", *where).manual_score = 2.5
        gradebook.find_grade("compare_methods", *where).needs_manual_grade = False
        gradebook.find_comment("compare_methods", *where).manual_comment = "Well <seen>."
        gradebook.db.commit()
    (empty.autograded / "marked" / ASSIGNMENT.id / f"{NOTEBOOK.name}.ipynb").unlink()
    remarks = FeedbackWriter(empty, ASSIGNMENT).write(["marked"], workers=1)
    assert "No such file" in remarks["marked"]
    shown = page(empty, "marked")
    assert f"5.5 {MOST}" in shown and "not yet marked" not in shown
    assert f"3 of {FULL:g} points" in shown and "the grader gave 1" in shown
    assert "2.5 of 4 points" in shown and "Well &lt;seen&gt;." in shown
    # Where the files of the machine that grades lie concerns nobody else.
    assert str(empty.work) in remarks["marked"] and str(empty.work) not in shown
