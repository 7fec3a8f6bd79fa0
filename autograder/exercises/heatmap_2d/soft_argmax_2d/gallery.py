"""What the gallery shows of `soft_argmax_2d`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def mapped_over_samples(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Right, with `map` over the samples."""
    x = torch.arange(logits.shape[3]).to(logits)
    y = torch.arange(logits.shape[2]).to(logits)

    def points(maps: Tensor) -> Tensor:
        p = (beta * maps).flatten(1).softmax(-1).reshape(maps.shape)
        return torch.stack([p.sum(1) @ x, p.sum(2) @ y], -1)

    return torch.stack(list(map(points, logits)))


def grid_on_the_cpu(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Right on a CPU; the coordinates stay there."""
    p = (beta * logits).flatten(2).softmax(-1).reshape(logits.shape)
    x = torch.arange(logits.shape[3], dtype=logits.dtype)
    y = torch.arange(logits.shape[2], dtype=logits.dtype)
    return torch.stack([(p.sum(2) * x).sum(-1), (p.sum(3) * y).sum(-1)], -1)


SHOWN = (
    "softmax_over_width",
    "hard_argmax",
    "exp_overflows",
    grid_on_the_cpu,
    mapped_over_samples,
)
