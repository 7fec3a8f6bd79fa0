"""Whether a gradebook can be used by the nbgrader that is installed, before anything touches it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader import dbutil
from nbgrader.api import Base, Gradebook
from sqlalchemy import Inspector, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from autograder.errors import CourseError
from autograder.reporting.nbgrader_tools import programs_on_path


def require_usable(address: str) -> bool:
    """Refuse a gradebook that nbgrader would stumble over, or that is none.

    Args:
        address: the database's; one that does not exist yet is fine.

    Returns:
        Whether there is a gradebook yet.

    Raises:
        CourseError: another version of nbgrader wrote it, it is no gradebook, or cannot be opened.
    """
    tables: set[str] = set()
    with in_one_sentence(address):
        if _is_missing_file(address):
            return False
        engine = create_engine(address)
        try:
            structure = inspect(engine)
            tables = set(structure.get_table_names())
            if tables:
                _require_ours(address, structure, tables)
            if "alembic_version" in tables:
                with engine.connect() as connection:
                    found = connection.execute(text("SELECT version_num FROM alembic_version"))
                    _require_known(address, [str(row[0]) for row in found])
        finally:
            engine.dispose()
    return bool(tables)


def _is_missing_file(address: str) -> bool:
    """Whether a gradebook is a file still to be made; a look into it would make an empty one."""
    url = make_url(address)
    if url.get_backend_name() != "sqlite" or not url.database:
        return False
    file = Path(url.database)
    return file.parent.is_dir() and not file.exists()


def _require_ours(address: str, structure: Inspector, tables: Collection[str]) -> None:
    """Refuse tables that are not those of our nbgrader."""
    wanted = Base.metadata.tables
    if not wanted.keys() & set(tables):
        raise CourseError(
            f"{_shown(address)} is a database, but not nbgrader's gradebook; give another with "
            "--db-url, or another folder with --work."
        )
    for name, table in wanted.items():
        if name not in tables:
            raise CourseError(_another_version(address, f"it has no {name}"))
        there = {column["name"]: column for column in structure.get_columns(name)}
        for column in table.columns:
            if column.name not in there:
                raise CourseError(_another_version(address, f"it has no {name}.{column.name}"))
        for other, about in there.items():
            # One that has to be filled, and that ours would leave empty.
            if other not in table.columns and not about["nullable"] and not about.get("default"):
                reason = f"it has {name}.{other}, which this nbgrader does not fill"
                raise CourseError(_another_version(address, reason))


@contextmanager
def opened(address: str) -> Iterator[Gradebook]:
    """The gradebook, whose errors are one sentence."""
    with in_one_sentence(address), programs_on_path(), Gradebook(address) as gradebook:
        yield gradebook


@contextmanager
def in_one_sentence(address: str) -> Iterator[None]:
    """Turn what the database refuses into a sentence with what to do.

    Args:
        address: the database's, for the sentence.

    Raises:
        CourseError: the database refused.
    """
    try:
        yield
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        cause = getattr(error, "orig", None) or error
        lines = str(cause).strip().splitlines() or ["no reason was given"]
        reason = f"{type(error).__name__}: {lines[0].rstrip('.')}"
        if any(hint in reason for hint in ("no such column", "no such table", "UndefinedColumn")):
            raise CourseError(_another_version(address, reason)) from None
        advice = "give another with --db-url, or another folder with --work"
        if "locked" in reason:
            advice = "close the program that has it open, then run the same command"
        raise CourseError(
            f"The gradebook {_shown(address)} cannot be used ({reason}); {advice}."
        ) from None


def _require_known(address: str, versions: list[str]) -> None:
    """Refuse a schema that this nbgrader has not heard of, or has left behind."""
    # Read, not imported: alembic takes a tenth of a second, and this is done in every run.
    known, earlier = set(), set()
    for script in Path(dbutil.ALEMBIC_DIR).glob("versions/*.py"):
        content = script.read_text(encoding="utf-8")
        known |= set(re.findall(r"^revision\s*=\s*['\"](\w+)", content, re.MULTILINE))
        earlier |= set(re.findall(r"^down_revision\s*=\s*['\"](\w+)", content, re.MULTILINE))
    for version in versions:
        if version not in known or version in earlier:
            raise CourseError(_another_version(address, f"its version is {version}"))


def _another_version(address: str, reason: str) -> str:
    return (
        f"Another version of nbgrader wrote the gradebook {_shown(address)} ({reason}); back it "
        f"up, then run `nbgrader db upgrade --db {_shown(address)}`, or start a new one in another "
        "folder with --work."
    )


def _shown(address: str) -> str:
    """An address without its password."""
    return make_url(address).render_as_string(hide_password=True)
