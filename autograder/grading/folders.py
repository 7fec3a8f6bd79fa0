"""Folders in which submissions run: removed afterwards, and by the next run if one was killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_PREFIX = "submission"
_TRIES = 3
"""What a submission has left running may write while its folder is being removed."""


@contextmanager
def submission_folder() -> Iterator[Path]:
    """A new folder for as long as the block lasts.

    Yields:
        The folder, whose name says which process it belongs to.
    """
    _sweep_once(os.getpid())
    prefix = f"{_PREFIX}-{_host()}-{os.getpid()}-"
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove a folder and all that is in it, whatever its permissions have become."""
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        for where, _, _ in os.walk(folder):
            # Never through a link: what it leads to is not ours to change.
            with contextlib.suppress(OSError, NotImplementedError):
                if not os.path.islink(where):
                    os.chmod(where, stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what runs on this machine have left behind that were killed.

    Args:
        folder: where temporary folders are made.
    """
    for path in folder.glob(f"{_PREFIX}-{_host()}-*-*"):
        owner = path.name.removeprefix(f"{_PREFIX}-{_host()}-").split("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)) and not path.is_symlink():
            remove_folder(path)


@cache
def _sweep_once(process: int) -> None:
    """In each process, which its id stands for: a fork starts with what its parent has done."""
    sweep(Path(tempfile.gettempdir()))


@cache
def _host() -> str:
    """Two containers may share the folder, but not their processes' ids."""
    return "".join(letter for letter in socket.gethostname() if letter.isalnum())[:32] or "host"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
