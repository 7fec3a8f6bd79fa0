"""What the gallery shows of `attention`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def head_by_head(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Right, with a loop over all that is in front of the tokens."""
    flat = [t.reshape(-1, *t.shape[-2:]) for t in (q, k, v)]
    scale = q.shape[-1] ** 0.5
    results = [(a @ b.mT / scale).softmax(-1) @ c for a, b, c in zip(*flat, strict=True)]
    return torch.stack(results).reshape(*q.shape[:-1], v.shape[-1])


def scaled_in_place(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Overwrites the queries."""
    q /= q.shape[-1] ** 0.5
    return (q @ k.mT).softmax(-1) @ v


SHOWN = (
    "softmax_over_queries",
    "unscaled",
    "scaled_by_width",
    "weights_transposed",
    "maximum_not_subtracted",
    "four_axes_written_in",
    "weights_detached",
    head_by_head,
    scaled_in_place,
)
