"""How well scores tell present keypoints from absent ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Num
from torch import Tensor


@dataclass(frozen=True)
class PresencePrecision:
    """The average precision of presence.

    Args:
        each: of each keypoint; nan for one that is always or never present.
        macro: the mean over the keypoints that have one; nan if none has.
        left_out: how many keypoints have none.
    """

    each: Float[Tensor, " keypoint"]
    macro: float
    left_out: int


def average_precision(scores: Num[Tensor, " person"], presence: Num[Tensor, " person"]) -> float:
    """The area under the curve of precision over recall, as scikit-learn defines it.

    Going down the scores, each step adds the gain in recall times the precision there,
    sum((R[n] - R[n - 1]) P[n]), without interpolation. Equal scores are one step. Random scores
    reach about the fraction of those that are present, and so does a constant.

    Args:
        scores: the higher, the surer that the keypoint is present: logits or probabilities.
        presence: 1 where it is, else 0.

    Returns:
        0 to 1; nan where all or none are present, since nothing is to be told apart then.

    Raises:
        ValueError: a score is nan, or there are not as many scores as labels.
    """
    if scores.shape != presence.shape:
        raise ValueError(
            f"{tuple(scores.shape)} scores and {tuple(presence.shape)} labels do not go together; "
            "give one score for each label."
        )
    if bool(scores.isnan().any()):
        raise ValueError("A score is nan, which has no place in an order; look where it is from.")
    present = presence.detach().cpu() > 0
    positives = int(present.sum())
    if positives in (0, len(present)):
        return math.nan
    ordered, order = scores.detach().cpu().sort(descending=True)
    found = present[order].double().cumsum(0)
    # What has the same score comes at once: only the last of equal ones is a step.
    last = torch.cat([ordered[1:] != ordered[:-1], torch.tensor([True])])
    taken = torch.arange(1, len(ordered) + 1, dtype=torch.float64)[last]
    found = found[last]
    gain = found.diff(prepend=torch.zeros(1, dtype=torch.float64)) / positives
    return float((gain * found / taken).sum())


def presence_precision(
    scores: Num[Tensor, "person keypoint"], presence: Num[Tensor, "person keypoint"]
) -> PresencePrecision:
    """The average precision of each keypoint, and their mean.

    Args:
        scores: logits or probabilities. Only their order counts, for each keypoint by itself.
        presence: 1 where a keypoint is present, else 0.

    Returns:
        Each keypoint's, and the mean over those that are present in some but not in all people.

    Raises:
        ValueError: a score is nan, or the shapes differ.
    """
    if scores.shape != presence.shape:
        raise ValueError(
            f"Scores of shape {tuple(scores.shape)} and labels of shape {tuple(presence.shape)} do "
            "not go together; give one score for each label."
        )
    columns = zip(scores.unbind(1), presence.unbind(1), strict=True)
    each = torch.tensor([average_precision(*pair) for pair in columns], dtype=torch.float64)
    known = ~each.isnan()
    macro = float(each[known].mean()) if bool(known.any()) else math.nan
    return PresencePrecision(each, macro, int((~known).sum()))


def precision_and_recall(
    scores: Num[Tensor, "*batch"],
    presence: Num[Tensor, "*batch"],
    thresholds: Num[Tensor, " threshold"],
) -> tuple[Float[Tensor, " threshold"], Float[Tensor, " threshold"]]:
    """Precision and recall if all that scores at least a threshold is called present.

    Args:
        scores: of all keypoints together, or of one.
        presence: 1 where a keypoint is present, else 0.
        thresholds: in the unit of the scores, in any order.

    Returns:
        For each threshold the fraction of those called present that are, nan where nothing is
        called present; and the fraction of those present that are called so, nan where none is.
        Float64.

    Raises:
        ValueError: the shapes of scores and labels differ.
    """
    if scores.shape != presence.shape:
        raise ValueError(
            f"Scores of shape {tuple(scores.shape)} and labels of shape {tuple(presence.shape)} do "
            "not go together; give one score for each label."
        )
    present = presence.detach().flatten() > 0
    called = scores.detach().flatten() >= thresholds[:, None]
    right = (called & present).sum(1).double()
    return right / called.sum(1), right / present.sum()
