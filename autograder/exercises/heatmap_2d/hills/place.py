"""Hills in a wrong place."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.exercises.heatmap_2d.hills.registry import Size, also, draws
from autograder.exercises.heatmap_2d.hills.right import axes, hills, limits, offsets, on_grid


@draws("It matches the target if joints are rounded to whole pixels. Keep the fraction.")
def centre_rounded(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Centres are rounded."""
    return hills(points.round(), size, sigma)


@also("centre_rounded")
def centre_plus_half_truncated(points: Tensor, size: Size, sigma: float) -> Tensor:
    """int(x + 0.5)."""
    return hills((points + 0.5).trunc(), size, sigma)


@also("centre_rounded")
def blurred_pixel(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The nearest pixel, blurred by a kernel that ends at three sigmas."""
    centre = points.round().clamp(min=0).minimum(limits(points, size))
    dx, dy = offsets(centre, size)
    far = torch.maximum(dx.abs(), dy.abs()) > math.ceil(3 * sigma)
    return hills(centre, size, sigma).masked_fill(far, 0)


@draws("It matches the target if joints are truncated to whole pixels. Keep the fraction.")
def centre_truncated(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Centres are truncated."""
    return hills(points.trunc(), size, sigma)


@also("centre_truncated")
def centre_rounded_down(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Centres are rounded towards minus infinity."""
    return hills(points.floor(), size, sigma)


@draws("It matches the target if joints are rounded up to whole pixels. Keep the fraction.")
def centre_rounded_up(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Centres are rounded up."""
    return hills(points.ceil(), size, sigma)


@draws(
    "The hill is half a pixel too far to the right and down. The joint's coordinates already "
    "count from the first pixel's centre: add nothing to them."
)
def half_pixel_added(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Half a pixel is added to the joint."""
    return hills(points + 0.5, size, sigma)


@draws(
    "The hill has to stand on its joint: pixel centres are at 0, 1, 2..., and the joint's "
    "coordinates count from the first one's centre."
)
def shifted(points: Tensor, size: Size, sigma: float) -> Tensor:
    """A quarter of a pixel to the right and up."""
    return hills(points + torch.tensor([0.25, -0.25]).to(points), size, sigma)


@also("shifted")
def shifted_along_x(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The columns alone are numbered from 1."""
    return hills(points - torch.tensor([1.0, 0.0]).to(points), size, sigma)


@draws("The pixel coordinates run from 0 to W instead of W - 1: the last pixel's centre is W - 1.")
def stretched_grid(points: Tensor, size: Size, sigma: float) -> Tensor:
    """linspace(0, W, W)."""
    x, y = torch.linspace(0, size[1], size[1]), torch.linspace(0, size[0], size[0])
    return on_grid(points, x, y, sigma)


@draws(
    "The pixel coordinates run from 0 to 1, but joints and sigma are in pixels. Number the pixels "
    "0, 1, 2..."
)
def grid_from_0_to_1(points: Tensor, size: Size, sigma: float) -> Tensor:
    """linspace(0, 1, W)."""
    x, y = torch.linspace(0, 1, size[1]), torch.linspace(0, 1, size[0])
    return on_grid(points, x, y, sigma)


@draws(
    "The pixel coordinates run from -1 to 1, but joints and sigma are in pixels. Number the pixels "
    "0, 1, 2..."
)
def grid_from_minus_1_to_1(points: Tensor, size: Size, sigma: float) -> Tensor:
    """linspace(-1, 1, W)."""
    x, y = torch.linspace(-1, 1, size[1]), torch.linspace(-1, 1, size[0])
    return on_grid(points, x, y, sigma)


@also("shifted")
def grid_around_the_middle(points: Tensor, size: Size, sigma: float) -> Tensor:
    """arange(W) - W // 2."""
    x, y = axes(points, size)
    return on_grid(points, x - size[1] // 2, y - size[0] // 2, sigma)


@draws(
    "Pixels and joint are scaled to the map's size, but sigma is still in pixels, so the hill is "
    "flat. Measure all three in pixels."
)
def sigma_on_another_scale(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Everything but sigma is normalised."""
    dx, dy = offsets(points, size)
    squared = (dx / (size[1] - 1)) ** 2 + (dy / (size[0] - 1)) ** 2
    return torch.exp(-squared / (2 * sigma**2))


@also("sigma_on_another_scale")
def sigma_on_a_scale_from_minus_1(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Everything but sigma is normalised to -1..1."""
    dx, dy = offsets(points, size)
    squared = (2 * dx / (size[1] - 1)) ** 2 + (2 * dy / (size[0] - 1)) ** 2
    return torch.exp(-squared / (2 * sigma**2))


@draws(
    "The hill is an ellipse: x and y are scaled to 0..1, where a pixel is not as wide as it is "
    "high. Measure the distance in pixels."
)
def one_scale_for_both(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Both normalised by their own size, sigma by the width."""
    dx, dy = offsets(points, size)
    squared = (dx / (size[1] - 1)) ** 2 + (dy / (size[0] - 1)) ** 2
    return torch.exp(-squared / (2 * (sigma / (size[1] - 1)) ** 2))


@draws("The rows are in the wrong order: row 0, the first one, is y = 0.")
def upside_down(points: Tensor, size: Size, sigma: float) -> Tensor:
    """y points up."""
    return hills(points, size, sigma).flip(-2)


@draws("The columns are in the wrong order: column 0, the first one, is x = 0.")
def mirrored(points: Tensor, size: Size, sigma: float) -> Tensor:
    """x points to the left."""
    return hills(points, size, sigma).flip(-1)


@draws(
    "The pixels are in a wrong order: a map of shape (W, H) was reshaped to (H, W). That does not "
    "transpose it, `.mT` does."
)
def reshaped_not_transposed(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(W, H) reshaped to (H, W)."""
    maps = hills(points, size, sigma)
    return maps.mT.reshape(maps.shape)


@draws(
    "A joint outside the map gets no hill. Its hill may reach into the map all the same.", fails=""
)
def outside_blanked(points: Tensor, size: Size, sigma: float) -> Tensor:
    """A joint beyond the border is treated as hidden."""
    inside = ((points >= 0) & (points <= limits(points, size))).all(-1)
    return hills(points, size, sigma).masked_fill(~inside[..., None, None], 0)


@also("outside_blanked")
def outside_the_last_pixel_blanked(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The same where 0 <= x < W and 0 <= y < H do not hold."""
    inside = ((points >= 0) & (points < limits(points, size) + 1)).all(-1)
    return hills(points, size, sigma).masked_fill(~inside[..., None, None], 0)


@also("outside_blanked")
def outside_by_half_a_pixel_blanked(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The same where no pixel is the joint's nearest one."""
    inside = ((points >= -0.5) & (points <= limits(points, size) + 0.5)).all(-1)
    return hills(points, size, sigma).masked_fill(~inside[..., None, None], 0)


@draws("A joint outside the map is moved to its border. Leave it where it is.", fails="")
def joints_clamped_to_the_map(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Coordinates are clamped."""
    return hills(points.clamp(min=0).minimum(limits(points, size)), size, sigma)


@also("joints_clamped_to_the_map")
def joints_clamped_to_the_size(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The same with W and H as the largest coordinates."""
    return hills(points.clamp(min=0).minimum(limits(points, size) + 1), size, sigma)
