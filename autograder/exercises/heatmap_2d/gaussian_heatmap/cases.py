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


def build_suite(suite: SuiteBuilder) -> None:
    """Maps that are not square, sub-pixel centres, two widths of the Gaussian."""

    def joint(size: tuple[int, int]) -> Tensor:
        return suite.poses(1, 1, size)[0, 0]

    suite.call("shape", joint((9, 14)), (9, 14), 1.5)
    suite.call("values", joint((9, 14)), (9, 14), 1.5, remark="a map wider than high")
    suite.call("values", joint((15, 8)), (15, 8), 3.0, remark="a map higher than wide")
    suite.call("values", torch.tensor([0.0, 6.0]), (7, 12), 1.0, remark="a joint in a corner")
    outside = torch.tensor([-1.5, 8.5]) - suite.uniform(2)
    suite.call("values", outside, (7, 12), 2.5, remark="a joint outside the map")
    base = suite.poses(1, 1, (6, 5))[0, 0]
    suite.count("vectorised", "", base, (6, 5), 1.5)
    suite.count("vectorised", "rows", base, (38, 5), 1.5)
    suite.count("vectorised", "columns", base, (6, 37), 1.5)
    suite.call("dtype_device", joint((6, 9)).double(), (6, 9), 1.2, remark="float64 input")
    suite.device("dtype_device", joint((6, 9)), (6, 9), 1.2)


EXERCISE = ExerciseDefinition(
    parameters=("joint", "size", "sigma"),
    result_axes=("row", "column"),
    reference=reference,
    build=build_suite,
    tolerance={"values": 3e-5, "dtype_device": 1e-9},
    advice={
        "shape": "`size` is (height, width): a map has one row for each y.",
        "values": "Print a small map. Its highest value should be at row y, column x, and at a "
        "distance of one sigma it should have fallen to 0.607 of the peak.",
        "vectorised": "Let broadcasting visit the pixels: a row of distances along x and a column "
        "of distances along y make a whole map.",
        "dtype_device": "Create the pixel coordinates with the dtype and the device of `joint`.",
    },
)
