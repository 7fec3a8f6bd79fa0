"""A data set that was downloaded and not unpacked is called that, by every loader."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from poselab.datasets import EgoCapDataset
from poselab.datasets.coco import load_coco
from poselab.datasets.errors import DatasetError
from poselab.datasets.human36m import Human36MDataset
from poselab.datasets.lifting import load_lifting, load_two_views
from poselab.datasets.packed import check_unpacked
from poselab.datasets.restricted_pickle import load_pickle
from poselab.datasets.youtube import load_clips

CONTENT = pickle.dumps(np.arange(1000))


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("youtube_train_data.pkl", content)
    return stream.getvalue()


PACKED = {
    "unzip data.pkl.zip": (zipped, "data.pkl.zip"),
    "gunzip data.pkl": (gzip.compress, "data.pkl"),
    "bunzip2 data.pkl.bz2": (bz2.compress, "data.pkl.bz2"),
    "unxz data.pkl.xz": (lzma.compress, "data.pkl.xz"),
    "tar -xf data.tar.gz": (gzip.compress, "data.tar.gz"),
}


@pytest.mark.parametrize("command", PACKED)
def test_what_it_is_and_how_to_unpack_it(command: str, tmp_path: Path) -> None:
    pack, name = PACKED[command]
    path = tmp_path / name
    path.write_bytes(pack(CONTENT))
    with pytest.raises(DatasetError) as caught:
        check_unpacked(path)
    message = str(caught.value)
    assert f"{path} is still compressed" in message and f"`{command}`" in message
    assert "\n" not in message


@pytest.mark.parametrize("content", [CONTENT, b"", b"P", b"\x89HDF\r\n\x1a\n", b"{}"])
def test_other_files_are_left_to_their_reader(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    path.write_bytes(content)
    check_unpacked(path)


LOADERS: dict[str, Callable[[Path], object]] = {
    "pickle": load_pickle,
    "clips": load_clips,
    "lifting": load_lifting,
    "two views": load_two_views,
    "egocap": EgoCapDataset,
    "human36m": Human36MDataset,
    "coco": lambda path: load_coco(path, path.parent),
}


@pytest.mark.parametrize("pack", [zipped, gzip.compress])
@pytest.mark.parametrize("loader", LOADERS)
def test_every_loader_says_so(loader: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(pack(CONTENT))
    with pytest.raises(DatasetError, match="still compressed"):
        LOADERS[loader](path)


def test_a_mat_file_too(tmp_path: Path) -> None:
    path = tmp_path / "data.mat"
    path.write_bytes(zipped(CONTENT))
    with pytest.raises(DatasetError, match="still compressed"):
        load_clips(path)
