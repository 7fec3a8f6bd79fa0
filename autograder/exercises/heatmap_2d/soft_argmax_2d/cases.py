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
    """Logits of both signs, sharp and flat, on maps of every shape."""
    suite.says("Compute that mean position for each map")
    suite.call("shape", suite.normal(2, 3, 5, 7))
    suite.says("The mean position (x, y) under softmax(beta * logits), over each whole map.")
    suite.call("values", suite.normal(2, 3, 6, 8), 3.0, remark="beta above 1")
    suite.call("values", suite.normal(3, 4, 5, 9, scale=2), remark="maps wider than high")
    suite.call("values", suite.normal(2, 5, 11, 6, scale=2), remark="maps higher than wide")
    # What confuses height and width is right here, and so can be told from what is always wrong.
    suite.call("values", suite.normal(3, 2, 6, 6, scale=2), remark="square maps")
    suite.call("values", suite.normal(2, 3, 6, 8, scale=3), 0.25, remark="beta below 1")
    suite.says("Mean positions in pixels of the map: the first pixel's centre is 0.")
    corners = suite.normal(2, 4, 5, 8)
    for joint, (row, column) in enumerate([(0, 0), (0, 7), (4, 0), (4, 7)]):
        corners[:, joint, row, column] = 60.0
    suite.call("values", corners, remark="a sharp peak in each corner")
    _add_digits(suite)
    suite.says("Compute that mean position for each map")
    suite.call("edge_cases", suite.normal(1, 1, 6, 4), remark="one sample, one joint")
    suite.says("any real numbers, one map per joint.")
    huge = suite.normal(2, 3, 5, 7)
    huge[:, 0] *= 1e4
    huge[:, 1] += 1e4
    huge[:, 2] -= 1e4
    suite.call("edge_cases", huge, remark="logits around 10,000 and -10,000")
    apart = suite.normal(2, 3, 5, 7) + torch.tensor([0.0, 200.0, -300.0])[:, None, None]
    suite.call("edge_cases", apart, remark="joints whose logits differ by hundreds")
    suite.says("Tensors may come in any memory layout: a transposed one is as good as a fresh one.")
    logits = suite.normal(2, 3, 5, 7, scale=3)
    suite.call("layout", logits, remark="not contiguous in memory", contiguous=False)
    suite.says("It leaves its arguments unchanged.")
    suite.call("arguments", suite.normal(2, 3, 5, 7), 2.0)
    suite.says("gradient has to flow from the positions back to the logits.")
    suite.gradient("gradient", suite.normal(2, 2, 2), suite.normal(2, 2, 4, 5), 1.5)
    suite.says("Compute that mean position for each map, without a loop.")
    for axis, shape in suite.sizes(samples=2, joints=3, rows=5, columns=4):
        suite.count("vectorised", axis, suite.normal(*shape))
    suite.says("in the dtype and on the device of its first argument")
    # Far from 0, where float32 is coarse: whatever is computed in it shows. All maps have the same
    # maximum, no larger than needed: which one is subtracted, and whether any, is not asked here.
    double = (16 + suite.normal(3, 4, 5, 7).double()).clamp(max=18.0)
    double[:, :, 2, 3] = 18.0
    suite.call("dtype_device", double, 2.5, remark="float64 input")
    # The dtype alone: float32 is right to fewer digits than are asked for here.
    single = suite.normal(2, 3, 5, 7)
    suite.experiment(
        "dtype_device",
        "outputs",
        "follows_dtype",
        (single,),
        shape=(2, 3, 2),
        remark="float32 input",
    )
    suite.device("dtype_device", suite.normal(2, 3, 5, 7))


def _add_digits(suite: SuiteBuilder) -> None:
    """Logits, the same ones as 16 bits hold them, and others that are a little further off."""
    logits = suite.normal(2, 3, 5, 6, scale=2)
    others = logits + suite.normal(2, 3, 5, 6, scale=0.02)
    suite.says("in the dtype and on the device of its first argument")
    suite.experiment(
        "values",
        "outputs",
        "no_half_precision",
        (logits,),
        (logits.half().float(),),
        (logits.bfloat16().float(),),
        (others,),
        shape=(2, 3, 2),
        remark="logits that differ by less than 16 bits can tell",
    )


EXERCISE = ExerciseDefinition(
    parameters=("logits", "beta"),
    result_axes=("sample", "joint", "xy"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 74},
    tolerance={
        "values": 1e-4,
        "edge_cases": 1e-2,
        "layout": 1e-5,
        "gradient": 1e-4,
        "dtype_device": 1e-8,
    },
    advice={
        "shape": "One point (x, y) for every joint: (batch, joint, 2).",
        "values": "Check the two halves separately: the probabilities of one map sum to 1 over the "
        "whole map, and one sharp peak at row 1, column 4 gives x = 4, y = 1.",
        "edge_cases": "Each map's softmax is its own. `torch.softmax` is safe for large logits; "
        "`exp` alone is not.",
        "layout": "Use `.reshape` where `.view` insists on numbers that lie in memory in order.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "gradient": "Stay in torch from the input to the result: numpy, `.item()`, `.detach()`, "
        "`argmax` and `torch.tensor(...)` cut the graph.",
        "vectorised": "Weigh a grid of coordinates with the probabilities and sum over the map's "
        "two axes, for all joints at once.",
        "dtype_device": "Create the coordinates with the dtype and the device of `logits`.",
    },
)
