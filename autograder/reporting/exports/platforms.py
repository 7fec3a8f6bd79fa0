"""What the gradebook of each learning platform takes: its columns, its ids, its header."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from autograder.collecting.collection import Person
from autograder.reporting.exports.marks import Marks
from autograder.reporting.exports.table import Layout, Table
from poselab.checks.report import points

PlatformName = Literal["canvas", "moodle", "blackboard", "brightspace", "csv"]

NUMBERED = "Identifier"
"""Moodle's column of participants, counted anew in each assignment."""

PARTICIPANT = r"(?=\D*[\s/])[^\d@]{3,}(\d+)"
"""What Moodle calls a participant, in any language: "Participant 7", "Teilnehmer/in7"."""

_SHARED = frozenset(
    (
        *("section", "sections", "group", "groups", "team", "department", "institution"),
        *("name", "fullname", "student", "studentname", "firstname", "lastname"),
    )
)
"""Columns, as :func:`plain` has them, that several people share: no roster makes them ids."""

_ABOUT_PEOPLE = frozenset(
    (
        *("status", "availability", "lastaccess", "endoflineindicator", "childcourseid"),
        *("vollständigername", "vorname", "nachname", "abteilung", "gruppe", "gruppen"),
        *("nomcomplet", "prénom", "nom", "nombre", "apellidos"),
    )
)
"""Other columns that hold no marks."""

_GRADES = frozenset(
    (
        *("grade", "bewertung", "note", "calificación", "nota", "valutazione", "cijfer"),
        *("beoordeling", "ocena", "оценка", "成绩", "成績", "評点", "not"),
    )
)
"""What the column with marks is called in Moodle's worksheets."""

_MOST_GRADES = frozenset(
    (
        *("maximumgrade", "bestwertung", "höchstbewertung", "notemaximale"),
        *("calificaciónmáxima", "notamáxima", "valutazionemassima", "maximumcijfer"),
    )
)
"""What the column with full marks is called there."""

_PARTICIPANT = "Participant"
_NUMBERED = re.compile(r"\D*(\d+)")


@dataclass(frozen=True)
class Platform:
    """One platform's format.

    Args:
        name: what it is called on the command line.
        ids: the columns that say who somebody is, the most reliable first.
        words: what else rosters call these ids, by column.
        translated: what else the platform's own files call these columns.
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
    translated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    layout: Layout = field(default_factory=Layout)
    suffix: str = ".csv"
    title_pattern: str = r"(.+)"
    header: Callable[[str, str, str], str] = lambda title, most, number: title
    most_pattern: str = ""

    def id_of(self, person: Person, column: str) -> str:
        """What the platform calls a person in one of its columns; empty where that is unknown."""
        value = next(iter(self.values_of(person, column)), "")
        if column == NUMBERED and (numbered := _NUMBERED.fullmatch(value)):
            return f"{_PARTICIPANT} {numbered[1]}"
        return value

    def values_of(self, person: Person, column: str) -> list[str]:
        """All that may be a person's id in one of the platform's columns, the likeliest first."""
        wanted = [plain(word) for word in (column, *self.words.get(column, ()))]
        known = {plain(key): value.strip() for key, value in person.ids.items()}
        values = [known[word] for word in wanted if known.get(word)]
        if column == NUMBERED:
            # In other languages the worksheet says plainly "ID", as many rosters do.
            values += [v for v in (known.get("id", ""),) if re.fullmatch(PARTICIPANT, v)]
        if not values and "email" in plain(column):
            values = [person.email]
        if not values and column == "student_id":
            values = [person.id]
        if not values and "username" in wanted and not person.ids:
            values = [person.id]
        return [value for value in values if value]

    def is_id(self, header: str) -> bool:
        """Whether a column says who somebody is."""
        return self.canonical(header) is not None

    def canonical(self, header: str) -> str | None:
        """A column of ids by the platform's English name; ``None`` if it is none."""
        called = plain(header)
        return next(
            (
                name
                for name in self.ids
                if called in map(plain, (name, *self.translated.get(name, ())))
            ),
            None,
        )

    def id_columns(self, table: Table, rosters: Iterable[str] = ()) -> dict[int, str]:
        """The columns of a table that say who somebody is.

        Args:
            table: the platform's.
            rosters: by which columns rosters know people.

        Returns:
            By place, the platform's own name of the column, or else its header.
        """
        own = {plain(key) for key in rosters if not is_shared(key)}
        found: dict[int, str] = {}
        for i, header in enumerate(name.strip() for name in table.header):
            canonical = self.canonical(header)
            if self.name == "moodle" and i == 0 and _counts_participants(table, i):
                found[i] = NUMBERED
            elif canonical is not None or plain(header) in own:
                found[i] = canonical or header
        return found

    def only_mark(self, headers: Sequence[str], ids: Mapping[int, str]) -> list[int]:
        """The column with marks of a file about one assignment, which does not say which."""
        if self.name != "moodle" or NUMBERED not in ids.values():
            return []
        return [i for i, name in enumerate(headers) if plain(name) in _GRADES]

    def title_in(self, header: str) -> str | None:
        """The title in the header of a column with marks; ``None`` if it is none."""
        if self.is_id(header) or is_shared(header) or plain(header) in _ABOUT_PEOPLE:
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
            most = [i for i, name in enumerate(table.header) if plain(name) in _MOST_GRADES]
            cells = (table.cell(row, i) for i in most for row in range(len(table.rows)))
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


def is_shared(header: str) -> bool:
    """Whether several people share what stands in a column: a section, a group, a name."""
    return plain(header) in _SHARED


def _counts_participants(table: Table, column: int) -> bool:
    """Whether a column has one word with a number after it, in each row another number."""
    cells = [cell for row in range(len(table.rows)) if (cell := table.cell(row, column))]
    found = [re.fullmatch(PARTICIPANT, cell) for cell in cells]
    words = {cell.rstrip("0123456789").strip() for cell in cells}
    return all(found) and len(words) == 1 and len(set(cells)) == len(cells)


Columns = dict[str, Callable[[Person, str], str]]


def _ids(platform: Platform, *names: str) -> Columns:
    def column(name: str) -> Callable[[Person, str], str]:
        return lambda person, _: platform.id_of(person, name)

    return {name: column(name) for name in names}


def _as_listed(*names: str) -> Columns:
    """Columns that a roster has, under its own names."""

    def column(name: str) -> Callable[[Person, str], str]:
        return lambda person, _: next(
            (value for key, value in person.ids.items() if plain(key) == plain(name)), ""
        )

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
    # Roster and platform may spell one id differently.
    known: dict[str, str] = {}
    for mark in marks.marks:
        for key in mark.person.ids:
            known.setdefault(plain(key), key)
    known.pop("email", None)
    columns: Columns = {
        "student_id": lambda person, _: person.id,
        "last_name": lambda person, _: person.last_name,
        "first_name": lambda person, _: person.first_name,
        "email": lambda person, _: person.email,
        **_as_listed(*known.values()),
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
        {
            "ID number": ("ID-Nummer", "Numéro d'identification", "Número de ID", "ID-nummer"),
            "Username": ("Anmeldename", "Nom d'utilisateur", "Nombre de usuario"),
            "Email address": (
                *("E-Mail-Adresse", "Adresse de courriel", "Dirección de correo"),
                *("Dirección Email", "Endereço de e-mail", "Indirizzo email", "E-mailadres"),
            ),
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
