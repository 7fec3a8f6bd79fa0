"""Where attempts are kept: the one that is graded in `submitted`, earlier ones in `collected`.

Folders appear and move as a whole, so that a run that is killed leaves nothing half done. Nothing
is overwritten or deleted.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Collection
from datetime import UTC
from pathlib import Path

from autograder.collecting.collection import Attempt
from autograder.collecting.intake import digest_of_folder
from autograder.submissions.timestamps import TIMESTAMP


class Shelves:
    """The folders of one assignment.

    Args:
        submitted: the folder of submissions.
        assignment: the assignment's id.
    """

    def __init__(self, submitted: Path, assignment: str) -> None:
        self._submitted = submitted
        self._assignment = assignment
        self._collected = submitted.parent / "collected"
        self._unfinished = self._collected / ".unfinished"

    def clear(self) -> None:
        """Remove what a run that was killed had not finished."""
        if self._unfinished.exists():
            shutil.rmtree(self._unfinished)

    def workplace(self) -> Path:
        """A new, empty folder for something that is not finished."""
        folder = self._unfinished / secrets.token_hex(8)
        folder.mkdir(parents=True)
        return folder

    def current(self, student: str) -> Path:
        """The folder with what is graded."""
        return self._submitted / student / self._assignment

    def earlier(self, student: str, attempt: Attempt) -> Path:
        """The folder of an attempt that is not graded."""
        if attempt.handed_in is None:
            name = f"undated-{attempt.digest[:8]}"
        else:
            name = f"{attempt.handed_in.astimezone(UTC):%Y-%m-%d_%H-%M-%S}"
        path = self._earlier(student) / name
        if path.exists() and digest_of_folder(path) != attempt.digest:
            path = path.with_name(f"{name}-{attempt.digest[:8]}")
        return path

    def found(self, student: str, digest: str | None) -> Path:
        """A folder for what somebody has put into the place of a submission by hand."""
        path = self._earlier(student) / f"by_hand-{(digest or secrets.token_hex(4))[:8]}"
        if os.path.lexists(path):
            path = path.with_name(f"{path.name}-{secrets.token_hex(4)}")
        return path

    def put(self, filled: Path, attempt: Attempt, target: Path, last: bool) -> None:
        """Let a filled folder appear at its place, with the platform's time in it.

        Args:
            filled: the folder.
            attempt: what is in it.
            target: its place; nothing is there, or an empty folder.
            last: whether nobody else gets a copy, so that the folder itself can go there.
        """
        copy = filled
        if not last:
            copy = self._unfinished / secrets.token_hex(8)
            shutil.copytree(filled, copy)
        if attempt.handed_in is not None:
            time = f"{attempt.handed_in.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
            (copy / TIMESTAMP).write_text(time, encoding="utf-8")
        self.move(copy, target)

    def move(self, source: Path, target: Path) -> None:
        """Move a folder as a whole.

        Args:
            source: the folder.
            target: where it goes; nothing is there, or an empty folder.

        Raises:
            OSError: it cannot be moved.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            source.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # Another file system: what is complete beside the target can be renamed there.
            beside = target.with_name(f".{secrets.token_hex(4)}")
            shutil.copytree(source, beside, symlinks=True)
            beside.rename(target)
            shutil.rmtree(source)

    def remove_empty(self, student: str) -> bool:
        """Remove a student's folder if nothing is left in it: it would be graded as missing.

        Args:
            student: whose.

        Returns:
            Whether it was removed.
        """
        try:
            (self._submitted / student).rmdir()
        except OSError:
            return False
        return True

    def other_assignments(self, student: str) -> list[str]:
        """What else lies in a student's folder."""
        folder = self._submitted / student
        inside = folder.iterdir() if folder.is_dir() else ()
        return sorted(path.name for path in inside if path.name != self._assignment)

    def without_owner(self, known: Collection[str]) -> list[str]:
        """Whose folders are empty, of people who are not known.

        Args:
            known: the ids of those who are.

        Returns:
            The names of the folders.
        """
        if not self._submitted.is_dir():
            return []
        folders = (path for path in self._submitted.iterdir() if path.name not in known)
        return sorted(one.name for one in folders if one.is_dir() and not any(one.iterdir()))

    def _earlier(self, student: str) -> Path:
        return self._collected / "earlier" / student / self._assignment
