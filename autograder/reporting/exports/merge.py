"""One column of an instructor's own export is filled; all else in it stays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.collecting.collection import Person
from autograder.errors import CourseError
from autograder.reporting.exports.marks import Mark, Marks
from autograder.reporting.exports.platforms import Platform, plain
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
    """

    table: Table
    column: str
    most: float | None
    strangers: list[Person]
    others: list[str]


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
    target = _target(platform, marks, table, column)
    # A roster may know its people by a column that only this university has.
    rosters = {plain(key) for mark in marks.marks for key in mark.person.ids}
    ids = [
        i
        for i, name in enumerate(table.header)
        if i != target and (platform.is_id(name) or plain(name) in rosters)
    ]
    if not ids:
        raise CourseError(
            f"The file has no column that says who somebody is; {platform.name} needs one of "
            f"{', '.join(platform.ids)}."
        )
    matched = _match(platform, marks.marks, table, ids)
    times = Counter(id(mark) for mark in matched.values())
    certain = {row: mark for row, mark in matched.items() if times[id(mark)] == 1}
    comma = _has_decimal_commas(table)
    rows = []
    for number, cells in enumerate(table.rows):
        row = [*cells, *[""] * (len(table.header) - len(cells))]
        # Ids are compared by the platform, letter by letter; names are only read.
        row = [cell if i in ids else harmless(cell) for i, cell in enumerate(row)]
        mark = certain.get(number)
        if mark is not None and mark.points is not None:
            earned = points(mark.points)
            row[target] = earned.replace(".", ",") if comma else earned
        rows.append(row)
    placed = {id(mark) for mark in certain.values()}
    return Merged(
        Table(table.header, rows, table.layout),
        table.header[target].strip(),
        platform.most_in(table, target),
        [m.person for m in marks.marks if m.points is not None and id(m) not in placed],
        [
            table.cell(number, 0)
            for number in range(len(table.rows))
            if number not in matched and any(table.cell(number, i) for i in ids)
        ],
    )


def _target(platform: Platform, marks: Marks, table: Table, column: str) -> int:
    headers = [name.strip() for name in table.header]
    titles = {i: title for i, name in enumerate(headers) if (title := platform.title_in(name))}
    if column:
        number = re.compile(rf"\({re.escape(column)}\)$|\|{re.escape(column)}$")
        found = [i for i, name in enumerate(headers) if name == column or number.search(name)]
    else:
        wanted = {plain(marks.title), plain(marks.assignment)}
        found = [i for i, title in titles.items() if plain(title) in wanted]
        # The worksheet of one assignment says nowhere which.
        if not found and platform.name == "moodle" and "Identifier" in headers:
            found = [i for i, name in enumerate(headers) if name == "Grade"]
    if len(found) == 1:
        return found[0]
    those = [headers[i] for i in (found or titles)]
    raise CourseError(
        f"{'Several columns' if found else 'No column'} of the file may be meant by "
        f"'{column or marks.title}'; name one with --column: {', '.join(those)}."
    )


def _match(
    platform: Platform, marks: Iterable[Mark], table: Table, ids: list[int]
) -> dict[int, Mark]:
    """By row, whose it is: by the id of the same name, or else by any; never by a name."""
    known = list(marks)
    by_column: dict[tuple[str, str], list[Mark]] = {}
    by_any: dict[str, list[Mark]] = {}
    for mark in known:
        for name in (table.header[i].strip() for i in ids):
            canonical = next((one for one in platform.ids if plain(one) == plain(name)), name)
            if value := platform.id_of(mark.person, canonical):
                by_column.setdefault((name, _compared(value)), []).append(mark)
        for value in {_compared(one) for one in _all_ids(mark.person)}:
            by_any.setdefault(value, []).append(mark)
    matched = {}
    for number in range(len(table.rows)):
        cells = [(table.header[i].strip(), _compared(table.cell(number, i))) for i in ids]
        cells = [(name, value) for name, value in cells if value]
        found = [mark for cell in cells for mark in by_column.get(cell, ())]
        found = found or [mark for _, value in cells for mark in by_any.get(value, ())]
        if len({id(mark) for mark in found}) == 1:
            matched[number] = found[0]
    return matched


def _all_ids(person: Person) -> Iterator[str]:
    yield person.id
    yield from (value for value in (person.email, *person.ids.values()) if value.strip())


def _compared(value: str) -> str:
    """Brightspace puts a # before ids, Moodle a word; letters' case is nobody's name."""
    value = value.strip().lstrip("#").casefold()
    numbered = re.fullmatch(r"participant\s+(\d+)", value)
    return numbered[1] if numbered else value


def _has_decimal_commas(table: Table) -> bool:
    """Whether the platform writes 12,5: then it also reads it so."""
    cells = [cell.strip() for row in table.rows for cell in row]
    with_comma = sum(bool(re.fullmatch(r"\d+,\d{1,2}", cell)) for cell in cells)
    return with_comma > sum(bool(re.fullmatch(r"\d+\.\d{1,2}", cell)) for cell in cells)
