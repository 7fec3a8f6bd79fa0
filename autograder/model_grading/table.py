"""The table that a person reads when models are evaluated."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from autograder.model_grading.results import ModelResults, ranked
from poselab.checks.report import points


def print_models(results: ModelResults, console: Console) -> None:
    """Rank, student, error, points and status; and the remarks below."""
    table = Table(title=f"{results.assignment}: models", title_justify="left")
    most = points(results.submissions[0].max_score)
    for heading in ("rank", "student", "error\npx", f"score\nof {most}", "status"):
        right = heading.split("\n")[0] in ("rank", "error", "score")
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    measured = list(ranked(results.submissions))
    for rank, error, record in measured:
        table.add_row(str(rank), record.student, f"{error:.2f}", points(record.score), "graded")
    others = [record for record in results.submissions if record.error_px is None]
    for record in others:
        table.add_row("", record.student, "", points(record.score), record.status)
    console.print(table)
    for record in (*(record for _, _, record in measured), *others):
        for note in record.notes:
            console.print(f"{record.student}: {note}", markup=False, highlight=False)
