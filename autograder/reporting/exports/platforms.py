"""What the gradebook of each learning platform takes: its columns, its ids, its header."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from autograder.collecting.collection import Person
from autograder.reporting.exports.marks import Marks
from autograder.reporting.exports.table import Layout, Table
from poselab.checks.report import points

PlatformName = Literal["canvas", "moodle", "blackboard", "brightspace", "csv"]

_PARTICIPANT = "Participant"
_NUMBERED = re.compile(r"\D*(\d+)")


@dataclass(frozen=True)
class Platform:
    """One platform's format.

    Args:
        name: what it is called on the command line.
        ids: the columns that say who somebody is, the most reliable first.
        words: what else rosters call these ids, by column.
        layout: how a new file is written.
        suffix: of a new file.
        title_pattern: of the header of a column with marks; its group is the title.
        header: the header of a new column, from the title, full marks and the column's id on the
            platform, which may be empty.
        most_pattern: finds full marks in a header; empty where they stand elsewhere.
    """

    name: PlatformName
    ids: tuple[str, ...]
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    layout: Layout = field(default_factory=Layout)
    suffix: str = ".csv"
    title_pattern: str = r"(.+)"
    header: Callable[[str, str, str], str] = lambda title, most, number: title
    most_pattern: str = ""

    def id_of(self, person: Person, column: str) -> str:
        """What the platform calls a person in one of its columns; empty where that is unknown."""
        wanted = [plain(word) for word in (column, *self.words.get(column, ()))]
        known = {plain(key): value.strip() for key, value in person.ids.items()}
        value = next((known[word] for word in wanted if known.get(word)), "")
        if not value and "email" in plain(column):
            value = person.email
        if not value and column == "student_id":
            value = person.id
        if not value and "username" in wanted and not person.ids:
            value = person.id
        if column == "Identifier" and (numbered := _NUMBERED.fullmatch(value)):
            return f"{_PARTICIPANT} {numbered[1]}"
        return value

    def is_id(self, header: str) -> bool:
        """Whether a column says who somebody is."""
        return plain(header) in map(plain, self.ids)

    def title_in(self, header: str) -> str | None:
        """The title in the header of a column with marks; ``None`` if it is none."""
        if self.is_id(header):
            return None
        found = re.fullmatch(self.title_pattern, header.strip())
        return found[1].strip() if found else None

    def most_in(self, table: Table, column: int) -> float | None:
        """Full marks of a column, as far as the table says."""
        if self.name == "canvas":
            return next(
                (
                    number(table.cell(row, column))
                    for row in range(len(table.rows))
                    if table.cell(row, 0).casefold() == "points possible"
                ),
                None,
            )
        if self.name == "moodle":
            names = [plain(name) for name in table.header]
            if "maximumgrade" not in names:
                return None
            cells = (table.cell(row, names.index("maximumgrade")) for row in range(len(table.rows)))
            return next((found for cell in cells if (found := number(cell)) is not None), None)
        if not self.most_pattern:
            return None
        named = re.search(self.most_pattern, table.header[column])
        return number(named[1]) if named else None

    def new_table(self, marks: Marks, column: str) -> tuple[Table, list[Person]]:
        """A file of its own.

        Args:
            marks: the class's.
            column: the header of the column on the platform, or its id there; empty where there is
                no such column yet.

        Returns:
            The table; and who has points, but no id by which the platform would know them.
        """
        header = column
        if not column or column.isdigit():
            header = self.header(marks.title, points(marks.most), column)
        columns, before = _COLUMNS[self.name](self, marks, header)
        rows, strangers = list(before), []
        for mark in marks.marks:
            if mark.points is None:
                continue
            row = [columns[name](mark.person, points(mark.points)) for name in columns]
            if any(self.id_of(mark.person, name) for name in self.ids if name in columns):
                rows.append(row)
            else:
                strangers.append(mark.person)
        return Table(list(columns), rows, self.layout), strangers


def plain(text: str) -> str:
    """A column's name without what is spelled now one way, now another."""
    return re.sub(r"[\W_]+", "", text.casefold())


def number(text: str) -> float | None:
    """A number with a decimal point or comma; ``None`` if it is none."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


Columns = dict[str, Callable[[Person, str], str]]


def _ids(platform: Platform, *names: str) -> Columns:
    def column(name: str) -> Callable[[Person, str], str]:
        return lambda person, _: platform.id_of(person, name)

    return {name: column(name) for name in names}


def _as_listed(*names: str) -> Columns:
    """Columns that a roster has, under its own names."""

    def column(name: str) -> Callable[[Person, str], str]:
        return lambda person, _: person.ids.get(name, "")

    return {name: column(name) for name in names}


def _canvas(platform: Platform, marks: Marks, header: str) -> tuple[Columns, list[list[str]]]:
    columns: Columns = {
        "Student": lambda person, _: listed(person),
        **_ids(platform, "ID", "SIS User ID", "SIS Login ID"),
        **_as_listed("Section"),
        header: lambda _, earned: earned,
    }
    return columns, [["    Points Possible", "", "", "", "", points(marks.most)]]


def _moodle(platform: Platform, marks: Marks, header: str) -> tuple[Columns, list[list[str]]]:
    if any(platform.id_of(mark.person, "Identifier") for mark in marks.marks):
        # The worksheet of one assignment, which knows people by its own numbers alone.
        return (
            {
                **_ids(platform, "Identifier"),
                "Full name": lambda person, _: person.name,
                "Email address": lambda person, _: person.email,
                "Grade": lambda _, earned: earned,
                "Maximum Grade": lambda *_: points(marks.most),
                "Last modified (grade)": lambda *_: "-",
            },
            [],
        )
    return (
        {
            **_ids(platform, "ID number", "Username"),
            "First name": lambda person, _: person.first_name,
            "Last name": lambda person, _: person.last_name,
            **_ids(platform, "Email address"),
            header: lambda _, earned: earned,
        },
        [],
    )


def _blackboard(platform: Platform, marks: Marks, header: str) -> tuple[Columns, list[list[str]]]:
    columns: Columns = {
        "Last Name": lambda person, _: person.last_name,
        "First Name": lambda person, _: person.first_name,
        **_ids(platform, "Username", "Student ID"),
        header: lambda _, earned: earned,
    }
    return columns, []


def _brightspace(platform: Platform, marks: Marks, header: str) -> tuple[Columns, list[list[str]]]:
    columns: Columns = {
        **_ids(platform, "OrgDefinedId", "Username"),
        header: lambda _, earned: earned,
        "End-of-Line Indicator": lambda *_: "#",
    }
    return columns, []


def _csv(platform: Platform, marks: Marks, header: str) -> tuple[Columns, list[list[str]]]:
    known = dict.fromkeys(key for mark in marks.marks for key in mark.person.ids)
    columns: Columns = {
        "student_id": lambda person, _: person.id,
        "last_name": lambda person, _: person.last_name,
        "first_name": lambda person, _: person.first_name,
        "email": lambda person, _: person.email,
        **_as_listed(*known),
        header: lambda _, earned: earned,
        "max_score": lambda *_: points(marks.most),
    }
    return columns, []


_COLUMNS = {
    "canvas": _canvas,
    "moodle": _moodle,
    "blackboard": _blackboard,
    "brightspace": _brightspace,
    "csv": _csv,
}


def listed(person: Person) -> str:
    """A name as class lists have it: ``Last, First``."""
    names: Sequence[str] = [name for name in (person.last_name, person.first_name) if name]
    return ", ".join(names) or person.id


PLATFORMS: dict[PlatformName, Platform] = {
    "canvas": Platform(
        "canvas",
        ("ID", "SIS User ID", "SIS Login ID", "Integration ID"),
        {
            "ID": ("canvas", "canvas id", "canvas user id"),
            "SIS User ID": ("sis id",),
            "SIS Login ID": ("login id", "login", "username"),
        },
        title_pattern=r"(.+?)\s*\(\d+\)",
        header=lambda title, _, number: f"{title} ({number})" if number else title,
    ),
    "moodle": Platform(
        "moodle",
        ("Identifier", "ID number", "Username", "Email address"),
        {
            "Identifier": ("participant", "participant id", "moodle"),
            "ID number": ("idnumber",),
            "Email address": ("email", "e-mail"),
        },
        title_pattern=r"(?:Assignment:\s*)?(.+?)(?:\s*\(Real\))?",
    ),
    "blackboard": Platform(
        "blackboard",
        ("Username", "Student ID"),
        {"Username": ("user name", "blackboard", "login"), "Student ID": ("student number",)},
        layout=Layout("utf-16", "\t", quoted=True),
        suffix=".xls",
        title_pattern=r"(.+?)(?:\s*\[Total Pts:[^\]]*\])?(?:\s*\|\d+)?",
        # Without a number the platform makes a new column, and takes all of this for its name.
        header=lambda title, most, number: (
            f"{title} [Total Pts: {most} Score] |{number}" if number else title
        ),
        most_pattern=r"\[Total Pts:\s*([\d.,]+)",
    ),
    "brightspace": Platform(
        "brightspace",
        ("OrgDefinedId", "Username", "Email"),
        {"OrgDefinedId": ("org defined id", "brightspace"), "Email": ("e-mail",)},
        title_pattern=r"(.+?)\s+Points Grade(?:\s*<.*>)?",
        header=lambda title, _most, _number: f"{title} Points Grade",
        most_pattern=r"MaxPoints:\s*([\d.,]+)",
    ),
    "csv": Platform(
        "csv",
        ("student_id", "id", "username", "email", "email address"),
        layout=Layout("utf-8-sig"),
        title_pattern=r"(.+)",
        header=lambda _title, _most, _number: "score",
    ),
}
"""By name, every platform that marks are written for."""
