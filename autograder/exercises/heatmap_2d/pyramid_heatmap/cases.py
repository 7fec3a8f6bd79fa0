"""A pyramid around one joint: the simplest heat map."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    joint: Float[Tensor, "2"], size: tuple[int, int], radius: float
) -> Float[Tensor, "height width"]:
    """Visit every pixel, and take the way along x and along y to the joint."""
    height, width = size
    x, y = joint.tolist()
    heatmap = torch.zeros(height, width, dtype=torch.float64)
    for row in range(height):
        for column in range(width):
            way = abs(column - x) + abs(row - y)
            heatmap[row, column] = max(0.0, 1 - way / radius)
    return heatmap


def build_suite(suite: SuiteBuilder) -> None:
    """Pictures that are not square and one that is, a joint between pixels, several radii."""

    def joint(size: tuple[int, int]) -> Tensor:
        # Off the diagonal, off the middle, and off whole pixels, where a few mistakes are right.
        height, width = size
        x = float(suite.integers(1, low=2, high=width // 2)) + 0.3
        y = float(suite.integers(1, low=height // 2, high=height - 2)) + 0.6
        return torch.tensor([x, y])

    suite.says("A picture of (height, width)")
    suite.call("shape", joint((8, 13)), (8, 13), 4.0)
    suite.call("shape", joint((13, 8)), (13, 8), 4.0)
    suite.says("it is 1 at the joint (jx, jy) and falls off in a straight line")
    suite.call("values", torch.tensor([6.0, 1.0]), (5, 8), 4.0, remark="the joint (6, 1)")
    suite.call("values", joint((8, 13)), (8, 13), 5.0, remark="a joint between pixels")
    suite.call("values", joint((15, 9)), (15, 9), 3.0, remark="a picture higher than wide")
    # What is right here and nowhere else mixes up rows and columns.
    suite.call("values", joint((11, 11)), (11, 11), 6.5, remark="a square picture")
    suite.says("0 from `radius` pixels on.")
    suite.call("edge_cases", joint((9, 14)), (9, 14), 1.5, remark="a pyramid of a few pixels")
    suite.call("edge_cases", torch.tensor([0.0, 6.0]), (7, 12), 4.0, remark="a joint in a corner")
    suite.says("Write it without a loop.")
    for axis, (height, width) in suite.sizes(rows=7, columns=7):
        suite.count("vectorised", axis, joint((height, width)), (height, width), 4.0)


EXERCISE = ExerciseDefinition(
    parameters=("joint", "size", "radius"),
    result_axes=("row", "column"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 34},
    tolerance={"values": 1e-5, "edge_cases": 1e-5},
    advice={
        "shape": "`size` is (height, width): a picture has one row for each y.",
        "values": "Print a small picture. It should be 1 at row y, column x, and lose 1 / radius "
        "with each step to the right, left, up or down.",
        "edge_cases": "Far from the joint the formula without its max is negative. What is it "
        "there with the max?",
        "vectorised": "Let broadcasting visit the pixels: a row of distances along x plus a column "
        "of distances along y is a whole picture.",
    },
)
