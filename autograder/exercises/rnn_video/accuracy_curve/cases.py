"""For each joint, the fraction of poses in which it is near enough."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder
from poselab.checks.cases import Value

LIMITS = (0.5, 2.0, 4.0, 7.0, 11.0, 16.0)
"""Thresholds between which the distances are spread."""

SPARE = 0.1
"""How far a distance stays away from a threshold that it is not meant to equal."""

STEPS = (5e-4, 2e-3)
"""How near to a threshold distances are that float32 tells from it: in pixels."""

SMALL_STEPS = (1e-9, 1e-6, *STEPS)
"""The same for float64; float32 cannot tell the first two from the threshold."""

EXACT = {
    0.25: ((0.25, 0.0), (0.0, -0.25)),
    5.0: ((3.0, -4.0), (-4.0, 3.0), (-3.0, -4.0), (0.0, 5.0)),
    13.0: ((5.0, 12.0), (-12.0, 5.0), (12.0, -5.0), (-5.0, -12.0)),
}
"""By threshold, offsets of exactly that length."""

BETWEEN = {torch.float32: 5 + 2**-9 - 2**-14, torch.float64: 5 + 2**-22 - 2**-31}
"""By dtype, a threshold that a dtype of half the size rounds down, and a little more up."""


def reference(
    predicted: Float[Tensor, "*batch joint 2"],
    target: Float[Tensor, "*batch joint 2"],
    thresholds: Float[Tensor, " threshold"],
) -> Float[Tensor, "joint threshold"]:
    """Count the poses, for one joint and one threshold after the other."""
    joints = predicted.shape[-2]
    here, there = predicted.reshape(-1, joints, 2).tolist(), target.reshape(-1, joints, 2).tolist()
    curve = torch.zeros(joints, len(thresholds), dtype=torch.float64)
    for joint in range(joints):
        distances = [math.dist(h[joint], t[joint]) for h, t in zip(here, there, strict=True)]
        for number, threshold in enumerate(thresholds.tolist()):
            within = [distance for distance in distances if distance <= threshold]
            curve[joint, number] = len(within) / len(distances)
    return curve


def build_suite(suite: SuiteBuilder) -> None:
    """Joints of very different accuracy; distances that equal a threshold, or clearly do not."""
    limits = torch.tensor(LIMITS)

    def poses(*shape: int, thresholds: Tensor = limits) -> tuple[Tensor, Tensor, Tensor]:
        """Poses of shape ``(*batch, joint)``, and the thresholds."""
        joints = shape[-1]
        target = suite.uniform(*shape, 2, low=8.0, high=56.0)
        # Each joint with a reach of its own: their curves differ.
        reach = torch.linspace(4.0, 22.0, joints)[suite.uniform(joints).argsort()]
        length = reach * suite.uniform(*shape, low=0.02)
        near = (length[..., None] - thresholds).abs().amin(-1) < SPARE
        length = torch.where(near, length + 2.5 * SPARE, length)
        angle = suite.uniform(*shape, high=6.28)
        offset = length[..., None] * torch.stack([angle.cos(), angle.sin()], -1)
        return target + offset, target, thresholds

    def exact(*shape: int) -> tuple[Tensor, Tensor, Tensor]:
        """Poses at whole numbers, and offsets whose lengths are the thresholds themselves."""
        offsets = [[0.0, 0.0], [3.0, -4.0], [-4.0, 7.5], [8.0, 6.0], [-12.0, -5.0]]
        chosen = torch.tensor(offsets)[suite.integers(*shape, high=len(offsets))]
        target = suite.integers(*shape, 2, low=8, high=56).float()
        return target + chosen, target, torch.tensor([0.0, 5.0, 8.5, 10.0, 13.0])

    def near(threshold: float, steps: tuple[float, ...], dtype: torch.dtype) -> tuple[Value, ...]:
        """Sixteen poses: one joint on the threshold, then one inside and one outside for a step."""
        # Near the origin if the threshold is small: few digits are enough to tell it apart there.
        high = 0.5 if threshold < 1 else 48.0
        shape = (16, 1 + 2 * len(steps))
        target = (suite.uniform(*shape, 2, low=0.0, high=high) * 64).round().to(dtype) / 64
        length = torch.tensor([0.0, *(sign * step for step in steps for sign in (-1, 1))])
        angle = suite.uniform(*shape, high=6.28).double()
        direction = torch.stack([angle.cos(), angle.sin()], -1)
        offset = (threshold + length.double())[:, None] * direction
        exact = torch.tensor(
            EXACT.get(threshold, ((threshold, 0.0), (0.0, -threshold))), dtype=torch.float64
        )
        target[:, 0], offset[:, 0] = 0, exact[suite.integers(len(offset), high=len(exact))]
        thresholds = torch.tensor([threshold], dtype=dtype)
        return target + offset.to(dtype), target, thresholds

    suite.says("There is one curve for each joint")
    suite.call("shape", *poses(4, 3, 7))
    suite.says("For each joint, the fraction of poses in which it is within each threshold.")
    suite.call("values", *_one_joint(), remark="one joint, off by 1, 3, 3 and 6 pixels")
    suite.says("predicted positions (x, y), with any number of axes in front, or none")
    suite.call("values", *poses(24, 5), remark="poses without an axis for time")
    suite.call("values", *poses(6, 8, 7), remark="poses with axes for clips and for time")
    suite.says("A distance equal to a threshold is within it")
    suite.call("edge_cases", *exact(10, 4), remark="distances that equal a threshold")
    suite.call("edge_cases", *exact(3, 5, 3), remark="distances that equal a threshold")
    _, target, thresholds = exact(4, 3)
    suite.call("edge_cases", target.clone(), target, thresholds, remark="perfect predictions")
    suite.says("threshold is within it, one that is only a little larger is not")
    single, double = torch.float32, torch.float64
    calls = [near(threshold, STEPS, single) for threshold in (*EXACT, BETWEEN[single])]
    suite.experiment(
        "edge_cases",
        "outputs",
        "near_the_threshold",
        *calls,
        shape=(1 + 2 * len(STEPS), 1),
        remark="distances close to the threshold",
    )
    suite.says("distances in the unit of the poses, in any order")
    unsorted = limits[torch.tensor([3, 0, 5, 1, 4, 2])]
    suite.call("edge_cases", *poses(20, 4, thresholds=unsorted), remark="thresholds in any order")
    predicted, target, _ = poses(20, 4)
    suite.experiment(
        "edge_cases",
        "outputs",
        "in_the_order_given",
        (predicted, target, limits),
        (predicted, target, unsorted),
        shape=(4, len(LIMITS)),
        remark="thresholds in two orders",
    )
    suite.says("predicted positions (x, y), with any number of axes in front, or none")
    suite.call("edge_cases", *poses(2, 3, 4, 5), remark="three axes before the joints")
    suite.call("edge_cases", *poses(7), remark="one pose, no axes before the joints")
    suite.call("edge_cases", *poses(1, 1, thresholds=limits[3:4]), remark="one of everything")
    # Whatever broadcasts along the wrong axis goes unnoticed else.
    suite.call("edge_cases", *poses(6, 6, 6), remark="all axes of the same length")
    suite.says("It takes tensors in any memory layout and leaves its arguments unchanged.")
    remark = "not contiguous in memory"
    suite.call("layout", *poses(5, 4, 3), remark=remark, contiguous=False)
    suite.call("arguments", *poses(5, 4, 3))
    suite.says("it processes all clips, frames and joints at once, without a loop in Python")
    for axis, (*shape, number) in suite.sizes(samples=2, frames=3, joints=4, thresholds=5):
        thresholds = torch.linspace(0.0, 18.0, number)
        suite.count("vectorised", axis, *poses(*shape, thresholds=thresholds))
    suite.says("It computes in the dtype and on the device of its first argument")
    for dtype, other in ((double, double), (double, single), (single, double), (single, single)):
        predicted, target, thresholds = poses(4, 3, 5)
        remark = f"poses in {_name(dtype)}, thresholds in {_name(other)}"
        args = predicted.to(dtype), target.to(dtype), thresholds.to(other)
        suite.call("dtype_device", *args, remark=remark)
    calls = [near(threshold, SMALL_STEPS, double) for threshold in (*EXACT, BETWEEN[double])]
    suite.experiment(
        "dtype_device",
        "outputs",
        "very_near_the_threshold",
        *calls,
        shape=(1 + 2 * len(SMALL_STEPS), 1),
        remark="float64 input, distances very close to the threshold",
    )
    suite.device("dtype_device", *poses(4, 3, 5))


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _one_joint() -> tuple[Tensor, Tensor, Tensor]:
    """Four poses whose curve can be worked out by hand."""
    target = torch.tensor([[[20.0, 30.0]], [[40.0, 10.0]], [[25.0, 25.0]], [[31.0, 50.0]]])
    offset = torch.tensor([[[1.0, 0.0]], [[0.0, -3.0]], [[3.0, 0.0]], [[-3.6, 4.8]]])
    return target + offset, target, torch.tensor([0.5, 2.0, 4.0, 7.0])


EXERCISE = ExerciseDefinition(
    parameters=("predicted", "target", "thresholds"),
    result_axes=("joint", "threshold"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 36},
    tolerance={"values": 1e-5, "edge_cases": 1e-5, "layout": 1e-5, "dtype_device": 1e-5},
    advice={
        "shape": "One row for each joint, one column for each threshold: (joint, threshold). The "
        "axes in front of the joints, however many, are averaged over.",
        "values": "Take one joint and one threshold: in how many of the poses is the distance at "
        "most that threshold? Divide by the number of all poses.",
        "edge_cases": "Print the distances of that call beside its thresholds. A distance that "
        "equals a threshold is within it, and each threshold counts on its own.",
        "layout": "Use `.reshape` where `.view` insists on numbers that lie in memory in order.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "vectorised": "Give the distances one more axis at their end; then one comparison covers "
        "every threshold, and one mean all poses.",
        "dtype_device": "Follow the dtype and the device of `predicted`: comparing gives booleans, "
        "and it is up to you what they become.",
    },
)
