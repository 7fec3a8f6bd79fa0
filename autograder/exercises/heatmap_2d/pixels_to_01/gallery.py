"""What the gallery shows of `pixels_to_01`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

from torch import Tensor


def not_written_yet(points_px: Tensor, size: tuple[int, int]) -> Tensor:
    """The cell as it was handed out."""
    # TODO
    raise NotImplementedError


def two_results(points_px: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """u and v are right, but two tensors."""
    return points_px[..., 0] / (size[1] - 1), points_px[..., 1] / (size[0] - 1)


SHOWN = (not_written_yet, "size_swapped", "divided_by_the_size", "rows_only", two_results)
