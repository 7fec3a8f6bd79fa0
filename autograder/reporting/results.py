"""The results file: what every submission earned; and the leaderboard of models."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import Any, Generic, TypeVar

from autograder.exercises.graded_model import Metric
from autograder.files import write_atomically
from autograder.grading.records import ModelRecord, SubmissionRecord
from autograder.manifest import Model
from autograder.reporting.entries import Entered

DECIMALS = 2
"""Of a metric: models whose values are the same so far share a rank."""

Record = TypeVar("Record", SubmissionRecord, ModelRecord)


def _as_dumped(record: Any) -> dict[str, Any]:
    row: dict[str, Any] = record.model_dump(mode="json")
    return row


@dataclass(frozen=True)
class Results(Generic[Record]):
    """The whole file ``results/ASSIGNMENT.json``.

    Args:
        assignment: its id.
        seed: what the cases, or the held-out data, were drawn from.
        submissions: by student. Iterated more than once; may read each from the disk as it goes, so
            that a large class does not have to fit into memory.
        head: what else to say of the whole.
        as_row: what the file says of a submission.
        entered: what the gradebook says, by student; not in the file.
        absent: who was not in the folder that was graded, and keeps what was earned before.
        failures: what our own side failed in, as sentences.
    """

    assignment: str
    seed: int
    submissions: Iterable[Record]
    head: Mapping[str, Any] = field(default_factory=dict)
    as_row: Callable[[Record], dict[str, Any]] = _as_dumped
    entered: Mapping[str, Entered] = field(default_factory=dict)
    absent: Sequence[str] = ()
    failures: Sequence[str] = ()

    def write(self, path: Path) -> None:
        """Write the results as JSON, atomically."""
        head = {"schema": 1, "assignment": self.assignment, "seed": self.seed, **self.head}
        submissions = ",\n".join(
            indent(_as_json(self.as_row(submission)), "  ") for submission in self.submissions
        )
        text = f'{_as_json(head)[:-2]},\n "submissions": [\n{submissions}\n ]\n}}\n'
        write_atomically(path, text.encode())


def _as_json(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)


def model_row(record: ModelRecord, metrics: Sequence[Metric]) -> dict[str, Any]:
    """What the results file says of a model, its metrics and details by their names."""
    row = record.model_dump(mode="json")
    about = {name: row[name] for name in ("student", "status", "score", "max_score", "notes")}
    values = {measured["name"]: measured["value"] for measured in row["metrics"]}
    for metric in metrics:
        about[metric.name] = values.get(metric.name)
        about |= {name: row["details"].get(name, {}) for name in metric.details}
    return {**about, "checks": row["checks"]}


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


def write_leaderboard(
    records: Iterable[ModelRecord], model: Model, metrics: Sequence[Metric], path: Path
) -> None:
    """Write the leaderboard as CSV, atomically."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["rank", "student", *(metric.name for metric in metrics), "score"])
    for rank, values, record in ranked(records, model):
        table.writerow([rank, record.student, *in_decimals(values), f"{record.score:g}"])
    write_atomically(path, text.getvalue().encode())
