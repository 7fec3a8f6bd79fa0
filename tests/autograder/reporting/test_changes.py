"""Whose score changed, why, and what was judged again while all else stays."""

from __future__ import annotations

import copy
import csv
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from autograder.grading.adoption import adopt
from autograder.grading.notebook import GradedNotebook, NotebookEvaluator
from autograder.grading.records import CriterionRecord, ExerciseRecord, NotebookRecord
from autograder.grading.settings import Limits
from autograder.manifest import load_manifest
from autograder.reporting.changes import changed_scores, forget_replaced, write_changes
from autograder.reporting.entries import Entered, Entry
from autograder.submissions.students import Students

MANIFEST = load_manifest()
ASSIGNMENT = MANIFEST.assignment("heatmap_2d")
(NOTEBOOK,) = ASSIGNMENT.graded_notebooks
FIRST, SECOND = (exercise.id for exercise in NOTEBOOK.exercises[:2])


def record(first: float, second: float, key: str = "k", cells: str = "c") -> NotebookRecord:
    def exercise(name: str, score: float) -> ExerciseRecord:
        values = CriterionRecord(
            id="values", passed=score == 2, points=score, max_points=2, message="=1"
        )
        return ExerciseRecord(id=name, score=score, max_score=2, criteria=(values,))

    return NotebookRecord(
        key=key,
        cells=cells,
        notes=(),
        status="graded",
        exercises=(exercise(FIRST, first), exercise(SECOND, second)),
    )


def graded_nb(first: float, second: float) -> NotebookNode:
    cells = []
    for name, score in ((FIRST, first), (SECOND, second)):
        data = {"text/plain": str(score)}
        output = new_output("execute_result", data=data, execution_count=1)
        about = {"nbgrader": {"grade_id": f"check_{name}"}}
        cells.append(new_code_cell("check()", outputs=[output], metadata=about))
    return new_notebook(cells=cells)


def test_one_exercise_is_taken_over_and_the_other_stays() -> None:
    made, text = adopt(
        record(0, 0, "old"),
        graded_nb(0, 0),
        record(2, 2, "new"),
        graded_nb(2, 2),
        NOTEBOOK,
        [FIRST],
    )
    assert [exercise.score for exercise in made.exercises] == [2, 0]
    # The next ordinary run looks at the other one, too.
    assert made.key == "old"
    assert '"2"' in text and '"0"' in text


def test_another_submission_is_taken_over_as_a_whole() -> None:
    new = record(2, 2, "new", cells="other")
    made, text = adopt(record(0, 0), graded_nb(0, 0), new, graded_nb(2, 2), NOTEBOOK, [FIRST])
    assert made == new and '"0"' not in text
    failed = record(0, 1, key="")
    assert (
        adopt(record(2, 2), graded_nb(2, 2), failed, graded_nb(0, 1), NOTEBOOK, [FIRST])[0]
        == failed
    )


def test_changes_are_found_once_and_written(tmp_path: Path) -> None:
    evaluator = NotebookEvaluator(
        MANIFEST, ASSIGNMENT, NOTEBOOK, 1, Limits(), tmp_path / "runs", "none"
    )

    def keep(kept: NotebookRecord) -> None:
        evaluator.keep("eva", GradedNotebook(kept, "{}"))

    keep(record(1, 2))
    assert not list(changed_scores([evaluator], ["eva"], {}))
    # Twice replaced before anybody was told: what counts is the first.
    keep(record(0, 2))
    keep(record(2, 1, cells="other"))
    there = Entry(NOTEBOOK.name, f"check_{SECOND}", 1, 1.5, 0, 2, open=False)
    entered = {"eva": Entered({(NOTEBOOK.name, there.cell): there}, penalty=0.5)}
    changes = list(changed_scores([evaluator], ["eva"], entered))
    assert [(c.exercise, c.before, c.after, c.by_hand) for c in changes] == [
        (FIRST, 1, 2, None),
        (SECOND, 2, 1, 1.5),
    ]
    assert changes[1].sentence("Eva") == (
        f"Eva: {SECOND} 2 -> 1 (handed in anew; values 2 -> 1). "
        "The 1.5 points given by hand still count."
    )
    path = write_changes(changes, entered, Students({}), tmp_path, ASSIGNMENT.id)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["student"], row["by_hand"], row["score_now"]) for row in rows] == [
        ("eva", "", "1"),
        ("eva", "1.5", "1"),
    ]
    forget_replaced([evaluator], ["eva"])
    assert not list(changed_scores([evaluator], ["eva"], entered))


def test_nothing_is_adopted_into_what_was_never_graded(tmp_path: Path) -> None:
    evaluator = NotebookEvaluator(
        MANIFEST, ASSIGNMENT, NOTEBOOK, 1, Limits(), tmp_path, "none", only=(FIRST,)
    )
    whole = copy.deepcopy(record(2, 1))
    assert evaluator.keep("eva", GradedNotebook(whole, "{}")) == whole
