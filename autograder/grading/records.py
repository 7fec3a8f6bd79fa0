"""What submissions have earned, and where that is kept between runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from autograder.files import write_atomically
from poselab.checks.judge import Verdict

Status = Literal[
    "graded", "repaired", "timed_out", "out_of_memory", "crashed", "unreadable", "missing"
]

SubmissionStatus = Literal[Status, "incomplete"]
"""``incomplete``: of several notebooks only some were handed in, or can be read."""

NOTHING_TO_GRADE: tuple[Status, ...] = ("missing", "unreadable")
"""Where there was no notebook: such submissions count in no mean."""

ModelStatus = Literal[
    "graded", "refused", "timed_out", "out_of_memory", "crashed", "unreadable", "missing"
]
"""``refused``: it does not meet the specification; ``unreadable``: it is no model at all."""

# From the most to the least telling: what a student with several notebooks is reported as.
_ORDER: tuple[SubmissionStatus, ...] = (
    "unreadable",
    "missing",
    "out_of_memory",
    "crashed",
    "timed_out",
    "incomplete",
    "repaired",
    "graded",
)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class KeptRecord(_Record):
    """A record that is kept between runs.

    Args:
        key: all that the grade depends on: equal keys, equal grades; empty where grading failed.
        notes: what the student should know.
    """

    key: str
    notes: tuple[str, ...]


class CriterionRecord(_Record):
    """One criterion of one exercise.

    Args:
        judged: whether it was looked at, which waits for criteria that block it.
    """

    id: str
    passed: bool
    points: float
    max_points: float
    message: str
    mistake: str | None = None
    judged: bool = True


class ExerciseRecord(_Record):
    """One exercise of one submission."""

    id: str
    score: float
    max_score: float
    criteria: tuple[CriterionRecord, ...]

    @classmethod
    def of(cls, verdict: Verdict) -> ExerciseRecord:
        """What a verdict says, without the picture."""
        return cls(
            id=verdict.exercise,
            score=verdict.score,
            max_score=verdict.max_score,
            criteria=tuple(
                CriterionRecord(**{name: getattr(c, name) for name in CriterionRecord.model_fields})
                for c in verdict.criteria
            ),
        )


class NotebookRecord(KeptRecord):
    """What one submitted notebook earned.

    Args:
        cells: a digest of the cells alone.
        graded: a digest of the graded notebook that is kept beside the record.
        seed: draws the cases that it was run with; ``None`` if it was not.
        seconds: processor time that running it took; ``None`` where it is not known.
        instead: by note, what the student reads in its place.
    """

    cells: str = ""
    graded: str = ""
    seed: int | None = None
    seconds: float | None = None
    instead: dict[str, str] = {}
    status: Status
    exercises: tuple[ExerciseRecord, ...]


class SubmissionRecord(_Record):
    """One student's submission.

    Args:
        seeds: by notebook, what draws the cases that it was run with.
    """

    student: str
    status: SubmissionStatus
    score: float
    max_score: float
    seeds: dict[str, int] = {}
    notes: tuple[str, ...]
    exercises: tuple[ExerciseRecord, ...]

    @classmethod
    def of(cls, student: str, kept: Mapping[str, NotebookRecord]) -> SubmissionRecord:
        """One student's notebooks, by their names, as one submission."""
        records = list(kept.values())
        exercises = tuple(exercise for record in records for exercise in record.exercises)
        statuses: set[SubmissionStatus] = {record.status for record in records}
        if statuses - set(NOTHING_TO_GRADE) and statuses & set(NOTHING_TO_GRADE):
            statuses = {*(statuses - set(NOTHING_TO_GRADE)), "incomplete"}
        return cls(
            student=student,
            status=min(statuses, key=_ORDER.index),
            score=sum(exercise.score for exercise in exercises),
            max_score=sum(exercise.max_score for exercise in exercises),
            seeds={name: one.seed for name, one in kept.items() if one.seed is not None},
            notes=tuple(note for record in records for note in record.notes),
            exercises=exercises,
        )


class CheckRecord(_Record):
    """One check of a model's specification."""

    name: str
    passed: bool
    sentence: str


class MetricRecord(_Record):
    """What one metric says of a model.

    Args:
        name: of the metric.
        value: what was measured.
        score: the points that it earns.
    """

    name: str
    value: float
    score: float


class ModelRecord(KeptRecord):
    """One student's model.

    Args:
        score: the points that all metrics earn.
        metrics: what was measured, in the model's order; empty if nothing was.
        details: what else was measured, as the metrics name it.
        checks: what was found about the files.
        file_bytes: the size of the model's file; ``None`` where it is not known.
        seconds: processor time for all held-out samples; likewise.
        pseudonym: what its author wants to be called on the leaderboard; empty for no wish.
    """

    student: str
    status: ModelStatus
    score: float
    max_score: float
    metrics: tuple[MetricRecord, ...] = ()
    details: dict[str, Any] = {}
    checks: tuple[CheckRecord, ...] = ()
    file_bytes: int | None = None
    seconds: float | None = None
    pseudonym: str = ""


Kept = TypeVar("Kept", bound=KeptRecord)


@dataclass(frozen=True)
class RecordStore(Generic[Kept]):
    """The records of one thing that is submitted, by student.

    Args:
        folder: holds a folder for each student.
        name: of the files, without suffix.
        kind: the records' class.
    """

    folder: Path
    name: str
    kind: type[Kept]

    def keep(self, student: str, record: Kept) -> None:
        """Store a record."""
        content = record.model_dump_json(indent=1)
        write_atomically(self.path(student), content.encode())

    def kept(self, student: str) -> Kept | None:
        """The record of an earlier run, whatever its key; ``None`` if there is none."""
        path = self.path(student)
        return self.kind.model_validate_json(path.read_text()) if path.is_file() else None

    def forget(self, student: str) -> None:
        """Drop a record."""
        self.path(student).unlink(missing_ok=True)

    def path(self, student: str, suffix: str = ".json") -> Path:
        """Where a student's record, or another file beside it, is kept."""
        return self.folder / student / f"{self.name}{suffix}"
