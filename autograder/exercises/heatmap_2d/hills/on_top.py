"""What can be wrong with the arguments or with the result, on top of any other mistake."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.exercises.bank import Function
from autograder.exercises.heatmap_2d.hills.registry import Size, changes


@changes("It matches the target if x and y are swapped: x says which column, y which row.")
def xy_swapped(answer: Function) -> Function:
    """Joints are read as (y, x)."""
    return lambda points, size, sigma, *mask: answer(points.flip(-1), size, sigma, *mask)


@changes(
    "It matches the target if `size` is read as (width, height). It is (height, width): its "
    "first number is the number of rows.",
    fails="shape",
)
def size_swapped(answer: Function) -> Function:
    """The size is read as (width, height)."""
    return lambda points, size, sigma, *mask: answer(points, size[::-1], sigma, *mask)


@changes("It is shifted by one pixel to the left and up. The first pixel's coordinate is 0.")
def counts_from_one(answer: Function) -> Function:
    """Pixels are numbered from 1."""
    return lambda points, size, sigma, *mask: answer(points - 1, size, sigma, *mask)


@changes(
    "The hill is half a pixel too far to the left and up. Pixel centres are at whole numbers: "
    "0, 1, 2..."
)
def half_pixel_shift(answer: Function) -> Function:
    """Pixel centres are taken to be at 0.5, 1.5..."""
    return lambda points, size, sigma, *mask: answer(points - 0.5, size, sigma, *mask)


@changes("It matches exp(-d² / (2 sigma)): sigma has to be squared.")
def sigma_not_squared(answer: Function) -> Function:
    """The denominator is 2 sigma: sigma is taken for the variance."""
    return lambda points, size, sigma, *mask: answer(points, size, math.sqrt(sigma), *mask)


@changes(
    "It is the density of the normal distribution in a plane, whose peak depends on sigma. A "
    "peak of 1 needs no factor in front."
)
def density(answer: Function) -> Function:
    """The factor 1 / (2 pi sigma^2) is kept."""
    return lambda points, size, sigma, *mask: (
        answer(points, size, sigma, *mask) / (2 * math.pi * sigma**2)
    )


@changes("Its sum is 1. A heat map's peak is 1; only probabilities sum to 1.")
def sums_to_one(answer: Function) -> Function:
    """Each map is made a distribution."""

    def normalised(points: Tensor, size: Size, sigma: float, *mask: Tensor) -> Tensor:
        maps = answer(points, size, sigma, *mask)
        total = maps.sum((-1, -2), keepdim=True)
        return maps / total.where(total != 0, torch.ones_like(total))

    return normalised
