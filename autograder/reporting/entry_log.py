"""What was entered into the gradebook, and shown on a page, of whom: by digests, not by clocks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from autograder.files import write_atomically


class LoggedEntry(BaseModel):
    """The last time that a student's submission was entered.

    Args:
        run: a digest of all that the entry derives from; empty while it is being made.
        answers: digests of the answers, by notebook and cell, that were entered.
        settled: while an entry is being made, the cells on which a person had decided.
        page: a digest of all that the feedback pages derive from.
    """

    model_config = ConfigDict(frozen=True)

    run: str = ""
    answers: dict[str, str] = {}
    settled: tuple[str, ...] = ()
    page: str = ""


@dataclass(frozen=True)
class EntryLog:
    """The log of one assignment.

    Args:
        folder: holds a file for each student.
    """

    folder: Path

    def read(self, student: str) -> LoggedEntry | None:
        """The student's last entry; ``None`` if there is none, or it cannot be read."""
        try:
            return LoggedEntry.model_validate_json(self._path(student).read_bytes())
        except (OSError, ValueError):
            return None

    def write(self, student: str, entry: LoggedEntry) -> None:
        """Replace the student's last entry."""
        write_atomically(self._path(student), entry.model_dump_json().encode())

    def students(self) -> set[str]:
        """Who was entered so far."""
        return {path.stem for path in self.folder.glob("*.json")}

    def _path(self, student: str) -> Path:
        return self.folder / f"{student}.json"
