"""The results file: what every submission earned, criterion by criterion."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Literal

from pydantic import BaseModel, ConfigDict

from autograder.files import write_atomically
from poselab.checks.judge import Verdict

Status = Literal[
    "graded", "repaired", "timed_out", "out_of_memory", "crashed", "unreadable", "missing"
]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class CriterionRecord(_Record):
    """One criterion of one exercise."""

    id: str
    passed: bool
    points: float
    max_points: float
    message: str
    mistake: str | None = None


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
                CriterionRecord(
                    id=criterion.id,
                    passed=criterion.passed,
                    points=criterion.points,
                    max_points=criterion.max_points,
                    message=criterion.message,
                    mistake=criterion.mistake,
                )
                for criterion in verdict.criteria
            ),
        )


class SubmissionRecord(_Record):
    """One student's submission."""

    student: str
    status: Status
    score: float
    max_score: float
    notes: tuple[str, ...]
    exercises: tuple[ExerciseRecord, ...]


@dataclass(frozen=True)
class Results:
    """The whole file ``results/ASSIGNMENT.json``.

    Args:
        assignment: its id.
        seed: what the questions were drawn from.
        submissions: by student. Iterated more than once; may read each from the disk as it goes, so
            that a large class does not have to fit into memory.
    """

    assignment: str
    seed: int
    submissions: Iterable[SubmissionRecord]

    def write(self, path: Path) -> None:
        """Write the results as JSON, atomically."""
        head = {"schema": 1, "assignment": self.assignment, "seed": self.seed}
        submissions = ",\n".join(
            indent(_as_json(submission.model_dump(mode="json")), "  ")
            for submission in self.submissions
        )
        text = f'{_as_json(head)[:-2]},\n "submissions": [\n{submissions}\n ]\n}}\n'
        write_atomically(path, text.encode())


def _as_json(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False)
