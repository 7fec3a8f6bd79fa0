"""Poses in 2D and in 3D, for lifting: the files of CS763's Lab 7.

``data_train_lift.pkl`` and ``data_test_lift.pkl`` hold what one camera sees of each pose, and
``data_train.pkl`` what two cameras see. A camera is at the origin, looks down -z and has y up, so
it sees a point (X, Y, Z) at x = fx X / -Z, y = fy Y / -Z. The root joint, the pelvis, is at
(0, 0, -1) in every pose and is not stored: the unit of length is its distance from the camera.

``data_stubs`` writes synthetic files in the same layout, so only the path differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int64
from torch import Tensor

from poselab.datasets.device_dict import DeviceDict
from poselab.datasets.errors import DatasetError
from poselab.datasets.restricted_pickle import load_pickle
from poselab.datasets.values import first_not_finite
from poselab.skeletons import LIFTING

ROOT = (0.0, 0.0, -1.0)
"""Where the pelvis is in every pose, as the first camera sees it."""

_ONE_VIEW = {
    "joint_2d_1": (len(LIFTING), 2),
    "joint_3d": (len(LIFTING), 3),
    "focal_len_1": (2,),
}
_TWO_VIEWS = {
    **_ONE_VIEW,
    "joint_2d_2": (len(LIFTING), 2),
    "rot": (9,),
    "transl": (3,),
    "focal_len_2": (2,),
}


@dataclass(frozen=True)
class LiftingPoses:
    """Poses and what a camera sees of them.

    Args:
        joint_2d: (x, y) of each joint of ``LIFTING`` in the image.
        joint_3d: (X, Y, Z) of each joint in the camera's frame; the root is at ``ROOT``.
        focal: the camera's focal lengths (fx, fy).
    """

    joint_2d: Float32[Tensor, "pose 15 2"]
    joint_3d: Float32[Tensor, "pose 15 3"]
    focal: Float32[Tensor, "pose 2"]

    def __len__(self) -> int:
        return len(self.joint_2d)

    def __getitem__(
        self, chosen: slice | Int64[Tensor, " n"] | Bool[Tensor, " pose"]
    ) -> LiftingPoses:
        """Select poses by a slice, by indices, or by a mask."""
        return LiftingPoses(self.joint_2d[chosen], self.joint_3d[chosen], self.focal[chosen])


@dataclass(frozen=True)
class TwoViews:
    """Poses and what two calibrated cameras see of them.

    Args:
        joint_2d_1: (x, y) of each joint of ``LIFTING`` in the first camera's image.
        joint_2d_2: the same in the second camera's image.
        joint_3d: (X, Y, Z) of each joint in the first camera's frame; the root is at ``ROOT``.
        focal_1: the first camera's focal lengths (fx, fy).
        focal_2: the second camera's focal lengths (fx, fy).
        rotation: R, from the first camera's frame to the second's: x2 = R x1 + t.
        translation: t.
    """

    joint_2d_1: Float32[Tensor, "pose 15 2"]
    joint_2d_2: Float32[Tensor, "pose 15 2"]
    joint_3d: Float32[Tensor, "pose 15 3"]
    focal_1: Float32[Tensor, "pose 2"]
    focal_2: Float32[Tensor, "pose 2"]
    rotation: Float32[Tensor, "pose 3 3"]
    translation: Float32[Tensor, "pose 3"]

    def __len__(self) -> int:
        return len(self.joint_2d_1)

    def __getitem__(self, chosen: slice | Int64[Tensor, " n"] | Bool[Tensor, " pose"]) -> TwoViews:
        """Select poses by a slice, by indices, or by a mask."""
        return TwoViews(
            self.joint_2d_1[chosen],
            self.joint_2d_2[chosen],
            self.joint_3d[chosen],
            self.focal_1[chosen],
            self.focal_2[chosen],
            self.rotation[chosen],
            self.translation[chosen],
        )


def load_lifting(path: str | Path) -> LiftingPoses:
    """Load all poses of a file with one view, or the first view of a file with two.

    Args:
        path: ``data_train_lift.pkl``, ``data_test_lift.pkl`` or ``data_train.pkl``.

    Returns:
        The poses, in the file's order.

    Raises:
        FileNotFoundError: there is no file at ``path``.
        UnsafePickleError: the pickle asks for more than arrays; nothing in it was run.
        DatasetError: the file is damaged or holds something other than poses for lifting.
    """
    arrays = _load(Path(path), _ONE_VIEW)
    return LiftingPoses(arrays["joint_2d_1"], arrays["joint_3d"], arrays["focal_len_1"])


def load_two_views(path: str | Path) -> TwoViews:
    """Load all poses of a file with two views.

    Args:
        path: ``data_train.pkl``.

    Returns:
        The poses, in the file's order.

    Raises:
        FileNotFoundError: there is no file at ``path``.
        UnsafePickleError: the pickle asks for more than arrays; nothing in it was run.
        DatasetError: the file is damaged or holds something other than poses in two views.
    """
    arrays = _load(Path(path), _TWO_VIEWS)
    return TwoViews(
        joint_2d_1=arrays["joint_2d_1"],
        joint_2d_2=arrays["joint_2d_2"],
        joint_3d=arrays["joint_3d"],
        focal_1=arrays["focal_len_1"],
        focal_2=arrays["focal_len_2"],
        rotation=arrays["rot"].unflatten(1, (3, 3)),
        translation=arrays["transl"],
    )


def _load(path: Path, wanted: dict[str, tuple[int, ...]]) -> dict[str, Float32[Tensor, "pose ..."]]:
    """Load the ``wanted`` arrays of a file and check their shapes, types and values."""
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no data set at {path}: generate a synthetic one with "
            "data_stubs.lifting.ensure_lifting(...) or ensure_two_views(...), or give the path of "
            "the lab's file."
        )
    content = load_pickle(path)
    what = "poses in two views" if "rot" in wanted else "poses for lifting"
    if not isinstance(content, dict):
        raise DatasetError(
            f"{path} does not hold {what}: it holds a {type(content).__name__}, but must hold a "
            f"dict of arrays with the keys {', '.join(wanted)}."
        )
    missing = [key for key in wanted if key not in content]
    if missing:
        raise DatasetError(
            f"{path} does not hold {what}: it has no {' and no '.join(missing)}; its keys are "
            f"{', '.join(map(str, content)) or 'none'}."
        )
    first = content["joint_2d_1"]
    n_poses = len(first) if isinstance(first, np.ndarray) and first.shape else 0
    arrays = {}
    for key, shape in wanted.items():
        array = content[key]
        is_array = isinstance(array, np.ndarray)
        right_type = is_array and array.dtype in ("float32", "float64")
        if not right_type or array.shape != (n_poses, *shape) or n_poses == 0:
            found = f"{array.dtype} {array.shape}" if is_array else f"a {type(array).__name__}"
            expected = ", ".join(map(str, (n_poses or "N", *shape)))
            raise DatasetError(
                f"{path} does not hold {what}: its {key} is {found}, but must be float32 or "
                f"float64 ({expected})."
            )
        index = first_not_finite(array)
        if index is not None:
            raise DatasetError(
                f"{path} does not hold {what}: the {key} of pose {index} is not finite."
            )
        arrays[key] = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
    return arrays


@dataclass(frozen=True)
class Statistics:
    """The mean and the standard deviation of each coordinate, to normalise a network's data.

    Fit them on the training data only: what is measured on the test data has been seen.

    Args:
        mean: the mean of each coordinate.
        std: the standard deviation of each coordinate, which is above 0.
    """

    mean: Float[Tensor, "*coordinate"]
    std: Float[Tensor, "*coordinate"]

    @staticmethod
    def of(values: Float[Tensor, "sample *coordinate"]) -> Statistics:
        """Measure ``values``, coordinate by coordinate.

        Args:
            values: the training data, such as (N, 15, 2) or (N, 30).

        Returns:
            Mean and population standard deviation over the first axis. A coordinate that is the
            same in all samples gets the standard deviation 1, so that it normalises to 0.

        Raises:
            ValueError: there is no sample.
        """
        if len(values) == 0:
            raise ValueError("Statistics need at least one sample, but there is none.")
        exact = values.double()
        constant = (values == values[:1]).all(dim=0)
        std = torch.where(constant, 1.0, exact.std(dim=0, correction=0))
        # The mean of equal numbers may differ from them in the last digit.
        mean = torch.where(constant, exact[0], exact.mean(dim=0))
        return Statistics(mean.to(values.dtype), std.to(values.dtype))

    def normalise(self, x: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """Shift and scale each coordinate to mean 0 and standard deviation 1.

        Args:
            x: values whose last axes are those of ``mean``, or those flattened: (N, 15, 2) or
                (N, 30).

        Returns:
            The values, normalised, in the shape, dtype and device of ``x``.

        Raises:
            ValueError: the last axes of ``x`` do not fit.
        """
        mean, std = self._like(x)
        return (x - mean) / std

    def restore(self, x: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """Invert :meth:`normalise`.

        Args:
            x: normalised values whose last axes are those of ``mean``, or those flattened.

        Returns:
            The values in their original unit, in the shape, dtype and device of ``x``.

        Raises:
            ValueError: the last axes of ``x`` do not fit.
        """
        mean, std = self._like(x)
        return x * std + mean

    def _like(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation, in the dtype and on the device of ``x``, to broadcast."""
        shape = tuple(self.mean.shape)
        flat = (self.mean.numel(),)
        for fitting in (shape, flat):
            if x.shape[x.dim() - len(fitting) :] == fitting:
                return self.mean.to(x).reshape(fitting), self.std.to(x).reshape(fitting)
        last = " or ".join(str(option) for option in dict.fromkeys((shape, flat)))
        raise ValueError(
            f"These statistics are for values whose last axes are {last}, but the shape is "
            f"{tuple(x.shape)}."
        )


class NormalisedPoses:
    """Normalised poses, a mini-batch at a time.

    Args:
        poses: the poses, in the file's unit.
        statistics_2d: what ``joint_2d`` is normalised with, measured on the training data.
        statistics_3d: what ``joint_3d`` is normalised with, measured on the training data.
    """

    def __init__(
        self, poses: LiftingPoses, statistics_2d: Statistics, statistics_3d: Statistics
    ) -> None:
        self.poses = poses
        self.statistics_2d = statistics_2d
        self.statistics_3d = statistics_3d
        self._joint_2d = statistics_2d.normalise(poses.joint_2d.flatten(1))
        self._joint_3d = statistics_3d.normalise(poses.joint_3d.flatten(1))

    def __len__(self) -> int:
        return len(self.poses)

    def batch(self, indices: Sequence[int] | Tensor | range) -> DeviceDict:
        """Return the poses at ``indices`` as one mini-batch.

        Args:
            indices: which poses, in any order; one may be chosen several times.

        Returns:
            ``joint_2d`` float32 (n, 30) and ``joint_3d`` float32 (n, 45), both normalised.
        """
        chosen = torch.as_tensor(indices, dtype=torch.long)
        return DeviceDict(joint_2d=self._joint_2d[chosen], joint_3d=self._joint_3d[chosen])
