"""PCK: the fraction of keypoints that are near enough, measured by each person's own size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poselab.skeletons import COCO, Skeleton


@dataclass(frozen=True)
class Pck:
    """The percentage of correct keypoints, as a fraction.

    Args:
        value: of all present keypoints of all people that count; nan if there is none.
        each: of each keypoint; nan for one that nobody shows.
        people: how many people count.
        left_out: how many do not, because their torso cannot be measured.
    """

    value: float
    each: Float[Tensor, " keypoint"]
    people: int
    left_out: int


def torso_lengths(
    keypoints: Float[Tensor, "person keypoint 3"], skeleton: Skeleton = COCO
) -> Float[Tensor, " person"]:
    """The distance from the middle of the shoulders to the middle of the hips.

    Args:
        keypoints: x, y and v.
        skeleton: says where the shoulders and hips are in it.

    Returns:
        In the unit of x and y, float64; nan for a person whose shoulders and hips are not all
        present, or lie at one point.
    """

    def middle(part: str) -> tuple[Tensor, Tensor]:
        both = keypoints[:, [skeleton.joints.index(f"{side}-{part}") for side in ("left", "right")]]
        return both[..., :2].double().mean(1), (both[..., 2] > 0).all(1)

    (shoulders, upper), (hips, lower) = middle("shoulder"), middle("hip")
    lengths = (shoulders - hips).norm(dim=-1)
    return lengths.where(upper & lower & (lengths > 0), torch.full_like(lengths, math.nan))


def pck(
    predicted: Float[Tensor, "person keypoint 2"],
    keypoints: Float[Tensor, "person keypoint 3"],
    fraction: float = 0.2,
    skeleton: Skeleton = COCO,
) -> Pck:
    """The fraction of present keypoints that are within a fraction of the torso's length.

    "Within" includes what is exactly as far. The torso reaches from the middle of the shoulders to
    the middle of the hips (see :func:`torso_lengths`), after Yang and Ramanan, "Articulated human
    detection with flexible mixtures of parts" (2013), who measure by a person's own size, too. A
    person whose torso cannot be measured is left out, and counted.

    Args:
        predicted: x and y, in the unit of ``keypoints``.
        keypoints: true x, y and v; present is what has v > 0.
        fraction: of the torso's length.
        skeleton: of the keypoints.

    Returns:
        The fraction over all of them and for each keypoint, with how many people it is of.

    Raises:
        ValueError: there are not as many predictions as people, or as keypoints.
    """
    if predicted.shape[:2] != keypoints.shape[:2]:
        raise ValueError(
            f"Predictions of shape {tuple(predicted.shape)} and keypoints of shape "
            f"{tuple(keypoints.shape)} do not go together; give one position for each keypoint."
        )
    lengths = torso_lengths(keypoints, skeleton)
    counts = ~lengths.isnan()
    distances = (predicted.detach().double() - keypoints[..., :2].double()).norm(dim=-1)
    near = distances <= fraction * lengths[:, None]
    present = (keypoints[..., 2] > 0) & counts[:, None]
    right, total = (near & present).sum(0).double(), present.sum(0)
    value = float(right.sum() / total.sum())
    return Pck(value, right / total, int(counts.sum()), int((~counts).sum()))
