"""The results file is what the design says, however large the class."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.grading.records import CriterionRecord, ExerciseRecord, SubmissionRecord
from autograder.reporting.results import Results


def submission(student: str) -> SubmissionRecord:
    criterion = CriterionRecord(
        id="values", passed=False, points=0, max_points=1, message='Said "no",\nin two lines: ü.'
    )
    exercise = ExerciseRecord(id="joint_error", score=0, max_score=1, criteria=(criterion,))
    about = {"student": student, "status": "graded", "score": 0, "max_score": 1}
    return SubmissionRecord(**about, notes=("a note",), exercises=(exercise,))


def row(record: SubmissionRecord) -> dict[str, Any]:
    """What the file says: all but whether a criterion was looked at."""
    dumped = record.model_dump(mode="json")
    for exercise in dumped["exercises"]:
        for criterion in exercise["criteria"]:
            del criterion["judged"]
    return dumped


def test_the_file_is_one_json_object(tmp_path: Path) -> None:
    for students in ([], ["s01"], ["s01", "ü", "s03"]):
        submissions = [submission(student) for student in students]
        path = tmp_path / "results.json"
        Results("heatmap_2d", 7, submissions).write(path)
        assert json.loads(path.read_text(encoding="utf-8")) == {
            "schema": 1,
            "assignment": "heatmap_2d",
            "seed": 7,
            "submissions": [row(one) for one in submissions],
        }
        assert all(len(line) < 90 for line in path.read_text(encoding="utf-8").splitlines())
