"""What the gallery shows of `sliding_windows`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def loop_over_starts(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    """Right, one window at a time."""
    rows = []
    for stride in strides:
        for start in range(n_frames - (length - 1) * stride):
            rows.append(torch.arange(length) * stride + start)
    return torch.stack(rows) if rows else torch.zeros(0, length, dtype=torch.int64)


def list_of_windows(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Any:
    """The right numbers as lists."""
    return [
        [start + stride * step for step in range(length)]
        for stride in strides
        for start in range(n_frames - (length - 1) * stride)
    ]


SHOWN = (
    "last_window_lost",
    "one_window_at_least",
    "sorted_by_start",
    loop_over_starts,
    list_of_windows,
)
