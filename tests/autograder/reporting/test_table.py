"""The table keeps its numbers however long names are and however narrow the terminal is."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from autograder.grading.records import ExerciseRecord, SubmissionRecord
from autograder.manifest import load_manifest
from autograder.reporting.results import Results
from autograder.reporting.table import print_table, shortened

NAMES = ["plain", "[bold]x", "[/]", "Maximiliane Mustermann_2001_assignsubmission_file", "a" * 200]


def submissions(assignment: str, status: str = "graded") -> list[SubmissionRecord]:
    exercises = tuple(
        ExerciseRecord(id=e.id, score=e.points - 0.5, max_score=e.points, criteria=())
        for e in load_manifest().assignment(assignment).exercises
    )
    about = {"status": status, "score": 17.5, "max_score": 21, "exercises": exercises}
    return [SubmissionRecord(student=name, notes=("[x] said.",), **about) for name in NAMES]


@pytest.mark.parametrize("assignment", ["heatmap_2d", "rnn_video", "lifting_3d", "vit_presence"])
@pytest.mark.parametrize("width", [80, 120, 200])
def test_every_number_is_there(assignment: str, width: int) -> None:
    text = io.StringIO()
    records = submissions(assignment, "out_of_memory")
    about = load_manifest().assignment(assignment)
    print_table(Results(assignment, 1, records), about, Console(file=text, width=width))
    table = text.getvalue().splitlines()
    assert sum("17.5" in line for line in table) == len(NAMES)
    assert all(len(line) <= width for line in table)
    tasks = [task for notebook in about.graded_notebooks for task in notebook.tasks]
    shown = 0 if (assignment, width) == ("lifting_3d", 80) else len(tasks)
    assert sum(line.count("│") == shown + 4 for line in table) >= len(NAMES)
    assert any("[bold]x" in line for line in table)
    assert "[bold]x: [x] said." in text.getvalue()


def test_names_are_cut_in_the_middle() -> None:
    assert shortened("short", 12) == "short"
    assert shortened("Maximiliane_2001_file", 12) == "Maxim…1_file"
    assert len(shortened("a" * 99, 12)) == 12
