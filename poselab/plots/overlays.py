"""All heat maps of an image at once, the true ones and the predicted ones."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from poselab.plots.figure import INK, Picture, numbers, set_title


def overlay_heatmaps(
    truth: Float[Tensor, "joint height width"],
    predicted: Float[Tensor, "joint height width"],
    peak: float = 255.0,
    *,
    red_and_green: bool = False,
) -> Picture:
    """The true maps, the predicted ones, and both in one picture, as in the report's Figure 2.

    Of the joints' maps each pixel shows the largest value. In the right picture the truth is blue
    and the prediction orange, so that what agrees is white. The report's colours are green and red,
    and yellow where both agree: ``red_and_green=True``. Not everybody can tell those apart.

    Args:
        truth: true heat maps.
        predicted: predicted ones, of the same size; what is below 0 or above the peak is cut off.
        peak: the value that is brightest.
        red_and_green: whether to use the report's colours.

    Returns:
        A figure with three images.

    Raises:
        ValueError: the two are not maps of one shape.
    """
    if truth.shape != predicted.shape or truth.dim() != 3:
        raise ValueError(
            "truth and predicted must both be (joint, height, width), not "
            f"{tuple(truth.shape)} and {tuple(predicted.shape)}."
        )
    true, found = _together(truth, peak), _together(predicted, peak)
    of_truth, of_prediction = ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    names = "truth green, prediction red,\nboth yellow"
    if not red_and_green:
        # Two colours that add up to white.
        of_truth, of_prediction = ((0.0, 0.45, 1.0), (1.0, 0.55, 0.0))
        names = "truth blue, prediction orange,\nboth white"
    both = true[..., None] * np.array(of_truth) + found[..., None] * np.array(of_prediction)
    figure = Picture(10.2, 3.4)
    panels = figure.subplots(1, 3)
    titles = ("true heat maps", "predicted heat maps", names)
    for axes, image, title in zip(panels, (true, found, both), titles, strict=True):
        shown = axes.imshow(image, cmap="gray", vmin=0, vmax=1)
        set_title(axes, title)
        axes.set_axis_off()
        if image is found:
            bar = figure.colorbar(shown, ax=axes, shrink=0.8)
            bar.set_label("fraction of the peak", color=INK)
    return figure


def _together(heatmaps: Tensor, peak: float) -> NDArray[np.float64]:
    """The largest value of each pixel, as a fraction of the peak in 0..1."""
    return np.clip(numbers(heatmaps).max(0) / peak, 0, 1)
