"""The table that a person reads when grading is done."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from autograder.reporting.results import Results
from poselab.checks.report import points


def print_table(results: Results, console: Console) -> None:
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
    for submission in results.submissions:
        for note in submission.notes:
            console.print(f"{submission.student}: {note}", markup=False, highlight=False)
