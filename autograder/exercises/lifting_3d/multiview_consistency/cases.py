"""The mean distance between two predictions of the same poses, each from one view."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.lifting_3d.two_cameras import (
    draw_joints,
    draw_translation,
    draw_turn,
    moved,
    quarter_turns,
)
from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder

Arguments = tuple[Tensor, Tensor, Tensor, Tensor]
"""joints_1, joints_2, rotation, translation."""


def reference(
    joints_1: Float[Tensor, "pose joint 3"],
    joints_2: Float[Tensor, "pose joint 3"],
    rotation: Float[Tensor, "pose 3 3"],
    translation: Float[Tensor, "pose 3"],
) -> Float[Tensor, ""]:
    """Move joint by joint, take each one's distance, and the mean of them all."""
    distances = [
        math.dist(
            moved(joints_1[pose, joint], rotation[pose], translation[pose]),
            joints_2[pose, joint].tolist(),
        )
        for pose in range(joints_1.shape[0])
        for joint in range(joints_1.shape[1])
    ]
    return torch.tensor(sum(distances) / len(distances), dtype=torch.float64)


def _moved_all(joints: Tensor, rotation: Tensor, translation: Tensor) -> Tensor:
    """R x + t for every joint, in float64."""
    poses, joint = joints.shape[:2]
    rows = [
        [moved(joints[pose, j], rotation[pose], translation[pose]) for j in range(joint)]
        for pose in range(poses)
    ]
    return torch.tensor(rows, dtype=torch.float64)


def build_suite(suite: SuiteBuilder) -> None:
    """Two predictions that disagree by another distance at each joint, and cameras of all kinds."""

    def disagreement(poses: int, joints: int) -> Tensor:
        # Uneven: only then do the mean of roots and the root of the mean differ. And not around
        # zero: what two networks get wrong does not cancel.
        scale = suite.uniform(poses, joints, 1, low=0.1, high=1.2)
        return scale * suite.normal(poses, joints, 3) + suite.normal(poses, 1, 3, scale=0.3)

    def predictions(poses: int, joints: int) -> Arguments:
        first = draw_joints(suite, poses, joints)
        rotation = draw_turn(suite, poses).float()
        translation = 3 * draw_translation(suite, poses)
        second = _moved_all(first, rotation, translation).float()
        return first, second + disagreement(poses, joints), rotation, translation

    def doubled(poses: int, joints: int) -> Arguments:
        # Far from 0, where float32 is coarse: whatever is computed in it shows.
        first = draw_joints(suite, poses, joints).double() + 1e6
        rotation = draw_turn(suite, poses)
        translation = 1e7 * draw_translation(suite, poses).double()
        second = _moved_all(first, rotation, translation)
        return first, second + disagreement(poses, joints).double(), rotation, translation

    def agreeing(poses: int, joints: int) -> Arguments:
        """Numbers that need no rounding, whatever the order in which they are computed with."""
        first = suite.integers(poses, joints, 3, low=-16, high=17).float() / 8
        rotation = quarter_turns(poses)
        translation = suite.integers(poses, 3, low=-8, high=9).float() / 8
        return first, _moved_all(first, rotation, translation).float(), rotation, translation

    suite.says("One number, a tensor of shape ()")
    suite.call("shape", *predictions(4, 6))

    suite.says("Example: one joint, off by (2, -1, 2), gives 3.")
    first, second, rotation, translation = agreeing(1, 1)
    second = second + torch.tensor([2.0, -1.0, 2.0])
    suite.call("values", first, second, rotation, translation, remark="the example")
    suite.says("the mean over all joints of all poses.")
    suite.call("values", *predictions(5, 7))
    suite.call("values", *predictions(4, 6))
    suite.says("bring the first prediction into the second camera's frame")
    suite.call("values", *predictions(3, 3), remark="as many poses as joints and coordinates")

    suite.says("the mean over all joints of all poses.")
    suite.call("edge_cases", *predictions(1, 1), remark="one pose, one joint")
    suite.call("edge_cases", *predictions(1, 5), remark="a single pose")
    suite.call("edge_cases", *predictions(5, 1), remark="a single joint")
    suite.says("If the predictions agree, it is 0.")
    _add_agreement(suite)
    suite.call("edge_cases", *_some_agree(agreeing(2, 4)), remark="some joints agree exactly")

    suite.says("leaves its arguments unchanged")
    suite.call("arguments", *predictions(3, 4))

    weight = torch.tensor(1.0, dtype=torch.float64)
    suite.says("A network learns through these functions, so gradients have to pass them.")
    suite.gradient("gradient", weight, *predictions(2, 3))
    suite.says("At a joint for which they do, the gradient is 0, too.")
    remark = "some joints agree exactly"
    suite.gradient("gradient", weight, *_some_agree(agreeing(2, 4)), remark=remark)
    suite.says("The gradient reaches both predictions.")
    remark = "the gradient by each of the two predictions"
    args = predictions(2, 3)
    suite.experiment("gradient", "slopes", "reaches_the_second", args, shape=(2,), remark=remark)

    suite.says("it processes all poses and joints at once, without a loop in Python")
    for axis, (poses, joints) in suite.sizes(poses=2, joints=3):
        suite.count("vectorised", axis, *predictions(poses, joints))

    suite.says("computes in the dtype and on the device of its first argument")
    suite.call("dtype_device", *doubled(3, 5), remark="float64 input")
    suite.call("dtype_device", *predictions(3, 5), remark="float32 input")
    suite.device("dtype_device", *predictions(2, 5))


def _some_agree(args: Arguments) -> Arguments:
    """The same predictions, of which two joints of each pose are moved."""
    first, second, rotation, translation = args
    second = second.clone()
    second[:, 1] += torch.tensor([0.5, -0.25, 1.0])
    second[:, 3] -= torch.tensor([0.125, 0.75, -0.5])
    return first, second, rotation, translation


def _add_agreement(suite: SuiteBuilder) -> None:
    """Equal predictions, and differences so small that whatever is added to them shows."""
    first, rotation, translation = torch.zeros(2, 4, 3), quarter_turns(2), torch.zeros(2, 3)
    calls = []
    for step in (0.0, *(10.0**power for power in range(-6, 1))):
        second = torch.zeros(2, 4, 3) + step * torch.tensor([2.0, -1.0, 2.0]) / 3
        calls.append((first, second, rotation, translation))
    suite.experiment(
        "edge_cases",
        "outputs",
        "perfect_loss_is_zero",
        *calls,
        shape=(),
        remark="predictions that agree: the loss is 0",
    )


EXERCISE = ExerciseDefinition(
    parameters=("joints_1", "joints_2", "rotation", "translation"),
    result_axes=(),
    remarks={
        number: "A Python number has no gradient, no dtype and no device: keep the loss a tensor."
        for number in ("a float", "an int")
    },
    reference=reference,
    build=build_suite,
    most_work={"operations": 40},
    tolerance={"values": 1e-5, "edge_cases": 1e-5, "gradient": 1e-5, "dtype_device": 1e-5},
    advice={
        "shape": "A loss is one number: a tensor without axes.",
        "values": "Move one joint of the first prediction by hand: R x1 + t. It is compared with "
        "the same joint of the second one, and a difference of (2, -1, 2) is a distance of 3.",
        "edge_cases": "Take the mean over all joints of all poses, and add nothing to the "
        "distances.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "gradient": "Both predictions come from a network, so detach neither. A root of 0 has an "
        "infinite derivative; `torch.linalg.vector_norm` takes care of that.",
        "vectorised": "A product of (B, J, 3) and (B, 3, 3) rotates all joints of all poses.",
        "dtype_device": "Follow the dtype and the device of `joints_1`.",
    },
)
