"""Files that cannot be locked are read all the same, and never called damaged."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from data_stubs.egocap.file import UnexpectedFileError, check_egocap, write_egocap
from data_stubs.lifting.image_file import check_human36m
from poselab.datasets import DatasetError, EgoCapDataset, hdf5
from poselab.datasets.hdf5 import open_hdf5
from poselab.datasets.human36m import Human36MDataset
from tests.poselab.conftest import egocap_arrays, write_arrays

DATA_SETS: tuple[Callable[[Path], Any], ...] = (
    open_hdf5,
    EgoCapDataset,
    Human36MDataset,
    lambda path: check_egocap(path, 5, 0),
    lambda path: check_human36m(path, 5, 0),
)


@contextmanager
def being_written(path: Path) -> Iterator[None]:
    """Another process has the file open to write to it."""
    program = f"import h5py; f = h5py.File({str(path)!r}, 'a'); print('open', flush=True); input()"
    writer = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"open\n"
    try:
        yield
    finally:
        writer.kill()
        writer.communicate()


def test_a_file_that_another_process_writes_to(tmp_path: Path) -> None:
    path = write_arrays(tmp_path / "x.h5", egocap_arrays(5))
    with being_written(path):
        before = path.read_bytes()
        with pytest.raises(BlockingIOError):
            h5py.File(path, "r")
        assert len(EgoCapDataset(path)) == 4
        on_demand = EgoCapDataset(path, in_memory=False)
        assert sum_of_images(on_demand) == sum_of_images(EgoCapDataset(path))
        assert path.read_bytes() == before
    assert len(EgoCapDataset(path)) == 4


def sum_of_images(data: EgoCapDataset) -> float:
    return float(data.batch(range(len(data)))["img"].sum())


def test_the_synthetic_file_is_known_again_while_it_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "EgoCap_nth10.hdf5"
    write_egocap(path, 5, seed=0)
    with being_written(path):
        check_egocap(path, 5, seed=0)


def refusing(error: OSError, also_without_a_lock: bool) -> Callable[..., Any]:
    """A stand-in for ``h5py.File`` on a machine that refuses."""
    original = h5py.File

    def file(path: Path, mode: str, **options: Any) -> Any:
        if also_without_a_lock or options.get("locking") is not False:
            raise error
        return original(path, mode)

    return file


REFUSALS = (
    BlockingIOError(errno.EAGAIN, "unable to lock file, errno = 11"),
    OSError(errno.ENOLCK, "unable to lock file, errno = 37"),
    OSError(errno.ENOSYS, "unable to lock file, errno = 38"),
    OSError("Unable to open file (unable to lock file)"),
    OSError("file locking flag values don't match"),
    OSError("Unable to open file (file is already open for write/SWMR write)"),
    OSError(errno.EIO, "file read failed"),
    OSError(errno.ESTALE, "file read failed"),
)


@pytest.mark.parametrize("error", REFUSALS, ids=str)
def test_what_cannot_be_locked_is_read_without_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    path = write_arrays(tmp_path / "x.h5", egocap_arrays(5))
    monkeypatch.setattr(hdf5.h5py, "File", refusing(error, also_without_a_lock=False))
    with open_hdf5(path) as file:
        assert file["img"].shape == (5, 3, 128, 160)


@pytest.mark.parametrize("error", [*REFUSALS, PermissionError(errno.EACCES, "no")], ids=str)
@pytest.mark.parametrize("load", DATA_SETS)
def test_nobody_is_told_to_delete_what_cannot_be_opened(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: OSError,
    load: Callable[[Path], Any],
) -> None:
    path = write_arrays(tmp_path / "x.h5", {"img": np.zeros(3)})
    monkeypatch.setattr(hdf5.h5py, "File", refusing(error, also_without_a_lock=True))
    with pytest.raises(DatasetError, match="cannot be opened now") as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message and message.endswith(".")
    said = message.replace(str(path), "")
    assert not any(word in said for word in ("delete", "damaged", "cut short", "HDF5"))
    assert ("may not read" in message) == isinstance(error, PermissionError)


def test_what_is_damaged_is_still_called_damaged(tmp_path: Path) -> None:
    path = write_arrays(tmp_path / "x.h5", egocap_arrays(5))
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(OSError, match="truncated"):
        open_hdf5(path)
    with pytest.raises(DatasetError, match="cut short or damaged"):
        EgoCapDataset(path)
    with pytest.raises(UnexpectedFileError, match="is cut short"):
        check_egocap(path, 5, seed=0)
