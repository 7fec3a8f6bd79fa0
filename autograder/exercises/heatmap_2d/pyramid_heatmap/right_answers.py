"""Right answers to `pyramid_heatmap`, written in other ways than the solution."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import RightAnswers

Size = tuple[int, int]
RIGHT = RightAnswers()


@RIGHT.answer
def meshgrid(joint: Tensor, size: Size, radius: float) -> Tensor:
    y, x = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    way = (x - joint[0]).abs() + (y - joint[1]).abs()
    return torch.maximum(1 - way / radius, torch.tensor(0.0))


@RIGHT.answer
def relu(joint: Tensor, size: Size, radius: float) -> Tensor:
    across = torch.abs(torch.arange(size[1])[None, :] - joint[0])
    down = torch.abs(torch.arange(size[0])[:, None] - joint[1])
    return torch.relu(1 - across / radius - down / radius)


@RIGHT.answer
def linspace(joint: Tensor, size: Size, radius: float) -> Tensor:
    height, width = size
    across = (torch.linspace(0, width - 1, width) - joint[0]).abs()
    down = (torch.linspace(0, height - 1, height) - joint[1]).abs()
    return torch.clamp(1 - (across.unsqueeze(0) + down.unsqueeze(1)) / radius, 0, 1)


@RIGHT.answer
def where(joint: Tensor, size: Size, radius: float) -> Tensor:
    x, y = torch.arange(size[1]), torch.arange(size[0]).reshape(-1, 1)
    way = (x - joint[0]).abs() + (y - joint[1]).abs()
    return torch.where(way < radius, 1 - way / radius, 0.0)


@RIGHT.answer
def times_a_mask(joint: Tensor, size: Size, radius: float) -> Tensor:
    x, y = torch.arange(size[1]), torch.arange(size[0])[:, None]
    heatmap = 1 - ((x - joint[0]).abs() + (y - joint[1]).abs()) / radius
    return heatmap * (heatmap > 0)


@RIGHT.answer
def negative_values_overwritten(joint: Tensor, size: Size, radius: float) -> Tensor:
    x, y = joint.tolist()
    across = (torch.arange(size[1]) - x).abs().expand(size)
    down = (torch.arange(size[0]) - y).abs()[:, None].expand(size)
    heatmap = 1 - (across + down) / radius
    heatmap[heatmap < 0] = 0
    return heatmap


@RIGHT.answer
def one_norm(joint: Tensor, size: Size, radius: float) -> Tensor:
    y, x = torch.meshgrid(*(torch.arange(n) for n in size), indexing="ij")
    pixels = torch.stack((x, y), dim=-1)
    return (1 - (pixels - joint).norm(p=1, dim=-1) / radius).clamp_(0)


@RIGHT.answer
def flat_pixels(joint: Tensor, size: Size, radius: float) -> Tensor:
    number = torch.arange(size[0] * size[1])
    way = (number % size[1] - joint[0]).abs() + (number // size[1] - joint[1]).abs()
    return (1 - way / radius).clamp(min=0).reshape(size)
