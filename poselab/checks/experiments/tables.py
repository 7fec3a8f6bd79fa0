"""Findings as a table: one row of numbers for each call that an experiment made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from poselab.checks.registry import Finding

Found = Mapping[str, float]
"""What was found of one call, by name. 1 is yes, 0 is no, nan is unknown."""


def table(found: Sequence[Found], names: Sequence[str]) -> Tensor:
    """What was found of each call, as a tensor.

    Args:
        found: for each call, by name; what is missing is unknown.
        names: the columns.

    Returns:
        (call, name) float64.
    """
    rows = [[float(each.get(name, math.nan)) for name in names] for each in found]
    return torch.tensor(rows, dtype=torch.float64)


def rows_of(result: Tensor, names: Sequence[str]) -> list[Found]:
    """Read what :func:`table` made."""
    return [dict(zip(names, row.tolist(), strict=True)) for row in result]


def named(mistake: str, seen: str) -> Finding:
    """A fault that is a known mistake."""
    return Finding(math.inf, mistake, seen)


def unnamed(seen: str, advice: str) -> Finding:
    """A fault whose cause is not shown."""
    return Finding(math.inf, "", seen, advice)
