"""A few numbers that tell one result from another: what is kept of a known mistake's results.

Whole results would make the suites large, and would be shown to nobody.
"""

from __future__ import annotations

import math
import zlib

import torch
from torch import Tensor

SAME = 1e-4
"""How near every number of two results has to be, relative to their size: the same mistake rounds
in its own way."""

_LEAST_SIZE = 0.05
"""Smaller numbers are compared as if they were this large: they come from larger ones."""

_TOO_LARGE = 1e30
"""Numbers from here on count as not finite: float32 could not hold their sums."""

_FREQUENCIES = (1.4142135623730951, 1.7320508075688772, 2.23606797749979, 2.6457513110645907)
_NO_TENSOR, _COMPLEX = -1.0, -2.0
_SHAPE, _HOLES, _SIZE, _ELEMENTS, _SUMS = 0, 1, 2, 3, 4

LENGTH = _SUMS + len(_FREQUENCIES)
NO_SIGNATURE = torch.full((LENGTH,), math.nan)
"""Stands for a result that is right, in a table of signatures."""


def signature(result: Tensor | None, shape_only: bool = False) -> Tensor:
    """The signature of a result.

    Args:
        result: a tensor, or None where none came back.
        shape_only: whether its values are chance.

    Returns:
        float32, which is exact enough: a code of its shape and of where it is not finite, the size
        of its numbers, how many there are, and weighted sums of them.
    """
    made = torch.zeros(LENGTH)
    if result is None:
        made[_SHAPE] = _NO_TENSOR
        return made
    made[_SHAPE] = _code(repr(tuple(result.shape)).encode())
    if shape_only:
        return made
    if result.is_complex():
        made[_SHAPE] = _COMPLEX
        return made
    values = result.detach().to(torch.float64).flatten()
    finite = values.abs() < _TOO_LARGE
    made[_HOLES] = _code(finite.numpy().tobytes()) if not bool(finite.all()) else 0.0
    values = values.where(finite, torch.zeros_like(values))
    made[_SIZE] = float(values.abs().max()) if values.numel() else 0.0
    made[_ELEMENTS] = values.numel()
    places = torch.arange(1, values.numel() + 1, dtype=torch.float64)
    for number, frequency in enumerate(_FREQUENCIES):
        made[_SUMS + number] = float((values * (places * frequency).cos()).sum())
    return made


def _code(content: bytes) -> int:
    """A number that float32 can hold."""
    return zlib.crc32(content) & 0xFFFFFF


def alike(one: Tensor, other: Tensor) -> bool:
    """Whether two signatures are those of one result, but for rounding."""
    # In plain numbers, which takes a twentieth of the time: suites compare hundreds of thousands.
    mine, theirs = one.tolist(), other.tolist()
    if mine[: _HOLES + 1] != theirs[: _HOLES + 1]:
        return False
    size = max(_LEAST_SIZE, mine[_SIZE], theirs[_SIZE])
    # Roundings of either sign add up like the steps of a random walk.
    allowed = SAME * size * math.sqrt(max(mine[_ELEMENTS], 1.0))
    sums = zip(mine[_SUMS:], theirs[_SUMS:], strict=True)
    return all(abs(a - b) <= allowed for a, b in sums)


def is_blank(one: Tensor) -> bool:
    """Whether a result shows little: no tensor, nothing but zeros, or not one finite number."""
    return float(one[_SIZE]) == 0.0


def is_missing(one: Tensor) -> bool:
    """Whether no tensor came back."""
    return float(one[_SHAPE]) == _NO_TENSOR
