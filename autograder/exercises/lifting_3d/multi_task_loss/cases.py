"""The mean squared error of 3D poses, plus a weight times that of heat maps."""

from __future__ import annotations

from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    poses_3d: Float[Tensor, "batch joint 3"],
    target_3d: Float[Tensor, "batch joint 3"],
    heatmaps: Float[Tensor, "batch joint height width"],
    target_heatmaps: Float[Tensor, "batch joint height width"],
    weight: float = 0.01,
) -> Float[Tensor, ""]:
    """Two sums over all numbers, each divided by how many there are."""
    means = []
    for predicted, target in ((poses_3d, target_3d), (heatmaps, target_heatmaps)):
        squares = [
            (float(predicted[place]) - float(target[place])) ** 2
            for place in product(*map(range, predicted.shape))
        ]
        means.append(sum(squares) / len(squares))
    return torch.tensor(means[0] + weight * means[1], dtype=torch.float64)


def build_suite(suite: SuiteBuilder) -> None:
    """Poses and heat maps whose errors are of the same size, so that neither hides the other."""
    suite.says("The mean squared error of the 3D poses, plus `weight` times that of the heat maps.")
    suite.call("shape", *_predictions(suite, 2, 3, 4, 5), 0.5)
    suite.says("Both parts are mean squared errors.")
    suite.call("values", *_predictions(suite, 3, 4, 5, 7), 0.5, remark="a weight of 0.5")
    suite.call("values", *_predictions(suite, 2, 5, 4, 3), 2.0, remark="a weight of 2")
    suite.call("values", *_predictions(suite, 4, 2, 3, 6), 1.0, remark="a weight of 1")
    suite.says("weight: float = 0.01")
    poses, target, heatmaps, target_heatmaps = _predictions(suite, 2, 3, 4, 6)
    large = (poses, target, 12 * heatmaps, 12 * target_heatmaps)
    suite.call("values", *large, remark="the weight left out")

    suite.says("0 leaves the 3D poses alone")
    suite.call("edge_cases", *_predictions(suite, 2, 3, 4, 5), 0.0, remark="a weight of 0")
    suite.says("Both parts are mean squared errors.")
    suite.call("edge_cases", *_predictions(suite, 1, 1, 4, 5), 0.3, remark="one sample, one joint")
    poses, target, heatmaps, target_heatmaps = _predictions(suite, 2, 3, 4, 5)
    suite.call("edge_cases", target, target, heatmaps, target_heatmaps, 0.3, remark="right poses")
    remark = "right heat maps"
    suite.call("edge_cases", poses, target, target_heatmaps, target_heatmaps, 0.3, remark=remark)
    suite.says("It takes tensors in any memory layout")
    remark = "arguments that are not contiguous"
    others = _predictions(suite, 2, 3, 4, 5)
    suite.call("edge_cases", *others, 0.7, contiguous=False, remark=remark)

    suite.says("leaves its arguments unchanged")
    suite.call("arguments", *_predictions(suite, 2, 3, 4, 5), 0.5)
    suite.says("Gradients flow to both predictions.")
    calls = [
        (*(part.double() for part in _predictions(suite, 2, 3, 4, 5)), weight)
        for weight in (0.5, 0.01)
    ]
    suite.experiment("gradient", "slopes_of_two_tasks", "both_tasks_learn", *calls)
    suite.says("it processes all samples, joints and pixels at once, without a loop in Python")
    for axis, shape in suite.sizes(samples=2, joints=3, rows=4, columns=5):
        suite.count("vectorised", axis, *_predictions(suite, *shape), 0.5)
    suite.says("its result has that dtype and that device")
    # Far from 0, where float32 is coarse: whatever is computed in it shows.
    double = [1e6 + part.double() for part in _predictions(suite, 2, 3, 4, 5)]
    suite.call("dtype_device", *double, 0.5, remark="float64 input")
    # The dtype alone: float32 is right to fewer digits than are asked for here.
    single = (*_predictions(suite, 2, 3, 4, 5), 0.5)
    remark = "float32 input"
    suite.experiment("dtype_device", "outputs", "follows_dtype", single, shape=(), remark=remark)
    suite.device("dtype_device", *_predictions(suite, 2, 3, 4, 5), 0.5)


def _predictions(
    suite: SuiteBuilder, batch: int, joints: int, height: int, width: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Predicted and true poses and heat maps."""
    # Samples and joints are off by different amounts: no mean of a part is that of the whole.
    wrong = suite.uniform(batch, joints, 1, low=0.5, high=3.0)
    target_3d = suite.normal(batch, joints, 3)
    poses = target_3d + wrong * suite.normal(batch, joints, 3)
    target_heatmaps = suite.uniform(batch, joints, height, width, high=3.0)
    off = suite.normal(batch, joints, height, width)
    wrong = suite.uniform(batch, joints, 1, 1, low=0.5, high=2.0)
    return poses, target_3d, target_heatmaps + wrong * off, target_heatmaps


EXERCISE = ExerciseDefinition(
    parameters=("poses_3d", "target_3d", "heatmaps", "target_heatmaps", "weight"),
    result_axes=(),
    remarks={
        **{
            number: "A Python number has no gradient, no dtype and no device: keep the loss a "
            "tensor."
            for number in ("a float", "an int")
        },
        "a tuple": "Add the two parts: an optimiser needs one number.",
    },
    reference=reference,
    build=build_suite,
    most_work={"operations": 60},
    tolerance={"values": 1e-5, "edge_cases": 1e-5, "gradient": 1e-4, "dtype_device": 1e-7},
    advice={
        "shape": "A loss is one number: a tensor without axes.",
        "values": "Compute both parts for the example below `Returns`: they are 4 and 100.",
        "edge_cases": "Print both parts for that call; each is the mean of all squared differences "
        "of one pair.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "gradient": "Stay in torch from both predictions to the loss: numpy, `.item()`, "
        "`.detach()`, `no_grad` and `torch.tensor(...)` cut the graph.",
        "vectorised": "`mean()` without arguments averages over all axes at once.",
        "dtype_device": "Follow the dtype and the device of `poses_3d`; convert nothing.",
    },
)
