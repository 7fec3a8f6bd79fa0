"""Wrong answers to `flat_index`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function

Index = Any  # a tensor, or a plain number


def _right(x: Index, y: Index, width: int) -> Index:
    return y * width + x


BANK = Bank(_right)


@BANK.on_top(
    "x and y are exchanged: you multiply the one that should be added. What is above a pixel are "
    "whole rows."
)
def xy_swapped(answer: Function) -> Function:
    """x * width + y."""
    return lambda x, y, width: answer(y, x, width)


@BANK.on_top("You count from 1. The pixel (0, 0) has the index 0.")
def counts_from_one(answer: Function) -> Function:
    """One too many."""
    return lambda x, y, width: answer(x, y, width) + 1


@BANK.mistake("A row holds `width` pixels, not one less: they are counted, not their gaps.")
def one_less_in_a_row(x: Index, y: Index, width: int) -> Index:
    """width - 1."""
    return y * (width - 1) + x


@BANK.mistake("A row holds `width` pixels, not one more.")
def one_more_in_a_row(x: Index, y: Index, width: int) -> Index:
    """width + 1."""
    return y * (width + 1) + x


@BANK.mistake("You leave out one row: above row y there are y rows, since rows count from 0.")
def one_row_less(x: Index, y: Index, width: int) -> Index:
    """(y - 1) * width + x."""
    return (y - 1) * width + x


@BANK.mistake("You count the pixel's own row as a whole. Above row y there are y rows.")
def one_row_more(x: Index, y: Index, width: int) -> Index:
    """(y + 1) * width + x."""
    return (y + 1) * width + x


@BANK.mistake("You leave out x: that is the index of the first pixel of the row.")
def start_of_the_row(x: Index, y: Index, width: int) -> Index:
    """y * width."""
    return y * width + 0 * x


@BANK.mistake("A step down adds one row of pixels, not one pixel.")
def sum_of_both(x: Index, y: Index, width: int) -> Index:
    """x + y."""
    return x + y


@BANK.mistake("You multiply x by y. Count the pixels of the rows above, and add those on the left.")
def product_of_both(x: Index, y: Index, width: int) -> Index:
    """x * y."""
    return x * y


@BANK.mistake("Your formula has 10 in it, as the picture in section 3. A row holds `width` pixels.")
def ten_in_a_row(x: Index, y: Index, width: int) -> Index:
    """x + 10 y."""
    return x + 10 * y


@BANK.mistake("Your formula has 5 in it, the width of one picture. A row holds `width` pixels.")
def five_in_a_row(x: Index, y: Index, width: int) -> Index:
    """The width of the picture above."""
    return x + 5 * y


@BANK.mistake("x is subtracted. A step to the right adds 1.")
def x_subtracted(x: Index, y: Index, width: int) -> Index:
    """y * width - x."""
    return y * width - x


@BANK.mistake("Both are multiplied by `width`. A step to the right adds only 1.")
def both_multiplied(x: Index, y: Index, width: int) -> Index:
    """(x + y) * width."""
    return (x + y) * width


@BANK.mistake("You read from right to left.")
def right_to_left(x: Index, y: Index, width: int) -> Index:
    """y * width + (width - 1 - x)."""
    return y * width + width - 1 - x


@BANK.mistake("That is x again: the remainder is for the way back, from the index to x.")
def way_back_to_x(x: Index, y: Index, width: int) -> Index:
    """% width."""
    return (y * width + x) % width


@BANK.mistake("That is y again: `//` is for the way back, from the index to y.")
def way_back_to_y(x: Index, y: Index, width: int) -> Index:
    """// width."""
    return (y * width + x) // width


@BANK.mistake("`width` is not used. How many pixels does a row hold?")
def row_with_comma(x: Index, y: Index, width: int) -> Index:
    """y and x side by side, as digits."""
    return 100 * y + x


@BANK.mistake(
    "All indices come back as one row. Use `+` and `*` on the tensors as they are.", fails="shape"
)
def flattened(x: Index, y: Index, width: int) -> Index:
    """One long row."""
    return torch.as_tensor(y * width + x).flatten()


@BANK.mistake(
    "It is right for tensors, but not for plain numbers, which have no methods of tensors.",
    fails="edge_cases",
)
def tensors_only(x: Tensor, y: Tensor, width: int) -> Tensor:
    """A method."""
    return y.mul(width).add(x)


@BANK.mistake(
    "It is right for plain numbers, but not for tensors: something there, such as `int(...)`, "
    "takes a single number.",
    fails="shape",
)
def numbers_only(x: Index, y: Index, width: int) -> int:
    """int(y) * width + int(x)."""
    return int(y) * width + int(x)
