"""One Gaussian heat map around a sub-pixel joint."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    joint: Float[Tensor, "2"], size: tuple[int, int], sigma: float
) -> Float[Tensor, "height width"]:
    """exp(-d^2 / (2 sigma^2)), d the distance in pixels from each pixel's centre to the joint."""
    height, width = size
    x, y = joint.tolist()
    heatmap = torch.zeros(height, width, dtype=torch.float64)
    for row in range(height):
        for column in range(width):
            squared_distance = (column - x) ** 2 + (row - y) ** 2
            heatmap[row, column] = math.exp(-squared_distance / (2 * sigma**2))
    return heatmap


FIRST_SIZE = (9, 14)
"""Of the first map that is asked for: what an answer may keep from an earlier call."""

BETWEEN_PIXELS = torch.tensor([[5.1, 4.4], [5.4, 4.2], [5.7, 4.6], [6.4, 5.3]])
"""Joints as :func:`poselab.checks.experiments.heatmap_2d.hills.drawn_between_pixels` wants them."""


def build_suite(suite: SuiteBuilder) -> None:
    """Maps that are not square and one that is, sub-pixel centres, several widths of the hill."""

    def joint(size: tuple[int, int]) -> Tensor:
        return suite.poses(1, 1, size)[0, 0]

    suite.says("size: (height, width) of the map.")
    suite.call("shape", joint(FIRST_SIZE), FIRST_SIZE, 1.5)
    suite.call("shape", joint((13, 6)), (13, 6), 1.5)
    suite.says("The joint may lie between pixels: the value 1 belongs to its true position")
    calls = [(one, (12, 15), 1.5) for one in BETWEEN_PIXELS]
    suite.experiment(
        "values",
        "outputs",
        "drawn_between_pixels",
        *calls,
        shape=(12, 15),
        remark="four joints, one after the other",
    )
    suite.says("A heat map with a round hill of height 1 at one joint.")
    suite.call("values", joint((9, 14)), (9, 14), 1.5, remark="a map wider than high")
    suite.call("values", joint((15, 8)), (15, 8), 3.0, remark="a map higher than wide")
    # What is right here and nowhere else mixes up rows and columns.
    suite.call("values", joint((10, 10)), (10, 10), 2.0, remark="a square map")
    suite.call("values", torch.tensor([0.0, 6.0]), (7, 12), 1.2, remark="a joint in a corner")
    suite.says("It may lie outside the map, too: then the map shows the part of the hill")
    outside = torch.tensor([-1.5, 8.5]) - suite.uniform(2)
    suite.call("values", outside, (7, 12), 2.5, remark="a joint outside the map")
    suite.says("It leaves its arguments unchanged.")
    suite.call("arguments", joint((6, 9)), (6, 9), 1.5)
    suite.says("without a loop in Python")
    for axis, (height, width) in suite.sizes(rows=5, columns=4):
        suite.count("vectorised", axis, joint((height, width)), (height, width), 1.5)
    suite.says("its result has that dtype and that device")
    # So wide that no value is tiny: float64 would show whether tiny ones are kept.
    suite.call("dtype_device", joint((6, 9)).double(), (6, 9), 2.5, remark="float64 input")
    # So narrow that all values are 0 or 1, which float32 holds exactly.
    narrow = torch.tensor([7.0, 2.0])
    suite.call("dtype_device", narrow, (6, 9), 0.05, remark="float32 input")
    suite.device("dtype_device", joint((6, 9)), (6, 9), 1.2)


EXERCISE = ExerciseDefinition(
    parameters=("joint", "size", "sigma"),
    result_axes=("row", "column"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 62},
    tolerance={"values": 1e-4, "dtype_device": 1e-9},
    advice={
        "shape": "`size` is (height, width): a map has one row for each y.",
        "values": "Print a small map. Its highest value should be at row y, column x, and at a "
        "distance of one sigma it should have fallen to 0.607 of the peak.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "vectorised": "Let broadcasting visit the pixels: a row of distances along x and a column "
        "of distances along y make a whole map.",
        "dtype_device": "Create the pixel coordinates with the dtype and the device of `joint`.",
    },
)
