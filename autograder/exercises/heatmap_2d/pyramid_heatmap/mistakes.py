"""Wrong answers to `pyramid_heatmap`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function

Size = tuple[int, int]


def _distances(joint: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    """Along x, a row, and along y, a column, both with their signs."""
    return torch.arange(size[1]) - joint[0], (torch.arange(size[0]) - joint[1])[:, None]


def _way(joint: Tensor, size: Size) -> Tensor:
    across, down = _distances(joint, size)
    return across.abs() + down.abs()


def _right(joint: Tensor, size: Size, radius: float) -> Tensor:
    return (1 - _way(joint, size) / radius).clamp(min=0)


BANK = Bank(_right)


@BANK.on_top(
    "x and y are swapped: the joint is (x, y), x along the width, but a picture is indexed "
    "[row, column]."
)
def xy_swapped(answer: Function) -> Function:
    """The joint is read as (y, x)."""
    return lambda joint, size, radius: answer(joint.flip(0), size, radius)


@BANK.on_top("`size` is (height, width); you read it as (width, height).", fails="shape")
def size_swapped(answer: Function) -> Function:
    """The picture is as high as it should be wide."""
    return lambda joint, size, radius: answer(joint, size[::-1], radius)


@BANK.on_top("The joint is rounded to a whole pixel. Keep the fraction: it moves the peak.")
def joint_rounded(answer: Function) -> Function:
    """The nearest pixel."""
    return lambda joint, size, radius: answer(joint.round(), size, radius)


@BANK.on_top("The joint is cut off to a whole pixel. Keep the fraction: it moves the peak.")
def joint_truncated(answer: Function) -> Function:
    """The pixel to the left and above."""
    return lambda joint, size, radius: answer(joint.trunc(), size, radius)


@BANK.on_top("Your pixels count from 1. Here the first one is 0.")
def counts_from_one(answer: Function) -> Function:
    """`arange(1, width + 1)`."""
    return lambda joint, size, radius: answer(joint - 1, size, radius)


@BANK.mistake(
    "It is transposed: the distances along x belong to the row, those along y to the column.",
    fails="shape",
)
def transposed(joint: Tensor, size: Size, radius: float) -> Tensor:
    """(width, height)."""
    return _right(joint, size, radius).T


@BANK.mistake(
    "Far from the joint your picture is negative. The formula takes the maximum with 0, which is "
    "what `clamp` does."
)
def not_clamped(joint: Tensor, size: Size, radius: float) -> Tensor:
    """The max(0, ...) is missing."""
    return 1 - _way(joint, size) / radius


@BANK.mistake(
    "Far from the joint your picture grows again: `abs` turns negative numbers round. The formula "
    "takes the maximum with 0."
)
def abs_for_max(joint: Tensor, size: Size, radius: float) -> Tensor:
    """The absolute value instead of max(0, ...)."""
    return (1 - _way(joint, size) / radius).abs()


@BANK.mistake("You take the smaller one of 0 and the number. The formula takes the larger one.")
def min_for_max(joint: Tensor, size: Size, radius: float) -> Tensor:
    """`clamp(max=0)`."""
    return (1 - _way(joint, size) / radius).clamp(max=0)


@BANK.mistake(
    "Your hill is a cone: it takes the straight distance, by squares and a root. The pyramid adds "
    "the distances along x and along y."
)
def cone(joint: Tensor, size: Size, radius: float) -> Tensor:
    """Euclidean distance."""
    across, down = _distances(joint, size)
    return (1 - torch.sqrt(across**2 + down**2) / radius).clamp(min=0)


@BANK.mistake(
    "You take the larger one of the distances along x and along y. The pyramid adds the two."
)
def larger_distance(joint: Tensor, size: Size, radius: float) -> Tensor:
    """A pyramid on a square."""
    across, down = _distances(joint, size)
    return (1 - torch.maximum(across.abs(), down.abs()) / radius).clamp(min=0)


@BANK.mistake("You multiply a roof along x by a roof along y. The pyramid adds the two distances.")
def product_of_roofs(joint: Tensor, size: Size, radius: float) -> Tensor:
    """A product of triangles."""
    across, down = _distances(joint, size)
    return (1 - across.abs() / radius).clamp(min=0) * (1 - down.abs() / radius).clamp(min=0)


@BANK.mistake(
    "To the left of the joint or above it your picture does not fall off: a distance there is "
    "negative. Take its absolute value."
)
def no_absolute_value(joint: Tensor, size: Size, radius: float) -> Tensor:
    """Signed differences are added."""
    across, down = _distances(joint, size)
    return (1 - (across + down) / radius).clamp(min=0)


@BANK.mistake(
    "You take the absolute value after adding, so a step to the left makes up for a step down. "
    "Each of the two distances needs its own."
)
def absolute_value_of_the_sum(joint: Tensor, size: Size, radius: float) -> Tensor:
    """|dx + dy|."""
    across, down = _distances(joint, size)
    return (1 - (across + down).abs() / radius).clamp(min=0)


@BANK.mistake("Only the distance along x counts: your hill is a wall from top to bottom.")
def along_x_only(joint: Tensor, size: Size, radius: float) -> Tensor:
    """A ridge."""
    across, down = _distances(joint, size)
    return (1 - (across.abs() + 0 * down) / radius).clamp(min=0)


@BANK.mistake("Only the distance along y counts: your hill is a wall from left to right.")
def along_y_only(joint: Tensor, size: Size, radius: float) -> Tensor:
    """A ridge."""
    across, down = _distances(joint, size)
    return (1 - (0 * across + down.abs()) / radius).clamp(min=0)


@BANK.mistake(
    "Your picture is dark at the joint and bright elsewhere: subtract the distance from 1."
)
def bowl(joint: Tensor, size: Size, radius: float) -> Tensor:
    """The `1 -` is missing."""
    return (_way(joint, size) / radius).clamp(max=1)


@BANK.mistake("Your hill is as high as `radius`. Divide by it: the height is 1.")
def as_high_as_wide(joint: Tensor, size: Size, radius: float) -> Tensor:
    """radius - distance."""
    return (radius - _way(joint, size)).clamp(min=0)


@BANK.mistake(
    "You divide before you subtract or without parentheses: the distance along y is not divided "
    "by `radius`."
)
def parentheses_missing(joint: Tensor, size: Size, radius: float) -> Tensor:
    """Only the distance along x is divided."""
    across, down = _distances(joint, size)
    return (1 - across.abs() / radius - down.abs()).clamp(min=0)


@BANK.mistake("Your hill is twice as wide: at `radius` pixels it is still at one half.")
def twice_as_wide(joint: Tensor, size: Size, radius: float) -> Tensor:
    """2 * radius."""
    return _right(joint, size, 2 * radius)


@BANK.mistake("Your hill is half as wide: it ends at half of `radius`.")
def half_as_wide(joint: Tensor, size: Size, radius: float) -> Tensor:
    """radius / 2."""
    return _right(joint, size, radius / 2)


@BANK.mistake("You divide by the square of `radius`.")
def radius_squared(joint: Tensor, size: Size, radius: float) -> Tensor:
    """radius ** 2."""
    return _right(joint, size, radius**2)


@BANK.mistake(
    "You stretch the picture until its brightest pixel is 1. The value 1 belongs to the joint's "
    "true position, which may lie between pixels."
)
def stretched_to_one(joint: Tensor, size: Size, radius: float) -> Tensor:
    """Divided by the maximum."""
    heatmap = _right(joint, size, radius)
    return heatmap / heatmap.max()


@BANK.mistake("Your picture's pixels add up to 1. Its height should be 1.")
def sums_to_one(joint: Tensor, size: Size, radius: float) -> Tensor:
    """Divided by the sum."""
    heatmap = _right(joint, size, radius)
    return heatmap / heatmap.sum()


@BANK.mistake(
    "Your hill is round, a Gaussian. That one is for the assignment; here the fall is in a "
    "straight line."
)
def gaussian(joint: Tensor, size: Size, radius: float) -> Tensor:
    """exp(-d^2 / (2 r^2))."""
    across, down = _distances(joint, size)
    return torch.exp(-(across**2 + down**2) / (2 * radius**2))


@BANK.mistake("Only one pixel is bright. Its neighbours should fall off in a straight line.")
def one_pixel(joint: Tensor, size: Size, radius: float) -> Tensor:
    """A 1 at the nearest pixel."""
    heatmap = torch.zeros(size)
    x, y = joint.round().int().tolist()
    heatmap[y, x] = 1
    return heatmap
