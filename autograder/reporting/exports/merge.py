"""One column of an instructor's own export is filled; all else in it stays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.collecting.collection import Person
from autograder.errors import CourseError
from autograder.reporting.exports.marks import Mark, Marks
from autograder.reporting.exports.platforms import (
    NUMBERED,
    PARTICIPANT,
    Platform,
    is_shared,
    plain,
)
from autograder.reporting.exports.table import Table, harmless
from poselab.checks.report import points


@dataclass(frozen=True)
class Merged:
    """A table with its column filled.

    Args:
        table: the whole.
        column: the header of the column.
        most: full marks of the column, as far as the table says.
        strangers: who has points, but stands in no row, or in several.
        others: the rows of people whom the gradebook does not know, by their first cell.
        refused: the rows whose ids contradict each other, with the ids.
    """

    table: Table
    column: str
    most: float | None
    strangers: list[Person]
    others: list[str]
    refused: list[str]


def merge(platform: Platform, marks: Marks, table: Table, column: str) -> Merged:
    """Fill the one column of a platform's table.

    What has no points yet keeps the cell that it has.

    Args:
        platform: whose table.
        marks: the class's.
        table: as the platform has exported it.
        column: the header of the column, or its id; found by the assignment's title if empty.

    Returns:
        The table, and who is not in it.

    Raises:
        CourseError: the column is not there, or there are several.
    """
    # A roster may know its people by a column that only this university has.
    rosters = [key for mark in marks.marks for key in mark.person.ids]
    ids = platform.id_columns(table, rosters)
    target = _target(platform, marks, table, column, ids)
    ids.pop(target, None)
    if not ids:
        raise CourseError(
            f"The file has no column that says who somebody is; {platform.name} needs one of "
            f"{', '.join(platform.ids)}."
        )
    owners = _Owners(platform, marks.marks, table, ids)
    comma = _has_decimal_commas(table)
    rows = []
    for number, cells in enumerate(table.rows):
        row = [*cells, *[""] * (len(table.header) - len(cells))]
        # Ids are compared by the platform, letter by letter; names are only read.
        row = [cell if i in ids else harmless(cell) for i, cell in enumerate(row)]
        mark = owners.by_row.get(number)
        if mark is not None and mark.points is not None:
            earned = points(mark.points)
            row[target] = earned.replace(".", ",") if comma else earned
        rows.append(row)
    placed = {id(mark) for mark in owners.by_row.values()}
    return Merged(
        Table(table.header, rows, table.layout),
        table.header[target].strip(),
        platform.most_in(table, target),
        [m.person for m in marks.marks if m.points is not None and id(m) not in placed],
        [table.cell(number, 0) for number in owners.unknown],
        [
            f"{table.cell(number, 0)} ({', '.join(owners.told(number))})"
            for number in owners.contradictory
        ],
    )


def _target(
    platform: Platform, marks: Marks, table: Table, column: str, ids: Mapping[int, str]
) -> int:
    headers = [name.strip() for name in table.header]
    titles = {
        i: title
        for i, name in enumerate(headers)
        if i not in ids and (title := platform.title_in(name))
    }
    wanted = {plain(column)} if column else {plain(marks.title), plain(marks.assignment)}
    titled = [i for i, title in titles.items() if plain(title) in wanted]
    if column:
        number = re.compile(rf"\({re.escape(column)}\)$|\|{re.escape(column)}$")
        exact = [i for i, name in enumerate(headers) if name == column.strip()]
        found = exact or [i for i, name in enumerate(headers) if number.search(name)] or titled
    else:
        # The worksheet of one assignment says nowhere which.
        found = titled or platform.only_mark(headers, ids)
    if len(found) == 1:
        return found[0]
    those = [headers[i] for i in (found or titles)]
    raise CourseError(
        f"{'Several columns' if found else 'No column'} of the file may be meant by "
        f"'{column or marks.title}'; name one with --column: {', '.join(those)}."
    )


class _Owners:
    """Whose each row is: by the id of the same name, or else by any; never by a name.

    Args:
        platform: whose table.
        marks: the class's.
        table: the platform's.
        ids: the columns that say who somebody is, and what the platform calls them.
    """

    def __init__(
        self, platform: Platform, marks: Sequence[Mark], table: Table, ids: Mapping[int, str]
    ) -> None:
        self.table, self.ids = table, ids
        self._own = {
            id(mark): {
                i: {_compared(value, name) for value in platform.values_of(mark.person, name)}
                for i, name in ids.items()
            }
            for mark in marks
        }
        by_column = {
            i: _unique((value, mark) for mark in marks for value in self._own[id(mark)][i])
            for i in ids
        }
        by_any = _unique((_compared(value), m) for m in marks for value in _all_ids(m.person))
        times = {i: Counter(self._cell(row, i) for row in range(len(table.rows))) for i in ids}
        # An id of another kind may bear the same name as one of the platform's.
        self._compared_by = {i for i in ids if times[i].keys() & by_column[i].keys()}
        self.by_row: dict[int, Mark] = {}
        self.unknown: list[int] = []
        self.contradictory: list[int] = []
        twice: set[int] = set()
        for row in range(len(table.rows)):
            cells = [(i, value) for i in ids if (value := self._cell(row, i))]
            # What several rows share says nothing of any of them.
            telling = [(i, value) for i, value in cells if times[i][value] == 1]
            found = _found(by_column[i].get(value) for i, value in telling)
            found = found or _found(by_any.get(value) for i, value in telling if ids[i] != NUMBERED)
            if not found:
                shared = _found(by_column[i].get(value) for i, value in cells)
                twice |= shared.keys() if len(shared) == 1 else set()
                if cells and not shared:
                    self.unknown.append(row)
                continue
            (mark, *others) = found.values()
            if others or self._contradicts(mark, cells):
                self.contradictory.append(row)
            else:
                self.by_row[row] = mark
        rows_of = Counter(id(mark) for mark in self.by_row.values())
        self.by_row = {
            row: mark
            for row, mark in self.by_row.items()
            if rows_of[id(mark)] == 1 and id(mark) not in twice
        }

    def told(self, row: int) -> list[str]:
        """A row's ids with their columns, to be read."""
        return [
            f"{self.table.header[i].strip()} {value}"
            for i in self.ids
            if (value := self.table.cell(row, i))
        ]

    def _cell(self, row: int, column: int) -> str:
        return _compared(self.table.cell(row, column), self.ids[column])

    def _contradicts(self, mark: Mark, cells: Sequence[tuple[int, str]]) -> bool:
        """Whether a row has another id than the person; addresses change, ids do not."""
        own = self._own[id(mark)]
        return any(
            own[i] and value not in own[i]
            for i, value in cells
            if i in self._compared_by and "email" not in plain(self.ids[i])
        )


def _unique(pairs: Iterable[tuple[str, Mark]]) -> dict[str, Mark]:
    """By id, the only person who has it."""
    having: dict[str, dict[int, Mark]] = {}
    for value, mark in pairs:
        having.setdefault(value, {})[id(mark)] = mark
    return {value: next(iter(marks.values())) for value, marks in having.items() if len(marks) == 1}


def _found(marks: Iterable[Mark | None]) -> dict[int, Mark]:
    return {id(mark): mark for mark in marks if mark is not None}


def _all_ids(person: Person) -> Iterator[str]:
    yield person.id
    if person.email.strip():
        yield person.email
    yield from (value for key, value in person.ids.items() if not is_shared(key) and value.strip())


def _compared(value: str, column: str = "") -> str:
    """Brightspace puts a # before ids, Moodle a word; letters' case is nobody's name."""
    value = value.strip().lstrip("#").casefold()
    numbered = re.fullmatch(PARTICIPANT, value) if column == NUMBERED else None
    return numbered[1] if numbered else value


def _has_decimal_commas(table: Table) -> bool:
    """Whether the platform writes 12,5: then it also reads it so."""
    cells = [cell.strip() for row in table.rows for cell in row]
    with_comma = sum(bool(re.fullmatch(r"\d+,\d{1,2}", cell)) for cell in cells)
    return with_comma > sum(bool(re.fullmatch(r"\d+\.\d{1,2}", cell)) for cell in cells)
