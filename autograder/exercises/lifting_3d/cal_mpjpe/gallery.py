"""What the gallery shows of `cal_mpjpe`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def not_averaged(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """The distances themselves."""
    return (pose_1 - pose_2).norm(dim=-1)


def pose_by_pose(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Right, with a loop over the poses."""
    errors = []
    for one, other in zip(pose_1, pose_2, strict=True):
        errors.append((one - other).reshape(-1, 3).norm(dim=-1).mean())
    return torch.stack(errors).mean() if avg else torch.stack(errors)


SHOWN = (
    "root_of_the_mean_square",
    "flat_pose_as_one_joint",
    "avg_ignored",
    not_averaged,
    pose_by_pose,
)
