"""Maps of a wrong shape."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.heatmap_2d.hills.registry import Size, draws
from autograder.exercises.heatmap_2d.hills.right import axes, hills, profiles


@draws("It is transposed: rows are y, columns are x.", fails="shape")
def transposed(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(width, height)."""
    return hills(points, size, sigma).mT


@draws(
    "It is a square of `size[0]` rows and as many columns; `size[1]` is the number of columns.",
    fails="shape",
)
def square_of_height(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The height is used twice."""
    return hills(points, (size[0], size[0]), sigma)


@draws(
    "It is a square of `size[1]` columns and as many rows; `size[0]` is the number of rows.",
    fails="shape",
)
def square_of_width(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The width is used twice."""
    return hills(points, (size[1], size[1]), sigma)


@draws(
    "It is right if the map is square or higher than wide. Otherwise columns are missing: x runs "
    "from 0 to W - 1, however many rows there are.",
    fails="shape",
)
def cut_from_square_of_height(points: Tensor, size: Size, sigma: float) -> Tensor:
    """A grid of H x H pixels is cut to [:H, :W]."""
    return hills(points, (size[0], size[0]), sigma)[..., : size[1]]


@draws(
    "It is right if the map is square or wider than high. Otherwise rows are missing: y runs from "
    "0 to H - 1, however many columns there are.",
    fails="shape",
)
def cut_from_square_of_width(points: Tensor, size: Size, sigma: float) -> Tensor:
    """A grid of W x W pixels is cut to [:H, :W]."""
    return hills(points, (size[1], size[1]), sigma)[..., : size[0], :]


@draws(
    "It works for square maps alone. x has to vary along W columns and y along H rows, and both "
    "have to broadcast to (H, W).",
    fails="shape",
)
def right_on_square_maps_only(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Grids of W x W for x and H x H for y."""
    x, y = axes(points, size)
    dx = x.repeat(len(x), 1) - points[..., 0, None, None]
    dy = y.repeat(len(y), 1).T - points[..., 1, None, None]
    return torch.exp(-(dx**2 + dy**2) / (2 * sigma**2))


@draws(
    "Distances along x and along y are added pixel by pixel, in one row; that fits square maps "
    "alone and gives their diagonal. Those along y need an axis more: `[:, None]`.",
    fails="shape",
)
def diagonal_alone(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The rows have no axis of their own."""
    x, y = axes(points, size)
    dx, dy = x - points[..., 0, None], y - points[..., 1, None]
    return torch.exp(-(dx**2 + dy**2) / (2 * sigma**2))


@draws("The map is one long row of numbers: give it H rows and W columns.", fails="shape")
def flat(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(height * width,)."""
    return hills(points, size, sigma).flatten(-2)


@draws("There is an axis too many, of length 1, in front of rows and columns.", fails="shape")
def axis_too_many(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(1, height, width)."""
    return hills(points, size, sigma)[..., None, :, :]


@draws("Only the profile along x is drawn, in a single row: y is missing.", fails="shape")
def single_row(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(1, width)."""
    return profiles(points, size, sigma)[0]
