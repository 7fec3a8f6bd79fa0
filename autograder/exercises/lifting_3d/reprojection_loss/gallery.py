"""What the gallery shows of `reprojection_loss`: mistakes by id, and answers in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def _seen(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    if rotation is not None:
        joints = joints @ rotation.mT
    if translation is not None:
        joints = joints + translation[:, None]
    return focal[:, None] * joints[..., :2] / -joints[..., 2:]


def pose_by_pose(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> Tensor:
    """Right, with a list that grows pose by pose."""
    losses = []
    for i in range(len(joints)):
        one = slice(i, i + 1)
        first = _seen(joints[one], focal_1[one]) - observed_1[one]
        second = _seen(joints[one], focal_2[one], rotation[one], translation[one])
        losses.append(first.norm(dim=-1).mean())
        losses.append((second - observed_2[one]).norm(dim=-1).mean())
    return torch.stack(losses).mean()


def as_a_number(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> float:
    """Ends with .item()."""
    first = _seen(joints, focal_1) - observed_1
    second = _seen(joints, focal_2, rotation, translation) - observed_2
    return torch.stack((first, second)).norm(dim=-1).mean().item()


SHOWN = (
    "views_added",
    "squared_distances",
    "focal_lengths_exchanged",
    "first_view_only",
    "gradient_is_nan",
    pose_by_pose,
    as_a_number,
)
