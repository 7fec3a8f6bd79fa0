"""Joints and cameras for the cases of weak supervision, and slow formulas for what is expected."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import SuiteBuilder

CENTRE = torch.tensor([0.3, -0.2, -3.0])
"""Where the poses are: none of them is at the root that the notebook's data set has."""


def moved(
    joint: Float[Tensor, " 3"],
    rotation: Float[Tensor, "3 3"] | None,
    translation: Float[Tensor, " 3"] | None,
) -> list[float]:
    """R x + t, number by number."""
    position = [float(value) for value in joint]
    if rotation is not None:
        rows = rotation.tolist()
        position = [sum(row[k] * position[k] for k in range(3)) for row in rows]
    if translation is not None:
        position = [position[k] + float(translation[k]) for k in range(3)]
    return position


def seen(position: list[float], focal: Float[Tensor, " 2"]) -> tuple[float, float]:
    """x = fx X / -Z and y = fy Y / -Z."""
    x, y, z = position
    return float(focal[0]) * x / -z, float(focal[1]) * y / -z


def draw_joints(suite: SuiteBuilder, poses: int, joints: int) -> Float[Tensor, "pose joint 3"]:
    """Joints around ``CENTRE``, far enough in front of a camera to stay there when it is turned."""
    return CENTRE + suite.uniform(poses, joints, 3, low=-0.9, high=0.9)


def draw_focal(suite: SuiteBuilder, poses: int) -> Float[Tensor, "pose 2"]:
    """Focal lengths that differ from pose to pose, and fx from fy by at least a third."""
    fx = suite.uniform(poses, low=1.2, high=2.4)
    return torch.stack((fx, fx * suite.uniform(poses, low=1.35, high=1.8)), dim=-1)


def draw_rotation(suite: SuiteBuilder, poses: int) -> Float[Tensor, "pose 3 3"]:
    """Rotations by 40 to 140 degrees about an axis that is up to 16 degrees off the line of sight.

    So whatever stands before a camera stays there, also where a wrong answer turns it backwards or
    leaves the rotation out: no wrong result is that of a division by nearly 0, which rounds badly.
    """
    angle = suite.uniform(poses, low=0.7, high=2.4) * _either_sign(suite, poses)
    tilt, around = suite.uniform(poses, low=0.12, high=0.28), suite.uniform(poses, high=6.28)
    axis = torch.stack((tilt.sin() * around.cos(), tilt.sin() * around.sin(), tilt.cos()), dim=-1)
    return _about(axis, angle).float()


def draw_turn(suite: SuiteBuilder, poses: int) -> Float[Tensor, "pose 3 3"]:
    """Rotations by 40 to 140 degrees about any axis, in float64, for what is not projected."""
    axis = torch.nn.functional.normalize(suite.normal(poses, 3).double(), dim=-1)
    return _about(axis, suite.uniform(poses, low=0.7, high=2.4))


def draw_translation(suite: SuiteBuilder, poses: int) -> Float[Tensor, "pose 3"]:
    """Translations of 0.2 to 0.5 along each axis, either way."""
    return suite.uniform(poses, 3, low=0.2, high=0.5) * _either_sign(suite, poses, 3)


def quarter_turns(poses: int) -> Float[Tensor, "pose 3 3"]:
    """Rotations by 90 degrees about the line of sight, every other one backwards: no rounding."""
    forth = torch.tensor([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return torch.stack([forth.mT if pose % 2 else forth for pose in range(poses)])


def exact_joints(suite: SuiteBuilder, poses: int, joints: int) -> Float[Tensor, "pose joint 3"]:
    """Joints whose projection, with focal lengths that are powers of two, needs no rounding."""
    across = suite.integers(poses, joints, 2, low=-8, high=9).float() / 8
    depth = torch.tensor([-1.0, -2.0, -4.0])[suite.integers(poses, joints, 1, high=3)]
    return torch.cat((across, depth), dim=-1)


def _either_sign(suite: SuiteBuilder, *shape: int) -> Tensor:
    return suite.integers(*shape, high=2).float() * 2 - 1


def _about(axis: Float[Tensor, "pose 3"], angle: Float[Tensor, " pose"]) -> Tensor:
    """Rodrigues' formula, rotation by rotation, in float64."""
    made = []
    for (x, y, z), turn in zip(axis.double().tolist(), angle.tolist(), strict=True):
        across = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=torch.float64)
        made.append(
            torch.eye(3, dtype=torch.float64)
            + math.sin(turn) * across
            + (1 - math.cos(turn)) * across @ across
        )
    return torch.stack(made)
