"""The expected position under the softmax of a whole heat map."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    logits: Float[Tensor, "batch joint height width"], beta: float = 1.0
) -> Float[Tensor, "batch joint 2"]:
    """sum of p * (x, y) over the pixels, p = exp(beta * logit) / sum of exp(beta * logit)."""
    batch, joints, height, width = logits.shape
    points = torch.zeros(batch, joints, 2, dtype=torch.float64)
    for sample in range(batch):
        for joint in range(joints):
            scores = (beta * logits[sample, joint].double()).tolist()
            # Shifting all scores changes no probability and keeps exp within range.
            highest = max(max(row) for row in scores)
            total = expected_x = expected_y = 0.0
            for y in range(height):
                for x in range(width):
                    weight = math.exp(scores[y][x] - highest)
                    total += weight
                    expected_x += weight * x
                    expected_y += weight * y
            points[sample, joint, 0] = expected_x / total
            points[sample, joint, 1] = expected_y / total
    return points


def build_suite(suite: SuiteBuilder) -> None:
    """Logits of both signs, sharp and flat, on maps that are not square."""
    suite.call("shape", suite.normal(2, 3, 5, 7))
    suite.call("values", suite.normal(2, 3, 6, 8), 3.0, remark="beta above 1")
    suite.call("values", suite.normal(3, 4, 5, 9, scale=2), remark="maps wider than high")
    suite.call("values", suite.normal(2, 5, 11, 6, scale=2), remark="maps higher than wide")
    suite.call("values", suite.normal(2, 3, 6, 8, scale=3), 0.25, remark="beta below 1")
    corners = suite.normal(1, 4, 5, 8)
    for joint, (row, column) in enumerate([(0, 0), (0, 7), (4, 0), (4, 7)]):
        corners[0, joint, row, column] = 60.0
    suite.call("values", corners, remark="a sharp peak in each corner")
    suite.call("edge_cases", suite.normal(1, 1, 6, 4), remark="one sample, one joint")
    huge = suite.normal(2, 3, 5, 7)
    huge[:, 0] *= 1e4
    huge[:, 1] += 1e4
    huge[:, 2] -= 1e4
    suite.call("edge_cases", huge, remark="logits around 10,000 and -10,000")
    apart = suite.normal(2, 3, 5, 7) + torch.tensor([0.0, 200.0, -300.0])[:, None, None]
    suite.call("edge_cases", apart, remark="joints whose logits differ by hundreds")
    suite.call(
        "edge_cases", suite.normal(2, 3, 5, 7), remark="not contiguous in memory", contiguous=False
    )
    weight = suite.normal(1, 2, 2).double()
    suite.gradient("gradient", weight, suite.normal(1, 2, 4, 5).double())
    for axis, shape in (
        ("", (2, 3, 6, 5)),
        ("samples", (34, 3, 6, 5)),
        ("joints", (2, 35, 6, 5)),
        ("rows", (2, 3, 38, 5)),
        ("columns", (2, 3, 6, 37)),
    ):
        suite.count("vectorised", axis, suite.normal(*shape))
    # Far from 0, where float32 is coarse: whatever is computed in it shows.
    double = 70 + suite.normal(2, 3, 5, 7).double()
    suite.call("dtype_device", double, 2.5, remark="float64 input")
    suite.device("dtype_device", suite.normal(2, 3, 5, 7))


EXERCISE = ExerciseDefinition(
    parameters=("logits", "beta"),
    result_axes=("sample", "joint", "xy"),
    reference=reference,
    build=build_suite,
    tolerance={"values": 1e-4, "edge_cases": 1e-2, "gradient": 1e-5, "dtype_device": 1e-7},
    advice={
        "shape": "One point (x, y) for every joint: (batch, joint, 2).",
        "values": "Check the two halves separately: the probabilities of one map sum to 1 over the "
        "whole map, and one sharp peak at row 1, column 4 gives x = 4, y = 1.",
        "edge_cases": "Each map's softmax is its own. `torch.softmax` is safe for large logits; "
        "`exp` alone is not.",
        "gradient": "Stay in torch from the input to the result: numpy, `.item()`, `.detach()`, "
        "`argmax` and `torch.tensor(...)` cut the graph.",
        "vectorised": "Weigh a grid of coordinates with the probabilities and sum over the map's "
        "two axes, for all joints at once.",
        "dtype_device": "Create the coordinates with the dtype and the device of `logits`.",
    },
)
