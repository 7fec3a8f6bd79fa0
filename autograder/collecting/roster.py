"""The class list: any table with a header, as platforms and spreadsheets write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from autograder.collecting.advice import COLUMNS
from autograder.collecting.archives import decoded
from autograder.collecting.collection import Person
from autograder.collecting.dates import localised
from autograder.collecting.identity import SECTION, participant_in
from autograder.collecting.names import split_name
from autograder.collecting.paths import as_compared
from autograder.collecting.tables import SEPARATORS, read_content, rows_of
from autograder.errors import CourseError
from autograder.submissions.students import readable

_IDS = (
    # What one signs in with.
    *("username", "user name", "sis login id", "login id", "login", "net id", "eid"),
    *("anmeldename", "benutzername", "nutzername", "nom d'utilisateur", "nombre de usuario"),
    # What the university calls somebody.
    *("student id", "studentid", "sis user id", "sis id", "org defined id", "sid"),
    *("student number", "matriculation number", "matriculation", "matrikelnummer"),
    *("id number", "idnumber", "id nummer", "numéro d'identification"),
    # What a platform calls somebody, or nobody but this table.
    *("student_id", "id", "display id", "user id", "integration id"),
    *("external id", "identifier", *COLUMNS),
)
"""Columns with an id; the first that there is names the student's folder."""

_PASSING = ("identifier", *COLUMNS)

_NAMES = ("name", "full name", "student", "student name", "vollständiger name", "nom complet")
_FIRST = ("first name", "given name", "firstname", "vorname", "prénom", "nombre", "first")
_LAST = (
    "last name",
    "surname",
    "family name",
    "lastname",
    "nachname",
    "nom",
    "apellidos",
    "last",
)
_EMAILS = (
    "email",
    "email address",
    "e mail",
    "e mail address",
    "e mail adresse",
    "mail",
    "courriel",
)
_GROUPS = ("group", "groups", "group name", "gruppe", "gruppen", "groupe")
_MODIFIED = ("last modified (submission)", "zuletzt geändert (abgabe)")
_NOBODY = re.compile(r"\s*points possible\s*|student,\s*test", re.IGNORECASE)


def numbered_table(path: Path, by_header: bool = False) -> list[tuple[int, list[str]]]:
    """The rows of a table; encoding and separator are recognised.

    Args:
        path: CSV, or what Blackboard calls one.
        by_header: whether the first line tells the separator, so that those below may hold others.

    Returns:
        Its rows, without empty ones, with their numbers, from 1.

    Raises:
        CourseError: there is no such file, or it is no table.
    """
    content = read_content(path)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise CourseError(f"{path} is a spreadsheet's own file; save the table as CSV.")
    text = decoded(content).lstrip("\ufeff")
    lines = [line for line in text.splitlines()[:20] if line.strip()][: 1 if by_header else None]
    often = {sign: max((line.count(sign) for line in lines), default=0) for sign in SEPARATORS}
    rows = rows_of(text, max(often, key=lambda sign: often[sign]), path)
    numbered = enumerate(rows, start=1)
    return [(number, row) for number, row in numbered if any(cell.strip() for cell in row)]


def read_roster(path: Path) -> list[Person]:
    """The people on a class list.

    Args:
        path: the table.

    Returns:
        Everybody on it.

    Raises:
        CourseError: it is no table, has no column with ids or names, or an id twice.
    """
    columns, rows = _class_in(path)
    people = [person for row in rows if (person := columns.person(row)) is not None]
    times = Counter(as_compared(person.id) for person in people)
    twice = sorted({person.id for person in people if times[as_compared(person.id)] > 1})
    if twice:
        raise CourseError(
            f"{path} has the id {', '.join(twice[:5])} more than once; each person needs an id of "
            "their own."
        )
    if not people:
        raise CourseError(f"{path} has a header, and nobody below it.")
    return people


def read_times(path: Path, zone: tzinfo) -> dict[str, datetime]:
    """When submissions were last modified, as one of Moodle's grading worksheets says it.

    Args:
        path: the roster, which may be such a worksheet.
        zone: the zone of its times.

    Returns:
        The times, by the number that the assignment has for a participant; none if the roster is
        another table.

    Raises:
        CourseError: it is no table, or has no column with ids or names.
    """
    columns, rows = _class_in(path)
    return {number: when for row in rows for number, when in columns.time(row, zone)}


def _class_in(path: Path) -> tuple[_Columns, list[list[str]]]:
    """What stands in which column, and the rows below the header."""
    rows = [row for _, row in numbered_table(path)]
    # Sakai writes the assignment's title above the header.
    start = next((i for i, row in enumerate(rows[:10]) if _is_header(row)), None)
    if start is None:
        found = ", ".join(readable(cell) for cell in (rows[0] if rows else [])) or "nothing"
        raise CourseError(
            f"{path} is no roster: it needs a column with ids, such as id, username or "
            f"SIS Login ID, and one with names or emails; found: {found}."
        )
    return _Columns(rows[start]), rows[start + 1 :]


def _plain(header: str) -> str:
    return re.sub(r"[\W_]+", " ", header.strip().lstrip("\ufeff").casefold()).strip()


def _is_header(row: Sequence[str]) -> bool:
    columns = _Columns(row)
    return bool(columns.ids or columns.email is not None) and columns.names_somebody


class _Columns:
    """What stands in which column."""

    def __init__(self, header: Sequence[str]) -> None:
        self._header = [name.strip().lstrip("\ufeff") for name in header]
        plain = [_plain(name) for name in header]

        def column(*wanted: str) -> int | None:
            known = [_plain(name) for name in wanted]
            return next((plain.index(name) for name in known if name in plain), None)

        found = [column(name) for name in _IDS]
        if "orgdefinedid" in plain:
            found.insert(0, plain.index("orgdefinedid"))
            logins = [i for i in found if i is not None and plain[i] in ("username", "user name")]
            found = [*logins, *found]
        self.ids = list(dict.fromkeys(i for i in found if i is not None))
        self.email = column(*_EMAILS)
        self._first, self._last = column(*_FIRST), column(*_LAST)
        self._name = column(*_NAMES)
        self._group = column(*_GROUPS)
        self._section = column(SECTION)
        self._modified = column(*_MODIFIED)

    @property
    def names_somebody(self) -> bool:
        """Whether there are names, or emails, which say as much."""
        named = (self._name, self._last, self._first, self.email)
        return any(column is not None for column in named) or len(self.ids) > 1

    def person(self, row: Sequence[str]) -> Person | None:
        """Who stands in a row; ``None`` for a line that is about the table."""

        def cell(column: int | None) -> str:
            return _cell(row, column)

        if any(_NOBODY.fullmatch(value) for value in row[:2]):
            return None
        ids = {self._header[i]: cell(i) for i in self.ids if cell(i)}
        email = cell(self.email)
        # Moodle counts participants anew in each assignment: an address is better.
        lasting = [
            value
            for name, value in ids.items()
            if _plain(name) not in _PASSING and not participant_in(name, value)
        ]
        student = next(iter((*lasting, *filter(None, [email]), *ids.values())), "")
        if not student:
            return None
        if section := cell(self._section):
            ids[SECTION] = section
        first, last = cell(self._first), cell(self._last)
        if not first and not last:
            first, last = split_name(cell(self._name))
        return Person(
            id=_as_folder(student),
            first_name=first,
            last_name=last,
            email=email,
            group=cell(self._group),
            ids=ids,
        )

    def time(self, row: Sequence[str], zone: tzinfo) -> Iterator[tuple[str, datetime]]:
        """When the participant of a row, by number, has handed in, if the row says it."""
        when = localised(_cell(row, self._modified), zone)
        for column in self.ids if when else ():
            number = participant_in(self._header[column], _cell(row, column))
            if when and number:
                yield number, when


def _cell(row: Sequence[str], column: int | None) -> str:
    if column is None or column >= len(row):
        return ""
    # Brightspace writes # before what a spreadsheet would take for a number.
    return row[column].strip().removeprefix("#").strip()


def _as_folder(student: str) -> str:
    """An id that can be a folder's name; an address stays as it is."""
    return re.sub(r'[<>:"|?*/\\\x00-\x1f]', "_", student).strip(" .") or "student"
