"""What became of every model: the results file and the leaderboard."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from autograder.files import write_atomically

ModelStatus = Literal[
    "graded", "refused", "timed_out", "out_of_memory", "crashed", "unreadable", "missing"
]
"""``refused``: it does not keep the contract; ``unreadable``: it is no ONNX model at all."""

_DECIMALS = 2


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class CheckRecord(_Record):
    """One check of the contract."""

    name: str
    passed: bool
    sentence: str


class ModelRecord(_Record):
    """One student's model.

    Args:
        error_px: the mean error over all joints, frames and clips; ``None`` if it was not measured.
        joint_errors_px: the same by joint.
        accuracy: by joint, the share of poses within each threshold.
        checks: what was found about the file.
    """

    student: str
    status: ModelStatus
    score: float
    max_score: float
    notes: tuple[str, ...]
    error_px: float | None = None
    joint_errors_px: dict[str, float] = {}
    accuracy: dict[str, tuple[float, ...]] = {}
    checks: tuple[CheckRecord, ...] = ()


class ModelResults(_Record):
    """The whole file ``results/ASSIGNMENT_model.json``."""

    schema_: Literal[1] = 1
    assignment: str
    seed: int
    clips: int
    thresholds_px: tuple[float, ...]
    submissions: tuple[ModelRecord, ...]

    def write(self, path: Path) -> None:
        """Write the results as JSON, atomically."""
        content = self.model_dump(mode="json")
        content = {"schema": content.pop("schema_"), **content}
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        write_atomically(path, text.encode())


def ranked(records: Iterable[ModelRecord]) -> Iterator[tuple[int, float, ModelRecord]]:
    """Rank, error and record of every measured model, the best first.

    Models whose errors are the same to a hundredth of a pixel share a rank, and the ranks after
    them are left out: 1, 2, 2, 4.
    """
    measured = [(round(r.error_px, _DECIMALS), r) for r in records if r.error_px is not None]
    measured.sort(key=lambda pair: (pair[0], pair[1].student))
    rank = 0
    for place, (error, record) in enumerate(measured, start=1):
        if place == 1 or error != measured[place - 2][0]:
            rank = place
        yield rank, error, record


def write_leaderboard(records: Iterable[ModelRecord], path: Path) -> None:
    """Write the leaderboard as CSV, atomically."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["rank", "student", "error_px", "score"])
    for rank, error, record in ranked(records):
        table.writerow([rank, record.student, f"{error:.{_DECIMALS}f}", f"{record.score:g}"])
    write_atomically(path, text.getvalue().encode())
