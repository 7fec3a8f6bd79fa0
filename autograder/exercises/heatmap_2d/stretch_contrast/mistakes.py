"""Wrong answers to `stretch_contrast`."""

from __future__ import annotations

from torch import Tensor

from autograder.exercises.bank import Bank

EACH = (-2, -1)


def _darkest(pictures: Tensor) -> Tensor:
    return pictures.amin(dim=EACH, keepdim=True)


def _brightest(pictures: Tensor) -> Tensor:
    return pictures.amax(dim=EACH, keepdim=True)


def _between(pictures: Tensor, low: Tensor, high: Tensor) -> Tensor:
    return (pictures - low) / (high - low)


def _right(pictures: Tensor) -> Tensor:
    return _between(pictures, _darkest(pictures), _brightest(pictures))


BANK = Bank(_right)


@BANK.mistake(
    "All pictures are stretched alike, by the smallest and the largest number of the whole stack. "
    "Each picture has numbers of its own: `dim` says over what to look."
)
def whole_stack(pictures: Tensor) -> Tensor:
    """`pictures.min()` and `pictures.max()`."""
    return _between(pictures, pictures.min(), pictures.max())


@BANK.mistake("Each row is stretched by itself. You need one smallest number for a whole picture.")
def row_by_row(pictures: Tensor) -> Tensor:
    """`dim=-1`."""
    low, high = pictures.amin(-1, keepdim=True), pictures.amax(-1, keepdim=True)
    return _between(pictures, low, high).nan_to_num()


@BANK.mistake(
    "Each column is stretched by itself. You need one smallest number for a whole picture."
)
def column_by_column(pictures: Tensor) -> Tensor:
    """`dim=-2`."""
    low, high = pictures.amin(-2, keepdim=True), pictures.amax(-2, keepdim=True)
    return _between(pictures, low, high).nan_to_num()


@BANK.mistake(
    "You compare each pixel with the same pixel of the other pictures, along dimension 0. Look "
    "over height and width instead."
)
def across_the_stack(pictures: Tensor) -> Tensor:
    """`dim=0`."""
    return _between(pictures, pictures.amin(0), pictures.amax(0)).nan_to_num()


@BANK.mistake(
    "Your smallest numbers have the shape (batch,) and are aligned with the columns, on the right. "
    "`keepdim=True` keeps two dimensions of size 1 for them.",
    fails="shape",
)
def keepdim_missing(pictures: Tensor) -> Tensor:
    """No `keepdim`, which fits by chance where there are as many pictures as columns."""
    return _between(pictures, pictures.amin(dim=EACH), pictures.amax(dim=EACH))


@BANK.mistake("All pictures are stretched by the range of the first one.")
def first_range_for_all(pictures: Tensor) -> Tensor:
    """`pictures[0].min()`, `pictures[0].max()`."""
    return _between(pictures, pictures[0].min(), pictures[0].max())


@BANK.mistake("You only divide by the brightest pixel, so the darkest does not become 0.")
def not_shifted(pictures: Tensor) -> Tensor:
    """p / max."""
    return pictures / _brightest(pictures)


@BANK.mistake("You only subtract the darkest pixel, so the brightest does not become 1.")
def not_scaled(pictures: Tensor) -> Tensor:
    """p - min."""
    return pictures - _darkest(pictures)


@BANK.mistake(
    "After subtracting the darkest pixel you divide by the brightest one as it was. What is the "
    "largest number after the subtraction?"
)
def divided_by_the_brightest(pictures: Tensor) -> Tensor:
    """(p - min) / max."""
    return (pictures - _darkest(pictures)) / _brightest(pictures)


@BANK.mistake("Division comes before subtraction: put parentheses around the difference.")
def parentheses_missing(pictures: Tensor) -> Tensor:
    """p - min / (max - min)."""
    return pictures - _darkest(pictures) / (_brightest(pictures) - _darkest(pictures))


@BANK.mistake("Division comes before subtraction: put parentheses around the second difference.")
def second_parentheses_missing(pictures: Tensor) -> Tensor:
    """(p - min) / max - min."""
    return (pictures - _darkest(pictures)) / _brightest(pictures) - _darkest(pictures)


@BANK.mistake("Bright and dark are exchanged: the darkest pixel becomes 1.")
def negative(pictures: Tensor) -> Tensor:
    """(max - p) / (max - min)."""
    return 1 - _right(pictures)


@BANK.mistake("Your pictures run from -1 to 1. They should run from 0 to 1.")
def minus_one_to_one(pictures: Tensor) -> Tensor:
    """2 p - 1."""
    return 2 * _right(pictures) - 1


@BANK.mistake("Your pictures run from 0 to 255. They should run from 0 to 1.")
def to_255(pictures: Tensor) -> Tensor:
    """As bytes are."""
    return 255 * _right(pictures)


@BANK.mistake(
    "You subtract the mean and divide by the standard deviation. Here the darkest pixel is to "
    "become 0 and the brightest 1."
)
def standardised(pictures: Tensor) -> Tensor:
    """Mean 0, deviation 1."""
    mean, deviation = pictures.mean(EACH, keepdim=True), pictures.std(EACH, keepdim=True)
    return (pictures - mean) / deviation


@BANK.another("standardised")
def standardised_by_the_population(pictures: Tensor) -> Tensor:
    """The same with the other standard deviation."""
    mean = pictures.mean(EACH, keepdim=True)
    return (pictures - mean) / pictures.std(EACH, correction=0, keepdim=True)


@BANK.mistake("You subtract the mean. Subtract the darkest pixel.")
def mean_subtracted(pictures: Tensor) -> Tensor:
    """(p - mean) / (max - min)."""
    range_ = _brightest(pictures) - _darkest(pictures)
    return (pictures - pictures.mean(EACH, keepdim=True)) / range_


@BANK.mistake("Each picture's pixels add up to 1. It is the brightest pixel that should be 1.")
def sums_to_one(pictures: Tensor) -> Tensor:
    """p / sum."""
    return pictures / pictures.sum(EACH, keepdim=True)


@BANK.mistake("Numbers outside 0..1 are cut off, and nothing is stretched.")
def only_clamped(pictures: Tensor) -> Tensor:
    """`clamp(0, 1)`."""
    return pictures.clamp(0, 1)


@BANK.mistake(
    "Each picture becomes one long row. `amin` takes several dimensions, so there is no need to "
    "flatten; or reshape the result back.",
    fails="shape",
)
def left_flat(pictures: Tensor) -> Tensor:
    """(batch, height * width)."""
    return _right(pictures).flatten(1)


@BANK.mistake(
    "Only the first picture comes back. The formula works for the whole stack at once.",
    fails="shape",
)
def first_only(pictures: Tensor) -> Tensor:
    """`pictures[0]`."""
    return _right(pictures)[0]
