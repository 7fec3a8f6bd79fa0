"""Zip files from people one does not know: read entry by entry, within bounds.

What is damaged, locked or made to fill the disk costs itself only.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NoReturn

from autograder.collecting.paths import RefusedError, safe_parts
from autograder.submissions.read import LARGEST_FILE
from autograder.submissions.students import readable

MOST_ENTRIES = 200_000
"""Entries of one archive that are looked at."""

_UNLIKELY_RATIO = 200
_SMALL = 16 << 20
"""Bytes that are unpacked however well they were compressed."""

_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}
"""LZMA is not among them: an entry says for itself how much memory its reader has to take."""
_METHOD_NAMES = {9: "Deflate64", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES"}
_ENCRYPTED = 0x1
_UTF8 = 0x800
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A file in a download or an archive.

    Args:
        parts: the folders and the file, safe.
        shown: its path as it stands there, to be read by people.
        size: bytes, as it says of itself.
        open: opens it for reading.
    """

    parts: tuple[str, ...]
    shown: str
    size: int
    open: Callable[[], BinaryIO] = field(compare=False, repr=False)

    def below(self, depth: int) -> Entry:
        """The same file, seen from so many folders deeper."""
        return Entry(self.parts[depth:], self.shown, self.size, self.open)


@dataclass(frozen=True)
class Refused:
    """A file that was not taken.

    Args:
        shown: its path, to be read by people.
        reason: the end of a sentence.
    """

    shown: str
    reason: str


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip file, opened.

    Args:
        path: the file.

    Yields:
        It, ready to be read.

    Raises:
        RefusedError: it is none, or damaged.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RefusedError(f"it is no zip file that can be opened ({_first_line(error)})") from None
    with archive:
        yield archive


def entries_of(archive: zipfile.ZipFile) -> Iterator[Entry | Refused]:
    """The files of an archive, in its order; folders are passed over.

    Args:
        archive: the archive, which stays open for as long as its entries are read.

    Yields:
        Each file, or why it is not taken.
    """
    for number, info in enumerate(archive.infolist()):
        name = _name_of(info)
        if number >= MOST_ENTRIES:
            yield Refused(readable(name), f"the archive holds more than {MOST_ENTRIES} entries")
            return
        if name.endswith(("/", "\\")) and not info.file_size:
            continue
        try:
            _examine(info)
            parts = safe_parts(name)
        except RefusedError as error:
            yield Refused(readable(name), str(error))
            continue
        yield Entry(parts, readable(name), info.file_size, _Opener(archive, info))


@dataclass(frozen=True)
class _Opener:
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo

    def __call__(self) -> BinaryIO:
        return self.archive.open(self.info)  # type: ignore[return-value]


def copy(entry: Entry, target: Path, most: int) -> tuple[int, bytes]:
    """Write a file's content.

    Args:
        entry: the file.
        target: where to write it; nothing is there yet.
        most: bytes that it may have, whatever it says of itself.

    Returns:
        Its size in bytes and the digest of its content.

    Raises:
        RefusedError: it cannot be read to its end, or is too large; nothing of it is left.
        OSError: it cannot be written.
    """
    digest, size = sha256(), 0
    try:
        with target.open("xb") as out, _reading(entry) as source:
            while chunk := _read(source):
                size += len(chunk)
                if size > most:
                    raise RefusedError(f"it has more than {in_megabytes(most)}")
                digest.update(chunk)
                out.write(chunk)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return size, digest.digest()


def text_of(entry: Entry, most: int = 64 << 20) -> str:
    """The text of a platform's own file.

    Args:
        entry: the file.
        most: bytes of it that are read.

    Returns:
        Its text; UTF-8, UTF-16 and Windows' Western characters are told apart.

    Raises:
        RefusedError: it cannot be read.
    """
    content = bytearray()
    with _reading(entry) as source:
        while len(content) < most and (chunk := _read(source)):
            content += chunk
    return decoded(bytes(content))


def decoded(content: bytes) -> str:
    """Text in one of the encodings that platforms and spreadsheets write."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def in_megabytes(size: int) -> str:
    """A size to be read by people."""
    return f"{size >> 20} MB"


@contextmanager
def _reading(entry: Entry) -> Iterator[BinaryIO]:
    try:
        source = entry.open()
    except _BROKEN as error:
        _refuse(error)
    with source:
        yield source


def _read(source: BinaryIO) -> bytes:
    try:
        return source.read(_CHUNK)
    except _BROKEN as error:
        _refuse(error)


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    NotImplementedError,
)
"""What reading raises: all of it is the file's own fault."""


def _refuse(error: Exception) -> NoReturn:
    raise RefusedError(f"it is damaged ({_first_line(error)})") from None


def _first_line(error: Exception) -> str:
    text = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
    return readable(text)[:80]


def _examine(info: zipfile.ZipInfo) -> None:
    """Refuse an entry for what it says of itself.

    Raises:
        RefusedError: it is no file, locked, or made to fill a disk.
    """
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise RefusedError("it is a link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise RefusedError("it is no file")
    if info.flag_bits & _ENCRYPTED:
        raise RefusedError("it is locked with a password")
    if info.compress_type not in _METHODS:
        name = _METHOD_NAMES.get(info.compress_type, f"method {info.compress_type}")
        raise RefusedError(f"it is compressed in a way that is not read here ({name})")
    if info.file_size > LARGEST_FILE:
        raise RefusedError(f"it has more than {in_megabytes(LARGEST_FILE)}")
    if info.file_size > max(_SMALL, _UNLIKELY_RATIO * info.compress_size):
        raise RefusedError(
            f"it grows to more than {_UNLIKELY_RATIO} times its size when it is unpacked"
        )


def _name_of(info: zipfile.ZipInfo) -> str:
    """An entry's name, in the encoding that it was most likely written in."""
    name = info.orig_filename
    if info.flag_bits & _UTF8:
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    # Explorer writes a console's code page, other programs that of windows: where one reading has
    # signs in the middle of words, the other is right.
    windows = raw.decode("cp1252", errors="replace")
    oddities = [sum(ord(c) > 127 and not c.isalpha() for c in text) for text in (name, windows)]
    greek = sum("\u0370" <= c <= "\u03ff" for c in name)
    return windows if oddities[1] < oddities[0] + greek else name
