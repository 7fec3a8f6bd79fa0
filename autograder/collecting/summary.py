"""What a person reads when downloads are collected: a line a student, what was left, the sums."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.collecting.collection import collection_file
from autograder.collecting.outcome import Line, Outcome
from autograder.files import write_atomically
from autograder.submissions.students import listed, readable
from autograder.terminal import say

_MOST_LISTED = 12
_HEADER = (
    *("student", "name", "platform", "label", "handed_in", "late", "state"),
    *("file", "kept_as", "remark"),
)
_FORMULA = tuple("=+-@\t\r")
_STATES = {
    "new": "",
    "newer": "newer attempt",
    "earlier": "earlier attempt",
    "as before": "as before",
    "empty": "left out",
}


def print_summary(outcome: Outcome, console: Console) -> None:
    """Print what became of every submission.

    Args:
        outcome: of all downloads.
        console: where to print it.
    """
    table = Table(title=outcome.collection.assignment, title_justify="left", padding=(0, 1))
    for heading, most in (("student", 28), ("name", 28), ("handed in", 20), ("files", 30)):
        table.add_column(heading, overflow="ellipsis", no_wrap=True, max_width=most)
    table.add_column("", overflow="fold", no_wrap=True)
    for line in outcome.lines:
        for student in line.found.students:
            table.add_row(*map(Text, _cells(line, student, outcome)))
    console.print(table)
    for line in outcome.lines:
        say(console, (f"{', '.join(line.found.students)}: {said}" for said in line.remarks))
    say(console, (f"Left: {refused.shown}: {refused.reason}." for refused in outcome.left))
    say(console, outcome.remarks)
    say(console, _sums(outcome))


def write_summary(outcome: Outcome, submitted: Path) -> Path:
    """Write the same as a table, a row a file.

    Args:
        outcome: of all downloads.
        submitted: the folder of submissions.

    Returns:
        Where it is: `collected/ASSIGNMENT.csv`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    for row in _rows(outcome):
        writer.writerow(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row)
    path = collection_file(submitted, outcome.collection.assignment).with_suffix(".csv")
    write_atomically(path, text.getvalue().encode("utf-8-sig"))
    return path


def _cells(line: Line, student: str, outcome: Outcome) -> tuple[str, ...]:
    files = sorted(line.intake.files)
    shown = readable(files[0]) if files else ""
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    marks = [_STATES[line.state]]
    if line.handed.late:
        marks.append("late")
    if outcome.has_roster and line.found.how == "stranger":
        marks.append("not on the roster")
    if line.found.how == "ambiguous":
        marks.append("ambiguous")
    if len(line.found.students) > 1:
        marks.append("group")
    name = readable(outcome.collection.people[student].name)
    when = _local(line.handed.handed_in)
    return readable(student), name, when, shown + more, ", ".join(filter(None, marks))


def _local(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M} {when:%Z}".strip() if when else ""


def _rows(outcome: Outcome) -> Iterable[tuple[str, ...]]:
    people = outcome.collection.people
    for line in outcome.lines:
        handed = line.handed
        when = handed.handed_in.isoformat() if handed.handed_in else ""
        late = "late" if handed.late else ""
        remark = " ".join(line.remarks)
        for student in line.found.students:
            about = (student, people[student].name, handed.platform, handed.label, when, late)
            for kept, file in sorted(line.intake.files.items()):
                yield (*about, line.state, file, kept, remark)
            for one in line.intake.left:
                yield (*about, "left out", one.shown, "", one.reason)
    for one in outcome.left:
        yield ("", "", "", "", "", "", "left", one.shown, "", one.reason)
    for one in outcome.own:
        yield ("", "", "", "", "", "", "passed over", one.shown, "", one.reason)
    for student in outcome.absent:
        yield (student, people[student].name, "", "", "", "", "handed in nothing", "", "", "")


def _sums(outcome: Outcome) -> Iterable[str]:
    states = Counter(line.state for line in outcome.lines)
    students = {s for line in outcome.lines for s in line.found.students if line.intake.files}
    files = sum(len(line.intake.files) for line in outcome.lines)
    yield (
        f"Collected from {' and '.join(outcome.platforms)}: {_count(students, 'student')}, "
        f"{files} file{'s' if files != 1 else ''}; {states['new'] + states['newer']} new, "
        f"{states['earlier']} earlier, {states['as before']} as before."
    )
    if not outcome.has_changed and not outcome.has_moved:
        yield "Nothing has changed: all of it was collected before."
    strangers = [
        student
        for line in outcome.lines
        if outcome.has_roster and line.found.how in ("stranger", "ambiguous")
        for student in line.found.students
    ]
    if strangers:
        yield f"Not on the roster, or not for certain: {_listed(strangers)}."
    if outcome.absent:
        yield f"Handed in nothing ({len(outcome.absent)}): {_listed(outcome.absent)}."
    if outcome.left:
        count = len(outcome.left)
        yield f"Left, for the reasons above: {count} file{'s' if count != 1 else ''}."


def _count(things: Iterable[str], word: str) -> str:
    number = len(list(things))
    return f"{number} {word}{'s' if number != 1 else ''}"


def _listed(students: Iterable[str]) -> str:
    return listed(dict.fromkeys(map(readable, students)), _MOST_LISTED)
