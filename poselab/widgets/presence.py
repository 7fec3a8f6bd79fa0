"""A threshold for presence: how many keypoints it finds, and how many of those are there."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from poselab.metrics.presence import precision_and_recall
from poselab.plots.figure import INK, Picture, colour_of, label_axes, numbers
from poselab.skeletons import COCO, Skeleton
from poselab.widgets.explorer import Explorer, slider


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

    def draw(threshold: float) -> Picture:
        return _draw_threshold(scores, presence, threshold / 100, skeleton)

    return Explorer({"threshold": slider("% at least", 50.0, 0.0, 100.0)}, draw)
