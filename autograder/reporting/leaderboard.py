"""The leaderboard of an assignment's models: pseudonyms for all, names for the instructor.

A student has one model on it, the one that was handed in last: a better one of an earlier run does
not count, as it does not count in the gradebook.
"""

from __future__ import annotations

import csv
import hmac
import io
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.exercises.graded_model import Metric
from autograder.files import write_atomically
from autograder.grading.records import ModelRecord
from autograder.manifest import Assignment, Model
from autograder.reporting.templating import render
from autograder.submissions.pseudonyms import compared

DECIMALS = 2
"""Of a metric: models whose values are the same so far share a rank."""

ANONYMOUS = "Anonymous"
_DIGITS = 8


def ranked(
    records: Iterable[ModelRecord], model: Model
) -> Iterator[tuple[int, tuple[float, ...], ModelRecord]]:
    """Rank, values and record of every measured model, the best first.

    Of several metrics the points that they earn together decide, and then the first that differs.
    Models whose values are the same to a hundredth share a rank, and the ranks after them are left
    out: 1, 2, 2, 4.
    """

    def key(record: ModelRecord) -> tuple[float, ...]:
        values = shown(record)
        signed = (t.sign * value for t, value in zip(model.metrics, values, strict=True))
        return (-record.score, *signed) if len(values) > 1 else tuple(signed)

    def shown(record: ModelRecord) -> tuple[float, ...]:
        return tuple(round(measured.value, DECIMALS) for measured in record.metrics)

    found = sorted((r for r in records if r.metrics), key=lambda r: (key(r), r.student))
    rank = 0
    for position, record in enumerate(found, start=1):
        if position == 1 or key(record) != key(found[position - 2]):
            rank = position
        yield rank, shown(record), record


def in_decimals(values: Iterable[float]) -> list[str]:
    """Values of metrics as they are shown."""
    return [f"{value:.{DECIMALS}f}" for value in values]


def pseudonyms(
    chosen: Mapping[str, str], names: Mapping[str, str], assignment: str, secret: bytes
) -> dict[str, str]:
    """What students are called on a leaderboard.

    Args:
        chosen: by student, the name in `pseudonym.txt`, or an empty one.
        names: by student, the real name.
        assignment: whose leaderboard; without a name of their own choice students are called
            otherwise on each.
        secret: without it nobody can find out who has which of the names that nobody chose.

    Returns:
        By student, a name that nobody else has. Where two have chosen the same, both names are
        marked; a name that is another student's real one, or begins like those that nobody chose,
        is not taken.
    """
    marks = {
        student: hmac.new(secret, f"{assignment}\n{student}".encode(), "sha256").hexdigest()
        for student in chosen
    }
    real = {compared(one): student for student, name in names.items() for one in (student, name)}
    times = Counter(compared(name) for name in chosen.values())
    found = {}
    for student, name in chosen.items():
        refused = real.get(compared(name), student) != student
        if not name or refused or compared(name).startswith(compared(ANONYMOUS)):
            found[student] = f"{ANONYMOUS} {marks[student][:_DIGITS]}"
        elif times[compared(name)] > 1:
            found[student] = f"{name} ({marks[student][:_DIGITS]})"
        else:
            found[student] = name
    return found


def leaderboard_secret(runs: Path) -> bytes:
    """The secret of a working folder from which pseudonyms derive: drawn once and kept.

    It is not the seed of the run, which could be found by trying.
    """
    path = runs / "leaderboard_secret.json"
    if not path.is_file():
        write_atomically(path, json.dumps(secrets.token_hex(32)).encode())
    return bytes.fromhex(json.loads(path.read_text()))


@dataclass(frozen=True)
class Leaderboard:
    """Where an assignment's leaderboard is written.

    Args:
        work: the working folder.
        assignment: the assignment.
    """

    work: Path
    assignment: Assignment

    @property
    def table(self) -> Path:
        """For the instructor: with real names, and points."""
        return self.work / "leaderboards" / f"{self.assignment.id}.csv"

    @property
    def page(self) -> Path:
        """For everybody; in this folder there is nothing else than what everybody may see."""
        return self.work / "leaderboards" / "public" / f"{self.assignment.id}.html"

    @property
    def data(self) -> Path:
        """The same as JSON."""
        return self.page.with_suffix(".json")

    def write(
        self,
        records: Iterable[ModelRecord],
        model: Model,
        metrics: Sequence[Metric],
        called: Mapping[str, str],
    ) -> None:
        """Write table, page and data, each atomically.

        Args:
            records: of all models, under the students' names.
            model: the metrics as course.toml has them.
            metrics: the same as they are measured.
            called: by name, the pseudonym.
        """
        found = list(ranked(records, model))
        names = [metric.name for metric in metrics]
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["rank", "student", "pseudonym", *names, "score", "file_bytes", "seconds"])
        for rank, values, record in found:
            row = [rank, record.student, called[record.student], *in_decimals(values)]
            table.writerow([*row, f"{record.score:g}", record.file_bytes, record.seconds])
        write_atomically(self.table, text.getvalue().encode("utf-8", "surrogateescape"))
        rows = [
            {
                "rank": rank,
                "pseudonym": called[record.student],
                **dict(zip(names, values, strict=True)),
                "file_bytes": record.file_bytes,
                "seconds": record.seconds,
            }
            for rank, values, record in found
        ]
        # Equal models stand in the order of their pseudonyms: that of names would tell something.
        rows.sort(key=lambda row: (row["rank"], row["pseudonym"]))
        about = [
            {"name": name, "title": t.metric, "unit": t.unit, "better": t.better}
            for name, t in zip(names, model.metrics, strict=True)
        ]
        content = {"schema": 1, "assignment": self.assignment.id, "metrics": about, "models": rows}
        write_atomically(self.data, json.dumps(content, indent=1, ensure_ascii=False).encode())
        page = render(
            "leaderboard.html.j2",
            assignment=self.assignment,
            model=model,
            metrics=about,
            rows=rows,
            decimals=f"%.{DECIMALS}f",
        )
        write_atomically(self.page, page.encode())
