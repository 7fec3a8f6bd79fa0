"""Right answers to `render_heatmaps`, written in other ways than the solution."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.exercises.bank import RightAnswers
from autograder.exercises.heatmap_2d.gaussian_heatmap.right_answers import meshgrid

Size = tuple[int, int]
RIGHT = RightAnswers()


def _blank(maps: Tensor, visible: Tensor | None) -> Tensor:
    return maps if visible is None else maps.masked_fill(visible[:, :, None, None] == 0, 0)


@RIGHT.answer
def separable_einsum(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    x = torch.exp(-((torch.arange(size[1]).to(poses) - poses[..., :1]) ** 2) / (2 * sigma**2))
    y = torch.exp(-((torch.arange(size[0]).to(poses) - poses[..., 1:]) ** 2) / (2 * sigma**2))
    return _blank(torch.einsum("bjh,bjw->bjhw", y, x), visible)


@RIGHT.answer
def where_instead_of_mask(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    columns = torch.arange(size[1], dtype=poses.dtype, device=poses.device).view(1, 1, 1, -1)
    rows = torch.arange(size[0], dtype=poses.dtype, device=poses.device).view(1, 1, -1, 1)
    x, y = poses.unbind(-1)
    maps = torch.exp(
        -((columns - x[..., None, None]) ** 2 + (rows - y[..., None, None]) ** 2) / (2 * sigma**2)
    )
    if visible is not None:
        maps = torch.where(visible.bool()[..., None, None], maps, torch.zeros_like(maps))
    return maps


@RIGHT.answer
def vmapped(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    def one(joint: Tensor) -> Tensor:
        return meshgrid(joint, size, sigma)

    return _blank(torch.vmap(torch.vmap(one))(poses), visible)


@RIGHT.answer
def points_far_away(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    if visible is not None:
        poses = torch.where(visible.bool()[..., None], poses, torch.full_like(poses, 1e9))
    y, x = torch.meshgrid(*(torch.arange(n).to(poses) for n in size), indexing="ij")
    grid = torch.stack([x, y], -1)
    return torch.exp(-(poses[:, :, None, None] - grid).square().sum(-1) / (2 * sigma**2))


@RIGHT.answer
def filled_where_visible(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    seen = torch.ones_like(poses[..., 0], dtype=torch.bool) if visible is None else visible > 0
    maps = torch.zeros(*poses.shape[:2], *size, dtype=poses.dtype, device=poses.device)
    x, y = poses[seen][:, 0, None, None], poses[seen][:, 1, None, None]
    columns = torch.arange(size[1]).to(poses)
    rows = torch.arange(size[0]).to(poses)[:, None]
    maps[seen] = torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    return maps


@RIGHT.answer
class Renderer:
    """A class may stand for a function: calling it returns the maps."""

    def __new__(  # type: ignore[misc]
        cls, poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
    ) -> Tensor:
        return where_instead_of_mask(poses, size, sigma, visible)


@RIGHT.answer
def minus_infinity(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    height, width = size
    x = torch.arange(width).to(poses).repeat(height, 1)
    y = torch.arange(height).to(poses).repeat(width, 1).T
    across, down = x - poses[:, :, None, None, 0], y - poses[:, :, None, None, 1]
    exponents = -(across.square() + down.square()) / (2 * sigma**2)
    if visible is not None:
        exponents = exponents.masked_fill(torch.logical_not(visible)[:, :, None, None], -math.inf)
    return exponents.exp()


@RIGHT.answer
def matmul_of_profiles(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    def profile(length: int, centre: Tensor) -> Tensor:
        steps = torch.arange(length, dtype=poses.dtype, device=poses.device)
        return torch.exp(-(((steps - centre.unsqueeze(-1)) / sigma) ** 2) / 2)

    maps = (
        profile(size[0], poses[..., 1])[..., None] @ profile(size[1], poses[..., 0])[..., None, :]
    )
    return _blank(maps, visible)


@RIGHT.answer
def put_where_visible(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    maps = separable_einsum(poses, size, sigma)
    if visible is None:
        return maps
    sample, joint = visible.nonzero(as_tuple=True)
    return torch.zeros_like(maps).index_put((sample, joint), maps[sample, joint])


@RIGHT.answer
def rendered_in_float64(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    return minus_infinity(poses.double(), size, sigma, visible).to(poses.dtype)


@RIGHT.answer
def hidden_at_infinity(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    if visible is not None:
        poses = poses.masked_fill((visible == 0)[..., None], math.inf)
    rows, columns = torch.arange(size[0]).to(poses), torch.arange(size[1]).to(poses)
    squared = (rows - poses[..., 1:]).square()[..., None]
    squared = squared + (columns - poses[..., :1]).square()[..., None, :]
    return squared.mul(-0.5 / sigma**2).exp()


@RIGHT.answer
def nan_removed_then_multiplied(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    maps = separable_einsum(poses, size, sigma).nan_to_num()
    return maps if visible is None else maps * visible.to(maps.dtype)[..., None, None]


@RIGHT.answer
def tiny_values_cleared(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    maps = matmul_of_profiles(poses, size, sigma, visible)
    return torch.where(maps > 1e-10, maps, 0.0)


@RIGHT.answer
def flat_poses(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    x, y = poses.reshape(-1, 2, 1, 1).unbind(1)
    across = (torch.arange(size[1]).to(poses) - x) / sigma
    down = (torch.arange(size[0]).to(poses)[:, None] - y) / sigma
    maps = torch.exp(-(across**2 + down**2) / 2).reshape(*poses.shape[:2], *size)
    return _blank(maps, visible)
