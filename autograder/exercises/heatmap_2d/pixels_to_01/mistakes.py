"""Wrong answers to `pixels_to_01`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function

Size = tuple[int, int]


def _divided(points_px: Tensor, by_x: float, by_y: float) -> Tensor:
    return points_px / torch.tensor([by_x, by_y])


def _right(points_px: Tensor, size: Size) -> Tensor:
    return _divided(points_px, size[1] - 1, size[0] - 1)


BANK = Bank(_right)


@BANK.on_top(
    "Height and width are mixed up: `size` is (height, width), but x runs along the width."
)
def size_swapped(answer: Function) -> Function:
    """`size` is read as (width, height)."""
    return lambda points_px, size: answer(points_px, size[::-1])


@BANK.on_top("The numbers are right, but in the order (v, u). A point is (x, y), and stays so.")
def v_first(answer: Function) -> Function:
    """The result is (v, u)."""
    return lambda points_px, size: answer(points_px, size).flip(-1)


@BANK.mistake(
    "You divide by the number of pixels, so the last pixel does not reach 1. From the first centre "
    "to the last there is one gap less than there are pixels."
)
def divided_by_the_size(points_px: Tensor, size: Size) -> Tensor:
    """W and H instead of W - 1 and H - 1."""
    return _divided(points_px, size[1], size[0])


@BANK.mistake(
    "You count half a pixel from the picture's edge. Here the centre of the first pixel is 0, and "
    "that of the last is 1."
)
def from_the_edge(points_px: Tensor, size: Size) -> Tensor:
    """(x + 0.5) / W, which other libraries use."""
    return _divided(points_px + 0.5, size[1], size[0])


@BANK.mistake("Your pixels count from 1. Here the first one is 0.")
def counts_from_one(points_px: Tensor, size: Size) -> Tensor:
    """(x - 1) / (W - 1)."""
    return _divided(points_px - 1, size[1] - 1, size[0] - 1)


@BANK.mistake(
    "You add 1 to the position and divide by the size, so the first pixel is not 0. Its centre is "
    "where counting begins."
)
def one_added(points_px: Tensor, size: Size) -> Tensor:
    """(x + 1) / W."""
    return _divided(points_px + 1, size[1], size[0])


@BANK.mistake("You divide by one more than the size. It is one less: gaps, not pixels.")
def divided_by_one_more(points_px: Tensor, size: Size) -> Tensor:
    """W + 1 and H + 1."""
    return _divided(points_px, size[1] + 1, size[0] + 1)


@BANK.mistake("You multiply where you should divide: the last pixel is to become 1.")
def multiplied(points_px: Tensor, size: Size) -> Tensor:
    """Pixels are made larger."""
    return points_px * torch.tensor([size[1] - 1, size[0] - 1])


@BANK.mistake("Your numbers run from -1 to 1. They should run from 0 to 1.")
def minus_one_to_one(points_px: Tensor, size: Size) -> Tensor:
    """The range that `grid_sample` uses."""
    return 2 * _right(points_px, size) - 1


@BANK.mistake("You divide both coordinates by the width's number. y runs along the height.")
def both_by_width(points_px: Tensor, size: Size) -> Tensor:
    """One number for x and y."""
    return points_px / (size[1] - 1)


@BANK.mistake("You divide both coordinates by the height's number. x runs along the width.")
def both_by_height(points_px: Tensor, size: Size) -> Tensor:
    """One number for x and y."""
    return points_px / (size[0] - 1)


@BANK.mistake(
    "You divide both coordinates by the longer side's number. Each side has a number of its own."
)
def both_by_the_longer(points_px: Tensor, size: Size) -> Tensor:
    """The picture keeps its proportions."""
    return points_px / (max(size) - 1)


@BANK.mistake(
    "`//` rounds down to a whole number, so almost everything becomes 0. `/` keeps the fraction."
)
def whole_numbers(points_px: Tensor, size: Size) -> Tensor:
    """Integer division."""
    return points_px // torch.tensor([size[1] - 1, size[0] - 1])


@BANK.mistake("Points are rounded to whole pixels first. A joint may lie between two of them.")
def points_rounded(points_px: Tensor, size: Size) -> Tensor:
    """The nearest pixel."""
    return _right(points_px.round(), size)


@BANK.mistake("Points are cut off to whole pixels first. A joint may lie between two of them.")
def points_truncated(points_px: Tensor, size: Size) -> Tensor:
    """The pixel to the left and above."""
    return _right(points_px.trunc(), size)


@BANK.mistake(
    "You divide by the largest of the points. What becomes 1 is the picture's last pixel, whatever "
    "the points are."
)
def divided_by_the_largest_point(points_px: Tensor, size: Size) -> Tensor:
    """The points themselves set the scale."""
    return points_px / points_px.reshape(-1, 2).amax(0)


@BANK.mistake("Your y points up. The first row is 0, and it is the top one.")
def upside_down(points_px: Tensor, size: Size) -> Tensor:
    """v = 1 - y / (H - 1)."""
    return _right(points_px, size) * torch.tensor([1, -1]) + torch.tensor([0, 1])


@BANK.mistake("Only x is divided; y is left in pixels.")
def y_left_alone(points_px: Tensor, size: Size) -> Tensor:
    """u, and y in pixels."""
    return _divided(points_px, size[1] - 1, 1)


@BANK.mistake(
    "It takes x and y from the second dimension, which is right for a list of points only. "
    "`points_px[..., 0]` is every x, however many dimensions there are.",
    fails="shape",
)
def rows_only(points_px: Tensor, size: Size) -> Tensor:
    """`points_px[:, 0]`."""
    x, y = points_px[:, 0], points_px[:, 1]
    return torch.stack((x / (size[1] - 1), y / (size[0] - 1)), dim=-1)


@BANK.mistake(
    "It takes x and y from the first dimension, which is right for one point only. "
    "`points_px[..., 0]` is every x, however many dimensions there are.",
    fails="shape",
)
def one_point_only(points_px: Tensor, size: Size) -> Tensor:
    """`points_px[0]`."""
    return torch.stack((points_px[0] / (size[1] - 1), points_px[1] / (size[0] - 1)))
