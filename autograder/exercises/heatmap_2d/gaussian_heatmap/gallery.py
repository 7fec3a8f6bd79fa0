"""What the gallery shows of `gaussian_heatmap`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor

Size = tuple[int, int]


def not_written_yet(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The cell as it was handed out."""
    # TODO
    raise NotImplementedError


def loop_over_pixels(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Right, one pixel at a time."""
    heatmap = torch.zeros(size, dtype=joint.dtype, device=joint.device)
    for row in range(size[0]):
        for column in range(size[1]):
            squared = (column - joint[0]) ** 2 + (row - joint[1]) ** 2
            heatmap[row, column] = torch.exp(-squared / (2 * sigma**2))
    return heatmap


def always_float32(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Right, but in float32 whatever the joint is in."""
    x = torch.arange(size[1], dtype=torch.float32)
    y = torch.arange(size[0], dtype=torch.float32)[:, None]
    return torch.exp(-((x - joint[0]) ** 2 + (y - joint[1]) ** 2) / (2 * sigma**2))


SHOWN = (
    not_written_yet,
    "square_of_height",
    "factor_two_missing",
    always_float32,
    loop_over_pixels,
)
