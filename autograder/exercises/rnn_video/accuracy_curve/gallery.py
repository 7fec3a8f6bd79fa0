"""What the gallery shows of `accuracy_curve`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def loop_over_joints(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Right, one joint and one threshold at a time."""
    distance = (predicted - target).norm(dim=-1)
    rows = [
        torch.stack([(distance[..., joint] <= t).to(predicted.dtype).mean() for t in thresholds])
        for joint in range(distance.shape[-1])
    ]
    return torch.stack(rows)


SHOWN = (
    "strictly_less",
    "within_a_square",
    "same_curve_for_all_joints",
    "transposed",
    loop_over_joints,
)
