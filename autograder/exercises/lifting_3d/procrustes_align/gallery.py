"""What the gallery shows of `procrustes_align`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def iterative(predicted: Tensor, target: Tensor) -> Tensor:
    """Right in the mean only: nothing is turned, the axes are scaled by themselves."""
    p, mean = predicted - predicted.mean(1, keepdim=True), target.mean(1, keepdim=True)
    q = target - mean
    return p * (p * q).sum(1, keepdim=True) / p.square().sum(1, keepdim=True) + mean


def pose_by_pose(predicted: Tensor, target: Tensor) -> Tensor:
    """Right, with a loop over the poses."""
    aligned = []
    for p, q in zip(predicted, target, strict=True):
        mean = q.mean(0)
        p = p - p.mean(0)
        u, s, vt = torch.linalg.svd(p.T @ (q - mean))
        sign = torch.ones_like(s)
        sign[2] = torch.linalg.det(u @ vt).sign()
        size = p.square().sum()
        scale = (s * sign).sum() / size if size > 0 else size
        aligned.append(scale * p @ (u * sign) @ vt + mean)
    return torch.stack(aligned)


def error_returned(predicted: Tensor, target: Tensor) -> Tensor:
    """The distance that is left, instead of the poses."""
    return (predicted - target).norm(dim=-1).mean()


SHOWN = (
    "mirrored",
    "scale_of_sizes",
    "v_for_its_transpose",
    "one_rotation_for_all",
    iterative,
    pose_by_pose,
    error_returned,
)
