"""Names in archives and downloads: what can be trusted of them, and what they are kept as.

A name may try to lead out of its folder, or be one that no file system takes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

LONGEST_NAME = 240
"""Bytes of a file's or folder's name; file systems take 255."""

DEEPEST = 20
"""Folders inside each other."""

_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_DIRECTIONS = dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""What turns the direction of writing: invisible, and passes one suffix off as another."""
_SYSTEMS_OWN = {"__macosx", ".ds_store", "thumbs.db", "desktop.ini", "__pycache__"}


class RefusedError(Exception):
    """A file that is not taken. The message is the end of a sentence: "its path leaves ..."."""


def safe_parts(name: str) -> tuple[str, ...]:
    """The folders and the file that a path names, if it stays where it is put.

    Args:
        name: a path from an archive, with slashes or backslashes.

    Returns:
        Its parts, composed (NFC) as most systems write them.

    Raises:
        RefusedError: it leads elsewhere, or holds what is no part of a name.
    """
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise RefusedError("its name holds control characters")
    path = name.replace("\\", "/")
    if path.startswith("/"):
        raise RefusedError("its path is absolute")
    if _DRIVE.match(path):
        raise RefusedError("its path names a drive")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in (part.strip(" ") for part in parts):
        raise RefusedError("its path leads out of the folder")
    if not parts:
        raise RefusedError("it has no name")
    if len(parts) > DEEPEST:
        raise RefusedError(f"it lies more than {DEEPEST} folders deep")
    return tuple(unicodedata.normalize("NFC", part) for part in parts)


def kept_parts(parts: Iterable[str]) -> tuple[str, ...]:
    """What a file of a submission is called on every file system.

    Args:
        parts: the folders and the file.

    Returns:
        The same, where a name has to change as little changed as possible.

    Raises:
        RefusedError: it is the name of a device.
    """
    kept = []
    for part in parts:
        name = part.translate(_DIRECTIONS).rstrip(" .").lstrip(" ")
        name = re.sub(r'[<>:"|?*/\\]', "_", name)
        if not name:
            raise RefusedError("it has no name")
        if _DEVICE.fullmatch(name):
            raise RefusedError("it has the name of a device")
        kept.append(shortened(name))
    return tuple(kept)


def shortened(name: str, most: int = LONGEST_NAME) -> str:
    """A name of at most so many bytes, with its suffix."""
    if len(name.encode()) <= most:
        return name
    path = PurePosixPath(name)
    suffix = path.suffix if len(path.suffix.encode()) <= 20 else ""
    stem = name.removesuffix(suffix).encode()[: most - len(suffix.encode())]
    return stem.decode(errors="ignore").rstrip(" .") + suffix


def is_systems_own(parts: Iterable[str]) -> bool:
    """Whether an operating system, and not a person, has written a file."""
    return any(part.casefold() in _SYSTEMS_OWN or part.startswith("._") for part in parts)


def is_hidden(parts: Iterable[str]) -> bool:
    """Whether a file is one that nobody sees who looks into the folder."""
    return is_systems_own(parts) or any(part.startswith(".") for part in parts)


def as_compared(name: str) -> str:
    """What file systems that do not tell cases apart make of a name."""
    return unicodedata.normalize("NFC", name).casefold()


def numbered(name: str, number: int) -> str:
    """The name that a browser gives to a further file of the same name: ``name (1).ipynb``."""
    path = PurePosixPath(name)
    added = f" ({number}){path.suffix}"
    return shortened(path.stem, LONGEST_NAME - len(added.encode())) + added
