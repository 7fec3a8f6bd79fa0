"""Right answers to `sliding_windows`, written in other ways than the solution."""

from __future__ import annotations

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def ends_instead_of_starts(
    n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)
) -> Tensor:
    back = torch.arange(length - 1, -1, -1)
    found = []
    for stride in strides:
        first = stride * (length - 1)
        found.append(torch.arange(first, max(n_frames, first))[:, None] - stride * back)
    return torch.cat(found)


@RIGHT.answer
def unfolded(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    found = [torch.zeros(0, length, dtype=torch.int64)]
    for stride in strides:
        extent = (length - 1) * stride + 1
        if extent <= n_frames:
            found.append(torch.arange(n_frames).unfold(0, extent, 1)[:, ::stride])
    return torch.cat(found)


@RIGHT.answer
def those_that_fit(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    steps = torch.tensor(strides)[:, None, None] * torch.arange(length)
    windows = (torch.arange(n_frames)[:, None] + steps).reshape(-1, length)
    return windows[windows[:, -1] < n_frames]


@RIGHT.answer
def strided_view(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    frames, found = torch.arange(n_frames), []
    for stride in strides:
        size = (max(n_frames - (length - 1) * stride, 0), length)
        found.append(frames.as_strided(size, (1, stride)))
    return torch.concatenate(found)


@RIGHT.answer
def numpys_windows(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    found = [np.empty((0, length), dtype=np.int64)]
    for stride in strides:
        if n_frames > (length - 1) * stride:
            extent = (length - 1) * stride + 1
            found.append(sliding_window_view(np.arange(n_frames), extent)[:, ::stride])
    return torch.from_numpy(np.concatenate(found))


@RIGHT.answer
def summed_steps(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    result = torch.empty((0, length), dtype=torch.long)
    for stride in strides:
        rows = max(0, n_frames - stride * (length - 1))
        windows = torch.full((rows, length), stride)
        windows[:, 0] = torch.arange(rows)
        result = torch.vstack([result, windows.cumsum(1)])
    return result


@RIGHT.answer
def outer_sum(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    return torch.vstack(
        tuple(
            torch.arange(0, n_frames - (length - 1) * stride)[:, None].expand(-1, length)
            + torch.arange(0, stride * length, stride)
            for stride in strides
            if n_frames > (length - 1) * stride
        )
        or (torch.zeros((0, length), dtype=torch.int64),)
    )


@RIGHT.answer
def meshed(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    def windows(stride: int) -> Tensor:
        starts = torch.arange(n_frames)[: max(n_frames - stride * (length - 1), 0)]
        start, step = torch.meshgrid(starts, torch.arange(length), indexing="ij")
        return torch.add(start, step, alpha=stride)

    return torch.cat(tuple(map(windows, strides)))


@RIGHT.answer
def from_a_flat_index(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    found = []
    for stride in strides:
        rows = 0 if n_frames < stride * (length - 1) + 1 else n_frames - stride * (length - 1)
        index = torch.arange(rows * length)
        found.append((index // length + index % length * stride).reshape(rows, length))
    return torch.cat(found)


@RIGHT.answer
def in_floating_point(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    found = []
    for stride in strides:
        number = max(n_frames - (length - 1) * stride, 0)
        steps = torch.linspace(0, (length - 1) * stride, length)
        found.append(torch.arange(float(number))[:, None] + steps)
    return torch.cat(found).round().long()
