"""The tables that a person reads when grading is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.grading.records import ModelRecord, SubmissionRecord
from autograder.manifest import Assignment, Exercise, Model, Question
from autograder.reporting.entries import Entered
from autograder.reporting.grades_table import in_points
from autograder.reporting.results import Results, in_decimals, ranked
from poselab.checks.report import points

LONGEST_NAME = 40
"""Characters of a student's name that are shown where there is space."""

SHORTEST_NAME = 12
"""Characters of it that are always shown."""

_LEAST = {"points": 4, "status": 8}
"""The narrowest columns: no number is cut, a status is broken."""


def print_table(
    results: Results[SubmissionRecord], assignment: Assignment, console: Console
) -> None:
    """Student, points by exercise and question, sum, status; and the remarks below.

    The points are those of the gradebook: a person's score counts in place of the autograder's.
    """
    tasks = [task for notebook in assignment.graded_notebooks for task in notebook.tasks]
    headings = [f"{task.id.replace('_', chr(10))}\nof {points(task.points)}" for task in tasks]
    sums = [f"score\nof {points(assignment.points)}"]
    if some_open := any(one.open_points for one in results.entered.values()):
        sums.append("open")
    names = max((cell_len(one.student) for one in results.submissions), default=0)
    statuses = max((cell_len(one.status) for one in results.submissions), default=0)
    # Where there is little space names, headings and statuses give way, and points never.
    columns = 2 + len(headings) + len(sums)
    taken = sum(map(_widest, sums))
    padding = 1
    room = _room(console.width, columns, padding) - taken
    least = SHORTEST_NAME + len(headings) * _LEAST["points"] + _LEAST["status"]
    if room < least:
        padding = 0
        room = _room(console.width, columns, padding) - taken
    if room < least:
        # Too many tasks for one line; grades.csv has them.
        tasks, headings = [], []
        room = _room(console.width, 2 + len(sums), padding) - taken
    widths = _share_out(
        room,
        [(min(max(names, 7), LONGEST_NAME), SHORTEST_NAME), (max(statuses, 6), _LEAST["status"])]
        + [(_widest(heading), _LEAST["points"]) for heading in headings],
    )
    table = Table(title=results.assignment, title_justify="left", padding=(0, padding))
    table.add_column("student", no_wrap=True, width=widths[0])
    for heading, width in zip(headings, widths[2:], strict=True):
        column = {"justify": "right", "vertical": "bottom", "overflow": "fold", "width": width}
        table.add_column(heading, **column)  # type: ignore[arg-type]
    for heading in sums:
        bold = "bold" if heading is sums[0] else ""
        table.add_column(heading, justify="right", style=bold, no_wrap=True, width=_widest(heading))
    table.add_column("status", overflow="fold", width=widths[1])
    for submission in results.submissions:
        row = _row(submission, results.entered.get(submission.student), tasks, some_open)
        table.add_row(Text(shortened(submission.student, widths[0])), *row)
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


def _room(width: int, columns: int, padding: int) -> int:
    """What is left for text in a line of so many columns."""
    return width - (columns + 1) - 2 * padding * columns


def _widest(heading: str) -> int:
    return max(len(line) for line in heading.splitlines())


def _share_out(room: int, wanted: list[tuple[int, int]]) -> list[int]:
    """Widths that fit, or the least ones: the widest column gives way first, the first most."""
    widths = [most for most, _ in wanted]
    while sum(widths) > room:
        give = [i for i, (_, least) in enumerate(wanted) if widths[i] > least]
        if not give:
            break
        widths[max(give, key=lambda i: (widths[i], -i))] -= 1
    return widths


def shortened(name: str, most: int) -> str:
    """A name cut in its middle, where the names of a class differ least."""
    if cell_len(name) <= most:
        return name
    return f"{set_cell_size(name, most - most // 2 - 1)}…{name[-(most // 2) :]}"


def print_models(results: Results[ModelRecord], model: Model, console: Console) -> None:
    """Rank, student, metrics, points and status; and the remarks below."""
    table = Table(title=f"{results.assignment}: models", title_justify="left")
    measured = list(ranked(results.submissions, model))
    others = [record for record in results.submissions if not record.metrics]
    earns = bool(model.max_points)
    metrics = [f"{table.metric.split()[-1]}\n{table.unit}".strip() for table in model.metrics]
    for heading, right in (
        ("rank", True),
        ("student", False),
        *((metric, True) for metric in metrics),
        *([(f"score\nof {points(model.max_points)}", True)] if earns else ()),
        ("status", False),
    ):
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for rank, values, record in measured:
        score = [points(record.score)] * earns
        table.add_row(str(rank), _name(record), *in_decimals(values), *score, record.status)
    for record in others:
        blank = [""] * len(metrics)
        score = [points(record.score)] * earns
        table.add_row("", _name(record), *blank, *score, record.status)
    console.print(table)
    records = [*(record for _, _, record in measured), *others]
    _print_notes(records, results.absent, console)


def _name(record: ModelRecord) -> Text:
    return Text(shortened(record.student, LONGEST_NAME // 2))


def _print_notes(
    records: Iterable[SubmissionRecord | ModelRecord], absent: Sequence[str], console: Console
) -> None:
    for record in records:
        for note in record.notes if record.student not in absent else ():
            console.print(f"{record.student}: {note}", markup=False, highlight=False)
