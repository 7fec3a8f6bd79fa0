"""The mean distance between the joints of two poses in 3D."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """A Euclidean distance for each joint, their mean for each pose, and the mean of those."""
    errors = []
    for one, other in zip(pose_1, pose_2, strict=True):
        mine, theirs = one.flatten().tolist(), other.flatten().tolist()
        distances = [
            math.dist(mine[at : at + 3], theirs[at : at + 3]) for at in range(0, len(mine), 3)
        ]
        errors.append(math.fsum(distances) / len(distances))
    result = torch.tensor(errors, dtype=torch.float64)
    return result.sum() / len(errors) if avg else result


def build_suite(suite: SuiteBuilder) -> None:
    """Errors of very different size, in both forms of a pose."""

    def poses(number: int, joints: int) -> tuple[Tensor, Tensor]:
        target = suite.uniform(number, joints, 3, low=-2.0, high=2.0)
        # Uneven errors: only then do the mean of roots and the root of the mean differ.
        scale = suite.uniform(number, joints, 1, low=0.1, high=2.0)
        return target + scale * suite.normal(number, joints, 3), target

    def flat(number: int, joints: int) -> tuple[Tensor, Tensor]:
        one, other = poses(number, joints)
        return one.flatten(1), other.flatten(1)

    def doubled(number: int, joints: int) -> tuple[Tensor, Tensor]:
        # Far from 0, where float32 is coarse: whatever is computed in it shows.
        target = 1e7 + suite.uniform(number, joints, 3, high=40.0).double()
        return target + suite.normal(number, joints, 3).double(), target

    suite.says("One number, a tensor of shape (), or (N,) without `avg`.")
    suite.call("shape", *poses(4, 6))
    suite.call("shape", *poses(4, 6), False)

    offset = torch.tensor([2.0, -1.0, 2.0]).expand(3, 5, 3).clone()
    target = suite.uniform(3, 5, 3, low=-2.0, high=2.0)
    suite.says("all joints off by (2, -1, 2) give 3")
    suite.call("values", target + offset, target, remark="every joint off by (2, -1, 2)")
    suite.says("The mean Euclidean distance between the joints of two poses, in their unit.")
    suite.call("values", *poses(5, 7))
    suite.call("values", *poses(3, 3), remark="as many poses as joints and coordinates")
    suite.says("there is one number for each pose: the mean over its joints.")
    suite.call("values", *poses(5, 7), False)
    suite.call("values", *poses(3, 3), False, remark="as many poses as joints and coordinates")

    suite.says("the latter with x, y and z of joint 0 first, then those of joint 1, and so on")
    suite.call("edge_cases", *flat(5, 7), remark="flat poses of 7 joints")
    suite.call("edge_cases", *flat(5, 7), False, remark="flat poses of 7 joints")
    suite.call("edge_cases", *flat(4, 15), False, remark="flat poses of 15 joints")
    suite.call("edge_cases", *flat(6, 1), False, remark="flat poses of one joint")
    suite.says("The number of joints is up to your caller.")
    suite.call("edge_cases", *poses(4, 17), False, remark="17 joints")
    suite.call("edge_cases", *poses(1, 1), remark="one pose of one joint")
    suite.call("edge_cases", *poses(1, 6), False, remark="a single pose")
    suite.says("Equal poses have an error of 0.")
    suite.call("edge_cases", target, target.clone(), False, remark="equal poses")

    suite.says("It takes tensors in any memory layout")
    for pair in (poses(4, 6), flat(4, 6)):
        suite.call("edge_cases", *pair, False, contiguous=False, remark="not contiguous")
    suite.says("leaves its arguments unchanged")
    suite.call("arguments", *poses(3, 4))
    suite.call("arguments", *flat(3, 4), False)
    suite.says("it processes all poses and joints at once, without a loop in Python")
    for axis, (number, joints) in suite.sizes(poses=2, joints=3):
        suite.count("vectorised", axis, *poses(number, joints), False)
    suite.says("computes in the dtype and on the device of its first argument")
    suite.call("dtype_device", *doubled(2, 5), remark="float64 input")
    suite.call("dtype_device", *doubled(2, 5), False, remark="float64 input")
    suite.call("dtype_device", *poses(2, 5), remark="float32 input")
    suite.device("dtype_device", *poses(2, 5))
    suite.device("dtype_device", *poses(2, 5), False)


EXERCISE = ExerciseDefinition(
    parameters=("pose_1", "pose_2", "avg"),
    result_axes=("pose",),
    reference=reference,
    build=build_suite,
    most_work={"operations": 40},
    tolerance={"values": 5e-6, "edge_cases": 5e-6, "dtype_device": 5e-6},
    advice={
        "shape": "With `avg` the result is one number, a tensor without axes; without it there is "
        "one number for each pose.",
        "values": "A joint that is off by (2, -1, 2) is 3 away. Take the root for each joint "
        "first, then average.",
        "edge_cases": "A pose may also be a row of 3 * joint numbers, x, y and z of one joint "
        "after the other, with any number of joints. `reshape` works where `view` does not.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "vectorised": "Subtract the two tensors whole, then sum the squares over the last axis.",
        "dtype_device": "Follow the dtype and the device of `pose_1`.",
    },
)
