"""A threshold for presence: how many keypoints it finds, and how many of those are there."""

from __future__ import annotations

import torch
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


def _draw_threshold(
    scores: Tensor, presence: Tensor, threshold: float, skeleton: Skeleton
) -> Picture:
    figure = Picture(9.6, 3.6)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.7))
    grid = torch.linspace(0, 1, 101)
    precision, recall = precision_and_recall(scores, presence, grid)
    left.plot(numbers(recall), numbers(precision), color=colour_of(0), lw=2)
    here_precision, here_recall = precision_and_recall(scores, presence, torch.tensor([threshold]))
    left.plot(here_recall.item(), here_precision.item(), "o", color=colour_of(1), ms=9, mec=INK)
    left.set_xlim(0, 1.03)
    left.set_ylim(0, 1.03)
    title = f"precision {here_precision.item():.2f}, recall {here_recall.item():.2f}"
    label_axes(left, "recall", "precision", title)

    each = [
        precision_and_recall(scores[:, k], presence[:, k], torch.tensor([threshold]))
        for k in range(len(skeleton))
    ]
    places = range(len(skeleton))
    for number, (name, marker) in enumerate((("precision", "o"), ("recall", "s"))):
        values = [float(pair[number]) for pair in each]
        right.plot(places, values, marker, color=colour_of(number), ms=6, label=name)
    names = [joint.replace("-", "\n", 1) for joint in skeleton.joints]
    right.set_xticks(places, names)
    right.set_ylim(0, 1.03)
    label_axes(right, "", "", f"by keypoint, at a threshold of {threshold:.2f}", "y")
    right.tick_params(axis="x", labelsize=7)
    right.legend(frameon=False, fontsize=9, loc="lower right")
    return figure
