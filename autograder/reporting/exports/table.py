"""Tables as platforms write them: their encoding, their separator, their quotes are kept."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from autograder.collecting.tables import SEPARATORS, read_content, rows_of
from autograder.errors import CourseError

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?%?")


@dataclass(frozen=True)
class Layout:
    """How a table is written.

    Args:
        encoding: as Python names it; ``utf-8-sig`` and ``utf-16`` begin with a byte order mark.
        separator: between cells.
        quoted: whether every cell stands in quotes, or only those that need them.
        newline: at the end of lines.
    """

    encoding: str = "utf-8"
    separator: str = ","
    quoted: bool = False
    newline: str = "\r\n"


@dataclass(frozen=True)
class Table:
    """A table of text.

    Args:
        header: the names of the columns.
        rows: the cells below; a row may be shorter than the header.
        layout: how it is written.
    """

    header: list[str]
    rows: list[list[str]]
    layout: Layout

    def cell(self, row: int, column: int) -> str:
        """A cell without the spaces around it; empty where the row is too short."""
        cells = self.rows[row]
        return cells[column].strip() if column < len(cells) else ""

    def as_bytes(self) -> bytes:
        """The file."""
        text = io.StringIO()
        writer = csv.writer(
            text,
            delimiter=self.layout.separator,
            quoting=csv.QUOTE_ALL if self.layout.quoted else csv.QUOTE_MINIMAL,
            lineterminator=self.layout.newline,
        )
        writer.writerows([self.header, *self.rows])
        return text.getvalue().encode(self.layout.encoding)


def read_table(path: Path) -> Table:
    """Read a table that a platform or a spreadsheet has written.

    Args:
        path: the file.

    Returns:
        The table.

    Raises:
        CourseError: there is no such file, or it is no table.
    """
    content = read_content(path)
    encoding = _encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise CourseError(
            f"{path} is no text in UTF-8 or UTF-16; take the file as the platform has written it, "
            "or save it as CSV in UTF-8."
        ) from None
    first = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    newline = "\r\n" if "\r\n" in text else "\n"
    layout = Layout(encoding, separator, first.startswith('"'), newline)
    rows = rows_of(text, separator, path)
    while rows and not any(cell.strip() for cell in rows[0]):
        del rows[0]
    if not rows or len(rows[0]) < 2:
        raise CourseError(
            f"{path} is no table with a header of at least two columns; give the gradebook as the "
            "platform exports it."
        )
    return Table(rows[0], rows[1:], layout)


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before what looks so."""
    return f"'{text}" if looks_like_formula(text) else text


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet would compute a cell instead of showing it."""
    return text[:1] in tuple("=+-@\t\r") and text not in ("", "-") and not _NUMBER.fullmatch(text)


def _encoding(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if content.startswith(codecs.BOM_UTF8) else "utf-8"
