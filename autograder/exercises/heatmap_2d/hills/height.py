"""Hills of a wrong height, or with wrong numbers in them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.exercises.heatmap_2d.hills.registry import Size, also, draws
from autograder.exercises.heatmap_2d.hills.right import hills, offsets, squared


@draws(
    "It carries the factor 1 / (sigma √(2π)) of the normal distribution on a line. A peak of 1 "
    "needs no factor in front."
)
def density_on_a_line(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The factor 1 / (sigma sqrt(2 pi)) is kept."""
    return hills(points, size, sigma) / (sigma * math.sqrt(2 * math.pi))


@draws(
    "The highest pixel of a map is forced to 1. The peak of 1 is at the true centre, which may lie "
    "between pixels."
)
def maximum_forced_to_one(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Each map is divided by its maximum."""
    maps = hills(points, size, sigma)
    return maps / maps.amax((-1, -2), keepdim=True)


@also("maximum_forced_to_one")
def stretched_to_0_and_1(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(h - min) / (max - min)."""
    maps = hills(points, size, sigma)
    lowest, highest = maps.amin((-1, -2), keepdim=True), maps.amax((-1, -2), keepdim=True)
    return (maps - lowest) / (highest - lowest)


@draws("The peak is 255, as in an image. A heat map's peak is 1.")
def peak_of_255(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Scaled to grey values."""
    return 255 * hills(points, size, sigma)


@draws(
    "It holds whole numbers from 0 to 255. A heat map's peak is 1, and the small values around it "
    "keep their fractions."
)
def grey_values(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Scaled to grey values and cast to uint8."""
    return (255 * hills(points, size, sigma)).to(torch.uint8)


@draws(
    "The values are truncated to whole numbers, so nearly all of the map is 0. Keep their "
    "fractions."
)
def cast_to_integers(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The map is cast to int."""
    return hills(points, size, sigma).int()


@draws("Only one pixel of a map is 1 and all others are 0; the hill around it is missing.")
def single_pixel(points: Tensor, size: Size, sigma: float) -> Tensor:
    """A one-hot map."""
    return (squared(points.round(), size) < 0.5).to(points.dtype)


@draws(
    "The hill is cut off: from some distance on, the map is exactly 0. The formula has no end: "
    "far away the values are small, not 0."
)
def cut_off(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Zero outside of a disc."""
    maps = hills(points, size, sigma)
    return maps.masked_fill(squared(points, size) > (3 * sigma) ** 2, 0)


@also("cut_off")
def cut_off_outside_a_window(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Zero outside of a square around the joint."""
    dx, dy = offsets(points, size)
    far = torch.maximum(dx.abs(), dy.abs()) > 3 * sigma
    return hills(points, size, sigma).masked_fill(far, 0)


@also("cut_off")
def small_values_cleared(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Whatever is below 0.01 becomes 0."""
    maps = hills(points, size, sigma)
    return maps.masked_fill(maps < 0.01, 0)


@draws(
    "Its numbers have only the few digits of half precision. Compute in the joint's dtype from "
    "beginning to end."
)
def computed_in_half(points: Tensor, size: Size, sigma: float) -> Tensor:
    """float16 inside."""
    return hills(points.half(), size, sigma).to(points.dtype)


@also("computed_in_half")
def computed_in_bfloat16(points: Tensor, size: Size, sigma: float) -> Tensor:
    """bfloat16 inside."""
    return hills(points.bfloat16(), size, sigma).to(points.dtype)


@also("computed_in_half")
def rounded_to_half(points: Tensor, size: Size, sigma: float) -> Tensor:
    """Stored as float16 at the end."""
    return hills(points, size, sigma).half()
