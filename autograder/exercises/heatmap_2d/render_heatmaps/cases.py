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


FIRST_SIZE = (7, 10)
"""Of the first maps that are asked for: what an answer may keep from an earlier call."""


def build_suite(suite: SuiteBuilder) -> None:
    """Other sizes for each sample and joint count; masks that differ between samples."""
    wide, high = FIRST_SIZE, (9, 6)
    suite.says("size: (height, width) of the maps.")
    suite.call("shape", suite.poses(2, 3, wide), wide, 1.5)
    suite.call("shape", suite.poses(3, 2, high), high, 1.5)
    _values(suite, wide, high)
    _edge_cases(suite, wide, high)

    # Of the kinds that are above: what fails here otherwise has failed there.
    suite.says("It leaves its arguments unchanged.")
    suite.call("arguments", suite.poses(3, 4, wide), wide, 1.5, suite.visibility(3, 4))
    suite.call("arguments", suite.poses(3, 4, wide), wide, 1.5)

    suite.says("processes all samples at once, without a loop in Python")
    for axis, shape in suite.sizes(samples=2, joints=3, rows=5, columns=4):
        batch, joints, height, width = shape
        poses, seen = suite.poses(batch, joints, (height, width)), suite.visibility(batch, joints)
        suite.count("vectorised", axis, poses, (height, width), 1.5, seen)

    suite.says("its result has that dtype and that device")
    double = (suite.poses(2, 3, wide).floor() + 0.5).double()
    # So wide that no value is tiny: float64 would show whether tiny ones are kept.
    suite.call("dtype_device", double, wide, 2.5, suite.visibility(2, 3), remark="float64 input")
    # So narrow that all values are 0 or 1, which float32 holds exactly.
    narrow = suite.poses(2, 3, wide).round()
    mask = suite.visibility(2, 3)
    suite.call("dtype_device", narrow, wide, 0.05, mask, remark="float32 input")
    mask = suite.visibility(2, 3)
    calls = [(suite.poses(2, 3, wide), wide, 1.2, seen) for seen in (mask, mask.double())]
    remark = "`visible` as 0.0 and 1.0 in float64"
    suite.experiment("dtype_device", "dtypes_kept", "mask_has_no_say", *calls, remark=remark)
    suite.device("dtype_device", suite.poses(2, 3, wide), wide, 1.2, suite.visibility(2, 3))
    suite.device("dtype_device", suite.poses(2, 3, wide), wide, 1.2)


def _values(suite: SuiteBuilder, wide: tuple[int, int], high: tuple[int, int]) -> None:
    suite.says("Now draw the maps of all joints of a whole mini-batch at once")
    calls = [(one[None, None], (12, 15), 1.5) for one in gaussian_heatmap.BETWEEN_PIXELS]
    suite.experiment(
        "values",
        "outputs",
        "drawn_between_pixels",
        *calls,
        shape=(1, 1, 12, 15),
        remark="four poses of one joint, one after the other",
    )
    suite.says("all of them by default")
    suite.call("values", suite.poses(3, 4, wide), wide, 1.5, remark="a map wider than high")
    between = suite.poses(2, 2, high).floor() + 0.5
    suite.call("values", between, high, 1.5, remark="joints between pixels")
    suite.call("values", suite.poses(2, 5, high), high, 2.6, remark="a map higher than wide")
    # What is right here and nowhere else mixes up rows and columns.
    suite.call("values", suite.poses(2, 3, (8, 8)), (8, 8), 2.0, remark="square maps")
    suite.says("A joint that is not visible gets a map of zeros.")
    mask = suite.visibility(4, 5)
    suite.call("values", suite.poses(4, 5, wide), wide, 1.5, mask, remark="some hidden")
    mask = suite.mixed_visibility()
    suite.call("values", suite.poses(3, 6, high), high, 1.2, mask, remark="six joints")
    mask = one_whole_pose()
    remark = "one pose visible as a whole"
    suite.call("values", suite.poses(3, 4, wide), wide, 1.8, mask, remark=remark)
    # Only here does a mask fit that is aligned with the pixels.
    mask = suite.uneven_visibility(4, 5)
    remark = "as many rows as samples, as many columns as joints"
    suite.call("values", suite.poses(4, 5, (4, 5)), (4, 5), 1.2, mask, remark=remark)


def _edge_cases(suite: SuiteBuilder, wide: tuple[int, int], high: tuple[int, int]) -> None:
    suite.says("One heat map for every joint of every pose.")
    suite.call("edge_cases", suite.poses(1, 1, wide), wide, 1.2, remark="one sample, one joint")
    suite.says("A joint that is not visible gets a map of zeros.")
    hidden = torch.zeros(2, 3, dtype=torch.bool)
    suite.call("edge_cases", suite.poses(2, 3, wide), wide, 1.5, hidden, remark="all hidden")
    # As many joints as columns: a mask that broadcasts along the wrong axis goes unnoticed else.
    square = suite.poses(2, 6, high)
    remark = "as many joints as columns"
    suite.call("edge_cases", square, high, 1.5, suite.visibility(2, 6), remark=remark)
    suite.says("Its coordinates may then be anything, even `nan`.")
    unknown = suite.poses(2, 4, high)
    seen = suite.visibility(2, 4)
    unknown[~seen] = torch.nan
    suite.call("edge_cases", unknown, high, 1.5, seen, remark="hidden joints at nan")
    suite.says("A visible joint outside the map is drawn like any other")
    outside = suite.uniform(2, 4, 2, low=-4.0, high=14.0)
    suite.call("edge_cases", outside, wide, 2.5, remark="joints inside and outside the map")
    corners = torch.tensor([[[0.0, 0.0], [9.0, 6.0], [-2.5, 3.0], [4.5, 6.5]]])
    suite.call("edge_cases", corners, wide, 1.5, remark="joints at the border and outside")
    suite.says("which joints are visible, as booleans or as 0 and 1; all of them by default.")
    weights = suite.visibility(3, 4).float()
    remark = "visible as 0.0 and 1.0"
    suite.call("edge_cases", suite.poses(3, 4, wide), wide, 1.5, weights, remark=remark)
    numbers = suite.visibility(3, 4).long()
    remark = "visible as whole numbers, 0 and 1"
    suite.call("edge_cases", suite.poses(3, 4, wide), wide, 1.5, numbers, remark=remark)
    suite.says("The arguments need not be contiguous in memory.")
    poses, mask = suite.poses(3, 4, wide), suite.visibility(3, 4)
    remark = "`poses` and `visible` not contiguous"
    suite.call("edge_cases", poses, wide, 1.5, mask, contiguous=False, remark=remark)


def one_whole_pose() -> Tensor:
    """A mask of three samples and four joints: one sample shows all, and one joint is in all.

    A mask that was reduced to samples, to joints or to one number is another one each time.
    """
    return torch.tensor([[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 0, 0]]).bool()


EXERCISE = ExerciseDefinition(
    parameters=("poses", "size", "sigma", "visible"),
    result_axes=("sample", "joint", "row", "column"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 60},
    tolerance={"values": 3e-5, "edge_cases": 3e-5, "dtype_device": 1e-9},
    advice={
        "shape": "The result has four axes: (batch, joint, height, width).",
        "values": "Compare one map with `gaussian_heatmap` of that joint: every joint has a map "
        "of its own, with its own peak of 1 at the true centre.",
        "edge_cases": "A hidden joint has a map of zeros, whatever its coordinates say; look at "
        "how the axes of `visible` line up with those of the maps.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "vectorised": "Give the poses two more axes and let them broadcast against the pixel "
        "coordinates, as for a single map.",
        "dtype_device": "Create the pixel coordinates with the dtype and the device of `poses`.",
    },
)
