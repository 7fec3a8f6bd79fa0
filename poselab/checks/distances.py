"""How far a result is from another one: the measure behind every tolerance."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def differences(result: Tensor, expected: Tensor) -> Tensor:
    """Absolute differences, relative where values exceed 1; infinite where a value is nan.

    Args:
        result: of any dtype.
        expected: in float64, of the same shape.

    Returns:
        float64, of the same shape.
    """
    difference = (result.to(torch.float64) - expected) / expected.abs().clamp(min=1)
    return difference.abs().nan_to_num(nan=torch.inf)


def distance(result: Tensor, expected: Tensor) -> float:
    """The largest of the differences."""
    return float(differences(result, expected).max()) if expected.numel() else 0.0


def unravelled(index: int, shape: Iterable[int]) -> tuple[int, ...]:
    """The position in a tensor of this shape that has this number, counted row by row.

    PyTorch's own function imports sympy, which takes a second.
    """
    position: list[int] = []
    for size in reversed([*shape]):
        index, rest = divmod(index, size)
        position.insert(0, rest)
    return tuple(position)
