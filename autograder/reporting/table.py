"""The tables that a person reads when grading is done."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from autograder.grading.records import ModelRecord, SubmissionRecord
from autograder.manifest import Model
from autograder.reporting.results import Results, in_decimals, ranked
from poselab.checks.report import points


def print_table(results: Results[SubmissionRecord], console: Console) -> None:
    """Student, points by exercise, sum, status; and the remarks below."""
    table = Table(title=results.assignment, title_justify="left")
    table.add_column("student", no_wrap=True)
    first = next(iter(results.submissions))
    for exercise in first.exercises:
        name = exercise.id.replace("_", "\n")
        heading = f"{name}\nof {points(exercise.max_score)}"
        table.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
    table.add_column(f"score\nof {points(first.max_score)}", justify="right", style="bold")
    table.add_column("status", no_wrap=True)
    for submission in results.submissions:
        earned = [points(exercise.score) for exercise in submission.exercises]
        table.add_row(submission.student, *earned, points(submission.score), submission.status)
    console.print(table)
    _print_notes(results.submissions, console)


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
    _print_notes([*(record for _, _, record in measured), *others], console)


def _print_notes(records: Iterable[SubmissionRecord | ModelRecord], console: Console) -> None:
    for record in records:
        for note in record.notes:
            console.print(f"{record.student}: {note}", markup=False, highlight=False)
