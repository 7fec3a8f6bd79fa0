"""The results file: what every hand-in earned, criterion by criterion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from autograder.build.pipeline import write_atomically
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
    """One exercise of one hand-in."""

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
    """One student's hand-in."""

    student: str
    status: Status
    score: float
    max_score: float
    notes: tuple[str, ...]
    exercises: tuple[ExerciseRecord, ...]


class Results(_Record):
    """The whole file ``results/ASSIGNMENT.json``."""

    schema_: Literal[1] = 1
    assignment: str
    seed: int
    submissions: tuple[SubmissionRecord, ...]

    def write(self, path: Path) -> None:
        """Write the results as JSON, atomically."""
        content = self.model_dump(mode="json")
        content = {"schema": content.pop("schema_"), **content}
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        write_atomically(path, text.encode())
