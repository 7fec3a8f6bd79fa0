"""What a person reads in the terminal when grading is done: at most a screenful."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from statistics import mean, median

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.grading.evaluator import grader_failed
from autograder.grading.records import NOTHING_TO_GRADE, ModelRecord, SubmissionRecord
from autograder.grading.trust import REPORTED
from autograder.manifest import Assignment, Exercise, Model, Question
from autograder.reporting.attention import REASONS, Look, looks, most_pressing_first
from autograder.reporting.entries import Entered
from autograder.reporting.graded_class import current_score
from autograder.reporting.grades_table import in_points
from autograder.reporting.leaderboard import in_decimals, ranked
from autograder.reporting.results import Results
from autograder.submissions.students import listed
from poselab.checks.report import points

LONGEST_NAME = 40
"""Characters of a student's name that are shown where there is space."""

SHORTEST_NAME = 12
"""Characters of it that are always shown."""

MOST_ROWS = 30
"""Students of whom all are shown, with all that was noticed; of more, those who need a look."""

MOST_NOTES = 5
"""Remarks on a student that are shown, beside what is reported."""

MOST_LINES = 40
"""Lines on those who need a look, in a class that is larger."""

BEST = 10
"""Models that are shown of a class that is larger."""

_LEAST = {"points": 4, "status": 8}
"""The narrowest columns: no number is cut, a status is broken."""


def print_table(
    results: Results[SubmissionRecord], assignment: Assignment, console: Console
) -> None:
    """In a small class everybody's points and all remarks; then the class as a whole.

    The points are those of the gradebook: a person's score counts in place of the autograder's.
    """
    records = results.submissions
    small = sum(1 for _ in records) <= MOST_ROWS
    if small:
        _print_students(results, assignment, console)
        _print_notes(records, results, console)
    _print_lines(_summary(results, assignment), console)
    if not small:
        _print_looks(results, console)


def _print_students(
    results: Results[SubmissionRecord], assignment: Assignment, console: Console
) -> None:
    """Student, points by exercise and question, sum, status."""
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


def _summary(results: Results[SubmissionRecord], assignment: Assignment) -> Iterator[str]:
    """The class in a few lines: statuses, mean and median, what is to be marked by hand."""
    scores: list[float] = []
    statuses: Counter[str] = Counter()
    for record in results.submissions:
        statuses[record.status] += 1
        if record.status not in NOTHING_TO_GRADE and not grader_failed(record.notes):
            scores.append(current_score(record, results.entered.get(record.student)))
    yield _by_status(results.assignment, statuses)
    if scores:
        yield (
            f"Mean {points(round(mean(scores), 2))}, median {points(round(median(scores), 2))} of "
            f"{points(assignment.points)} points, over {_counted(len(scores), 'submission')} that "
            "could be graded."
        )
    left = Counter(
        entry.exercise
        for one in results.entered.values()
        for entry in one.entries.values()
        if entry.open
    )
    if left:
        each = ", ".join(f"{task} ({number})" for task, number in left.items())
        yield f"To be marked by hand: {_counted(left.total(), 'answer')}: {each}."


def _by_status(what: str, statuses: Counter[str]) -> str:
    each = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in statuses.most_common())
    return f"{what}: {_counted(statuses.total(), 'student')}" + (f": {each}." if each else ".")


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


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
    """Rank, student, metrics, points and status of a small class, or of the best of a larger one.

    The points are those of the gradebook: a person's score counts in place of the grader's. Below
    stand the remarks, or those on models that need a look.
    """
    small = sum(1 for _ in results.submissions) <= MOST_ROWS
    table = Table(title=f"{results.assignment}: models", title_justify="left")
    measured = list(ranked(results.submissions, model))
    others = [record for record in results.submissions if not record.metrics]

    def score(record: ModelRecord) -> list[str]:
        earned = current_score(record, results.entered.get(record.student))
        return [points(earned)] if model.max_points else []

    metrics = [f"{table.metric.split()[-1]}\n{table.unit}".strip() for table in model.metrics]
    for heading, right in (
        ("rank", True),
        ("student", False),
        *((metric, True) for metric in metrics),
        *([(f"score\nof {points(model.max_points)}", True)] if model.max_points else ()),
        ("status", False),
    ):
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for rank, values, record in measured if small else measured[:BEST]:
        table.add_row(str(rank), _name(record), *in_decimals(values), *score(record), record.status)
    for record in others if small else ():
        blank = [""] * len(metrics)
        table.add_row("", _name(record), *blank, *score(record), record.status)
    console.print(table)
    if small:
        records = [*(record for _, _, record in measured), *others]
        _print_notes(records, results, console)
    statuses = Counter[str](record.status for record in results.submissions)
    _print_lines([_by_status(results.assignment, statuses)], console)
    if not small:
        _print_looks(results, console)


def _name(record: ModelRecord) -> Text:
    return Text(shortened(record.student, LONGEST_NAME // 2))


def _print_notes(
    records: Iterable[SubmissionRecord | ModelRecord],
    results: Results[SubmissionRecord] | Results[ModelRecord],
    console: Console,
) -> None:
    """The remarks on those who are in the folder, or were asked for; what is reported first."""
    here = [
        record
        for record in records
        if record.student not in results.absent
        and (results.judged is None or record.student in results.judged)
    ]
    nothing = [one.student for one in here if one.notes and all(map(_is_absence, one.notes))]
    said: list[tuple[str, str]] = []
    for record in here:
        if record.student in nothing and len(nothing) > 1:
            continue
        reported = [note for note in record.notes if note.startswith(REPORTED)]
        others = [note for note in record.notes if not note.startswith(REPORTED)]
        left = len(others) - MOST_NOTES
        if left > 1:
            others[MOST_NOTES:] = [f"... and {left} more remarks, which the results have."]
        said += [(record.student, note) for note in (*reported, *others)]
    said.sort(key=lambda one: not one[1].startswith(REPORTED))
    _print_lines((f"{student}: {note}" for student, note in said), console)
    if len(nothing) > 1:
        _print_lines(
            [f"Handed in nothing ({len(nothing)}): {listed(nothing, MOST_ROWS)}."], console
        )


def _is_absence(note: str) -> bool:
    """Whether a remark says that nothing was handed in, and no more."""
    return re.fullmatch(r"No \w+ was handed in: .* is missing\.", note) is not None


def _print_lines(lines: Iterable[str], console: Console) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False)


def _print_looks(
    results: Results[SubmissionRecord] | Results[ModelRecord], console: Console
) -> None:
    """Who needs a look and why, the most pressing first; what is reported in full."""
    found = most_pressing_first(
        chain.from_iterable(
            looks(record, results.entered.get(record.student))
            for record in results.submissions
            if record.student not in results.absent
        )
    )
    if not found:
        _print_lines(["Nobody's submission needs a look."], console)
        return
    kinds = Counter(look.why for look in found)
    each = ", ".join(f"{kinds[why]} {said}" for why, said in REASONS.items() if kinds[why])
    _print_lines([f"To be looked at: {each}."], console)
    left = MOST_LINES
    for shown, look in enumerate(found):
        text = _as_text(look)
        if look.why != "reported":
            text.truncate(console.width, overflow="ellipsis")
        left -= len(text.wrap(console, console.width))
        if left < 0:
            _print_lines([f"... and {len(found) - shown} more, which the results have."], console)
            return
        console.print(text)


def _as_text(look: Look) -> Text:
    name = shortened(look.student, LONGEST_NAME)
    return Text(f"  {REASONS[look.why]}: {name}: {' '.join(look.notes)}".rstrip(": "))
