"""The right hills, and what they are made of."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.heatmap_2d.hills.registry import Size


def hills(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The right ones."""
    return torch.exp(-squared(points, size) / (2 * sigma**2))


def axes(points: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    """The pixels' x and y."""
    height, width = size
    return torch.arange(width).to(points), torch.arange(height).to(points)


def offsets_from(points: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """From each point to pixels at x and y: dx as a row, dy as a column."""
    return x - points[..., 0, None, None], y[:, None] - points[..., 1, None, None]


def offsets(points: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    """From each point to each pixel."""
    return offsets_from(points, *axes(points, size))


def squared(points: Tensor, size: Size) -> Tensor:
    """Squared distances from each point to each pixel."""
    dx, dy = offsets(points, size)
    return dx**2 + dy**2


def profiles(points: Tensor, size: Size, sigma: float) -> tuple[Tensor, Tensor]:
    """The factors of a hill, along x and along y."""
    dx, dy = offsets(points, size)
    return torch.exp(-(dx**2) / (2 * sigma**2)), torch.exp(-(dy**2) / (2 * sigma**2))


def on_grid(points: Tensor, x: Tensor, y: Tensor, sigma: float) -> Tensor:
    """Hills on pixels at x and y."""
    dx, dy = offsets_from(points, x.to(points), y.to(points))
    return torch.exp(-(dx**2 + dy**2) / (2 * sigma**2))


def limits(points: Tensor, size: Size) -> Tensor:
    """The last pixel's (x, y)."""
    return torch.tensor([size[1] - 1.0, size[0] - 1.0]).to(points)
