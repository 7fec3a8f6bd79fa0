"""Cameras that look at people, in the lifting lab's convention, and what they see.

A camera looks down its -z axis and has y up: it sees a point (X, Y, Z) of its own frame at
x = fx X / -Z, y = fy Y / -Z. The unit of length is the first camera's distance from the pelvis,
at which it looks straight, so the pelvis is at (0, 0, -1).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float32, Float64
from torch import Tensor

from data_stubs.human.anatomy import rotation_about
from data_stubs.rows import Rows
from poselab.datasets.lifting import LiftingPoses, TwoViews

_DISTANCE = (2.5, 6.5)
"""How far the first camera is from the pelvis, in metres."""
_ELEVATION = (-8.0, 35.0)
"""How far a camera is above the horizontal through the pelvis, seen from there, in degrees."""
_AROUND = (30.0, 150.0)
"""How far around the person the second camera is from the first, in degrees, either way."""


@dataclass(frozen=True)
class Views(Rows):
    """A camera for each pose.

    Args:
        rotation: from the world's frame to the camera's.
        position: the camera's centre in the world, in metres.
        focal: the focal lengths (fx, fy); 1 is a field of view of 90 degrees from -1 to 1.
    """

    rotation: Float64[Tensor, "pose 3 3"]
    position: Float64[Tensor, "pose 3"]
    focal: Float64[Tensor, "pose 2"]


def _uniform(n: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(n, generator=generator, dtype=torch.float64)


def _look(
    at: Float64[Tensor, "pose 3"],
    azimuth: Float64[Tensor, " pose"],
    distance: Float64[Tensor, " pose"],
    generator: torch.Generator,
) -> Views:
    """Draw cameras around the points ``at``, in directions ``azimuth`` (radians, 0 is +z)."""
    n = len(at)
    elevation = torch.deg2rad(_uniform(n, *_ELEVATION, generator))
    roll = torch.deg2rad(_uniform(n, -6, 6, generator))
    # From the camera's frame to the world's: the z axis points from the person to the camera.
    to_world = (
        rotation_about("y", azimuth) @ rotation_about("x", -elevation) @ rotation_about("z", roll)
    )
    fx = _uniform(n, 2.25, 2.35, generator)
    fy = fx * _uniform(n, 0.995, 1.005, generator)
    return Views(
        rotation=to_world.mT,
        position=at + distance.unsqueeze(1) * to_world[..., 2],
        focal=torch.stack((fx, fy), dim=-1),
    )


def _project(
    joints: Float32[Tensor, "pose joint 3"], focal: Float32[Tensor, "pose 2"]
) -> Float32[Tensor, "pose joint 2"]:
    """Project what will be stored, so that a file's 2D is the projection of its own 3D."""
    exact = joints.double()
    return (focal.double().unsqueeze(1) * exact[..., :2] / -exact[..., 2:]).float()


def _seen_from(
    views: Views, points: Float64[Tensor, "pose joint 3"]
) -> Float64[Tensor, "pose joint 3"]:
    """Convert points from the world's frame to the cameras', in metres."""
    return (points - views.position.unsqueeze(1)) @ views.rotation.mT


def film(
    joints: Float[Tensor, "pose joint 3"],
    pelvis: Float[Tensor, "pose 3"],
    generator: torch.Generator,
) -> TwoViews:
    """Film each pose with two cameras of its own.

    Args:
        joints: positions in the world, in metres, y up.
        pelvis: where the pelvis is in the world, in metres.
        generator: the only source of randomness.

    Returns:
        The poses as the cameras see them. The first camera looks straight at the pelvis from any
        side; the second is 30 to 150 degrees further around the person, either way, and looks
        about there.
    """
    n = len(joints)
    world, root = joints.double(), pelvis.double()
    distance = _uniform(n, *_DISTANCE, generator)
    azimuth = torch.deg2rad(_uniform(n, -180, 180, generator))
    first = _look(root, azimuth, distance, generator)
    around = torch.deg2rad(_uniform(n, *_AROUND, generator))
    either_way = _uniform(n, -1, 1, generator).sign()
    beside = 0.2 * torch.stack([_uniform(n, -1, 1, generator) for _ in range(3)], dim=-1)
    second = _look(
        root + beside,
        azimuth + either_way * around,
        distance * _uniform(n, 0.8, 1.25, generator),
        generator,
    )

    unit = distance.view(-1, 1, 1)
    joint_3d = (_seen_from(first, world) / unit).float()
    focal_1, focal_2 = first.focal.float(), second.focal.float()
    rotation = (second.rotation @ first.rotation.mT).float()
    between = (first.position - second.position).unsqueeze(-1)
    translation = (second.rotation @ between / unit).squeeze(-1).float()
    joint_3d_2 = joint_3d.double() @ rotation.double().mT + translation.double().unsqueeze(1)
    return TwoViews(
        joint_2d_1=_project(joint_3d, focal_1),
        joint_2d_2=_project(joint_3d_2, focal_2),
        joint_3d=joint_3d,
        focal_1=focal_1,
        focal_2=focal_2,
        rotation=rotation,
        translation=translation,
    )


def first_view(poses: TwoViews) -> LiftingPoses:
    """Return what the first of two cameras sees."""
    return LiftingPoses(poses.joint_2d_1, poses.joint_3d, poses.focal_1)
