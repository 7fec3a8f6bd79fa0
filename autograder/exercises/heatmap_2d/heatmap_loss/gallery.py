"""What the gallery shows of `heatmap_loss`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def loop_over_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Right, one joint at a time."""
    total, count = predicted.sum() * 0, 0
    for sample in range(predicted.shape[0]):
        for joint in range(predicted.shape[1]):
            if visible[sample, joint]:
                total = total + ((predicted - target)[sample, joint] ** 2).mean()
                count += 1
    return total / max(count, 1)


def number_made_a_tensor(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Right, but the loss leaves torch on the way."""
    errors = ((predicted - target) ** 2).mean((-1, -2))
    loss = (errors * visible).sum().item() / max(visible.sum().item(), 1)
    return torch.tensor(loss, dtype=predicted.dtype)


def worst_joint(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The largest of the joints' errors: a mistake that has no name yet."""
    errors = ((predicted - target) ** 2).mean((-1, -2))
    return (errors * visible).max()


SHOWN = (
    "divided_by_all_joints",
    "nan_without_visible",
    worst_joint,
    number_made_a_tensor,
    loop_over_joints,
)
