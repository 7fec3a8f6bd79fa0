"""Calling nbgrader: its configuration, its errors, and the programs that it looks for."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SAWarning
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.errors import CourseError


def absolute_url(address: str) -> str:
    """A gradebook's address in which a file is named by its whole path.

    Args:
        address: as SQLAlchemy writes it; ``sqlite:///grades.db`` is relative to where we are now.

    Returns:
        The address, for any working directory.

    Raises:
        CourseError: it is no address.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise CourseError(
            "What --db-url gives is no address of a database; write sqlite:///PATH, or "
            "postgresql+psycopg://USER@HOST/NAME."
        ) from None
    file = url.database
    if url.get_backend_name() != "sqlite" or not file or file.startswith((":memory:", "file:")):
        return address
    return url.set(database=str(Path(file).resolve())).render_as_string(hide_password=False)


def load_nbgrader_config(root: Path) -> Config:
    """The configuration that `nbgrader` reads when it is started in the folder `root`."""
    config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    return config


def listening_logger(errors: list[str]) -> logging.Logger:
    """A logger that keeps nbgrader's errors, which it prints instead of raising."""
    logger = logging.Logger("nbgrader", level=logging.ERROR)
    handler = logging.Handler()
    handler.emit = lambda record: errors.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    return logger


@contextmanager
def programs_on_path() -> Iterator[None]:
    """nbgrader calls ``alembic`` by name, which is found only in an activated environment."""
    before = os.environ.get("PATH", os.defpath)
    # nbgrader builds its rows in an order that SQLAlchemy remarks on, and means it. For good: what
    # one thread puts back changes what the others see.
    warnings.simplefilter("ignore", SAWarning)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
