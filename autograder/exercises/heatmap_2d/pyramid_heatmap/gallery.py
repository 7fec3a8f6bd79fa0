"""What the gallery shows of `pyramid_heatmap`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor

Size = tuple[int, int]


def not_written_yet(joint: Tensor, size: Size, radius: float) -> Tensor:
    """The cell as it was handed out."""
    # TODO
    raise NotImplementedError


def loop_over_rows(joint: Tensor, size: Size, radius: float) -> Tensor:
    """Right, one row at a time."""
    x = torch.arange(size[1])
    rows = [(x - joint[0]).abs() + (row - joint[1]).abs() for row in range(size[0])]
    return (1 - torch.stack(rows) / radius).clamp(min=0)


SHOWN = (not_written_yet, "not_clamped", "xy_swapped", "cone", loop_over_rows)
