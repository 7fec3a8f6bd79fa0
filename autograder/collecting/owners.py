"""Whose files are, by a table of the instructor's: it comes before all that names tell."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.collecting.archives import Entry, Refused
from autograder.collecting.collection import Collection
from autograder.collecting.identity import Directory
from autograder.collecting.platforms.scheme import Handed, Owner, with_files
from autograder.collecting.roster import numbered_table
from autograder.errors import CourseError
from autograder.submissions.names import without_marks
from autograder.submissions.students import listed, readable

_HEADER = ("file", "student")
_MOST_NAMED = 5


@dataclass(frozen=True)
class _Row:
    line: int
    file: str
    student: str


@dataclass(frozen=True)
class _Found:
    """A file of the downloads, and in what it was handed in; nobody's where no name tells."""

    entry: Entry
    handed: Handed | None

    @property
    def path(self) -> PurePosixPath:
        return PurePosixPath(_composed(self.entry.shown))

    @property
    def whose(self) -> tuple[Owner, ...]:
        return self.handed.owners if self.handed else ()


class Owners:
    """A table with the columns `file` and `student`.

    A file is named by its path in the download, by its name if no other file has it, or by the
    folder or label that the platform gives to all that was handed in together.

    Args:
        path: the table; ``None`` if there is none.

    Raises:
        CourseError: it is no such table, or one of its lines is not to be understood.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._rows = list(_rows_of(path)) if path else []

    def share_out(
        self,
        handed: Sequence[Handed],
        left: Sequence[Refused],
        entries: Iterable[Entry],
        directory: Directory,
        before: Collection,
    ) -> tuple[list[tuple[Handed, str | None]], list[Refused]]:
        """Give files to whom the table names.

        Args:
            handed: what was handed in, as the platform's names tell.
            left: the files that no name ascribes to anybody.
            entries: all files.
            directory: everybody who is known.
            before: what was collected before.

        Returns:
            What was handed in, with the student whom the table names for it, if it names one; and
            the files that are still nobody's.

        Raises:
            CourseError: a line names a file or a student that is not there, or not only one.
        """
        by_path = {entry.shown: entry for entry in entries}
        files = [_Found(entry, one) for one in handed for _, entry in one.files]
        files += [_Found(by_path[one.shown], None) for one in left if one.shown in by_path]
        given: dict[Entry, str] = {}
        # A folder's line gives way to that of a file in it.
        rows = [(row, *self._meant(row, files, before)) for row in self._rows]
        for row, meant, _ in sorted(rows, key=lambda one: one[2], reverse=True):
            student = self._student(row, directory)
            given |= {one.entry: student for one in meant}
        result: list[tuple[Handed, str | None]] = []
        for one in handed:
            shares: dict[str | None, list[tuple[tuple[str, ...], Entry]]] = {}
            for rest, entry in one.files:
                shares.setdefault(given.get(entry), []).append((rest, entry))
            result += [(with_files(one, share), whose) for whose, share in shares.items()]
            if not one.files:
                result.append((one, None))
        platform = handed[0].platform if handed else "folders"
        alone: dict[str, list[Entry]] = {}
        for unnamed in left:
            file = by_path.get(unnamed.shown)
            if file is not None and file in given:
                alone.setdefault(given[file], []).append(file)
        for student, own in alone.items():
            label = own[0].shown
            named = tuple(((entry.parts[-1],), entry) for entry in own)
            result.append((Handed(platform, (Owner(label),), label, named), student))
        return result, [one for one in left if by_path.get(one.shown) not in given]

    def _meant(
        self, row: _Row, files: Sequence[_Found], before: Collection
    ) -> tuple[list[_Found], int]:
        """The files that a line names, and by what: 0 by the path, 1 by the name, 2 by a folder."""
        ways: tuple[Callable[[_Found], bool], ...] = (
            lambda one: str(one.path) == row.file,
            lambda one: one.path.name == row.file,
            lambda one: (
                row.file in one.path.parts[:-1]
                or (one.handed is not None and _composed(one.handed.label) == row.file)
            ),
        )
        for way, names in enumerate(ways):
            meant = [one for one in files if names(one)]
            several = len(meant) if way == 1 else len({one.whose for one in meant})
            if way and several > 1:
                shown = listed((readable(one.entry.shown) for one in meant), _MOST_NAMED)
                raise self._refusal(row, f"{row.file} may mean {shown}; write the path of one file")
            if meant:
                return meant, way
        known = {name for one in before.attempts for name in (one.label, *one.files.values())}
        if not any(row.file in (one, *PurePosixPath(one).parts) for one in map(_composed, known)):
            example = f", such as {readable(files[0].entry.shown)}" if files else ""
            raise self._refusal(
                row,
                f"no file of the download is called {row.file}; write its name or path as it is "
                f"in the download{example}",
            )
        return [], 0

    def _student(self, row: _Row, directory: Directory) -> str:
        found = directory.find(row.student)
        if len(found) == 1:
            return next(iter(found))
        if found:
            those = " or ".join(sorted(found))
            raise self._refusal(row, f"{row.student} may be {those}; write one of these ids")
        if directory.has_roster:
            raise self._refusal(
                row, f"nobody is called {row.student}; write an id of the roster, or add the person"
            )
        return directory.admit(row.student)

    def _refusal(self, row: _Row, what: str) -> CourseError:
        return CourseError(f"{self._path}, line {row.line}: {what}.")


def _rows_of(path: Path) -> Iterator[_Row]:
    lines = numbered_table(path, by_header=True)
    header = [without_marks(cell) for cell in lines[0][1]] if lines else []
    if any(name not in header for name in _HEADER):
        found = ", ".join(lines[0][1]) if lines else "nothing"
        raise CourseError(f"{path} needs the columns file and student; found: {found}.")
    file, student = (header.index(name) for name in _HEADER)
    seen: dict[str, _Row] = {}
    for line, cells in lines[1:]:
        if len(cells) > len(header):
            raise CourseError(
                f"{path}, line {line} has {len(cells)} cells, and the header {len(header)}; a name "
                'that holds a comma is written in quotes, as "Smith, Jo - heatmap_2d.ipynb",jsmith.'
            )
        padded = [*cells, *[""] * (len(header) - len(cells))]
        row = _Row(line, _composed(padded[file].strip()), padded[student].strip())
        if not row.file or not row.student:
            raise CourseError(f"{path}, line {line} needs both a file and a student.")
        twice = seen.setdefault(row.file, row)
        if twice.student != row.student:
            raise CourseError(
                f"{path}, line {line} gives {row.file} to {row.student}, and line {twice.line} to "
                f"{twice.student}; a file is one student's."
            )
        yield row


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
