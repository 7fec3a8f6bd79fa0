"""A scrubber: one slider through the frames of a clip."""

from __future__ import annotations

from collections.abc import Mapping

from ipywidgets import IntSlider
from jaxtyping import Float, UInt8
from torch import Tensor

from poselab.plots.clips import plot_clip_predictions
from poselab.plots.figure import Picture
from poselab.widgets.explorer import WIDE, Explorer


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

    def draw(frame: int) -> Picture:
        shown = {name: each[frame] for name, each in predictions_px.items()}
        return plot_clip_predictions(frames[frame], target_px[frame], shown, frame)

    slider = IntSlider(value=0, min=0, max=len(frames) - 1, description="frame", layout=WIDE)
    return Explorer({"frame": slider}, draw)
