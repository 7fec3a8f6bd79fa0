"""Folders' names in the gradebook: readable, and without commas."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.collecting.collection import Person
from autograder.reporting.enter_names import enter_names, last_and_first
from autograder.reporting.gradebook_check import opened
from autograder.submissions.students import admit


@pytest.mark.parametrize(
    ("name", "entered"),
    [
        ("Last, First", ("Last", "First")),
        ("x[1]", ("x[1]", "")),
        ("a, b, c", ("a b c", "")),
        (",", ("?", "")),
        ("Last,", ("Last", "")),
    ],
)
def test_names_have_no_commas(name: str, entered: tuple[str, str]) -> None:
    assert last_and_first(name) == entered


def test_a_name_that_somebody_entered_stays(tmp_path: Path) -> None:
    students = admit(tmp_path, ["plain", "x[1]", "y[1]"])
    database = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with opened(database) as gradebook:
        for folder in ("plain", "x[1]", "y[1]"):
            gradebook.update_or_create_student(students.id_of(folder))
        gradebook.update_or_create_student(students.id_of("y[1]"), last_name="Yves")
    enter_names(database, students, {})
    with opened(database) as gradebook:
        found = {student.id: student.last_name for student in gradebook.students}
    assert found == {
        "plain": "plain",
        students.id_of("x[1]"): "x[1]",
        students.id_of("y[1]"): "Yves",
    }


def test_the_rosters_names_come_before_the_folders(tmp_path: Path) -> None:
    students = admit(tmp_path, ["s1", "s2", "x[1]"])
    people = {
        "s1": Person(id="s1", last_name="Núñez, Jr.", first_name="Eva", email="eva@example.edu"),
        "s2": Person(id="s2", last_name="Ash", first_name="Tom", email="tom@example.edu"),
        "x[1]": Person(id="x[1]", last_name="Lee"),
    }
    database = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with opened(database) as gradebook:
        gradebook.update_or_create_student("s1")
        gradebook.update_or_create_student("s2", first_name="Thomas", email="t@home.example")
        gradebook.update_or_create_student(students.id_of("x[1]"))
    # What the folder said gives way to the roster, and what somebody has entered does not.
    enter_names(database, students, {})
    enter_names(database, students, people)
    with opened(database) as gradebook:
        found = {s.id: (s.last_name, s.first_name, s.email) for s in gradebook.students}
    assert found == {
        "s1": ("Núñez Jr.", "Eva", "eva@example.edu"),
        "s2": (None, "Thomas", "t@home.example"),
        students.id_of("x[1]"): ("Lee", "", None),
    }


def test_the_roster_takes_the_place_of_folders_names(tmp_path: Path) -> None:
    students = admit(tmp_path, ["s01", "s02", "Doe, Jo"])
    database = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with opened(database) as gradebook:
        for folder in students.ids:
            gradebook.update_or_create_student(students.id_of(folder))
    enter_names(database, students)
    people = {
        "s01": Person(id="s01", last_name="Lovelace", first_name="Ada", email="ada@example.org"),
        "Doe, Jo": Person(id="Doe, Jo", last_name="Doe", first_name="Joanna"),
    }
    enter_names(database, students, people)
    enter_names(database, students)  # a run without the roster takes nothing away
    with opened(database) as gradebook:
        found = {s.id: (s.last_name, s.first_name, s.email) for s in gradebook.students}
    assert found == {
        "s01": ("Lovelace", "Ada", "ada@example.org"),
        "s02": ("s02", "", None),
        students.id_of("Doe, Jo"): ("Doe", "Joanna", None),
    }
