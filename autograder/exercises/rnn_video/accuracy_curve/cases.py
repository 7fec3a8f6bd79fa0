"""For each joint, the fraction of poses in which it is near enough."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder

LIMITS = (0.5, 2.0, 4.0, 7.0, 11.0, 16.0)
"""Thresholds between which the distances are spread."""

SPARE = 0.1
"""How far a distance stays away from a threshold that it is not meant to equal."""


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

    suite.call("shape", *poses(4, 3, 7))
    suite.call("values", *_one_joint(), remark="one joint, off by 1, 3, 3 and 6 pixels")
    suite.call("values", *poses(24, 5), remark="poses without an axis for time")
    suite.call("values", *poses(6, 8, 7), remark="poses with axes for clips and for time")
    suite.call("edge_cases", *exact(10, 4), remark="distances that equal a threshold")
    suite.call("edge_cases", *exact(3, 5, 3), remark="distances that equal a threshold")
    _, target, thresholds = exact(4, 3)
    suite.call("edge_cases", target.clone(), target, thresholds, remark="perfect predictions")
    suite.call("edge_cases", *poses(1, 1, thresholds=limits[3:4]), remark="one of everything")
    unsorted = limits[torch.tensor([3, 0, 5, 1, 4, 2])]
    suite.call("edge_cases", *poses(20, 4, thresholds=unsorted), remark="thresholds in any order")
    suite.call("edge_cases", *poses(2, 3, 4, 5), remark="three axes before the joints")
    # Whatever broadcasts along the wrong axis goes unnoticed else.
    suite.call("edge_cases", *poses(6, 6, 6), remark="all axes of the same length")
    remark = "not contiguous in memory"
    suite.call("edge_cases", *poses(5, 4, 3), remark=remark, contiguous=False)
    for axis, shape, number in (
        ("", (2, 3, 4), 5),
        ("samples", (34, 3, 4), 5),
        ("frames", (2, 35, 4), 5),
        ("joints", (2, 3, 36), 5),
        ("thresholds", (2, 3, 4), 37),
    ):
        thresholds = torch.linspace(0.0, 18.0, number)
        suite.count("vectorised", axis, *poses(*shape, thresholds=thresholds))
    remark = "float64 input, distances within 1e-9 of a threshold"
    suite.call("dtype_device", *_doubled(*exact(8, 4)), remark=remark)
    suite.device("dtype_device", *poses(4, 3, 5))


def _one_joint() -> tuple[Tensor, Tensor, Tensor]:
    """Four poses whose curve can be worked out by hand."""
    target = torch.tensor([[[20.0, 30.0]], [[40.0, 10.0]], [[25.0, 25.0]], [[31.0, 50.0]]])
    offset = torch.tensor([[[1.0, 0.0]], [[0.0, -3.0]], [[3.0, 0.0]], [[-3.6, 4.8]]])
    return target + offset, target, torch.tensor([0.5, 2.0, 4.0, 7.0])


def _doubled(
    predicted: Tensor, target: Tensor, thresholds: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The same in float64, a little nearer or further: more than equal, too little for float32."""
    offset = (predicted - target).double()
    offset[::2] *= 1 + 1e-10
    offset[1::2] *= 1 - 1e-10
    return target.double() + offset, target.double(), thresholds[1:].double()


EXERCISE = ExerciseDefinition(
    parameters=("predicted", "target", "thresholds"),
    result_axes=("joint", "threshold"),
    reference=reference,
    build=build_suite,
    tolerance={"values": 1e-5, "edge_cases": 1e-5, "dtype_device": 1e-5},
    advice={
        "shape": "One row for each joint, one column for each threshold: (joint, threshold). The "
        "axes in front of the joints, however many, are averaged over.",
        "values": "Take one joint and one threshold: in how many of the poses is the distance at "
        "most that threshold? Divide by the number of all poses.",
        "edge_cases": "Print the distances of that call beside its thresholds. A distance that "
        "equals a threshold is within it, and each threshold counts on its own.",
        "vectorised": "Give the distances one more axis at their end; then one comparison covers "
        "every threshold, and one mean all poses.",
        "dtype_device": "Follow the dtype and the device of `predicted`: comparing gives booleans, "
        "and it is up to you what they become.",
    },
)
