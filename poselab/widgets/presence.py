"""A threshold for presence: how many keypoints it finds, and how many of those are there."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import PIL.Image
import torch
from jaxtyping import Float
from matplotlib.artist import Artist
from torch import Tensor

from poselab.metrics.presence import precision_and_recall
from poselab.plots.figure import INK, Picture, colour_of, label_axes, numbers, set_title
from poselab.skeletons import COCO, Skeleton
from poselab.widgets.explorer import Explorer, slider

_PRECISION, _RECALL = colour_of(5), colour_of(4)
"""No method has these colours: a notebook compares four."""


def choose_threshold(
    scores: Float[Tensor, "sample keypoint"],
    presence: Float[Tensor, "sample keypoint"],
    skeleton: Skeleton = COCO,
) -> Explorer:
    """Precision and recall of each keypoint at a threshold that a slider chooses.

    Args:
        scores: probabilities that keypoints are present.
        presence: 1 where they are, 0 where not.
        skeleton: names the keypoints.

    Returns:
        The widget; ``sliders["threshold"]`` can be set, in per cent, and ``picture.value`` is the
        PNG.
    """
    drawn = _Thresholds(scores, presence, skeleton)
    return Explorer({"threshold": slider("% at least", 50.0, 0.0, 100.0)}, drawn.at)


class _Moving(Picture):
    """A picture of which only some artists change; the rest is drawn once."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(width, height)
        self._moving: list[Artist] = []
        self._still: Any = None

    def keep_still(self, *moving: Artist) -> None:
        """Draw everything but these artists, for all pictures to come."""
        self._moving = list(moving)
        for artist in moving:
            artist.set_animated(True)
        self.canvas.draw()
        self._still = self.canvas.copy_from_bbox(self.bbox)  # type: ignore[attr-defined]

    def png(self) -> bytes:
        """The figure as the bytes of a PNG file."""
        canvas: Any = self.canvas
        canvas.restore_region(self._still)
        for artist in self._moving:
            self.draw_artist(artist)
        stream = io.BytesIO()
        # A slider's picture is looked at once: rather large than late.
        PIL.Image.fromarray(np.asarray(canvas.buffer_rgba())).save(
            stream, format="png", compress_level=1
        )
        return stream.getvalue()


class _Thresholds:
    """The figure, in which only what depends on the threshold is changed when a slider moves."""

    def __init__(self, scores: Tensor, presence: Tensor, skeleton: Skeleton) -> None:
        self._scores, self._presence = scores, presence
        self._figure = figure = _Moving(9.6, 4.0)
        self._left, self._right = left, right = figure.subplots(1, 2, width_ratios=(1, 1.7))
        precision, recall = precision_and_recall(scores, presence, torch.linspace(0, 1, 101))
        left.plot(numbers(recall), numbers(precision), color=colour_of(0), lw=2)
        (self._point,) = left.plot([], [], "o", color=INK, ms=9)
        left.set_xlim(0, 1.03)
        left.set_ylim(0, 1.03)
        label_axes(left, "recall", "precision", " ")

        places = range(len(skeleton))
        self._each = [
            right.plot(places, [0.0] * len(places), marker, color=colour, ms=6, label=name)[0]
            for name, marker, colour in (("precision", "o", _PRECISION), ("recall", "s", _RECALL))
        ]
        # Beside each other, seventeen names have no room.
        names = [joint.replace("-", " ") for joint in skeleton.joints]
        right.set_xticks(places, names, rotation=90)
        right.set_ylim(0, 1.03)
        label_axes(right, "", "fraction of keypoints", " ", "y")
        right.tick_params(axis="x", labelsize=9)
        right.legend(frameon=False, fontsize=9, loc="lower right")
        figure.keep_still(self._point, *self._each, left.title, right.title)

    def at(self, threshold: float) -> Picture:
        """The figure at a threshold, in per cent."""
        chosen = torch.tensor([threshold / 100])
        precision, recall = precision_and_recall(self._scores, self._presence, chosen)
        self._point.set_data(numbers(recall), numbers(precision))
        set_title(self._left, f"precision {precision.item():.2f}, recall {recall.item():.2f}")
        columns = zip(self._scores.unbind(dim=1), self._presence.unbind(dim=1), strict=True)
        pairs = [precision_and_recall(*column, chosen) for column in columns]
        for drawn, values in zip(self._each, zip(*pairs, strict=True), strict=True):
            drawn.set_ydata([float(value) for value in values])
        set_title(self._right, f"by keypoint, at a threshold of {threshold / 100:.2f}")
        return self._figure
