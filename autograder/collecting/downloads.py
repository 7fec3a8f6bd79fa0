"""What a learning platform gives: a zip file, or a folder in which it was unpacked."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from autograder.collecting.archives import Entry, Refused, entries_of, opened
from autograder.collecting.paths import RefusedError, is_systems_own, safe_parts
from autograder.errors import CourseError
from autograder.submissions.students import readable

_PART = re.compile(r"(.+-\d{8}T\d{6}Z-\d+)-\d{3}(?: ?\(\d+\))?")
"""How Google Drive calls what it packs: several zip files if it is much."""


@dataclass(frozen=True)
class Download:
    """The files of a download.

    Args:
        name: what the file or folder is called, without ``.zip``.
        entries: the files that can be taken, by path.
        refused: those that cannot.
        ignored: how many were written by an operating system, and by nobody.
    """

    name: str
    entries: tuple[Entry, ...]
    refused: tuple[Refused, ...]
    ignored: int = 0

    @property
    def is_drives(self) -> bool:
        """Whether Google Drive has packed it."""
        return _PART.fullmatch(self.name) is not None


def joined(downloads: Iterable[Download]) -> list[Download]:
    """The same, where the parts into which Drive has split a folder are one.

    Args:
        downloads: as they were given.

    Returns:
        Each folder of Drive's once, under the name of its first part.
    """
    found: dict[str, Download] = {}
    for one in downloads:
        part = _PART.fullmatch(one.name)
        # Others of the same name are apart.
        key = part[1] if part else f"{len(found)}/"
        before = found.get(key)
        if before is not None:
            files = {entry.parts: entry for entry in (*before.entries, *one.entries)}
            one = replace(
                before,
                entries=tuple(files[parts] for parts in sorted(files)),
                refused=(*before.refused, *one.refused),
                ignored=before.ignored + one.ignored,
            )
        found[key] = one
    return list(found.values())


@contextmanager
def open_download(path: Path) -> Iterator[Download]:
    """A download, whose files can be read until the block ends.

    Args:
        path: the zip file or the folder.

    Yields:
        Its files.

    Raises:
        CourseError: there is no such file or folder, or it is neither.
    """
    with ExitStack() as stack:
        if path.is_dir():
            found = list(_files_of(path))
        elif path.is_file():
            try:
                found = list(entries_of(stack.enter_context(opened(path))))
            except RefusedError as error:
                raise CourseError(
                    f"{path} cannot be collected: {error}; give the zip file as the platform has "
                    "written it, or the folder in which you have unpacked it."
                ) from None
        else:
            raise CourseError(f"There is no file or folder {path} to collect.")
        entries = [one for one in found if isinstance(one, Entry)]
        named = [one for one in entries if not is_systems_own(one.parts)]
        yield Download(
            path.stem if path.is_file() else path.name,
            tuple(sorted(named, key=lambda one: one.parts)),
            tuple(one for one in found if isinstance(one, Refused)),
            len(entries) - len(named),
        )


def _files_of(folder: Path) -> Iterator[Entry | Refused]:
    """The files of a folder; links are not followed."""
    failed: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=failed.append):
        links = [name for name in folders if os.path.islink(os.path.join(root, name))]
        for name in (*names, *links):
            path = Path(root, name)
            shown = readable(str(path.relative_to(folder)))
            try:
                # Backslashes are letters here.
                parts = tuple(
                    safe_parts(part.replace("\\", "_"))[0]
                    for part in path.relative_to(folder).parts
                )
                about = path.lstat()
                if stat.S_ISLNK(about.st_mode):
                    raise RefusedError("it is a link")
                if not stat.S_ISREG(about.st_mode):
                    raise RefusedError("it is no file")
            except RefusedError as error:
                yield Refused(shown, str(error))
            except OSError as error:
                yield Refused(shown, f"it cannot be read ({(error.strerror or '').lower()})")
            else:
                yield Entry(parts, shown, about.st_size, _Opener(path))
    for failure in failed:
        shown = readable(os.path.relpath(str(failure.filename), folder))
        yield Refused(shown, f"the folder cannot be read ({(failure.strerror or '').lower()})")


@dataclass(frozen=True)
class _Opener:
    path: Path

    def __call__(self) -> BinaryIO:
        return self.path.open("rb")
