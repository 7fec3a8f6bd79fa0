"""Crops of a person from an image: the region around a box, scaled to the network's input."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

Region = tuple[float, float, float, float]
"""x, y, width and height in pixels; x and y are where its first pixels begin, at their edges."""

PADDING = 128
"""The grey of what lies outside the image: 0 once the crop is normalised, or as good as."""


def region_around(box: Region, size: tuple[int, int], margin: float) -> Region:
    """The region that a crop shows: a box and a margin, with the shape of the crop.

    Args:
        box: of a person, as COCO's annotations have it.
        size: height and width of the crop in pixels.
        margin: how much wider and higher than the box the region is at least; 1.25 leaves an
            eighth of the box on each side.

    Returns:
        The region, which may reach beyond the image.
    """
    x, y, width, height = box
    scale = margin * max(width / size[1], height / size[0])
    wide, high = scale * size[1], scale * size[0]
    return x + (width - wide) / 2, y + (height - high) / 2, wide, high


def crop_image(
    image: UInt8[np.ndarray, "height width 3"], region: Region, size: tuple[int, int]
) -> UInt8[np.ndarray, "rows columns 3"]:
    """Cut a region out of an image and scale it, averaging where it gets smaller.

    Args:
        image: RGB.
        region: what the crop shows; what lies outside the image becomes grey.
        size: height and width of the crop in pixels.

    Returns:
        The crop.
    """
    x, y, wide, high = region
    height, width = image.shape[:2]
    left, top = max(math.ceil(-x), 0), max(math.ceil(-y), 0)
    right, bottom = max(math.ceil(x + wide - width), 0), max(math.ceil(y + high - height), 0)
    padded = np.pad(image, ((top, bottom), (left, right), (0, 0)), constant_values=PADDING)
    box = (x + left, y + top, x + left + wide, y + top + high)
    scaled = Image.fromarray(padded).resize(size[::-1], Image.Resampling.BILINEAR, box)
    return np.asarray(scaled)


def to_crop(
    points: Float[np.ndarray, "*points 2"], region: Region, size: tuple[int, int]
) -> Float[np.ndarray, "*points 2"]:
    """Convert positions (x, y) in the image to positions in the crop; centres are at integers."""
    x, y, wide, high = region
    scale = np.array([size[1] / wide, size[0] / high])
    return (points + 0.5 - np.array([x, y])) * scale - 0.5


def to_image(
    points: Float[np.ndarray, "*points 2"], region: Region, size: tuple[int, int]
) -> Float[np.ndarray, "*points 2"]:
    """Convert positions (x, y) in the crop to positions in the image; centres are at integers."""
    x, y, wide, high = region
    scale = np.array([wide / size[1], high / size[0]])
    return (points + 0.5) * scale + np.array([x, y]) - 0.5
