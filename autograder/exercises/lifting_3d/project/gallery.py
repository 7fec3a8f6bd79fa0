"""What the gallery shows of `project`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def pose_by_pose(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """Right, with a list that grows pose by pose."""
    projected = []
    for pose in range(len(joints)):
        points = joints[pose]
        if rotation is not None:
            points = points @ rotation[pose].T
        if translation is not None:
            points = points + translation[pose]
        projected.append(focal[pose] * points[:, :2] / -points[:, 2:])
    return torch.stack(projected)


def moved_in_place(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """Adds the translation to the argument itself."""
    if rotation is not None:
        joints = joints @ rotation.mT
    if translation is not None:
        joints += translation[:, None]
    joints[..., :2] /= -joints[..., 2:]
    return focal[:, None] * joints[..., :2]


def translation_not_broadcast(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """(pose, 3) is added to (pose, joint, 3)."""
    if rotation is not None:
        joints = joints @ rotation.mT
    if translation is not None:
        joints = joints + translation
    return focal[:, None] * joints[..., :2] / -joints[..., 2:]


SHOWN = (
    "sign_of_depth",
    "rotation_transposed",
    "translation_before_rotation",
    "translation_only_with_rotation",
    pose_by_pose,
    moved_in_place,
    translation_not_broadcast,
)
