"""The two units of a position in an image: pixels, and fractions of the width and the height.

Pixel centres are at integers, the first at 0 and the last at ``width - 1``, so that a fraction
``u = x / (width - 1)`` means the same position in images and heat maps of every size.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def to_pixels(pose_01: Float[Tensor, "*pose 2"], size: tuple[int, int]) -> Float[Tensor, "*pose 2"]:
    """Convert positions in 0..1 to positions in pixels.

    Args:
        pose_01: positions (x, y), 0 at the centre of the first pixel and 1 at that of the last.
        size: (height, width) of the image or heat map whose pixels are the unit.

    Returns:
        The positions (x, y) in pixels, with the dtype and the device of ``pose_01``.
    """
    return pose_01 * _last_pixel(pose_01, size)


def to_01(pose_px: Float[Tensor, "*pose 2"], size: tuple[int, int]) -> Float[Tensor, "*pose 2"]:
    """Convert positions in pixels to positions in 0..1: the inverse of :func:`to_pixels`.

    Args:
        pose_px: positions (x, y) in pixels.
        size: (height, width) of the image or heat map that the pixels belong to, at least 2 each.

    Returns:
        The positions (x, y) in 0..1, with the dtype and the device of ``pose_px``.
    """
    return pose_px / _last_pixel(pose_px, size)


def _last_pixel(pose: Tensor, size: tuple[int, int]) -> Tensor:
    height, width = size
    return torch.tensor([width - 1, height - 1], dtype=pose.dtype, device=pose.device)
