"""Tables of text, as platforms and spreadsheets write them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from autograder.errors import CourseError

SEPARATORS = "\t,;"
"""What stands between cells."""


def read_content(path: Path) -> bytes:
    """The bytes of a table's file.

    Args:
        path: the file.

    Returns:
        All of it.

    Raises:
        CourseError: there is no such file.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}).") from None


def rows_of(text: str, separator: str, path: Path) -> list[list[str]]:
    """The rows of a table.

    Args:
        text: the table.
        separator: between cells.
        path: the file, for the message.

    Returns:
        All rows, empty ones as well.

    Raises:
        CourseError: it is no table.
    """
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise CourseError(f"{path} is no table ({error}).") from None
