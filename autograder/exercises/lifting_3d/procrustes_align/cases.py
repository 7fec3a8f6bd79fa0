"""Each prediction moved, rotated and scaled onto its target."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    predicted: Float[Tensor, "pose joint 3"], target: Float[Tensor, "pose joint 3"]
) -> Float[Tensor, "pose joint 3"]:
    """Horn's closed form of 1987, pose by pose: the rotation is a unit quaternion.

    The best one is the eigenvector to the largest eigenvalue of a symmetric 4 x 4 matrix. A
    quaternion cannot mirror, so no case has to be looked at by itself.
    """
    return torch.stack(
        [_aligned(p.double(), q.double()) for p, q in zip(predicted, target, strict=True)]
    )


def _aligned(predicted: Tensor, target: Tensor) -> Tensor:
    p, q = predicted - predicted.mean(0), target - target.mean(0)
    xx, xy, xz = ((p[:, 0] * q[:, axis]).sum() for axis in range(3))
    yx, yy, yz = ((p[:, 1] * q[:, axis]).sum() for axis in range(3))
    zx, zy, zz = ((p[:, 2] * q[:, axis]).sum() for axis in range(3))
    symmetric = torch.tensor(
        [
            [xx + yy + zz, yz - zy, zx - xz, xy - yx],
            [yz - zy, xx - yy - zz, xy + yx, zx + xz],
            [zx - xz, xy + yx, yy - xx - zz, yz + zy],
            [xy - yx, zx + xz, yz + zy, zz - xx - yy],
        ],
        dtype=torch.float64,
    )
    w, x, y, z = torch.linalg.eigh(symmetric).eigenvectors[:, -1]
    rotation = torch.tensor(
        [
            [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
        ],
        dtype=torch.float64,
    )
    turned = p @ rotation.T
    size = float(turned.square().sum())
    scale = float((turned * q).sum()) / size if size > 0 else 0.0
    return scale * turned + target.mean(0)


def build_suite(suite: SuiteBuilder) -> None:
    """Predictions that are turned by large angles, each in its own way, and are wrong besides."""

    def target_of(number: int, joints: int) -> Tensor:
        # Longer than wide, and wider than deep: then the best rotation is well determined.
        return suite.normal(number, joints, 3) * torch.tensor([1.0, 2.0, 0.6])

    def rotations(number: int) -> Tensor:
        # Of the whole group, not only small ones: q of a QR decomposition, without mirrors.
        q, r = torch.linalg.qr(suite.normal(number, 3, 3).double())
        q = q * r.diagonal(dim1=1, dim2=2).sign()[:, None, :]
        q[:, :, 0] *= torch.linalg.det(q).sign()[:, None]
        return q.float()

    def moved(target: Tensor, noise: float) -> Tensor:
        number = len(target)
        scale = suite.uniform(number, 1, 1, low=0.4, high=2.0)
        offset = 2 * suite.normal(number, 1, 3)
        errors = noise * suite.normal(*target.shape)
        return scale * (target + errors) @ rotations(number) + offset

    def any_poses(number: int, joints: int, noise: float = 0.3) -> tuple[Tensor, Tensor]:
        target = target_of(number, joints) + suite.normal(number, 1, 3)
        return moved(target, noise), target

    def poses(number: int, joints: int, noise: float = 0.3) -> tuple[Tensor, Tensor]:
        # That large errors may ask for a mirror is a question of its own.
        while True:
            predicted, target = any_poses(number, joints, noise)
            p, q = (pose - pose.mean(1, keepdim=True) for pose in (predicted, target))
            if bool((torch.linalg.det(p.mT @ q) > 1e-2).all()):
                return predicted, target

    suite.says("Each prediction moved, rotated and scaled onto its target")
    suite.call("shape", *poses(4, 6))

    exact = target_of(3, 7) + 1
    suite.says("a prediction that is its target, but turned, twice as large and somewhere else")
    suite.call("values", moved(exact, 0.0), exact, remark="a target that was only moved")
    suite.says("the sum of the squared distances between the joints is as small as possible")
    suite.call("values", *poses(5, 15))
    suite.call("values", *poses(3, 9, noise=0.5), remark="large errors")
    suite.says("Each pose has a motion of its own.")
    suite.call("values", *poses(4, 8))

    suite.says("prediction with left and right exchanged has to stay wrong")
    mirror = torch.tensor([-1.0, 1.0, 1.0])
    exact = target_of(4, 8)
    mirrored = moved(exact * mirror, 0.1)
    suite.call("edge_cases", mirrored, exact, remark="mirrored predictions")
    suite.says("A rotation turns; it does not mirror.")
    some, all_of_it = poses(4, 8)
    some[1::2] = moved(all_of_it[1::2] * mirror, 0.1)
    suite.call("edge_cases", some, all_of_it, remark="every other prediction is mirrored")
    suite.says("all of its joints are moved to the mean of the target's joints")
    some, all_of_it = poses(3, 6)
    # A power of two, whose mean is exact: what is left of a pose at one point is 0, not rounding.
    some[1] = torch.tensor([0.5, -2.0, 1.0])
    suite.call("edge_cases", some, all_of_it, remark="in one prediction all joints at one point")
    suite.says("Each pose has a motion of its own.")
    suite.call("edge_cases", *poses(1, 5), remark="a single pose")
    remark = "as many poses as joints and coordinates"
    suite.call("edge_cases", *any_poses(3, 3), remark=remark)
    flat, target = poses(3, 7)
    flat[..., 2] = 0
    suite.call("edge_cases", flat, target, remark="predictions in a plane")

    small, target = poses(3, 6)
    suite.call("edge_cases", small / 1000, target, remark="predictions a thousand times smaller")

    suite.says("leaves its arguments unchanged")
    suite.call("arguments", *poses(3, 5))
    suite.says("it processes all poses and joints at once, without a loop in Python")
    for axis, (number, joints) in suite.sizes(poses=3, joints=5):
        suite.count("vectorised", axis, *poses(number, joints))
    suite.says("computes in the dtype and on the device of its first argument")
    predicted, target = poses(3, 8)
    # Far from 0, where float32 is coarse; target and result are not.
    suite.call("dtype_device", 1e6 + predicted.double(), target.double(), remark="float64 input")
    suite.call("dtype_device", *poses(3, 8), remark="float32 input")
    suite.device("dtype_device", *poses(3, 8))


EXERCISE = ExerciseDefinition(
    parameters=("predicted", "target"),
    result_axes=("pose", "joint", "xyz"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 134},
    tolerance={"values": 1e-4, "edge_cases": 1e-4, "dtype_device": 1e-4},
    advice={
        "shape": "The result has the shape of `predicted`: (pose, joint, 3).",
        "values": "Try a prediction that is its own target, first moved, then scaled, then turned: "
        "which of the three is not undone?",
        "edge_cases": "Where the best orthogonal matrix would mirror, the last singular value and "
        "its axis change their sign. And what is 0 / 0?",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "vectorised": "`torch.linalg.svd` and `@` work on a whole batch of matrices.",
        "dtype_device": "Follow the dtype and the device of `predicted`.",
    },
)
