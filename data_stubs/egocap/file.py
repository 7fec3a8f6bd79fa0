"""Synthetic EgoCap: ``EgoCap_nth10.hdf5`` in the layout of the real file.

``img`` is uint8 (N, 3, 128, 160); ``pose_2d`` is (x, y) in 0..1, u = x / (W - 1), v = y / (H - 1);
``pose_3d`` is in millimetres in the camera's frame (x to the image's right, y down, z along the
optical axis). The file's attributes record this, and the size and seed it was written for.
"""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
from tqdm.auto import tqdm

from data_stubs.egocap.scenes import HEIGHT, IMAGES_PER_CHUNK, WIDTH, egocap_blocks
from poselab.datasets.hdf5 import open_hdf5
from poselab.files import replacing
from poselab.skeletons import EGOCAP

FILE_NAME = "EgoCap_nth10.hdf5"
GENERATOR = "data_stubs.egocap"
GENERATOR_VERSION = 7
"""Increased whenever the same seed gives other images, so that cached files are rewritten."""


def _layout(n_images: int) -> dict[str, tuple[tuple[int, ...], str]]:
    joints = len(EGOCAP)
    return {
        "img": ((n_images, 3, HEIGHT, WIDTH), "uint8"),
        "pose_2d": ((n_images, joints, 2), "float32"),
        "pose_3d": ((n_images, joints, 3), "float32"),
    }


def _attributes(n_images: int, seed: int) -> dict[str, str | int]:
    return {
        "generator": GENERATOR,
        "generator_version": GENERATOR_VERSION,
        "n_images": n_images,
        "seed": seed,
        "pose_2d_unit": "u = x / (width - 1), v = y / (height - 1)",
        "pose_3d_unit": "mm",
        "pose_3d_frame": "camera: x right, y down, z along the optical axis",
    }


def write_egocap(
    path: str | Path, n_images: int, seed: int, images_per_chunk: int = IMAGES_PER_CHUNK
) -> None:
    """Write a synthetic EgoCap file, replacing what is at ``path``, with a progress bar.

    The file appears only when it is complete. The same ``n_images`` and ``seed`` give the same
    arrays, whatever ``images_per_chunk`` is.

    Args:
        path: the file to write; its folder is created if necessary.
        n_images: how many images; the real file has 7057.
        seed: another number gives other people, rooms and motion.
        images_per_chunk: how many images to render together.

    Raises:
        ValueError: ``n_images`` or ``images_per_chunk`` is below 1, or ``seed`` is negative.
    """
    for name, value, lowest in (
        ("n_images", n_images, 1),
        ("images_per_chunk", images_per_chunk, 1),
        ("seed", seed, 0),
    ):
        if value < lowest:
            raise ValueError(f"{name} is {value}; it must be at least {lowest}")
    path = Path(path)
    with replacing(path) as unfinished, h5py.File(unfinished, "w") as file:
        file.attrs.update(_attributes(n_images, seed))
        for field, (shape, dtype) in _layout(n_images).items():
            file.create_dataset(field, shape, dtype)
        with tqdm(total=n_images, unit="image", desc=f"writing {path.name}") as bar:
            start = 0
            for batch in egocap_blocks(n_images, seed, images_per_chunk):
                rows = slice(start, start + len(batch.img))
                file["img"][rows] = batch.img.numpy()
                file["pose_2d"][rows] = batch.pose_2d.numpy()
                file["pose_3d"][rows] = batch.pose_3d.numpy()
                bar.update(len(batch.img))
                start = rows.stop


class UnexpectedFileError(ValueError):
    """The file at the path is not the data set that was asked for."""


def check_egocap(path: str | Path, n_images: int, seed: int) -> None:
    """Check that ``path`` holds exactly the data set that ``write_egocap`` writes.

    Args:
        path: the file.
        n_images: how many images it should hold.
        seed: the seed it should be written for.

    Raises:
        UnexpectedFileError: the file is cut short, is not HDF5, or holds something else.
        DatasetError: it cannot be opened now, for a reason that is not in the file.
    """
    path = Path(path)
    remedy = "delete it to have it written again, or choose another folder"
    try:
        with open_hdf5(path) as file:
            difference = _difference(file, n_images, seed)
    except OSError as error:
        if path.stat().st_size == 0 or "truncated" in str(error):
            reason = "is cut short"
        else:
            reason = "is not an HDF5 file"
        raise UnexpectedFileError(f"{path} {reason}; {remedy}") from error
    if difference is not None:
        raise UnexpectedFileError(
            f"{path} is not the synthetic EgoCap of {n_images} images with seed {seed}: "
            f"{difference}; {remedy}"
        )


def _difference(file: h5py.File, n_images: int, seed: int) -> str | None:
    """Return the first way in which ``file`` differs from the data set that was asked for."""
    for name, expected in _attributes(n_images, seed).items():
        found = file.attrs.get(name)
        if found is None:
            return f"it has no attribute {name!r}, so something else wrote it"
        if found != expected:
            return f"its {name} is {found}, expected {expected}"
    for name, (shape, dtype) in _layout(n_images).items():
        field = file.get(name)
        if not isinstance(field, h5py.Dataset):
            return f"it has no array {name!r}"
        if field.shape != shape or field.dtype != np.dtype(dtype):
            return f"{name} is {field.dtype} {field.shape}, expected {dtype} {shape}"
    return None


def ensure_egocap(n_images: int, seed: int = 0, folder: str | Path | None = None) -> Path:
    """Return the path of a synthetic EgoCap file, and write the file if it does not exist yet.

    Args:
        n_images: how many images; the first fifth is for validation.
        seed: another number gives other people, rooms and motion.
        folder: where ``EgoCap_nth10.hdf5`` is or will be written. By default each size and seed has
            its own folder in ``$POSELAB_DATA`` or, if that is not set, in ``~/.cache/poselab``.

    Returns:
        The path of ``EgoCap_nth10.hdf5``.

    Raises:
        UnexpectedFileError: there already is a file, but it is not this data set.
        ValueError: ``n_images`` is below 1 or ``seed`` is negative.
    """
    if folder is None:
        root = Path(os.environ.get("POSELAB_DATA") or Path.home() / ".cache" / "poselab")
        folder = root / f"egocap-{n_images}-images-seed-{seed}-v{GENERATOR_VERSION}"
    path = Path(folder) / FILE_NAME
    if path.exists():
        check_egocap(path, n_images, seed)
    else:
        write_egocap(path, n_images, seed)
    return path
