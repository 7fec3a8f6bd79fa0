"""What the gallery shows of `joint_error`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def not_averaged(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """The distances themselves."""
    return (predicted - target).norm(dim=-1)


def mask_as_index(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Indexes with the mask, which works for booleans alone, and forgets the empty mask."""
    distances = (predicted - target).norm(dim=-1)
    return distances.mean() if visible is None else distances[visible].mean()


def distances_collected(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Right, with a list that grows joint by joint."""
    distances = []
    for sample in range(len(predicted)):
        for joint in range(len(predicted[sample])):
            if visible is None or visible[sample, joint]:
                distances.append((predicted[sample, joint] - target[sample, joint]).norm())
    return torch.stack(distances).mean() if distances else predicted.sum() * 0


SHOWN = (
    "rmse_instead_of_mean",
    "mean_of_sample_means",
    not_averaged,
    mask_as_index,
    distances_collected,
)
