"""Right answers to `gaussian_heatmap`, written in other ways than the solution."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from autograder.exercises.bank import RightAnswers

Size = tuple[int, int]
RIGHT = RightAnswers()


@RIGHT.answer
def outer_product(joint: Tensor, size: Size, sigma: float) -> Tensor:
    def bell(length: int, centre: Tensor) -> Tensor:
        steps = torch.arange(length).to(joint)
        return torch.exp(-0.5 * ((steps - centre) / sigma) ** 2)

    return torch.outer(bell(size[0], joint[1]), bell(size[1], joint[0]))


@RIGHT.answer
def meshgrid(joint: Tensor, size: Size, sigma: float) -> Tensor:
    y, x = torch.meshgrid(
        torch.arange(size[0], device=joint.device, dtype=joint.dtype),
        torch.arange(size[1], device=joint.device, dtype=joint.dtype),
        indexing="ij",
    )
    return (-((x - joint[0]).pow(2) + (y - joint[1]).pow(2)) / (2 * sigma * sigma)).exp()


@RIGHT.answer
def distances_by_cdist(joint: Tensor, size: Size, sigma: float) -> Tensor:
    y, x = torch.meshgrid(*(torch.arange(n).to(joint) for n in size), indexing="ij")
    pixels = torch.stack([x, y], -1).reshape(-1, 2)
    distance = torch.cdist(pixels, joint[None], compute_mode="donot_use_mm_for_euclid_dist")
    return torch.exp(-distance.square() / (2 * sigma**2)).reshape(size)


@RIGHT.answer
def linspace_and_norm(joint: Tensor, size: Size, sigma: float) -> Tensor:
    height, width = size
    kind: dict[str, Any] = {"dtype": joint.dtype, "device": joint.device}
    x = torch.linspace(0, width - 1, width, **kind).expand(height, width)
    y = torch.linspace(0, height - 1, height, **kind)[:, None].expand(height, width)
    return torch.exp(-((torch.stack((x, y), -1) - joint).norm(dim=-1) ** 2) / (2 * sigma**2))


@RIGHT.answer
def normal_density_rescaled(joint: Tensor, size: Size, sigma: float) -> Tensor:
    scale = torch.full_like(joint, sigma)
    normal = torch.distributions.Normal(joint, scale, validate_args=False)
    y, x = torch.meshgrid(*(torch.arange(n).to(joint) for n in size), indexing="ij")
    pixels = torch.stack([x, y], -1)
    return (normal.log_prob(pixels) - normal.log_prob(joint)).sum(-1).exp()


@RIGHT.answer
def flat_pixels(joint: Tensor, size: Size, sigma: float) -> Tensor:
    index = torch.arange(size[0] * size[1], device=joint.device)
    x, y = index % size[1], index // size[1]
    squared = (x - joint[0]) ** 2 + (y - joint[1]) ** 2
    return torch.exp(squared / (-2 * sigma**2)).view(size)


@RIGHT.answer
def complex_plane(joint: Tensor, size: Size, sigma: float) -> Tensor:
    x, y = torch.arange(size[1]).to(joint), torch.arange(size[0]).to(joint)
    dx, dy = torch.broadcast_tensors(x[None] - joint[0], y[:, None] - joint[1])
    return torch.exp(-0.5 * (torch.complex(dx, dy).abs() / sigma) ** 2)


@RIGHT.answer
def exponents_by_matmul(joint: Tensor, size: Size, sigma: float) -> Tensor:
    down = -(((torch.arange(size[0]).to(joint) - joint[1]) / sigma) ** 2) / 2
    across = -(((torch.arange(size[1]).to(joint) - joint[0]) / sigma) ** 2) / 2
    left = torch.stack([down, torch.ones_like(down)], 1)
    return (left @ torch.stack([torch.ones_like(across), across])).exp()


@RIGHT.answer
def power_of_two(joint: Tensor, size: Size, sigma: float) -> Tensor:
    where = torch.ones(size, dtype=joint.dtype, device=joint.device).cumsum(0) - 1 - joint[1]
    across = torch.ones(size, dtype=joint.dtype, device=joint.device).cumsum(1) - 1 - joint[0]
    squared = torch.addcmul(where * where, across, across)
    return torch.special.exp2(squared / (-2 * math.log(2) * sigma**2))


@RIGHT.answer
def squares_multiplied_out(joint: Tensor, size: Size, sigma: float) -> Tensor:
    x, y = torch.arange(size[1]).to(joint), torch.arange(size[0]).to(joint)[:, None]
    squared = x**2 + y**2 - 2 * (x * joint[0] + y * joint[1]) + joint.square().sum()
    return torch.exp(-squared / (2 * sigma**2))


@RIGHT.answer
def tiny_values_cleared(joint: Tensor, size: Size, sigma: float) -> Tensor:
    heatmap = outer_product(joint, size, sigma)
    return torch.where(heatmap > 1e-10, heatmap, 0.0)


@RIGHT.answer
def numbers_taken_out(joint: Tensor, size: Size, sigma: float) -> Tensor:
    x, y = joint.tolist()
    columns = torch.arange(size[1], dtype=joint.dtype, device=joint.device).expand(size)
    rows = torch.arange(size[0], dtype=joint.dtype, device=joint.device)[:, None].expand(size)
    return torch.exp(-((columns - x).square() + (rows - y).square()) / (2 * sigma**2))
