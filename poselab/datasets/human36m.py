"""Images of people with their poses in 2D and in 3D, in the manner of Human3.6M.

Human3.6M itself may not be handed on, so the course's file is HDF5 with a layout of its own, into
which the real data can be brought. ``data_stubs`` writes synthetic images in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

import h5py
import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor
from torch.utils.data import Dataset

from poselab.datasets.device_dict import DeviceDict
from poselab.datasets.egocap import EgoCapDataset
from poselab.datasets.errors import DatasetError
from poselab.datasets.hdf5 import open_hdf5
from poselab.datasets.values import first_not_finite
from poselab.skeletons import HUMAN36M, Skeleton

Part = Literal["training", "validation"]

SUBJECTS = (1, 5, 6, 7, 8, 9, 11)
"""Human3.6M's subjects whose 3D poses are published: S1, S5 and so on."""
VALIDATION_SUBJECT = 1
"""S1 validates, with about 15 % of the images; the others train."""

_JOINTS = len(HUMAN36M)
_LABELS: dict[str, tuple[tuple[int, ...], str, type]] = {
    "pose_2d": ((_JOINTS, 2), "f", np.float32),
    "pose_3d": ((_JOINTS, 3), "f", np.float32),
    "subject": ((), "iu", np.int64),
    "camera": ((), "iu", np.int64),
    "focal": ((), "f", np.float32),
    "rotation": ((3, 3), "f", np.float32),
    "pelvis": ((3,), "f", np.float32),
}
_KINDS = {"f": "floating-point numbers", "iu": "whole numbers"}


class Human36MDataset(Dataset[DeviceDict]):
    """One part of the images: S1 validates, the other subjects train.

    An item is a :class:`DeviceDict` of

    * ``img`` float32 (3, size, size), normalised by ImageNet's mean and standard deviation,
    * ``pose_2d`` float32 (17, 2), (x, y) in pixels,
    * ``pose_3d`` float32 (17, 3), in millimetres relative to the pelvis, in the camera's frame:
      x to the image's right, y down, z ahead,
    * ``subject`` and ``camera``, their numbers,
    * ``focal`` float32, in pixels; the principal point is the image's middle, (size - 1) / 2,
    * ``rotation`` float32 (3, 3), from the world's frame to the camera's; in the world, y is up,
    * ``pelvis`` float32 (3,), where the pelvis is in the camera's frame, in millimetres.

    So a joint at p = pose_3d + pelvis is seen at focal * p[:2] / p[2] + (size - 1) / 2.

    Args:
        path: the HDF5 file.
        part: ``"training"`` or ``"validation"``.

    Raises:
        FileNotFoundError: there is no file at ``path``.
        DatasetError: the file is cut short, is not HDF5, or holds something else.
        ValueError: ``part`` is neither of the two.
    """

    skeleton: ClassVar[Skeleton] = HUMAN36M

    def __init__(self, path: str | Path, part: Part = "training") -> None:
        if part not in ("training", "validation"):
            raise ValueError(f'part is {part!r}, but must be "training" or "validation".')
        self.path = Path(path)
        self.part = part
        with _opened(self.path) as file:
            _check(file, self.path)
            chosen = (file["subject"][:] == VALIDATION_SUBJECT) == (part == "validation")
            if not chosen.any():
                raise DatasetError(
                    f"{path} has no image for the {part} part, which is that of "
                    f"{'' if part == 'validation' else 'all subjects but '}S{VALIDATION_SUBJECT}."
                )
            self._images = torch.from_numpy(file["img"][chosen])
            self._labels = {
                name: torch.from_numpy(file[name][chosen].astype(kind))
                for name, (_, _, kind) in _LABELS.items()
            }

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of the images in pixels."""
        return (self._images.shape[2], self._images.shape[3])

    @property
    def poses_2d(self) -> Float32[Tensor, "image 17 2"]:
        """All 2D poses of this part in pixels, for statistics such as the mean pose."""
        return self._labels["pose_2d"].clone()

    @property
    def poses_3d(self) -> Float32[Tensor, "image 17 3"]:
        """All 3D poses of this part in millimetres, relative to the pelvis."""
        return self._labels["pose_3d"].clone()

    @property
    def subjects(self) -> Int64[Tensor, " image"]:
        """Who is seen in each image of this part."""
        return self._labels["subject"].clone()

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> DeviceDict:
        if not -len(self) <= index < len(self):
            raise IndexError(f"Image {index} of the {self.part} part, which has {len(self)}.")
        return DeviceDict({key: value[0] for key, value in self.batch([index]).items()})

    def __getitems__(self, indices: Sequence[int]) -> list[DeviceDict]:
        """Return the samples at ``indices``; a ``DataLoader`` calls this once per mini-batch."""
        batch = self.batch(indices)
        return [
            DeviceDict({key: value[i] for key, value in batch.items()}) for i in range(len(indices))
        ]

    def batch(self, indices: Sequence[int] | Tensor | range) -> DeviceDict:
        """Return the samples at ``indices`` as one mini-batch: ``img`` (B, 3, size, size) etc."""
        chosen = torch.as_tensor(indices, dtype=torch.long)
        labels = {name: values[chosen] for name, values in self._labels.items()}
        return DeviceDict(img=EgoCapDataset.normalise(self._images[chosen]), **labels)


def _opened(path: Path) -> h5py.File:
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no data set at {path}: generate a synthetic one with "
            "data_stubs.lifting.ensure_human36m(...), or give the path of your file."
        )
    try:
        return open_hdf5(path)
    except OSError as error:
        raise DatasetError(
            f"{path} is cut short or not an HDF5 file: generate it again."
        ) from error


def _check(file: h5py.File, path: Path) -> None:
    """Check the shapes and types of all arrays, and the values of the poses."""
    images = file.get("img")
    n_images = len(images) if isinstance(images, h5py.Dataset) and images.shape else 0
    fits = n_images > 0 and images.dtype == np.uint8 and images.ndim == 4
    if not fits or images.shape[1] != 3 or images.shape[2] != images.shape[3]:
        raise DatasetError(
            f"{path} does not hold images with poses: its img is {_found(images)}, but must be "
            "uint8 (N, 3, size, size)."
        )
    for name, (shape, kinds, _) in _LABELS.items():
        array = file.get(name)
        fits = isinstance(array, h5py.Dataset) and array.dtype.kind in kinds
        if not fits or array.shape != (n_images, *shape):
            raise DatasetError(
                f"{path} does not hold images with poses: its {name} is {_found(array)}, but must "
                f"be {_KINDS[kinds]} {(n_images, *shape)}."
            )
        index = first_not_finite(array[:]) if kinds == "f" else None
        if index is not None:
            raise DatasetError(
                f"{path} does not hold images with poses: the {name} of image {index} is not "
                "finite."
            )


def _found(array: object) -> str:
    if isinstance(array, h5py.Dataset):
        return f"{array.dtype} {array.shape}"
    return "missing" if array is None else "no array"
