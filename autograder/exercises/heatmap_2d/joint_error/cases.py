"""The mean distance between predicted and true joints."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    predicted: Float[Tensor, "batch joint 2"],
    target: Float[Tensor, "batch joint 2"],
    visible: Bool[Tensor, "batch joint"] | None = None,
) -> Float[Tensor, ""]:
    """A Euclidean distance for each visible joint, and the mean of these."""
    batch, joints, _ = predicted.shape
    distances = [
        math.dist(predicted[sample, joint].tolist(), target[sample, joint].tolist())
        for sample in range(batch)
        for joint in range(joints)
        if visible is None or bool(visible[sample, joint])
    ]
    mean = sum(distances) / len(distances) if distances else 0.0
    return torch.tensor(mean, dtype=torch.float64)


def build_suite(suite: SuiteBuilder) -> None:
    """Errors of very different size; masks with another number of visible joints in each sample."""

    def poses(batch: int, joints: int) -> tuple[Tensor, Tensor]:
        target = suite.uniform(batch, joints, 2, high=40.0)
        # Uneven errors: only then do the mean of roots and the root of the mean differ.
        scale = suite.uniform(batch, joints, 1, low=1.0, high=12.0)
        return target + scale * suite.normal(batch, joints, 2), target

    def partly_hidden(mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        predicted, target = poses(*mask.shape)
        # Hidden joints are far off, one sample's joints are near: no mean equals another.
        predicted[~mask] = target[~mask] + torch.tensor([240.0, -320.0])
        predicted[0, mask[0]] = target[0, mask[0]] + torch.tensor([-0.3, 0.4])
        return predicted, target, mask

    def doubled(batch: int, joints: int) -> tuple[Tensor, Tensor]:
        # Far from 0, where float32 is coarse: whatever is computed in it shows.
        target = 1e7 + suite.uniform(batch, joints, 2, high=40.0).double()
        angle = suite.uniform(batch, joints, high=6.28).double()
        length = suite.uniform(batch, joints, 1, low=2.0, high=8.0).double()
        return target + length * torch.stack([angle.cos(), angle.sin()], -1), target

    suite.says("The mean Euclidean distance over all visible joints, in the unit of the poses.")
    suite.call("shape", *poses(2, 5))
    offset = torch.tensor([3.0, -4.0]).expand(2, 5, 2).clone()
    target = suite.uniform(2, 5, 2, high=40.0)
    suite.call("values", target + offset, target, remark="every joint off by (3, -4)")
    suite.call("values", *poses(4, 6), remark="all visible")
    suite.says("take the mean over all visible joints of all poses.")
    suite.call("values", *partly_hidden(suite.uneven_visibility(3, 5)), remark="some hidden")
    suite.call("values", *partly_hidden(suite.mixed_visibility()), remark="six joints")
    whole = torch.tensor([[1, 1, 1, 1, 1], [0, 1, 1, 0, 1], [0, 1, 0, 1, 1]]).bool()
    suite.call("values", *partly_hidden(whole), remark="one sample without hidden joints")
    _add_counts(suite, target + offset, target)
    suite.says("For each joint, compute the Euclidean distance between its predicted and its true")
    suite.call("edge_cases", *poses(1, 1), remark="one sample, one joint")
    suite.says("prediction has an error of exactly 0.")
    suite.call("edge_cases", target, target.clone(), remark="perfect predictions: the error is 0")
    _add_perfect(suite)
    some, true = poses(2, 4)
    some[0, 1], some[1, 2] = true[0, 1], true[1, 2]
    suite.call("edge_cases", some, true, remark="two of the joints predicted perfectly")
    some, true, seen = partly_hidden(suite.mixed_visibility())
    some[1, 0], some[2, 4] = true[1, 0], true[2, 4]
    remark = "some hidden, two of the visible joints predicted perfectly"
    suite.call("edge_cases", some, true, seen, remark=remark)
    suite.says("take the mean over all visible joints of all poses.")
    remark = "as many samples as joints and coordinates"
    suite.call("edge_cases", *partly_hidden(suite.uneven_visibility(2, 2)), remark=remark)
    suite.says("If no joint is visible, the error is 0.")
    none = torch.zeros(2, 3, dtype=torch.bool)
    suite.call("edge_cases", *poses(2, 3), none, remark="all hidden: the error is 0")
    suite.says("which joints count, as booleans or as 0 and 1; all of them by default.")
    predicted, target = poses(3, 4)
    remark = "joints inside and outside the image"
    suite.call("edge_cases", predicted - 20, target - 20, remark=remark)
    predicted, target, seen = partly_hidden(suite.uneven_visibility(3, 4))
    suite.call("edge_cases", predicted, target, seen.float(), remark="visible as 0.0 and 1.0")
    suite.call("edge_cases", predicted, target, seen.long(), remark="visible as 0 and 1")
    suite.says("It leaves its arguments unchanged.")
    suite.call("arguments", *poses(3, 4), suite.visibility(3, 4))
    suite.call("arguments", *poses(3, 4))
    suite.says("processes all samples at once")
    for axis, (batch, joints) in suite.sizes(samples=2, joints=3):
        suite.count("vectorised", axis, *poses(batch, joints), suite.visibility(batch, joints))
    suite.says("in the dtype and on the device of its first argument")
    suite.call("dtype_device", *doubled(2, 5), suite.visibility(2, 5), remark="float64 input")
    suite.call("dtype_device", *doubled(3, 6), remark="float64 input")
    suite.call("dtype_device", *poses(2, 5), suite.visibility(2, 5), remark="float32 input")
    suite.call("dtype_device", *poses(2, 5), remark="float32 input")
    # The dtype alone: whether it is 0 is another question.
    suite.experiment(
        "dtype_device",
        "outputs",
        "follows_dtype",
        (*doubled(2, 3), torch.zeros(2, 3).bool()),
        shape=(),
        remark="float64 input, all hidden",
    )
    suite.device("dtype_device", *poses(2, 5), suite.visibility(2, 5))
    suite.device("dtype_device", *poses(2, 5))
    suite.device("dtype_device", *poses(2, 5), torch.zeros(2, 5, dtype=torch.bool))


def _add_counts(suite: SuiteBuilder, predicted: Tensor, target: Tensor) -> None:
    """The same error for each joint, of which 1, 2, 4 and 8 are visible."""
    places = torch.arange(target.shape[0] * target.shape[1]).reshape(target.shape[:2])
    suite.experiment(
        "values",
        "outputs",
        "count_alone",
        *((predicted, target, places < count) for count in (1, 2, 4, 8)),
        shape=(),
        remark="1, 2, 4 and then 8 visible joints, each off by (3, -4)",
    )


def _add_perfect(suite: SuiteBuilder) -> None:
    """Perfect predictions, and errors so small that whatever is added to them shows."""
    target = torch.zeros(2, 4, 2)
    steps = (0.0, *(10.0**power for power in range(-6, 1)))
    suite.experiment(
        "edge_cases",
        "outputs",
        "perfect_is_zero",
        *((target + step * torch.tensor([0.6, -0.8]), target) for step in steps),
        shape=(),
        remark="perfect predictions: the error is 0",
    )


EXERCISE = ExerciseDefinition(
    parameters=("predicted", "target", "visible"),
    result_axes=(),
    reference=reference,
    build=build_suite,
    most_work={"operations": 44},
    tolerance={"values": 5e-6, "edge_cases": 5e-6, "dtype_device": 5e-6},
    advice={
        "shape": "The error is one number: a tensor without axes.",
        "values": "A joint that is off by (3, -4) is 5 pixels away. Take the root for each joint "
        "first, then average over the visible joints.",
        "edge_cases": "Divide by the number of visible joints, and think of the batch in which "
        "that number is 0.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "vectorised": "Subtract the two tensors whole, then sum the squares over the last axis. "
        "That leaves one number for each joint; choose the visible ones.",
        "dtype_device": "Follow the dtype and the device of `predicted`, with the 0 for a batch "
        "without visible joints, too.",
    },
)
