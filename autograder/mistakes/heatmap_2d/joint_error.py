"""Wrong answers to `joint_error`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.mistakes.bank import Bank

BANK = Bank()


def _mean(errors: Tensor, visible: Tensor | None) -> Tensor:
    if visible is None:
        return errors.mean()
    return (errors * visible).sum() / visible.sum().clamp(min=1)


def _distances(predicted: Tensor, target: Tensor) -> Tensor:
    return (predicted - target).norm(dim=-1)


@BANK.mistake("It is the mean squared distance. An offset of (3, -4) is 5 pixels, not 25.")
def squared_distance(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """No root."""
    return _mean(_distances(predicted, target) ** 2, visible)


@BANK.mistake(
    "It is the root of the mean square (RMSE), in which large errors weigh more. "
    "Take the root for each joint, then average."
)
def rmse_instead_of_mean(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The root after the mean."""
    return _mean(_distances(predicted, target) ** 2, visible).sqrt()


@BANK.mistake("The squares of x and y are averaged under the root; add them.")
def mean_over_coordinates(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """sqrt(mean over xy), too small by the root of 2."""
    return _mean(((predicted - target) ** 2).mean(-1).sqrt(), visible)


@BANK.mistake("It adds |x| and |y|. The distance is Euclidean: an offset of (3, -4) is 5, not 7.")
def manhattan_distance(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """L1 distance."""
    return _mean((predicted - target).abs().sum(-1), visible)


@BANK.mistake("It averages |x| and |y|. The distance is Euclidean: an offset of (3, -4) is 5.")
def mean_absolute_coordinate(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Mean absolute difference of coordinates."""
    return _mean((predicted - target).abs().mean(-1), visible)


@BANK.mistake("It is the mean squared difference of the coordinates; a distance is asked for.")
def mean_squared_coordinate(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """MSE of coordinates."""
    return _mean(((predicted - target) ** 2).mean(-1), visible)


@BANK.mistake("The distances are summed; average them.")
def summed(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Sum over joints and samples."""
    distances = _distances(predicted, target)
    return (distances if visible is None else distances * visible).sum()


@BANK.mistake("`visible` is not used: hidden joints must not count.")
def visibility_ignored(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """The mean over all joints."""
    return _distances(predicted, target).mean()


@BANK.mistake(
    "Hidden joints count as perfect ones: you divide by the number of all joints. "
    "Divide by the number of visible ones."
)
def divided_by_all_joints(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Hidden distances are zeroed, but stay in the mean."""
    distances = _distances(predicted, target)
    return (distances if visible is None else distances * visible).mean()


@BANK.mistake(
    "With no visible joint it is 0 / 0, which is NaN. Nothing was measured: the error is 0.",
    fails="edge_cases",
)
def nan_without_visible(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """No guard against an empty mask."""
    distances = _distances(predicted, target)
    return distances.mean() if visible is None else (distances * visible).sum() / visible.sum()


@BANK.mistake(
    "Each sample is averaged for itself first, so a joint in a sample with few visible joints "
    "weighs more. Average over all visible joints at once."
)
def mean_of_sample_means(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Mean over visible joints in each sample, then over samples."""
    distances = _distances(predicted, target)
    mask = torch.ones_like(distances) if visible is None else visible
    return ((distances * mask).sum(1) / mask.sum(1).clamp(min=1)).mean()


@BANK.mistake("The norm runs over the joints. Take it over x and y, the last axis.")
def norm_over_joints(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """norm(dim=1) instead of norm(dim=-1)."""
    difference = predicted - target
    if visible is not None:
        difference = difference * visible[..., None]
    return difference.norm(dim=1).mean()


@BANK.mistake("It is the largest distance; the mean is asked for.")
def largest_distance(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """max instead of mean."""
    distances = _distances(predicted, target)
    return (distances if visible is None else distances * visible).max()


@BANK.mistake("It is the median distance; the mean is asked for.")
def median_distance(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """median instead of mean."""
    distances = _distances(predicted, target)
    seen = distances.flatten() if visible is None else distances[visible.bool()]
    return seen.median() if seen.numel() else distances.sum() * 0


@BANK.mistake(
    "It is the root of the mean squared coordinate. Take a root for each joint, of its sum."
)
def rmse_of_coordinates(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """sqrt(mse_loss)."""
    return _mean(((predicted - target) ** 2).mean(-1), visible).sqrt()


@BANK.mistake("It is the larger of |x| and |y|. The distance is Euclidean: (3, -4) is 5, not 4.")
def larger_coordinate(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Chebyshev distance."""
    return _mean((predicted - target).abs().amax(-1), visible)


@BANK.mistake("The mask is upside down: it averages over the hidden joints.")
def visibility_inverted(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Hidden joints are averaged."""
    return _mean(_distances(predicted, target), None if visible is None else 1 - 1 * visible)


@BANK.mistake("The first sample's `visible` is used for every sample; each sample has its own.")
def first_samples_visibility(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mask of sample 0 is broadcast."""
    mask = None if visible is None else visible[:1].expand_as(visible)
    return _mean(_distances(predicted, target), mask)


@BANK.mistake("The sum of distances is divided by the number of samples; divide by that of joints.")
def divided_by_batch(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Sum / B."""
    distances = _distances(predicted, target)
    return (distances if visible is None else distances * visible).sum() / len(predicted)


@BANK.mistake(
    "One value for each sample comes back; the mean over all samples is asked for.", fails="shape"
)
def one_value_per_sample(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """(batch,) instead of a number."""
    return _distances(predicted, target).mean(1)
