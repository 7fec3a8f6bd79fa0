"""What was handed in at one time, written into a folder of its own: files, and what is in zips.

A submission is bounded, whatever it says of itself, and no name in it leads out of its folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autograder.collecting.archives import (
    Entry,
    Refused,
    copy,
    entries_of,
    in_megabytes,
    opened,
)
from autograder.collecting.paths import (
    RefusedError,
    as_compared,
    is_hidden,
    kept_parts,
    numbered,
)
from autograder.submissions.lying import MOST_FILES
from autograder.submissions.read import LARGEST_FILE
from autograder.submissions.timestamps import TIMESTAMP

MOST_BYTES = 2 << 30
"""Bytes of all that is unpacked of one submission."""

DEEPEST_ARCHIVE = 2
"""Zips inside each other that are unpacked: some zip a zip."""

_OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz")
_STUDENTS_TIMESTAMP = "timestamp (handed in).txt"


@dataclass
class Intake:
    """A folder that is being filled.

    Args:
        folder: it exists and is empty.
        files: by the name under which a file is kept, the path that it had in the download.
        left: what was not taken, and why.
        remarks: what was done with files that were taken, sentences.
        hidden: how many hidden files were passed over.
    """

    folder: Path
    files: dict[str, str] = field(default_factory=dict)
    left: list[Refused] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    hidden: int = 0
    _bytes: int = 0
    _names: set[str] = field(default_factory=set)
    _folders: set[str] = field(default_factory=set)
    _digests: dict[str, bytes] = field(default_factory=dict)

    def take_all(self, files: Iterable[tuple[tuple[str, ...], Entry]]) -> None:
        """Take a submission's files; zips come last, so that they give way.

        Args:
            files: by path in the submission.
        """
        for rest, entry in sorted(files, key=lambda one: (_is_zip(one[0]), one[0])):
            if _is_zip(rest):
                self._unpack(rest, entry, entry.shown, 1)
            else:
                self._take(rest, entry, entry.shown)

    @property
    def digest(self) -> str:
        """Of all names and contents."""
        return digest_of(self._digests)

    def content_of(self, kept: str) -> bytes:
        """The digest of a file that was taken, by the name under which it is kept."""
        return self._digests[kept]

    def _take(self, parts: tuple[str, ...], entry: Entry, shown: str) -> bool:
        """Whether a file was taken, or is one that nobody misses."""
        if is_hidden(parts):
            self.hidden += 1
            return True
        try:
            name = self._name_for(kept_parts(parts), shown)
            if len(self.files) >= MOST_FILES:
                raise RefusedError(f"the submission has more than {MOST_FILES} files")
            target = self.folder.joinpath(*name)
            target.parent.mkdir(parents=True, exist_ok=True)
            room = min(LARGEST_FILE, MOST_BYTES - self._bytes)
            size, digest = copy(entry, target, max(room, 0))
        except RefusedError as error:
            self.left.append(Refused(shown, str(error)))
            return False
        self._bytes += size
        self._keep(name, shown, digest)
        if parts[-1].casefold().endswith(_OTHER_ARCHIVES):
            self.remarks.append(f"{parts[-1]} is not unpacked; only zip files are.")
        return True

    def _keep(self, name: tuple[str, ...], shown: str, digest: bytes) -> None:
        kept = "/".join(name)
        self._names.add(as_compared(kept))
        for depth in range(1, len(name)):
            self._folders.add(as_compared("/".join(name[:depth])))
        self.files[kept] = shown
        self._digests[kept] = digest

    def _name_for(self, parts: tuple[str, ...], shown: str) -> tuple[str, ...]:
        """A name that is free; a file cannot lie in another one."""
        if as_compared(parts[-1]) == TIMESTAMP and len(parts) == 1:
            # There the grader looks for the platform's time, and not for what a student says.
            parts = (_STUDENTS_TIMESTAMP,)
        free: list[str] = []
        for depth, part in enumerate(parts, start=1):
            name, number = part, 0
            while self._is_taken("/".join((*free, name)), is_file=depth == len(parts)):
                number += 1
                name = numbered(part, number)
            free.append(name)
        if free != list(parts):
            kept = "/".join(free)
            self.remarks.append(f"{shown} is kept as {kept}: there are two of its name.")
        return tuple(free)

    def _is_taken(self, path: str, is_file: bool) -> bool:
        """Whether a file, or a folder, cannot have this path."""
        compared = as_compared(path)
        return compared in self._names or (is_file and compared in self._folders)

    def _unpack(self, parts: tuple[str, ...], entry: Entry, shown: str, depth: int) -> bool:
        """Unpack a zip beside which it lay; it is kept as well if not all of it could be taken."""
        if is_hidden(parts):
            self.hidden += 1
            return True
        packed = self.folder.with_name(f"{self.folder.name}.zip{depth}")
        try:
            size, digest = copy(entry, packed, LARGEST_FILE)
        except RefusedError as error:
            self.left.append(Refused(shown, str(error)))
            return False
        try:
            whole = self._unpack_from(packed, parts[:-1], shown, depth)
        except RefusedError as error:
            self.left.append(Refused(shown, f"{error}; it is kept as it is"))
            whole = False
        if whole:
            packed.unlink()
        else:
            self._keep_packed(packed, parts, shown, size, digest)
        return whole

    def _unpack_from(self, packed: Path, below: tuple[str, ...], shown: str, depth: int) -> bool:
        whole = True
        with opened(packed) as archive:
            for one in entries_of(archive):
                inside = f"{shown}: {one.shown}"
                if isinstance(one, Refused):
                    self.left.append(Refused(inside, one.reason))
                    whole = False
                elif len(self.files) >= MOST_FILES or self._bytes >= MOST_BYTES:
                    reason = f"the submission has more than {MOST_FILES} files"
                    if self._bytes >= MOST_BYTES:
                        reason = f"the submission has more than {in_megabytes(MOST_BYTES)}"
                    self.left.append(Refused(inside, f"{reason}; nothing after it was unpacked"))
                    return False
                elif _is_zip(one.parts) and depth < DEEPEST_ARCHIVE:
                    whole &= self._unpack((*below, *one.parts), one, inside, depth + 1)
                else:
                    whole &= self._take((*below, *one.parts), one, inside)
                    if _is_zip(one.parts):
                        name = one.parts[-1]
                        self.remarks.append(f"{name} lies too deep in other zips to be unpacked.")
        return whole

    def _keep_packed(
        self, packed: Path, parts: tuple[str, ...], shown: str, size: int, digest: bytes
    ) -> None:
        try:
            name = self._name_for(kept_parts(parts), shown)
        except RefusedError as error:
            packed.unlink()
            self.left.append(Refused(shown, str(error)))
            return
        target = self.folder.joinpath(*name)
        target.parent.mkdir(parents=True, exist_ok=True)
        packed.rename(target)
        self._bytes += size
        self._keep(name, shown, digest)


def digest_of(contents: dict[str, bytes]) -> str:
    """A digest of files.

    Args:
        contents: by name, the digest of a file's content.

    Returns:
        A digest of all of them, in hexadecimal digits.
    """
    whole = hashlib.sha256()
    for name, content in sorted(contents.items()):
        whole.update(f"{len(name.encode())} {name}\n".encode() + content)
    return whole.hexdigest()


def digest_of_folder(folder: Path) -> str | None:
    """The digest of what lies in a folder, as that of an intake; ``None`` if it is none.

    The platform's time is left out, and links are what they are called.
    """
    if folder.is_symlink() or not folder.is_dir():
        return None
    return digest_of(digests_in(folder))


def digests_in(folder: Path) -> dict[str, bytes]:
    """The digest of each file in a folder, by its path there, as an intake keeps them."""
    contents = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            contents[name] = b"link"
        elif path.is_file() and name != TIMESTAMP:
            with path.open("rb") as file:
                contents[name] = hashlib.file_digest(file, "sha256").digest()
    return contents


def _is_zip(parts: tuple[str, ...]) -> bool:
    return PurePosixPath(parts[-1]).suffix.casefold() == ".zip"
