"""Right answers to `pixels_to_01`, written in other ways than the solution."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import RightAnswers

Size = tuple[int, int]
RIGHT = RightAnswers()


@RIGHT.answer
def stacked(points_px: Tensor, size: Size) -> Tensor:
    u = points_px[..., 0] / (size[1] - 1)
    v = points_px[..., 1] / (size[0] - 1)
    return torch.stack((u, v), dim=-1)


@RIGHT.answer
def size_turned_round(points_px: Tensor, size: Size) -> Tensor:
    return points_px / (torch.tensor(size).flip(0) - 1)


@RIGHT.answer
def multiplied_by_the_step(points_px: Tensor, size: Size) -> Tensor:
    height, width = size
    return points_px * torch.tensor([1 / (width - 1), 1 / (height - 1)])


@RIGHT.answer
def written_into_a_copy(points_px: Tensor, size: Size) -> Tensor:
    points_01 = points_px.clone()
    points_01[..., 0] /= size[1] - 1
    points_01[..., 1] /= size[0] - 1
    return points_01


@RIGHT.answer
def unbound(points_px: Tensor, size: Size) -> Tensor:
    x, y = points_px.unbind(-1)
    return torch.cat((x[..., None] / (size[1] - 1), y[..., None] / (size[0] - 1)), -1)


@RIGHT.answer
def point_by_point(points_px: Tensor, size: Size) -> Tensor:
    flat = points_px.reshape(-1, 2)
    points = [[float(x) / (size[1] - 1), float(y) / (size[0] - 1)] for x, y in flat]
    return torch.tensor(points).reshape(points_px.shape)


@RIGHT.answer
def by_a_matrix(points_px: Tensor, size: Size) -> Tensor:
    return points_px @ torch.diag(1 / torch.tensor([size[1] - 1.0, size[0] - 1.0]))


@RIGHT.answer
def in_double(points_px: Tensor, size: Size) -> Tensor:
    return points_px.double() / torch.tensor([size[1] - 1, size[0] - 1])
