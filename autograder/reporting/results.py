"""The results file: what every submission earned."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import Any, Generic, TypeVar

from autograder.exercises.graded_model import Metric
from autograder.files import write_atomically
from autograder.grading.records import ModelRecord, SubmissionRecord
from autograder.reporting.entries import Entered

Record = TypeVar("Record", SubmissionRecord, ModelRecord)


_KEPT_TO_OURSELVES = {"exercises": {"__all__": {"criteria": {"__all__": {"judged"}}}}}


def _as_dumped(record: Any) -> dict[str, Any]:
    row: dict[str, Any] = record.model_dump(mode="json", exclude=_KEPT_TO_OURSELVES)
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
        judged: whose submissions were asked for, if it was not everybody's.
    """

    assignment: str
    seed: int
    submissions: Iterable[Record]
    head: Mapping[str, Any] = field(default_factory=dict)
    as_row: Callable[[Record], dict[str, Any]] = _as_dumped
    entered: Mapping[str, Entered] = field(default_factory=dict)
    absent: Sequence[str] = ()
    failures: Sequence[str] = ()
    judged: Collection[str] | None = None

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
