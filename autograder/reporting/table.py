"""The tables that a person reads when grading is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.grading.records import ModelRecord, SubmissionRecord
from autograder.manifest import Assignment, Exercise, Model, Question
from autograder.reporting.entries import Entered
from autograder.reporting.grades_table import in_points
from autograder.reporting.results import Results, in_decimals, ranked
from poselab.checks.report import points


def print_table(
    results: Results[SubmissionRecord], assignment: Assignment, console: Console
) -> None:
    """Student, points by exercise and question, sum, status; and the remarks below.

    The points are those of the gradebook: a person's score counts in place of the autograder's.
    """
    table = Table(title=results.assignment, title_justify="left")
    table.add_column("student", no_wrap=True)
    tasks = [task for notebook in assignment.graded_notebooks for task in notebook.tasks]
    for task in tasks:
        heading = f"{task.id.replace('_', chr(10))}\nof {points(task.points)}"
        table.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
    table.add_column(f"score\nof {points(assignment.points)}", justify="right", style="bold")
    some_open = any(one.open_points for one in results.entered.values())
    if some_open:
        table.add_column("open", justify="right")
    table.add_column("status", no_wrap=True)
    for submission in results.submissions:
        row = _row(submission, results.entered.get(submission.student), tasks, some_open)
        table.add_row(escape(submission.student), *row)
    console.print(table)
    _print_notes(results.submissions, results.absent, console)


def _row(
    submission: SubmissionRecord,
    entered: Entered | None,
    tasks: Iterable[Exercise | Question],
    some_open: bool,
) -> list[str]:
    """What follows a student's name."""
    earned = {exercise.id: points(exercise.score) for exercise in submission.exercises}
    score, left = submission.score, 0.0
    if entered is not None:
        earned |= {name: in_points(entry) for name, entry in entered.by_exercise().items()}
        score, left = entered.score - entered.penalty, entered.open_points
    open_points = [points(left)] if some_open else []
    cells = [earned.get(task.id, "") for task in tasks]
    return [*cells, points(score), *open_points, submission.status]


def print_models(results: Results[ModelRecord], model: Model, console: Console) -> None:
    """Rank, student, metrics, points and status; and the remarks below."""
    table = Table(title=f"{results.assignment}: models", title_justify="left")
    measured = list(ranked(results.submissions, model))
    others = [record for record in results.submissions if not record.metrics]
    metrics = [f"{table.metric.split()[-1]}\n{table.unit}".strip() for table in model.metrics]
    for heading, right in (
        ("rank", True),
        ("student", False),
        *((metric, True) for metric in metrics),
        (f"score\nof {points(model.max_points)}", True),
        ("status", False),
    ):
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for rank, values, record in measured:
        shown = (str(rank), record.student, *in_decimals(values))
        table.add_row(*shown, points(record.score), record.status)
    for record in others:
        blank = [""] * len(metrics)
        table.add_row("", record.student, *blank, points(record.score), record.status)
    console.print(table)
    records = [*(record for _, _, record in measured), *others]
    _print_notes(records, results.absent, console)


def _print_notes(
    records: Iterable[SubmissionRecord | ModelRecord], absent: Sequence[str], console: Console
) -> None:
    for record in records:
        for note in record.notes if record.student not in absent else ():
            console.print(f"{record.student}: {note}", markup=False, highlight=False)
    if absent:
        console.print(
            "In the gradebook, but not in this folder; they keep what they had: "
            f"{', '.join(absent)}. Whoever has left is taken out by `nbgrader db student remove "
            "NAME --force`; another class or term needs a --work of its own.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
