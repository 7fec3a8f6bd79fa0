"""Wrong answers to `gaussian_heatmap`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.mistakes.bank import Bank

BANK = Bank()


def _squared_distances(joint: Tensor, size: tuple[int, int], spread: float = 1.0) -> Tensor:
    height, width = size
    x = torch.arange(width).to(joint)
    y = torch.arange(height).to(joint)
    return ((x[None, :] - joint[0]) ** 2 + (y[:, None] - joint[1]) ** 2) / spread


@BANK.mistake(
    "It matches the target if x and y of the joint are swapped: x runs along the columns."
)
def xy_swapped(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """The joint is read as (y, x)."""
    return torch.exp(-_squared_distances(joint.flip(0), size) / (2 * sigma**2))


@BANK.mistake(
    "It matches the target if `size` is read as (width, height); it is (height, width).",
    fails="shape",
)
def size_swapped(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """The size is read as (width, height)."""
    return torch.exp(-_squared_distances(joint, (size[1], size[0])) / (2 * sigma**2))


@BANK.mistake(
    "The Gaussian is too narrow: it matches exp(-d² / sigma²). At a distance of one sigma the "
    "target is 0.607 of its peak, yours 0.368."
)
def factor_two_missing(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """The denominator lacks its 2."""
    return torch.exp(-_squared_distances(joint, size) / sigma**2)


@BANK.mistake("It matches exp(-d² / (2 sigma)): sigma has to be squared.")
def sigma_not_squared(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """The denominator is 2 sigma."""
    return torch.exp(-_squared_distances(joint, size) / (2 * sigma))


@BANK.mistake("It matches exp(-d / (2 sigma²)): the distance has to be squared.")
def distance_not_squared(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """The exponent holds the distance, not its square."""
    return torch.exp(-_squared_distances(joint, size).sqrt() / (2 * sigma**2))


@BANK.mistake(
    "It is the density of the normal distribution, whose peak depends on sigma. "
    "A peak of 1 needs no factor in front."
)
def density(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """The factor 1 / (2 pi sigma^2) is kept."""
    gaussian = torch.exp(-_squared_distances(joint, size) / (2 * sigma**2))
    return gaussian / (2 * torch.pi * sigma**2)


@BANK.mistake("The map is divided by its sum. A heat map's peak is 1; only probabilities sum to 1.")
def sums_to_one(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """The map is made a distribution."""
    gaussian = torch.exp(-_squared_distances(joint, size) / (2 * sigma**2))
    return gaussian / gaussian.sum()


@BANK.mistake(
    "The highest pixel is forced to 1. The peak of 1 is at the true centre, which may lie "
    "between pixels."
)
def maximum_forced_to_one(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """The map is divided by its maximum."""
    gaussian = torch.exp(-_squared_distances(joint, size) / (2 * sigma**2))
    return gaussian / gaussian.max()


@BANK.mistake("It matches the target if the joint is rounded to whole pixels. Keep the fraction.")
def centre_rounded(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """The centre is rounded."""
    return torch.exp(-_squared_distances(joint.round(), size) / (2 * sigma**2))


@BANK.mistake("It matches the target if the joint is cut to whole pixels. Keep the fraction.")
def centre_truncated(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """The centre is truncated."""
    return torch.exp(-_squared_distances(joint.trunc(), size) / (2 * sigma**2))


@BANK.mistake("It is shifted by half a pixel. Pixel centres are at whole numbers: 0, 1, 2...")
def half_pixel_shift(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """Pixel centres are taken to be at 0.5, 1.5..."""
    return torch.exp(-_squared_distances(joint - 0.5, size) / (2 * sigma**2))


@BANK.mistake("It is shifted by one pixel. The first pixel's coordinate is 0.")
def counts_from_one(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """Pixels are numbered from 1."""
    return torch.exp(-_squared_distances(joint - 1, size) / (2 * sigma**2))


@BANK.mistake(
    "It is cut off at three sigmas. The formula has no end: far away the values are small, not 0."
)
def cut_off_at_three_sigmas(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """Zero outside of a window."""
    squared = _squared_distances(joint, size)
    gaussian = torch.exp(-squared / (2 * sigma**2))
    return gaussian.masked_fill(squared > (3 * sigma) ** 2, 0)


@BANK.mistake(
    "The pixel coordinates run from 0 to W instead of W - 1: the last pixel's centre is W - 1."
)
def stretched_grid(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """linspace(0, W, W)."""
    height, width = size
    x = torch.linspace(0, width, width).to(joint)
    y = torch.linspace(0, height, height).to(joint)[:, None]
    return torch.exp(-((x - joint[0]) ** 2 + (y - joint[1]) ** 2) / (2 * sigma**2))


@BANK.mistake("Only one pixel is 1 and all others are 0; the hill around it is missing.")
def single_pixel(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """A one-hot map."""
    return (_squared_distances(joint.round(), size) < 0.5).to(joint.dtype)


@BANK.mistake("`a / 2 * b` multiplies by b. Put the denominator in brackets.")
def bracket_missing(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """-d^2 / 2 * sigma^2."""
    return torch.exp(-_squared_distances(joint, size) / 2 * sigma**2)


@BANK.mistake("The 2 is squared together with sigma: the denominator is 2 sigma², not (2 sigma)².")
def two_sigma_squared(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """(2 sigma)^2."""
    return torch.exp(-_squared_distances(joint, size) / (2 * sigma) ** 2)


@BANK.mistake("The hill is upside down: the exponent needs a minus sign.")
def sign_missing(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """exp(+d^2 / ...)."""
    return torch.exp(_squared_distances(joint, size) / (2 * sigma**2))


@BANK.mistake("The two profiles along x and y are added, which draws a cross. Multiply them.")
def sum_of_profiles(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """g(x) + g(y)."""
    x = torch.exp(-((torch.arange(size[1]) - joint[0]) ** 2) / (2 * sigma**2))
    y = torch.exp(-((torch.arange(size[0]) - joint[1]) ** 2) / (2 * sigma**2))
    return x[None, :] + y[:, None]


@BANK.mistake("Your map is transposed: rows are y, columns are x.", fails="shape")
def transposed(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """(width, height)."""
    return torch.exp(-_squared_distances(joint, size) / (2 * sigma**2)).T


@BANK.mistake("A joint outside of the map is moved to its border. Leave it where it is.")
def joint_clamped_to_the_map(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """Coordinates are clamped."""
    limits = torch.tensor([size[1] - 1.0, size[0] - 1.0])
    clamped = joint.clamp(min=0).minimum(limits.to(joint))
    return torch.exp(-_squared_distances(clamped, size) / (2 * sigma**2))
