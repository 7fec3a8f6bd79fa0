"""What the gallery shows of `multiview_consistency`: mistakes by id, and answers in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def joint_by_joint(
    joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor
) -> Tensor:
    """Right, with a list that grows joint by joint."""
    distances = []
    for pose in range(len(joints_1)):
        for one, other in zip(joints_1[pose], joints_2[pose], strict=True):
            distances.append((rotation[pose] @ one + translation[pose] - other).norm())
    return torch.stack(distances).mean()


def overwritten(
    joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor
) -> Tensor:
    """Subtracts from the argument itself."""
    joints_2 -= joints_1 @ rotation.mT + translation[:, None]
    return joints_2.norm(dim=-1).mean()


SHOWN = (
    "rotation_transposed",
    "translation_before_rotation",
    "rmse_instead_of_mean",
    "gradient_is_nan",
    "second_prediction_detached",
    joint_by_joint,
    overwritten,
)
