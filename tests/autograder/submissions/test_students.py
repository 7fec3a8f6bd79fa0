"""Folders may be called anything: each student has one safe id, the same in every run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.submissions.students import (
    LONGEST_ID,
    Students,
    admit,
    known_students,
    listed,
    readable,
    students_file,
)

PLAIN = [
    "ada",
    "s01",
    "Zoë O'Brien",
    "a.b@c.de",
    "x+y",
    "_x",
    "李",
    "Ada Lovelace",
    "a" * LONGEST_ID,
]

ODD = [
    "x[1]", "Last, First", "new\nline", "tab\tbed", "-dash", "q*?", "[bold]x", "seed.json",
    "a" * 200, os.fsdecode("José".encode("latin-1")), "two  blanks", "ends.", "ends ", " begins",
    "~", "$HOME", "a;b", 'a"b', "a\\b", "a%20b", "a#b", "e\u0301", "\u202egnp", "é" * 100, "🎓",
    "{student_id}", "(a|b)", "^a$", "a:b", "<b>", "Seed.JSON", "\x1b[31mred", "@a",
]  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_name_is_its_own_id(name: str, tmp_path: Path) -> None:
    students = admit(tmp_path, [name])
    assert students.id_of(name) == name
    assert students.name_of(name) == name


def test_other_names_get_ids_that_are_safe_everywhere(tmp_path: Path) -> None:
    students = admit(tmp_path, [*PLAIN, *ODD])
    ids = [students.id_of(name) for name in ODD]
    for student in ids:
        assert not set(student) & set("[]*?,;:/\\\n\t\"'$#%{}()|^<>\x1b"), student
        assert student[0] not in "-. " and student[-1] not in ". "
        assert 0 < len(student.encode()) <= 255 and len(student) <= LONGEST_ID
        assert not student.endswith(".json")
    everybody = [students.id_of(name) for name in [*PLAIN, *ODD]]
    assert len({student.casefold() for student in everybody}) == len(everybody)
    names = [students.name_of(student) for student in everybody]
    assert len(set(names)) == len(names)
    assert all("\n" not in name and name.encode() for name in names)


@pytest.mark.parametrize("name", ODD)
def test_an_id_does_not_depend_on_who_else_is_there(name: str, tmp_path: Path) -> None:
    alone = admit(tmp_path / "alone", [name]).id_of(name)
    assert admit(tmp_path / "all", [*ODD, *PLAIN]).id_of(name) == alone


def test_names_that_differ_in_case_only_keep_what_they_were_given(tmp_path: Path) -> None:
    first = admit(tmp_path, ["ada"])
    assert first.id_of("ada") == "ada"
    later = admit(tmp_path, ["ADA", "Ada", "ada"])
    assert later.id_of("ada") == "ada"
    ids = {later.id_of(name) for name in ("ADA", "Ada", "ada")}
    assert len({student.casefold() for student in ids}) == 3
    again = admit(tmp_path, ["Ada"])
    assert again.ids == later.ids == known_students(tmp_path).ids


def test_the_folder_of_an_id_is_kept(tmp_path: Path) -> None:
    admit(tmp_path, ODD)
    kept = known_students(tmp_path)
    assert {folder: kept.id_of(folder) for folder in ODD} == dict(kept.ids)
    assert set(json.loads(students_file(tmp_path).read_text())) == set(ODD)


def test_nobody_takes_the_id_of_another(tmp_path: Path) -> None:
    forged = admit(tmp_path / "a", ["x[1]"]).id_of("x[1]")
    both = admit(tmp_path / "b", ["x[1]", forged])
    assert both.id_of(forged) == forged
    assert both.id_of("x[1]") != forged


def test_bytes_of_another_encoding_are_read_as_letters() -> None:
    assert readable(os.fsdecode("José".encode("latin-1"))) == "José"
    assert readable("a\nb\x1b[0m\u202ec") == "a b [0m c"


def test_two_folders_that_read_alike_are_told_apart(tmp_path: Path) -> None:
    students = admit(tmp_path, ["a\nb", "a b"])
    names = {students.name_of(students.id_of(name)) for name in ("a\nb", "a b")}
    assert len(names) == 2 and "a b" in names


def test_a_damaged_file_of_ids_is_said_so(tmp_path: Path) -> None:
    students_file(tmp_path).write_text("[1")
    with pytest.raises(CourseError, match="which id stands for which student"):
        known_students(tmp_path)


def test_who_was_never_seen_keeps_the_name() -> None:
    assert Students({}).id_of("ada") == Students({}).name_of("ada") == "ada"


def test_names_with_commas_are_listed_apart() -> None:
    assert listed(["Doe, Jane", "Roe, Ann", "Poe, Bo"], 2) == "Doe, Jane; Roe, Ann and 1 more"
    assert listed(["Jane", "Ann"], 2) == "Jane, Ann"
