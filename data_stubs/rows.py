"""Tensors whose rows belong together."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from jaxtyping import Int
from torch import Tensor


@dataclass(frozen=True)
class Rows:
    """A dataclass of tensors that share their first axis: people, frames or rooms."""

    def __getitem__(self, rows: Int[Tensor, " row"]) -> Self:
        """Select rows of every tensor by index; a row may be selected several times."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))
