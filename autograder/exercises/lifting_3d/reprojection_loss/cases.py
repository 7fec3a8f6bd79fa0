"""The mean distance between projected and observed joints, over two views."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.lifting_3d.two_cameras import (
    draw_focal,
    draw_joints,
    draw_rotation,
    draw_translation,
    exact_joints,
    moved,
    quarter_turns,
    seen,
)
from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder

Arguments = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
"""joints, observed_1, focal_1, observed_2, focal_2, rotation, translation."""


def reference(
    joints: Float[Tensor, "pose joint 3"],
    observed_1: Float[Tensor, "pose joint 2"],
    focal_1: Float[Tensor, "pose 2"],
    observed_2: Float[Tensor, "pose joint 2"],
    focal_2: Float[Tensor, "pose 2"],
    rotation: Float[Tensor, "pose 3 3"],
    translation: Float[Tensor, "pose 3"],
) -> Float[Tensor, ""]:
    """Two distances for each joint of each pose, and the mean of them all."""
    distances = []
    for pose in range(joints.shape[0]):
        for joint in range(joints.shape[1]):
            here = moved(joints[pose, joint], None, None)
            there = moved(joints[pose, joint], rotation[pose], translation[pose])
            first, second = seen(here, focal_1[pose]), seen(there, focal_2[pose])
            distances.append(math.dist(first, observed_1[pose, joint].tolist()))
            distances.append(math.dist(second, observed_2[pose, joint].tolist()))
    return torch.tensor(sum(distances) / len(distances), dtype=torch.float64)


def _seen_by_both(
    joints: Tensor, focal_1: Tensor, focal_2: Tensor, rotation: Tensor, translation: Tensor
) -> tuple[Tensor, Tensor]:
    """Where both cameras see joints, in float64."""
    views = torch.zeros(2, *joints.shape[:2], 2, dtype=torch.float64)
    for pose in range(joints.shape[0]):
        for joint in range(joints.shape[1]):
            here = moved(joints[pose, joint], None, None)
            there = moved(joints[pose, joint], rotation[pose], translation[pose])
            views[0, pose, joint] = torch.tensor(seen(here, focal_1[pose]))
            views[1, pose, joint] = torch.tensor(seen(there, focal_2[pose]))
    return views[0], views[1]


def build_suite(suite: SuiteBuilder) -> None:
    """Errors that differ from joint to joint, and are larger in one of the views."""

    def cameras(poses: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        # The second camera's lens is a longer one, so that no focal length serves for both.
        focal_1, focal_2 = draw_focal(suite, poses), 2 * draw_focal(suite, poses)
        return focal_1, focal_2, draw_rotation(suite, poses), draw_translation(suite, poses)

    def errors(poses: int, joints: int, size: float) -> Tensor:
        # Uneven: only then do the mean of roots and the root of the mean differ.
        scale = suite.uniform(poses, joints, 1, low=0.1 * size, high=size)
        return scale * suite.normal(poses, joints, 2)

    def two_views(poses: int, joints: int) -> Arguments:
        place = draw_joints(suite, poses, joints)
        focal_1, focal_2, rotation, translation = cameras(poses)
        first, second = _seen_by_both(place, focal_1, focal_2, rotation, translation)
        observed_1 = first.float() + errors(poses, joints, 0.5)
        observed_2 = second.float() + errors(poses, joints, 1.5)
        return place, observed_1, focal_1, observed_2, focal_2, rotation, translation

    def doubled(poses: int, joints: int) -> Arguments:
        # Images millions wide, in which float32 is coarse: whatever is computed in it shows.
        place = draw_joints(suite, poses, joints).double()
        focal_1, focal_2, rotation, translation = (part.double() for part in cameras(poses))
        focal_1, focal_2 = 1e7 * focal_1, 1e7 * focal_2
        first, second = _seen_by_both(place, focal_1, focal_2, rotation, translation)
        observed_1 = first + errors(poses, joints, 2.0).double()
        observed_2 = second + errors(poses, joints, 6.0).double()
        return place, observed_1, focal_1, observed_2, focal_2, rotation, translation

    def perfect(poses: int, joints: int) -> Arguments:
        """Numbers that need no rounding, whatever the order in which they are computed with."""
        place = exact_joints(suite, poses, joints)
        lengths = torch.tensor([1.0, 2.0, 4.0])
        focal_1, focal_2 = (lengths[suite.integers(poses, 2, high=3)] for _ in range(2))
        rotation, translation = quarter_turns(poses), torch.zeros(poses, 3)
        first, second = _seen_by_both(place, focal_1, focal_2, rotation, translation)
        return place, first.float(), focal_1, second.float(), focal_2, rotation, translation

    suite.says("One number, a tensor of shape ()")
    suite.call("shape", *two_views(4, 6))

    suite.says("one joint that is off by (3, -4) in the first view and by (0, 1) in the second: 3")
    suite.call("values", *_example(), remark="the example")
    suite.says("the mean over all joints of all poses in both views. Both views count the same.")
    suite.call("values", *two_views(5, 7))
    suite.call("values", *two_views(4, 6))
    suite.says("project it into both views, and measure in each how far the joints are")
    suite.call("values", *two_views(3, 3), remark="as many poses as joints and coordinates")

    suite.says("the mean over all joints of all poses in both views.")
    suite.call("edge_cases", *two_views(1, 1), remark="one pose, one joint")
    suite.call("edge_cases", *two_views(2, 2), remark="as many poses as joints and views")
    suite.call("edge_cases", *two_views(1, 5), remark="a single pose")
    suite.says("If all joints are projected exactly to where they are observed, it is 0.")
    _add_perfect(suite)
    some = perfect(2, 4)
    some[1][0, 1:] += 0.5
    some[3][1, :3] -= 0.25
    suite.call("edge_cases", *some, remark="some joints projected exactly to where they are seen")

    suite.says("leaves its arguments unchanged")
    suite.call("arguments", *two_views(3, 4))

    weight = torch.tensor(1.0, dtype=torch.float64)
    suite.says("A network learns through these functions, so gradients have to pass them.")
    suite.gradient("gradient", weight, *two_views(2, 3))
    suite.says("At a joint for which that is so, the gradient is 0, too.")
    remark = "some joints projected exactly to where they are seen"
    seen_well = perfect(2, 4)
    seen_well[1][0, 1:] += 0.5
    seen_well[3][0, 1:] -= 0.25
    suite.gradient("gradient", weight, *seen_well, remark=remark)
    remark = "all joints projected exactly to where they are seen in the first view"
    first_exact = perfect(2, 3)
    first_exact[3].add_(0.5 + suite.integers(2, 3, 2, high=4) / 4)
    suite.gradient("gradient", weight, *first_exact, remark=remark)

    suite.says("it processes all poses and joints at once, without a loop in Python")
    for axis, (poses, joints) in suite.sizes(poses=2, joints=3):
        suite.count("vectorised", axis, *two_views(poses, joints))

    suite.says("computes in the dtype and on the device of its first argument")
    suite.call("dtype_device", *doubled(3, 5), remark="float64 input")
    suite.call("dtype_device", *two_views(3, 5), remark="float32 input")
    suite.device("dtype_device", *two_views(2, 5))


def _example() -> Arguments:
    """One joint at (2, 1, -4), with offsets of length 5 and 1."""
    joints, focal = torch.tensor([[[2.0, 1.0, -4.0]]]), torch.tensor([[2.0, 4.0]])
    # A quarter turn about the line of sight and a step of 1 backwards: (0, 2, -4).
    rotation, translation = quarter_turns(1), torch.tensor([[1.0, 0.0, 0.0]])
    observed_1 = torch.tensor([[[1.0, 1.0]]]) + torch.tensor([3.0, -4.0])
    observed_2 = torch.tensor([[[0.0, 4.0]]]) + torch.tensor([0.0, 1.0])
    return joints, observed_1, focal, observed_2, 2 * focal, rotation, translation


def _add_perfect(suite: SuiteBuilder) -> None:
    """Perfect predictions, and errors so small that whatever is added to them shows."""
    joints = torch.tensor([0.0, 0.0, -2.0]).expand(2, 4, 3).clone()
    focal, rotation, translation = torch.ones(2, 2), quarter_turns(2), torch.zeros(2, 3)
    calls = []
    for step in (0.0, *(10.0**power for power in range(-6, 1))):
        observed = torch.zeros(2, 4, 2) + step * torch.tensor([0.6, -0.8])
        calls.append((joints, observed, focal, observed.clone(), focal, rotation, translation))
    suite.experiment(
        "edge_cases",
        "outputs",
        "perfect_loss_is_zero",
        *calls,
        shape=(),
        remark="all joints projected to where they are seen: the loss is 0",
    )


EXERCISE = ExerciseDefinition(
    parameters=(
        "joints",
        "observed_1",
        "focal_1",
        "observed_2",
        "focal_2",
        "rotation",
        "translation",
    ),
    result_axes=(),
    remarks={
        number: "A Python number has no gradient, no dtype and no device: keep the loss a tensor."
        for number in ("a float", "an int")
    },
    reference=reference,
    build=build_suite,
    most_work={"operations": 74},
    tolerance={"values": 1e-5, "edge_cases": 1e-5, "gradient": 1e-5, "dtype_device": 1e-5},
    advice={
        "shape": "A loss is one number: a tensor without axes.",
        "values": "Look at one view after the other. Which focal lengths, which observed joints "
        "belong to it, and does the camera's motion? A joint that is off by (3, -4) is 5 away.",
        "edge_cases": "Take the mean over both views, all poses and all joints, and add nothing to "
        "the distances.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "gradient": "Both views have to move the joints. A root of 0 has an infinite derivative; "
        "`torch.linalg.vector_norm` takes care of that.",
        "vectorised": "Subtract the tensors whole, and take the norm over the last axis.",
        "dtype_device": "Follow the dtype and the device of `joints`.",
    },
    needs=("project",),
)
