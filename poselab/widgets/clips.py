"""A scrubber: one slider through the frames of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ipywidgets import IntSlider
from jaxtyping import Float, UInt8
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from torch import Tensor

from poselab.plots.clips import plot_clip_predictions
from poselab.plots.figure import Picture
from poselab.widgets.explorer import WIDE, Explorer, MovingPicture


def scrub_clip(
    frames: UInt8[Tensor, "frame height width 3"],
    target_px: Float[Tensor, "frame joint 2"],
    predictions_px: Mapping[str, Float[Tensor, "frame joint 2"]],
) -> Explorer:
    """A slider over the frames; each shows the truth and every model's prediction.

    Args:
        frames: a clip, channels last.
        target_px: its true poses in pixels.
        predictions_px: name -> the predicted poses in pixels.

    Returns:
        The widget; ``sliders["frame"]`` can be set, and ``picture.value`` is the PNG.
    """

    def plot(frame: int) -> Picture:
        shown = {name: each[frame] for name, each in predictions_px.items()}
        return plot_clip_predictions(frames[frame], target_px[frame], shown, frame)

    figure = plot(0)
    moving = _moving(figure)
    picture = MovingPicture(figure, moving)

    def draw(frame: int) -> MovingPicture:
        # Not the new figure itself: to lay it out and to draw it takes longer than all else.
        for artist, changed in zip(moving, _moving(plot(frame)), strict=True):
            if isinstance(artist, AxesImage):
                artist.set_data(changed.get_array())
            elif isinstance(artist, Line2D):
                artist.set_data(*changed.get_data())
            else:
                artist.set_text(changed.get_text())
        return picture

    slider = IntSlider(value=0, min=0, max=len(frames) - 1, description="frame", layout=WIDE)
    return Explorer({"frame": slider}, draw)


def _moving(figure: Picture) -> list[Any]:
    """What differs from frame to frame, as it is drawn: images, poses on them, and titles."""
    return [artist for axes in figure.axes for artist in (*axes.images, *axes.lines, axes.title)]
