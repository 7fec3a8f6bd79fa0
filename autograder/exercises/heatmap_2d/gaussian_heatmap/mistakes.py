"""Wrong answers to `gaussian_heatmap`."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.exercises.bank import Bank

BANK = Bank()
Size = tuple[int, int]


def _offsets(joint: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    height, width = size
    x = torch.arange(width).to(joint)
    y = torch.arange(height).to(joint)
    return x[None, :] - joint[0], y[:, None] - joint[1]


def _squared_distances(joint: Tensor, size: Size) -> Tensor:
    dx, dy = _offsets(joint, size)
    return dx**2 + dy**2


def _gaussian(joint: Tensor, size: Size, sigma: float) -> Tensor:
    return torch.exp(-_squared_distances(joint, size) / (2 * sigma**2))


@BANK.mistake(
    "It matches the target if x and y of the joint are swapped: x says which column, y which row."
)
def xy_swapped(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The joint is read as (y, x)."""
    return _gaussian(joint.flip(0), size, sigma)


@BANK.mistake(
    "It matches the target if `size` is read as (width, height). It is (height, width): its "
    "first number is the number of rows.",
    fails="shape",
)
def size_swapped(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The size is read as (width, height)."""
    return _gaussian(joint, (size[1], size[0]), sigma)


@BANK.mistake(
    "The Gaussian is too narrow: it matches exp(-d² / sigma²). At a distance of one sigma the "
    "target is 0.607 of its peak, yours 0.368. Divide by 2 sigma²."
)
def factor_two_missing(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The denominator lacks its 2."""
    return _gaussian(joint, size, sigma / math.sqrt(2))


@BANK.mistake("It matches exp(-d² / (2 sigma)): sigma has to be squared.")
def sigma_not_squared(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The denominator is 2 sigma."""
    return torch.exp(-_squared_distances(joint, size) / (2 * sigma))


@BANK.mistake("It matches exp(-d / (2 sigma²)): the distance has to be squared.")
def distance_not_squared(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The exponent holds the distance, not its square."""
    return torch.exp(-_squared_distances(joint, size).sqrt() / (2 * sigma**2))


@BANK.mistake(
    "It is the density of the normal distribution in a plane, whose peak depends on sigma. "
    "A peak of 1 needs no factor in front."
)
def density(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The factor 1 / (2 pi sigma^2) is kept."""
    return _gaussian(joint, size, sigma) / (2 * math.pi * sigma**2)


@BANK.mistake(
    "It carries the factor 1 / (sigma √(2π)) of the normal distribution on a line. "
    "A peak of 1 needs no factor in front."
)
def density_on_a_line(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The factor 1 / (sigma sqrt(2 pi)) is kept."""
    return _gaussian(joint, size, sigma) / (sigma * math.sqrt(2 * math.pi))


@BANK.mistake("The map is divided by its sum. A heat map's peak is 1; only probabilities sum to 1.")
def sums_to_one(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The map is made a distribution."""
    gaussian = _gaussian(joint, size, sigma)
    return gaussian / gaussian.sum()


@BANK.mistake(
    "The highest pixel is forced to 1. The peak of 1 is at the true centre, which may lie "
    "between pixels."
)
def maximum_forced_to_one(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The map is divided by its maximum."""
    gaussian = _gaussian(joint, size, sigma)
    return gaussian / gaussian.max()


@BANK.mistake("The peak is 255, as in an image. A heat map's peak is 1.")
def peak_of_255(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Scaled to grey values."""
    return 255 * _gaussian(joint, size, sigma)


@BANK.mistake(
    "The map holds whole numbers from 0 to 255. A heat map's peak is 1, and the small values "
    "around it keep their fractions."
)
def grey_values(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Scaled to grey values and cast to uint8."""
    return (255 * _gaussian(joint, size, sigma)).to(torch.uint8)


@BANK.mistake(
    "The values are truncated to whole numbers, so nearly all of the map is 0. Keep their "
    "fractions."
)
def cast_to_integers(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The map is cast to int."""
    return _gaussian(joint, size, sigma).int()


@BANK.mistake("It matches the target if the joint is rounded to whole pixels. Keep the fraction.")
def centre_rounded(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The centre is rounded."""
    return _gaussian(joint.round(), size, sigma)


@BANK.mistake("It matches the target if the joint is truncated to whole pixels. Keep the fraction.")
def centre_truncated(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The centre is truncated."""
    return _gaussian(joint.trunc(), size, sigma)


@BANK.mistake(
    "The hill is half a pixel too far to the left and up. Pixel centres are at whole numbers: "
    "0, 1, 2..."
)
def half_pixel_shift(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Pixel centres are taken to be at 0.5, 1.5..."""
    return _gaussian(joint - 0.5, size, sigma)


@BANK.mistake(
    "The hill is half a pixel too far to the right and down. The joint's coordinates already "
    "count from the first pixel's centre: add nothing to them."
)
def half_pixel_added(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Half a pixel is added to the joint."""
    return _gaussian(joint + 0.5, size, sigma)


@BANK.mistake("It is shifted by one pixel. The first pixel's coordinate is 0.")
def counts_from_one(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Pixels are numbered from 1."""
    return _gaussian(joint - 1, size, sigma)


@BANK.mistake(
    "It is cut off at three sigmas. The formula has no end: far away the values are small, not 0."
)
def cut_off_at_three_sigmas(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Zero outside of a disc."""
    far = _squared_distances(joint, size) > (3 * sigma) ** 2
    return _gaussian(joint, size, sigma).masked_fill(far, 0)


@BANK.mistake(
    "The pixel coordinates run from 0 to W instead of W - 1: the last pixel's centre is W - 1."
)
def stretched_grid(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """linspace(0, W, W)."""
    height, width = size
    x = torch.linspace(0, width, width).to(joint)
    y = torch.linspace(0, height, height).to(joint)[:, None]
    return torch.exp(-((x - joint[0]) ** 2 + (y - joint[1]) ** 2) / (2 * sigma**2))


@BANK.mistake(
    "The pixel coordinates run from 0 to 1, but the joint and sigma are in pixels. "
    "Number the pixels 0, 1, 2..."
)
def grid_from_0_to_1(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """linspace(0, 1, W)."""
    height, width = size
    x = torch.linspace(0, 1, width).to(joint)
    y = torch.linspace(0, 1, height).to(joint)[:, None]
    return torch.exp(-((x - joint[0]) ** 2 + (y - joint[1]) ** 2) / (2 * sigma**2))


@BANK.mistake(
    "Pixels and joint are scaled to 0..1, but sigma is still in pixels, so the hill is flat. "
    "Measure all three in pixels."
)
def sigma_on_another_scale(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Everything but sigma is normalised."""
    dx, dy = _offsets(joint, size)
    squared = (dx / (size[1] - 1)) ** 2 + (dy / (size[0] - 1)) ** 2
    return torch.exp(-squared / (2 * sigma**2))


@BANK.mistake(
    "The hill is an ellipse: x and y are scaled to 0..1, where a pixel is not as wide as it is "
    "high. Measure the distance in pixels."
)
def one_scale_for_both(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Both normalised by their own size, sigma by the width."""
    dx, dy = _offsets(joint, size)
    squared = (dx / (size[1] - 1)) ** 2 + (dy / (size[0] - 1)) ** 2
    return torch.exp(-squared / (2 * (sigma / (size[1] - 1)) ** 2))


@BANK.mistake("Only one pixel is 1 and all others are 0; the hill around it is missing.")
def single_pixel(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """A one-hot map."""
    return (_squared_distances(joint.round(), size) < 0.5).to(joint.dtype)


@BANK.mistake("`a / 2 * b` multiplies by b. Put the denominator in brackets.")
def bracket_missing(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """-d^2 / 2 * sigma^2."""
    return torch.exp(-_squared_distances(joint, size) / 2 * sigma**2)


@BANK.mistake("The 2 is squared together with sigma: the denominator is 2 sigma², not (2 sigma)².")
def two_sigma_squared(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """(2 sigma)^2."""
    return torch.exp(-_squared_distances(joint, size) / (2 * sigma) ** 2)


@BANK.mistake("The hill is upside down: the exponent needs a minus sign.")
def sign_missing(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """exp(+d^2 / ...)."""
    return torch.exp(_squared_distances(joint, size) / (2 * sigma**2))


@BANK.mistake("It is the exponent, -d² / (2 sigma²), alone: the exponential is missing.")
def exp_missing(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """No exponential."""
    return -_squared_distances(joint, size) / (2 * sigma**2)


@BANK.mistake("The distance is |dx| + |dy|, which draws a diamond. d² is dx² + dy².")
def manhattan_distance(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """(|dx| + |dy|)^2 in the exponent."""
    dx, dy = _offsets(joint, size)
    return torch.exp(-((dx.abs() + dy.abs()) ** 2) / (2 * sigma**2))


@BANK.mistake("The distance is the larger of |dx| and |dy|, which draws a square. d² is dx² + dy².")
def larger_coordinate(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """max(dx^2, dy^2) in the exponent."""
    dx, dy = _offsets(joint, size)
    return torch.exp(-torch.maximum(dx**2, dy**2) / (2 * sigma**2))


@BANK.mistake("The two profiles along x and y are added, which draws a cross. Multiply them.")
def sum_of_profiles(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """g(x) + g(y)."""
    dx, dy = _offsets(joint, size)
    return torch.exp(-(dx**2) / (2 * sigma**2)) + torch.exp(-(dy**2) / (2 * sigma**2))


@BANK.mistake("Your map is transposed: rows are y, columns are x.", fails="shape")
def transposed(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """(width, height)."""
    return _gaussian(joint, size, sigma).T


@BANK.mistake("A joint outside the map is moved to its border. Leave it where it is.")
def joint_clamped_to_the_map(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Coordinates are clamped."""
    limits = torch.tensor([size[1] - 1.0, size[0] - 1.0])
    return _gaussian(joint.clamp(min=0).minimum(limits.to(joint)), size, sigma)


@BANK.mistake("A joint outside the map gets no hill. Its hill may reach into the map all the same.")
def outside_blanked(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """A joint beyond the border is treated as hidden."""
    limits = torch.tensor([size[1] - 1.0, size[0] - 1.0])
    inside = ((joint >= 0) & (joint <= limits.to(joint))).all()
    return _gaussian(joint, size, sigma) * inside


@BANK.mistake(
    "It is right to only about seven digits: part of it is computed in float32, though the joint "
    "is float64.",
    fails="dtype_device",
)
def computed_in_float32(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """float32 inside, cast back at the end."""
    return _gaussian(joint.float(), size, sigma).to(joint.dtype)
