"""Reading what a figure shows."""

from __future__ import annotations

import io
from typing import Literal

import numpy as np
import torch
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from poselab.plots.figure import Picture


def pixels(picture: Picture) -> np.ndarray:
    """The drawn picture (height, width, 3)."""
    return imread(io.BytesIO(picture.png()))[..., :3]


def has_colour(picture: Picture, colour: str) -> bool:
    return bool((np.abs(pixels(picture) - to_rgb(colour)).max(-1) < 0.02).sum() > 5)


def texts(picture: Picture) -> str:
    sides: tuple[Literal["center", "left", "right"], ...] = ("center", "left", "right")
    titles = [a.get_title(loc=side) for a in picture.axes for side in sides]
    axes = [text for a in picture.axes for text in a.texts]
    legends = [text for legend in picture.legends for text in legend.get_texts()]
    within = [legend for a in picture.axes if (legend := a.get_legend()) is not None]
    inner = [text for legend in within for text in legend.get_texts()]
    said = [*titles, *(text.get_text() for text in (*axes, *legends, *inner))]
    return " | ".join(text for text in said if text)


def dark_image() -> torch.Tensor:
    return torch.zeros(3, 128, 160, dtype=torch.uint8)
