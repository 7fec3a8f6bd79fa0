"""Synthetic images for 3D pose estimation, an HDF5 file that the course's loader reads.

``img`` uint8 (N, 3, size, size); ``pose_2d`` float32 (N, 17, 2) in pixels; ``pose_3d`` float32
(N, 17, 3) in millimetres, relative to the pelvis, in the camera's frame (x to the image's right,
y down, z ahead); ``subject`` and ``camera`` int64 (N,); ``focal`` float32 (N,) in pixels;
``rotation`` float32 (N, 3, 3) from the world's frame to the camera's; ``pelvis`` float32 (N, 3) in
the camera's frame, in millimetres. The file's attributes record this, and what it was written for.
"""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
from tqdm.auto import tqdm

from data_stubs.lifting.file import UnexpectedFileError
from data_stubs.lifting.images import FIELDS, image_blocks
from poselab.datasets.hdf5 import open_hdf5
from poselab.files import replacing
from poselab.skeletons import HUMAN36M

FILE_NAME = "Human36M.hdf5"
GENERATOR = "data_stubs.lifting.images"
GENERATOR_VERSION = 1
"""Increased whenever the same seed gives other images, so that cached files are rewritten."""


def _layout(n_images: int, size: int) -> dict[str, tuple[tuple[int, ...], str]]:
    joints = len(HUMAN36M)
    return {
        "img": ((n_images, 3, size, size), "uint8"),
        "pose_2d": ((n_images, joints, 2), "float32"),
        "pose_3d": ((n_images, joints, 3), "float32"),
        "subject": ((n_images,), "int64"),
        "camera": ((n_images,), "int64"),
        "focal": ((n_images,), "float32"),
        "rotation": ((n_images, 3, 3), "float32"),
        "pelvis": ((n_images, 3), "float32"),
    }


def _attributes(n_images: int, seed: int, size: int) -> dict[str, str | int]:
    return {
        "generator": GENERATOR,
        "generator_version": GENERATOR_VERSION,
        "n_images": n_images,
        "seed": seed,
        "size": size,
        "pose_2d_unit": "px",
        "pose_3d_unit": "mm",
        "pose_3d_frame": "camera, relative to the pelvis: x right, y down, z ahead",
    }


def _check_request(n_images: int, seed: int, size: int) -> None:
    for name, number, lowest in (("n_images", n_images, 1), ("seed", seed, 0), ("size", size, 16)):
        if number < lowest:
            raise ValueError(f"{name} is {number}; it must be at least {lowest}")
    if size % 16:
        raise ValueError(f"size is {size}; it must be a multiple of 16")


def write_human36m(path: str | Path, n_images: int, seed: int, size: int = 256) -> None:
    """Write synthetic images, replacing what is at ``path``, with a progress bar.

    The file appears only when it is complete. The same arguments give the same arrays; another
    ``size`` gives the same scenes.

    Args:
        path: the file to write; its folder is created if necessary.
        n_images: how many images, of seven subjects in turn.
        seed: another number gives other subjects, rooms and motion.
        size: height and width in pixels, a multiple of 16.

    Raises:
        ValueError: ``n_images`` is below 1, ``seed`` is negative or ``size`` does not fit.
    """
    _check_request(n_images, seed, size)
    path = Path(path)
    with replacing(path) as unfinished, h5py.File(unfinished, "w") as file:
        file.attrs.update(_attributes(n_images, seed, size))
        for field, (shape, dtype) in _layout(n_images, size).items():
            file.create_dataset(field, shape, dtype)
        with tqdm(total=n_images, unit="image", desc=f"writing {path.name}") as bar:
            start = 0
            for images in image_blocks(n_images, seed, size):
                rows = slice(start, start + len(images.img))
                for field in FIELDS:
                    file[field][rows] = getattr(images, field).numpy()
                bar.update(len(images.img))
                start = rows.stop


def check_human36m(path: str | Path, n_images: int, seed: int, size: int = 256) -> None:
    """Check that ``path`` holds exactly the data set that ``write_human36m`` writes.

    Args:
        path: the file.
        n_images: how many images it should hold.
        seed: the seed it should be written for.
        size: the images' height and width in pixels.

    Raises:
        UnexpectedFileError: the file is cut short, is not HDF5, or holds something else.
        DatasetError: it cannot be opened now, for a reason that is not in the file.
    """
    path = Path(path)
    remedy = "delete it to have it written again, or choose another folder"
    try:
        with open_hdf5(path) as file:
            difference = _difference(file, n_images, seed, size)
    except OSError as error:
        short = path.stat().st_size == 0 or "truncated" in str(error)
        reason = "is cut short" if short else "is not an HDF5 file"
        raise UnexpectedFileError(f"{path} {reason}; {remedy}") from error
    if difference is not None:
        raise UnexpectedFileError(
            f"{path} is not the synthetic data set of {n_images} images with seed {seed}: "
            f"{difference}; {remedy}"
        )


def _difference(file: h5py.File, n_images: int, seed: int, size: int) -> str | None:
    """Return the first way in which ``file`` differs from the data set that was asked for."""
    for name, expected in _attributes(n_images, seed, size).items():
        found = file.attrs.get(name)
        if found is None:
            return f"it has no attribute {name!r}, so something else wrote it"
        if found != expected:
            return f"its {name} is {found}, expected {expected}"
    for name, (shape, dtype) in _layout(n_images, size).items():
        field = file.get(name)
        if not isinstance(field, h5py.Dataset):
            return f"it has no array {name!r}"
        if field.shape != shape or field.dtype != np.dtype(dtype):
            return f"{name} is {field.dtype} {field.shape}, expected {dtype} {shape}"
    return None


def ensure_human36m(
    n_images: int, seed: int = 0, folder: str | Path | None = None, size: int = 256
) -> Path:
    """Return the path of synthetic images, and write the file if it does not exist yet.

    Args:
        n_images: how many images; a seventh of them show S1, the subject that validates.
        seed: another number gives other subjects, rooms and motion.
        folder: where ``Human36M.hdf5`` is or will be written. By default each number of images,
            size and seed has its own folder in ``$POSELAB_DATA`` or, if that is not set, in
            ``~/.cache/poselab``.
        size: height and width in pixels, a multiple of 16.

    Returns:
        The path of ``Human36M.hdf5``.

    Raises:
        UnexpectedFileError: there already is a file, but it is not this data set.
        ValueError: ``n_images`` is below 1, ``seed`` is negative or ``size`` does not fit.
    """
    _check_request(n_images, seed, size)
    if folder is None:
        root = Path(os.environ.get("POSELAB_DATA") or Path.home() / ".cache" / "poselab")
        name = f"human36m-{n_images}-images-{size}-px-seed-{seed}-v{GENERATOR_VERSION}"
        folder = root / name
    path = Path(folder) / FILE_NAME
    if path.exists():
        check_human36m(path, n_images, seed, size)
    else:
        write_human36m(path, n_images, seed, size)
    return path
