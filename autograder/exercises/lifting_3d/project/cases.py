"""Where a camera sees joints."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.lifting_3d.two_cameras import (
    draw_focal,
    draw_joints,
    draw_rotation,
    draw_translation,
    moved,
    seen,
)
from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    joints: Float[Tensor, "pose joint 3"],
    focal: Float[Tensor, "pose 2"],
    rotation: Float[Tensor, "pose 3 3"] | None = None,
    translation: Float[Tensor, "pose 3"] | None = None,
) -> Float[Tensor, "pose joint 2"]:
    """Joint by joint: three sums of products, three sums, two divisions."""
    result = torch.zeros(*joints.shape[:2], 2, dtype=torch.float64)
    for pose in range(joints.shape[0]):
        turn = None if rotation is None else rotation[pose]
        shift = None if translation is None else translation[pose]
        for joint in range(joints.shape[1]):
            x, y = seen(moved(joints[pose, joint], turn, shift), focal[pose])
            result[pose, joint, 0], result[pose, joint, 1] = x, y
    return result


def build_suite(suite: SuiteBuilder) -> None:
    """One camera and two, with and without rotation and translation, each pose with its own."""

    def one(poses: int, joints: int) -> tuple[Tensor, Tensor]:
        return draw_joints(suite, poses, joints), draw_focal(suite, poses)

    def two(poses: int, joints: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        rotation = draw_rotation(suite, poses)
        return *one(poses, joints), rotation, draw_translation(suite, poses)

    def doubled(poses: int, joints: int) -> tuple[Tensor, ...]:
        # Far from 0, where float32 is coarse, and back: whatever is computed in it shows.
        place, focal, rotation, translation = (part.double() for part in two(poses, joints))
        far = 1e7 * suite.normal(poses, 3).double()
        back = translation - (rotation @ far[..., None])[..., 0]
        return place + far[:, None], focal, rotation, back

    suite.says("(x, y) of every joint.")
    suite.call("shape", *one(4, 6))
    suite.call("shape", *two(4, 6))

    suite.says("A camera is at the origin, looks down $-z$, and $y$ points up.")
    suite.call("values", *one(5, 7), remark="the first camera")
    example = torch.tensor([[[2.0, 1.0, -4.0]]]), torch.tensor([[2.0, 3.0]])
    suite.says("(2, 1, -4) is seen at (1, 0.75) by a camera with the focal lengths (2, 3)")
    suite.call("values", *example, remark="the example")
    suite.says("So for the second camera rotate first, then add the translation")
    suite.call("values", *two(5, 7), remark="a second camera")
    suite.call("values", *two(4, 6), remark="a second camera")

    suite.says("Either of the two may come without the other.")
    joints, focal, rotation, translation = two(4, 5)
    suite.call("edge_cases", joints, focal, rotation, remark="a rotation without a translation")
    remark = "a translation without a rotation"
    suite.call("edge_cases", joints, focal, None, translation, remark=remark)
    suite.says("it processes all poses and joints at once")
    suite.call("edge_cases", *two(1, 6), remark="a single pose")
    suite.call("edge_cases", *two(4, 1), remark="a single joint")
    # Whatever broadcasts along the wrong axis goes unnoticed else.
    suite.call("edge_cases", *two(3, 3), remark="as many poses as joints and coordinates")
    suite.call("edge_cases", *two(2, 2), remark="as many poses as joints and focal lengths")
    suite.says("Joints and translation in millimetres or in kilometres give the same.")
    for scale, remark in ((1e-7, "in a very large unit"), (1e6, "in a very small unit")):
        joints, focal, rotation, translation = two(3, 4)
        args = scale * joints, focal, rotation, scale * translation
        suite.call("edge_cases", *args, remark=f"joints and translation {remark}")

    suite.says("It takes tensors in any memory layout and leaves its arguments unchanged.")
    suite.call("layout", *two(5, 4), remark="not contiguous in memory", contiguous=False)
    suite.call("arguments", *one(3, 4))
    suite.call("arguments", *two(3, 4))
    shifted, lens = one(3, 4)
    suite.call("arguments", shifted, lens, None, draw_translation(suite, 3))

    suite.says("A network learns through these functions, so gradients have to pass them.")
    suite.gradient("gradient", suite.normal(2, 3, 2).double(), *one(2, 3))
    suite.gradient("gradient", suite.normal(2, 3, 2).double(), *two(2, 3))

    suite.says("it processes all poses and joints at once, without a loop in Python")
    for axis, (n_poses, n_joints) in suite.sizes(poses=2, joints=3):
        suite.count("vectorised", axis, *two(n_poses, n_joints))

    suite.says("computes in the dtype and on the device of its first argument")
    suite.call("dtype_device", *doubled(3, 5), remark="float64 input")
    double = tuple(part.double() for part in one(3, 5))
    suite.call("dtype_device", *double, remark="float64 input")
    suite.call("dtype_device", *two(3, 5), remark="float32 input")
    suite.device("dtype_device", *one(2, 5))
    suite.device("dtype_device", *two(2, 5))


EXERCISE = ExerciseDefinition(
    parameters=("joints", "focal", "rotation", "translation"),
    result_axes=("pose", "joint", "xy"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 82},
    tolerance={
        "values": 2e-5,
        "edge_cases": 2e-5,
        "layout": 2e-5,
        "gradient": 2e-5,
        "dtype_device": 2e-5,
    },
    advice={
        "shape": "Two numbers, x and y, for each joint of each pose: (pose, joint, 2).",
        "values": "Work one joint out by hand: rotate, add the translation, divide by minus Z, and "
        "multiply x with fx and y with fy. Each pose has numbers of its own.",
        "edge_cases": "Print the shapes of what you multiply and add in that call. Rotation and "
        "translation are two arguments, and each may be missing on its own.",
        "layout": "Use `.reshape` where `.view` insists on numbers that lie in memory in order.",
        "arguments": "Work on a copy: `a + b` makes a new tensor where `a += b` overwrites `a`.",
        "gradient": "All three coordinates of a joint move its projection. Stay in torch from the "
        "input to the result: numpy, `.item()`, `.detach()` and `torch.tensor(...)` cut the graph.",
        "vectorised": "A product of (B, J, 3) and (B, 3, 3) rotates all joints of all poses; with "
        "an axis of length 1, the translation is added to all joints of its pose.",
        "dtype_device": "Follow the dtype and the device of `joints`: make no tensors in float32 "
        "or on the CPU on the way.",
    },
)
