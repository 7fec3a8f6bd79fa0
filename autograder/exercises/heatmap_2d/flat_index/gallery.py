"""What the gallery shows of `flat_index`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

from torch import Tensor


def not_written_yet(x: Tensor, y: Tensor, width: int) -> Tensor:
    """The cell as it was handed out."""
    # TODO
    raise NotImplementedError


SHOWN = (not_written_yet, "xy_swapped", "one_less_in_a_row", "five_in_a_row", "numbers_only")
