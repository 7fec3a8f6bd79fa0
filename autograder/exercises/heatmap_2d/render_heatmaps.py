"""A heat map for every joint of every pose; nothing for a joint that cannot be seen."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from autograder.exercises.asking import Asking, ExerciseSource
from autograder.exercises.heatmap_2d import gaussian_heatmap


def reference(
    poses: Float[Tensor, "batch joint 2"],
    size: tuple[int, int],
    sigma: float,
    visible: Bool[Tensor, "batch joint"] | None = None,
) -> Float[Tensor, "batch joint height width"]:
    """One Gaussian at a time; a hidden joint's map stays zero."""
    batch, joints, _ = poses.shape
    heatmaps = torch.zeros(batch, joints, *size, dtype=torch.float64)
    for sample in range(batch):
        for joint in range(joints):
            if visible is None or bool(visible[sample, joint]):
                heatmap = gaussian_heatmap.reference(poses[sample, joint], size, sigma)
                heatmaps[sample, joint] = heatmap
    return heatmaps


def ask(asking: Asking) -> None:
    """Other sizes for each sample and joint count; masks that differ between samples."""
    wide, high = (7, 10), (9, 6)
    asking.call("shape", asking.poses(2, 3, wide), wide, 1.5)
    asking.call("values", asking.poses(3, 4, wide), wide, 1.5, remark="a map wider than high")
    between = asking.poses(2, 2, high).floor() + 0.5
    asking.call("values", between, high, 1.5, remark="joints between pixels")
    asking.call("values", asking.poses(2, 5, high), high, 2.6, remark="a map higher than wide")
    asking.call(
        "values", asking.poses(4, 5, wide), wide, 1.5, asking.visibility(4, 5), remark="some hidden"
    )
    asking.call(
        "values",
        asking.poses(3, 6, high),
        high,
        1.2,
        asking.mixed_visibility(),
        remark="six joints",
    )
    asking.call("edge_cases", asking.poses(1, 1, wide), wide, 1.2, remark="one sample, one joint")
    hidden = torch.zeros(2, 3, dtype=torch.bool)
    asking.call("edge_cases", asking.poses(2, 3, wide), wide, 1.5, hidden, remark="all hidden")
    unknown = asking.poses(2, 4, high)
    seen = asking.visibility(2, 4)
    unknown[~seen] = torch.nan
    asking.call("edge_cases", unknown, high, 1.5, seen, remark="hidden joints at nan")
    corners = torch.tensor([[[0.0, 0.0], [9.0, 6.0], [-2.5, 3.0], [4.5, 6.5]]])
    outside = asking.uniform(2, 4, 2, low=-4.0, high=14.0)
    asking.call("edge_cases", outside, wide, 2.5, remark="joints inside and outside of the map")
    asking.call("edge_cases", corners, wide, 1.5, remark="joints at the border and outside")
    # As many joints as columns: a mask that broadcasts along the wrong axis goes unnoticed else.
    square = asking.poses(2, 6, high)
    remark = "as many joints as columns"
    asking.call("edge_cases", square, high, 1.5, asking.visibility(2, 6), remark=remark)
    weights = asking.visibility(3, 4).float()
    asking.call(
        "edge_cases", asking.poses(3, 4, wide), wide, 1.5, weights, remark="visible as 0.0 and 1.0"
    )

    def counted(axis: str, batch: int, joints: int, size: tuple[int, int]) -> None:
        poses = asking.poses(batch, joints, size)
        asking.count("vectorised", axis, poses, size, 1.5, asking.visibility(batch, joints))

    counted("", 2, 3, (6, 5))
    counted("samples", 34, 3, (6, 5))
    counted("joints", 2, 35, (6, 5))
    counted("rows", 2, 3, (38, 5))
    counted("columns", 2, 3, (6, 37))
    double = (asking.poses(2, 3, wide).floor() + 0.5).double()
    asking.call("dtype_device", double, wide, 1.2, asking.visibility(2, 3), remark="float64 input")
    asking.device("dtype_device", asking.poses(2, 3, wide), wide, 1.2, asking.visibility(2, 3))
    asking.device("dtype_device", asking.poses(2, 3, wide), wide, 1.2)


EXERCISE = ExerciseSource(
    parameters=("poses", "size", "sigma", "visible"),
    result_axes=("sample", "joint", "row", "column"),
    reference=reference,
    ask=ask,
    tolerance={"values": 3e-5, "edge_cases": 3e-5, "dtype_device": 1e-9},
    look_at={
        "shape": "The result has four axes: (batch, joint, height, width).",
        "values": "Compare one map with `gaussian_heatmap` of that joint: every joint has a map "
        "of its own, with its own peak of 1 at the true centre.",
        "edge_cases": "A hidden joint has a map of zeros, whatever its coordinates say; look at "
        "how the axes of `visible` line up with those of the maps.",
        "vectorised": "Give the poses two more axes and let them broadcast against the pixel "
        "coordinates, as for a single map.",
        "dtype_device": "Create the pixel coordinates with the dtype and the device of `poses`.",
    },
)
