"""A gradebook that our nbgrader cannot use is refused in one sentence, each time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import nbgrader.api
import pytest
from nbgrader.api import Gradebook

from autograder.errors import CourseError
from autograder.reporting.gradebook_check import opened, require_usable
from tests.autograder.reporting.conftest import NEWEST

OLD = {
    "before_courses": "ALTER TABLE assignment DROP COLUMN course_id",
    "before_extra_credit": "ALTER TABLE grade DROP COLUMN extra_credit",
    "before_tasks": "DROP TABLE task_cells",
    "before_lms": "ALTER TABLE student DROP COLUMN lms_user_id",
    "first_version": "UPDATE alembic_version SET version_num = 'b6d005d67074'",
    "from_the_future": "UPDATE alembic_version SET version_num = '0123456789ab'",
    "more_is_needed": "ALTER TABLE student ADD COLUMN pronoun VARCHAR NOT NULL DEFAULT ''",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("made") / "gradebook.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader.api, "get_alembic_version", lambda: NEWEST)
        with Gradebook(f"sqlite:///{path}"):
            pass
    return path.read_bytes()


def test_ours_and_none_are_fine(made: bytes, tmp_path: Path) -> None:
    for content in (None, b"", made):
        path = tmp_path / "gradebook.db"
        if content is not None:
            path.write_bytes(content)
        assert require_usable(f"sqlite:///{path}") == (content == made)
        assert path.exists() == (content is not None), "a look makes no file"


@pytest.mark.parametrize("change", OLD.values(), ids=OLD)
def test_another_version(made: bytes, tmp_path: Path, change: str) -> None:
    path = tmp_path / "gradebook.db"
    path.write_bytes(made)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        if "course_id" in change:
            # SQLite drops no column that a key hangs on.
            database.execute("DROP TABLE assignment")
            database.execute("CREATE TABLE assignment (id VARCHAR, name VARCHAR, duedate DATETIME)")
        elif "NOT NULL" in change:
            database.execute("DROP TABLE course")
            database.execute("CREATE TABLE course (id VARCHAR, year INTEGER NOT NULL)")
        else:
            database.execute(change)
    database.close()
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(CourseError) as refused:
            require_usable(f"sqlite:///{path}")
        said = str(refused.value)
        assert said.startswith("Another version of nbgrader wrote the gradebook sqlite:///")
        assert "back it up" in said and "`nbgrader db upgrade --db " in said and "--work" in said
        assert "\n" not in said
    assert path.read_bytes() == before


def _text(path: Path) -> None:
    path.write_text("a table of grades")


def _folder(path: Path) -> None:
    path.mkdir()


def _another(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE recipes (id INTEGER)")
    database.close()


def _damaged(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 8)


@pytest.mark.parametrize("make", [_text, _folder, _another, _damaged])
def test_no_gradebook(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "gradebook.db")
    with pytest.raises(CourseError) as refused:
        require_usable(f"sqlite:///{tmp_path / 'gradebook.db'}")
    assert "--work" in str(refused.value) and "\n" not in str(refused.value)


def test_a_password_stays_secret() -> None:
    with pytest.raises(CourseError) as refused:
        require_usable("postgresql+no_such_driver://course:secret@nowhere/gradebook")
    assert "secret" not in str(refused.value)


def test_errors_while_it_is_open(made: bytes, tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    path.write_bytes(made)
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    try:
        refused = pytest.raises(CourseError, match=r"close the program that has it open")
        with refused, opened(f"sqlite:///{path}?timeout=0") as gradebook:
            gradebook.add_student("anna")
    finally:
        other.close()
