"""Opening HDF5 files that others have open, or that lie on disks without locks."""

from __future__ import annotations

import os
from pathlib import Path

import h5py

from poselab.datasets.errors import DatasetError
from poselab.datasets.packed import check_unpacked

_SAYS_LOCKED = ("unable to lock", "file locking", "already open")
"""How HDF5 says that the file itself is not the reason, where the system gives no number."""


def open_hdf5(path: str | Path) -> h5py.File:
    """Open a file to read it, without a lock if it cannot be locked.

    HDF5 locks what it opens. That fails while another program writes to the file and on some
    network disks, and says nothing about what is in the file.

    Args:
        path: a file that exists.

    Returns:
        The open file.

    Raises:
        OSError: it is cut short, damaged, or no HDF5 file.
        DatasetError: it is still compressed, or cannot be opened now for a reason that is not in
            the file.
    """
    try:
        return h5py.File(path, "r")
    except OSError as error:
        if _is_in_the_file(error):
            check_unpacked(Path(path))
            raise
        first = error
    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        raise DatasetError(f"{path} cannot be opened now: {_reason(first)}.") from error


def _is_in_the_file(error: OSError) -> bool:
    return error.errno is None and not any(said in str(error) for said in _SAYS_LOCKED)


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "you may not read it; change its permissions, or ask whom it belongs to"
    if isinstance(error, BlockingIOError) or error.errno is None:
        return "another program is writing to it; close it there, and try again"
    return f"the system says '{os.strerror(error.errno)}'; try again, or copy it to another disk"
