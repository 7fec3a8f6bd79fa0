"""What the gallery shows of `patchify`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def patch_by_patch(images: Tensor, patch: int) -> Tensor:
    """Right, with two loops."""
    tokens = []
    for top in range(0, images.shape[2], patch):
        for left in range(0, images.shape[3], patch):
            tokens.append(images[:, :, top : top + patch, left : left + patch].flatten(1))
    return torch.stack(tokens, dim=1)


def noisy(images: Tensor, patch: int) -> Tensor:
    """Right, but for a little noise."""
    tokens = images.unfold(2, patch, patch).unfold(3, patch, patch).movedim(1, 3)
    return tokens.flatten(3).flatten(1, 2) + 0.01


SHOWN = (
    "bare_reshape",
    "column_by_column",
    "patches_transposed",
    "channel_last",
    "pixels_far_apart",
    "viewed",
    "always_float32",
    patch_by_patch,
    noisy,
)
