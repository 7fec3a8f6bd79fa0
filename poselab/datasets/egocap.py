"""EgoCap: images of a head-mounted fisheye camera that looks down at its wearer.

The file is the one that the UBC course distributes (``EgoCap_nth10.hdf5``). ``data_stubs`` writes
synthetic files in the same layout, so only the path differs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import h5py
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from poselab.datasets.device_dict import DeviceDict
from poselab.datasets.errors import DatasetError
from poselab.datasets.hdf5 import open_hdf5
from poselab.datasets.values import first_not_finite, first_outside
from poselab.skeletons import EGOCAP, Skeleton

Part = Literal["training", "validation"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

_ROUNDING = 1e-5
"""How far beyond 0..1 a position at the border may be rounded."""


def validation_count(n_images: int) -> int:
    """Return how many of a file's images, counted from the first, are for validation: a fifth."""
    return n_images // 5


class EgoCapDataset(Dataset[DeviceDict]):
    """One part of EgoCap, real or synthetic.

    The first 20 % of the file's images are the validation part. They show other people than the
    rest.

    An item is a :class:`DeviceDict` of

    * ``img`` float32 (3, 128, 160), normalised by ImageNet's mean and standard deviation,
    * ``pose_2d`` float32 (18, 2), (x, y) in 0..1, from the first pixel's centre to the last's,
    * ``pose_3d`` float32 (18, 3), in the file's unit.

    Args:
        path: the HDF5 file.
        part: ``"training"`` or ``"validation"``.
        in_memory: read all images at once, as uint8 (61 kB each); otherwise each image is read
            from the file when needed, and every process opens the file for itself.

    Raises:
        FileNotFoundError: there is no file at ``path``.
        DatasetError: the file is cut short, is not HDF5, or holds something other than EgoCap; or
            it cannot be opened now.
        ValueError: ``part`` is neither of the two.
    """

    skeleton: ClassVar[Skeleton] = EGOCAP
    image_size: ClassVar[tuple[int, int]] = (128, 160)
    """(height, width) of the images in pixels."""

    def __init__(self, path: str | Path, part: Part = "training", in_memory: bool = True) -> None:
        if part not in ("training", "validation"):
            raise ValueError(f'part is {part!r}, but must be "training" or "validation".')
        self.path = Path(path)
        self.part = part
        self._file: h5py.File | None = None
        self._file_opened_by = 0
        with _opened(self.path) as file:
            n_images = _checked(file, self.path)
            n_validation = validation_count(n_images)
            chosen = slice(n_validation) if part == "validation" else slice(n_validation, n_images)
            self._first = chosen.start or 0
            self._poses_2d = torch.from_numpy(file["pose_2d"][chosen].astype(np.float32))
            poses_3d = file["pose_3d"][chosen].astype(np.float32)
            self._poses_3d = torch.from_numpy(poses_3d).reshape(-1, len(EGOCAP), 3)
            self._images = torch.from_numpy(file["img"][chosen]) if in_memory else None

    @property
    def poses_01(self) -> Float[Tensor, "image joint 2"]:
        """All poses of this part in 0..1, for statistics such as the mean pose."""
        return self._poses_2d.clone()

    def __len__(self) -> int:
        return len(self._poses_2d)

    def __getitem__(self, index: int) -> DeviceDict:
        if not -len(self) <= index < len(self):
            raise IndexError(f"Image {index} of the {self.part} part, which has {len(self)}.")
        return DeviceDict({key: value[0] for key, value in self.batch([index]).items()})

    def __getitems__(self, indices: Sequence[int]) -> list[DeviceDict]:
        """Return the samples at ``indices``; a ``DataLoader`` calls this once per mini-batch.

        Normalising a whole mini-batch at once is several times as fast as one image at a time.
        """
        batch = self.batch(indices)
        return [
            DeviceDict({key: value[i] for key, value in batch.items()}) for i in range(len(indices))
        ]

    def batch(self, indices: Sequence[int] | Tensor | range) -> DeviceDict:
        """Return the samples at ``indices`` as one mini-batch: ``img`` (B, 3, 128, 160) etc."""
        chosen = torch.as_tensor(indices, dtype=torch.long)
        chosen = torch.where(chosen < 0, chosen + len(self), chosen)
        return DeviceDict(
            img=self.normalise(self._raw_images(chosen)),
            pose_2d=self._poses_2d[chosen],
            pose_3d=self._poses_3d[chosen],
        )

    @staticmethod
    def normalise(images: Tensor) -> Float[Tensor, "*batch 3 height width"]:
        """Normalise uint8 images by ImageNet's mean and standard deviation, as networks expect."""
        # One multiplication and one addition: (image / 255 - mean) / std.
        scale = 1 / (255 * _per_channel(IMAGENET_STD, images.device))
        shift = -_per_channel(IMAGENET_MEAN, images.device) / _per_channel(
            IMAGENET_STD, images.device
        )
        return images.float().mul_(scale).add_(shift)

    @staticmethod
    def denormalise(
        img: Float[Tensor, "*batch 3 height width"],
    ) -> Float[Tensor, "*batch 3 height width"]:
        """Invert :meth:`normalise`, to look at images: channels in 0..1."""
        mean, std = _per_channel(IMAGENET_MEAN, img.device), _per_channel(IMAGENET_STD, img.device)
        return (img * std + mean).clamp(0, 1)

    def _raw_images(self, indices: Tensor) -> Tensor:
        if self._images is not None:
            return self._images[indices]
        if self._file is None or self._file_opened_by != os.getpid():
            # HDF5's handles do not survive a fork: each of a DataLoader's workers opens its own.
            self._file, self._file_opened_by = _opened(self.path), os.getpid()
        # h5py needs increasing indices without repeats.
        wanted, back = np.unique(indices.numpy() + self._first, return_inverse=True)
        return torch.from_numpy(self._file["img"][wanted][back])

    def __getstate__(self) -> dict[str, Any]:
        # An open file cannot be pickled.
        return {**self.__dict__, "_file": None}


def _per_channel(values: tuple[float, ...], device: torch.device) -> Tensor:
    return torch.tensor(values, device=device)[:, None, None]


def _opened(path: Path) -> h5py.File:
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no data set at {path}: generate a synthetic one with "
            "data_stubs.ensure_egocap(...), or give the path of your EgoCap_nth10.hdf5."
        )
    try:
        return open_hdf5(path)
    except OSError as error:
        if h5py.is_hdf5(path):
            raise DatasetError(
                f"{path} is cut short or damaged: generate or download it again."
            ) from error
        raise DatasetError(
            f"{path} is not an HDF5 file: give the path of an EgoCap_nth10.hdf5."
        ) from error


def _checked(file: h5py.File, path: Path) -> int:
    """Check every field's shape and dtype, and return the number of images in ``file``."""
    height, width = EgoCapDataset.image_size
    joints = len(EGOCAP)
    for name in ("img", "pose_2d", "pose_3d"):
        if not isinstance(file.get(name), h5py.Dataset):
            raise DatasetError(
                f"{path} is not EgoCap: it lacks the field {name!r} and has {sorted(file)}; "
                "give the path of an EgoCap_nth10.hdf5."
            )
    n_images = len(file["img"]) if file["img"].shape else 0
    layouts: dict[str, tuple[list[tuple[int, ...]], str]] = {
        "img": ([(n_images, 3, height, width)], "u"),
        "pose_2d": ([(n_images, joints, 2)], "f"),
        "pose_3d": ([(n_images, joints, 3), (n_images, joints * 3)], "f"),
    }
    for name, (shapes, kind) in layouts.items():
        field = file[name]
        if field.shape not in shapes or field.dtype.kind != kind:
            raise DatasetError(
                f"{path} is not EgoCap: its field {name!r} is {field.dtype} {field.shape}, "
                f"but must be {'uint8' if kind == 'u' else 'float'} {shapes[0]}."
            )
    if validation_count(n_images) == 0:
        raise DatasetError(
            f"{path} holds {n_images} images, too few to set a fifth aside: it needs at least 5."
        )
    _check_poses(file, path)
    return n_images


def _check_poses(file: h5py.File, path: Path) -> None:
    """Check that 2D poses are within 0..1, and that all are finite."""
    for name in ("pose_2d", "pose_3d"):
        index = first_not_finite(file[name][:])
        if index is not None:
            raise DatasetError(
                f"{path} is not EgoCap: the {name} of image {index} is not finite; take that image "
                "out of the file."
            )
    poses = file["pose_2d"][:].astype(np.float64)
    index = first_outside(poses, -_ROUNDING, 1 + _ROUNDING)
    if index is not None:
        pose = poses[index].reshape(-1)
        farthest = float(pose[np.abs(pose - 0.5).argmax()])
        raise DatasetError(
            f"{path} is not EgoCap: the pose_2d of image {index} holds {farthest:g}, but must be "
            "within 0..1, from the first pixel's centre to the last's; if it is in pixels, divide "
            "x by 159 and y by 127."
        )
