"""From a class to its marks, and an appeal that concerns one exercise of one student."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import pytest

from autograder.collecting.collection import Collection, Person, write_collection
from tests.autograder.grading.quick import command, environment, grade, scores, write_class
from tests.submissions.make import ASSIGNMENT, ROOT

pytestmark = pytest.mark.needs_sandbox

APPEALED, OTHER = "joint_error", "heatmap_loss"


def earned(work: Path, student: str) -> dict[str, float]:
    record = json.loads((work / "runs" / ASSIGNMENT / student / f"{ASSIGNMENT}.json").read_text())
    return {exercise["id"]: exercise["score"] for exercise in record["exercises"]}


def judge_wrongly(work: Path, student: str, exercise: str) -> None:
    """What an earlier version of a check may have recorded."""
    path = work / "runs" / ASSIGNMENT / student / f"{ASSIGNMENT}.json"
    record = json.loads(path.read_text())
    for one in record["exercises"]:
        if one["id"] == exercise:
            one["score"] = 0
            for criterion in one["criteria"]:
                criterion |= {"points": 0, "passed": False}
    path.write_text(json.dumps(record))


def test_a_class_its_marks_and_an_appeal(tmp_path: Path) -> None:
    submitted, work = tmp_path / "class", tmp_path / "work"
    expected = write_class(submitted, 2)
    people = {
        "s00": Person(id="s00", last_name="Núñez", first_name="Eva", ids={"ID": "100"}),
        "s01": Person(id="s01", last_name="Ash", first_name="Tom", ids={"ID": "101"}),
    }
    write_collection(submitted, Collection(assignment=ASSIGNMENT, people=people))
    said = grade(submitted, work, "--export", "canvas")
    assert scores(work) == expected and "Changes:" not in said
    assert "Not in the file, compare_methods open (2): Eva Núñez (s00), Tom Ash (s01)." in said
    whole = {student: earned(work, student) for student in expected}

    for exercise in (APPEALED, OTHER):
        judge_wrongly(work, "s00", exercise)
    said = grade(submitted, work, "--student", "s00", "--exercise", APPEALED)
    assert f"s00: {APPEALED} 0 -> {whole['s00'][APPEALED]:g} (" in said
    assert earned(work, "s00") == {**whole["s00"], OTHER: 0}
    (changes,) = (work / "changes").glob("*.csv")
    with changes.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["student"], row["exercise"], row["before"]) == ("s00", APPEALED, "0")
    # Nobody else was run, and nobody is missing.
    assert "not in this folder" not in said and scores(work)["s01"] == expected["s01"]

    said = grade(submitted, work, "--student", "s00")
    assert f"s00: {OTHER} 0 -> " in said
    assert earned(work, "s00") == whole["s00"] and scores(work) == expected

    export = [*command(submitted, work)[:1], "export", ASSIGNMENT, "--to", "canvas"]
    where = ["--submitted", str(submitted), "--work", str(work), "--open-as-zero"]
    done = subprocess.run([*export, *where], cwd=ROOT, env=environment(), capture_output=True)
    assert done.returncode == 0, done.stderr
    with (work / "exports" / f"{ASSIGNMENT}_canvas.csv").open(newline="") as file:
        rows = [[row[0], row[1], row[-1]] for row in csv.reader(file)]
    assert rows[2:] == [
        ["Núñez, Eva", "100", f"{expected['s00']:g}"],
        ["Ash, Tom", "101", f"{expected['s01']:g}"],
    ]
    with (work / "grades.csv").open(newline="") as file:
        names = [(row["last_name"], row["first_name"]) for row in csv.DictReader(file)]
    assert names == [("Núñez", "Eva"), ("Ash", "Tom")]
    for options, sentence in (
        (["--exercise", "nothing"], "has no graded exercise 'nothing'"),
        (["--student", "nobody"], "no student's folder"),
    ):
        refused = subprocess.run(
            command(submitted, work, *options), cwd=ROOT, env=environment(), capture_output=True
        )
        assert refused.returncode == 1 and sentence in refused.stderr.decode()
