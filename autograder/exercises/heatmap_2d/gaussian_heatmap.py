"""One Gaussian heat map around a sub-pixel joint."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.asking import Asking, ExerciseSource


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


def ask(asking: Asking) -> None:
    """Maps that are not square, sub-pixel centres, two widths of the Gaussian."""

    def joint(size: tuple[int, int]) -> Tensor:
        return asking.poses(1, 1, size)[0, 0]

    asking.call("shape", joint((9, 14)), (9, 14), 1.5)
    asking.call("values", joint((9, 14)), (9, 14), 1.5, remark="a map wider than high")
    asking.call("values", joint((15, 8)), (15, 8), 3.0, remark="a map higher than wide")
    asking.call("values", torch.tensor([0.0, 6.0]), (7, 12), 1.0, remark="a joint in a corner")
    outside = torch.tensor([-1.5, 8.5]) - asking.uniform(2)
    asking.call("values", outside, (7, 12), 2.5, remark="a joint outside of the map")
    base = asking.poses(1, 1, (6, 5))[0, 0]
    asking.count("vectorised", "", base, (6, 5), 1.5)
    asking.count("vectorised", "rows", base, (38, 5), 1.5)
    asking.count("vectorised", "columns", base, (6, 37), 1.5)
    asking.call("dtype_device", joint((6, 9)).double(), (6, 9), 1.2, remark="float64 input")
    asking.device("dtype_device", joint((6, 9)), (6, 9), 1.2)


EXERCISE = ExerciseSource(
    parameters=("joint", "size", "sigma"),
    result_axes=("row", "column"),
    reference=reference,
    ask=ask,
    tolerance={"values": 3e-5, "dtype_device": 1e-9},
    look_at={
        "shape": "`size` is (height, width): a map has one row for each y.",
        "values": "Print a small map. Its highest value should stand at row y, column x, and at a "
        "distance of one sigma it should have fallen to 0.607 of the peak.",
        "vectorised": "Let broadcasting visit the pixels: a row of distances along x and a column "
        "of distances along y make a whole map.",
        "dtype_device": "Create the pixel coordinates with the dtype and the device of `joint`.",
    },
)
