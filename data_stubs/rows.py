"""Tensors that belong together row by row."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from jaxtyping import Int
from torch import Tensor


@dataclass(frozen=True)
class Rows:
    """A dataclass of tensors that share their first axis: persons, frames or rooms."""

    def __getitem__(self, rows: Int[Tensor, " row"]) -> Self:
        """The rows of every tensor called by index; the same row may be called again and again."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))
