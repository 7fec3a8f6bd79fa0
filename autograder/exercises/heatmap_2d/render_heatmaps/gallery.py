"""What the gallery shows of `render_heatmaps`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor

Size = tuple[int, int]


def one_map_after_another(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Right, with a comprehension over samples and joints."""
    y, x = torch.meshgrid(*(torch.arange(n).to(poses) for n in size), indexing="ij")

    def gaussian(joint: Tensor) -> Tensor:
        return torch.exp(-((x - joint[0]) ** 2 + (y - joint[1]) ** 2) / (2 * sigma**2))

    maps = torch.stack([torch.stack([gaussian(joint) for joint in pose]) for pose in poses])
    return maps if visible is None else maps.masked_fill(visible[:, :, None, None] == 0, 0)


def axes_forgotten(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The poses lack the two axes of a map."""
    x = torch.arange(size[1]).to(poses)
    y = torch.arange(size[0]).to(poses)[:, None]
    squared = (x - poses[..., 0]) ** 2 + (y - poses[..., 1]) ** 2
    return torch.exp(-squared / (2 * sigma**2))


def moves_hidden_joints_away(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Right, but hidden joints are overwritten in the caller's poses."""
    if visible is not None:
        poses[visible == 0] = 1e6
    x = torch.arange(size[1]).to(poses)
    y = torch.arange(size[0]).to(poses)[:, None]
    squared = (x - poses[..., 0, None, None]) ** 2 + (y - poses[..., 1, None, None]) ** 2
    return torch.exp(-squared / (2 * sigma**2))


SHOWN = (
    "first_samples_visibility",
    "nan_times_zero",
    axes_forgotten,
    moves_hidden_joints_away,
    one_map_after_another,
)
