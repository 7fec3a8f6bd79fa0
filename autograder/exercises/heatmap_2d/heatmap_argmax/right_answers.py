"""Right answers to `heatmap_argmax`, written in other ways than the solution."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from autograder.exercises.bank import RightAnswers

Size = tuple[int, int]
RIGHT = RightAnswers()


@RIGHT.answer
def unravelled(heatmaps: Tensor) -> Tensor:
    row, column = torch.unravel_index(heatmaps.flatten(2).argmax(-1), heatmaps.shape[2:])
    return torch.stack([column, row], -1).to(heatmaps.dtype)


@RIGHT.answer
def divmod_of_max(heatmaps: Tensor) -> Tensor:
    batch, joints, height, width = heatmaps.shape
    index = heatmaps.reshape(batch, joints, height * width).max(dim=2).indices
    y = torch.div(index, width, rounding_mode="floor")
    return torch.stack([index - y * width, y], dim=2).float().to(heatmaps.dtype)


@RIGHT.answer
def column_then_row(heatmaps: Tensor) -> Tensor:
    best_in_row, column = heatmaps.max(-1)
    row = best_in_row.argmax(-1, keepdim=True)
    return torch.cat([column.gather(-1, row), row], -1).type_as(heatmaps)


@RIGHT.answer
def highest_of_one(heatmaps: Tensor) -> Tensor:
    index = heatmaps.view(*heatmaps.shape[:2], -1) if heatmaps.is_contiguous() else None
    flat = (heatmaps.flatten(2) if index is None else index).topk(1).indices[..., 0]
    return torch.stack((flat % heatmaps.shape[3], flat // heatmaps.shape[3]), 2).to(heatmaps)


@RIGHT.answer
def one_hot_and_grid(heatmaps: Tensor) -> Tensor:
    height, width = heatmaps.shape[-2:]
    chosen = functional.one_hot(heatmaps.flatten(2).argmax(-1), height * width)
    chosen = chosen.view(*heatmaps.shape[:2], height, width).to(heatmaps.dtype)
    x = (chosen.sum(2) * torch.arange(width).to(heatmaps)).sum(-1)
    y = (chosen.sum(3) * torch.arange(height).to(heatmaps)).sum(-1)
    return torch.stack([x, y], -1)


@RIGHT.answer
def by_numpy(heatmaps: Tensor) -> Tensor:
    maps = heatmaps.detach().cpu().numpy()
    index = maps.reshape(*maps.shape[:2], -1).argmax(-1)
    y, x = np.unravel_index(index, maps.shape[2:])
    return torch.from_numpy(np.stack([x, y], -1)).to(heatmaps)


@RIGHT.answer
def pooled(heatmaps: Tensor) -> Tensor:
    width = heatmaps.shape[-1]
    _, index = functional.adaptive_max_pool2d(heatmaps.double(), 1, return_indices=True)
    return torch.cat([index % width, index // width], -1)[:, :, 0].to(heatmaps.dtype)


@RIGHT.answer
def last_of_the_sorted(heatmaps: Tensor) -> Tensor:
    height, width = heatmaps.shape[-2:]
    index = heatmaps.flatten(2).sort(-1).indices[..., -1]
    columns = torch.arange(width, device=heatmaps.device).repeat(height)
    rows = torch.arange(height, device=heatmaps.device).repeat_interleave(width)
    return torch.stack([columns[index], rows[index]], -1).to(heatmaps.dtype)


@RIGHT.answer
def last_of_ties(heatmaps: Tensor) -> Tensor:
    width = heatmaps.shape[-1]
    backwards = heatmaps.flatten(2).flip(-1)
    index = backwards.shape[-1] - 1 - backwards.argmax(-1)
    return torch.stack([index.remainder(width), index.floor_divide(width)], -1).to(heatmaps.dtype)


@RIGHT.answer
def table_of_positions(heatmaps: Tensor) -> Tensor:
    rows, columns = (torch.arange(n, device=heatmaps.device) for n in heatmaps.shape[2:])
    table = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1).flatten(0, 1)
    return table[heatmaps.flatten(2).argmax(-1)].to(heatmaps)
