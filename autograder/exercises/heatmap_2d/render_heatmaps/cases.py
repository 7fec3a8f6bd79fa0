"""A heat map for every joint of every pose; nothing for a joint that cannot be seen."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from autograder.exercises.heatmap_2d.gaussian_heatmap import cases as gaussian_heatmap
from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


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


def build_suite(suite: SuiteBuilder) -> None:
    """Other sizes for each sample and joint count; masks that differ between samples."""
    wide, high = (7, 10), (9, 6)
    suite.call("shape", suite.poses(2, 3, wide), wide, 1.5)
    suite.call("values", suite.poses(3, 4, wide), wide, 1.5, remark="a map wider than high")
    between = suite.poses(2, 2, high).floor() + 0.5
    suite.call("values", between, high, 1.5, remark="joints between pixels")
    suite.call("values", suite.poses(2, 5, high), high, 2.6, remark="a map higher than wide")
    suite.call(
        "values", suite.poses(4, 5, wide), wide, 1.5, suite.visibility(4, 5), remark="some hidden"
    )
    suite.call(
        "values",
        suite.poses(3, 6, high),
        high,
        1.2,
        suite.mixed_visibility(),
        remark="six joints",
    )
    suite.call("edge_cases", suite.poses(1, 1, wide), wide, 1.2, remark="one sample, one joint")
    hidden = torch.zeros(2, 3, dtype=torch.bool)
    suite.call("edge_cases", suite.poses(2, 3, wide), wide, 1.5, hidden, remark="all hidden")
    unknown = suite.poses(2, 4, high)
    seen = suite.visibility(2, 4)
    unknown[~seen] = torch.nan
    suite.call("edge_cases", unknown, high, 1.5, seen, remark="hidden joints at nan")
    corners = torch.tensor([[[0.0, 0.0], [9.0, 6.0], [-2.5, 3.0], [4.5, 6.5]]])
    outside = suite.uniform(2, 4, 2, low=-4.0, high=14.0)
    suite.call("edge_cases", outside, wide, 2.5, remark="joints inside and outside the map")
    suite.call("edge_cases", corners, wide, 1.5, remark="joints at the border and outside")
    # As many joints as columns: a mask that broadcasts along the wrong axis goes unnoticed else.
    square = suite.poses(2, 6, high)
    remark = "as many joints as columns"
    suite.call("edge_cases", square, high, 1.5, suite.visibility(2, 6), remark=remark)
    weights = suite.visibility(3, 4).float()
    suite.call(
        "edge_cases", suite.poses(3, 4, wide), wide, 1.5, weights, remark="visible as 0.0 and 1.0"
    )

    def counted(axis: str, batch: int, joints: int, size: tuple[int, int]) -> None:
        poses = suite.poses(batch, joints, size)
        suite.count("vectorised", axis, poses, size, 1.5, suite.visibility(batch, joints))

    counted("", 2, 3, (6, 5))
    counted("samples", 34, 3, (6, 5))
    counted("joints", 2, 35, (6, 5))
    counted("rows", 2, 3, (38, 5))
    counted("columns", 2, 3, (6, 37))
    double = (suite.poses(2, 3, wide).floor() + 0.5).double()
    suite.call("dtype_device", double, wide, 1.2, suite.visibility(2, 3), remark="float64 input")
    suite.device("dtype_device", suite.poses(2, 3, wide), wide, 1.2, suite.visibility(2, 3))
    suite.device("dtype_device", suite.poses(2, 3, wide), wide, 1.2)


EXERCISE = ExerciseDefinition(
    parameters=("poses", "size", "sigma", "visible"),
    result_axes=("sample", "joint", "row", "column"),
    reference=reference,
    build=build_suite,
    tolerance={"values": 3e-5, "edge_cases": 3e-5, "dtype_device": 1e-9},
    advice={
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
