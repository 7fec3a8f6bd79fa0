"""Wrong answers to `joint_error`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank

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


@BANK.mistake("It is the mean squared difference of the coordinates; it should be a distance.")
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
    "With no visible joint it is 0 / 0, which is nan; the error is 0 then. Think of "
    "`.clamp(min=1)` on the count.",
    fails="edge_cases",
)
def nan_without_visible(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """No guard against an empty mask."""
    distances = _distances(predicted, target)
    return distances.mean() if visible is None else (distances * visible).sum() / visible.sum()


@BANK.mistake(
    "Each sample is averaged on its own first, so a joint in a sample with few visible joints "
    "counts for more. Average over all visible joints at once."
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


@BANK.mistake("It is the largest distance; return the mean.")
def largest_distance(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """max instead of mean."""
    distances = _distances(predicted, target)
    return (distances if visible is None else distances * visible).max()


@BANK.mistake("It is the median distance; return the mean.")
def median_distance(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """median instead of mean."""
    distances = _distances(predicted, target)
    seen = distances.flatten() if visible is None else distances[visible.bool()]
    return seen.median() if seen.numel() else distances.sum() * 0


@BANK.mistake(
    "It is the root of the mean squared coordinate. Take one root for each joint, of the sum of "
    "its two squares."
)
def rmse_of_coordinates(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """sqrt(mse_loss)."""
    return _mean(((predicted - target) ** 2).mean(-1), visible).sqrt()


@BANK.mistake("It is the larger of |x| and |y|. The distance is Euclidean: (3, -4) is 5, not 4.")
def larger_coordinate(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Chebyshev distance."""
    return _mean((predicted - target).abs().amax(-1), visible)


@BANK.mistake("The mask is inverted: it averages over the hidden joints.")
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


@BANK.mistake(
    "The sum of distances is divided by the number of samples; divide by the number of visible "
    "joints."
)
def divided_by_batch(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Sum / B."""
    distances = _distances(predicted, target)
    return (distances if visible is None else distances * visible).sum() / len(predicted)


@BANK.mistake(
    "It returns one value for each sample; return the mean over all samples.", fails="shape"
)
def one_value_per_sample(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """(batch,) instead of a number."""
    return _distances(predicted, target).mean(1)


@BANK.mistake("The first joint's `visible` is used for every joint; each joint has its own.")
def first_joints_visibility(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mask of joint 0 is broadcast."""
    mask = None if visible is None else visible[:, :1].expand_as(visible)
    return _mean(_distances(predicted, target), mask)


@BANK.mistake("A joint counts as visible for the whole batch as soon as one sample shows it.")
def visible_if_any_sample_shows_it(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mask is joined over the batch."""
    mask = None if visible is None else visible.bool().any(0, keepdim=True).expand_as(visible)
    return _mean(_distances(predicted, target), mask)


@BANK.mistake("A joint counts as hidden for the whole batch if one sample does not show it.")
def hidden_for_the_whole_batch(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mask is reduced over the batch."""
    mask = None if visible is None else visible.bool().all(0, keepdim=True).expand_as(visible)
    return _mean(_distances(predicted, target), mask)


@BANK.mistake("Without `visible` no joint counts. Its default means that all of them do.")
def default_hides_everything(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """None is taken for an empty mask."""
    distances = _distances(predicted, target)
    return _mean(distances, torch.zeros_like(distances) if visible is None else visible)


@BANK.mistake(
    "One root is taken over all joints and coordinates together. Take one for each joint, then "
    "average."
)
def norm_of_everything(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """norm() without an axis."""
    difference = predicted - target
    return (difference if visible is None else difference * visible[..., None]).norm()


@BANK.mistake("The norm runs over the samples. Take it over x and y, the last axis.")
def norm_over_samples(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """norm(dim=0) instead of norm(dim=-1)."""
    difference = predicted - target
    if visible is not None:
        difference = difference * visible[..., None]
    return difference.norm(dim=0).mean()


@BANK.mistake(
    "Each joint is averaged over the samples first, so a joint that few samples show counts for "
    "more. Average over all visible joints at once."
)
def mean_of_joint_means(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Mean over the samples that show a joint, then over joints."""
    distances = _distances(predicted, target)
    mask = torch.ones_like(distances) if visible is None else visible
    return ((distances * mask).sum(0) / mask.sum(0).clamp(min=1)).mean()


@BANK.mistake(
    "The poses are averaged before they are compared, so errors to the left and to the right "
    "cancel. Take the distance of each joint first."
)
def distance_of_means(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """The norm of the mean difference."""
    mask = torch.ones_like(predicted[..., :1]) if visible is None else visible[..., None]
    return (((predicted - target) * mask).sum((0, 1)) / mask.sum().clamp(min=1)).norm()


@BANK.mistake("It is the square of the mean distance; return the mean distance itself.")
def mean_distance_squared(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mean, squared."""
    return _mean(_distances(predicted, target), visible) ** 2


@BANK.mistake(
    "1 is added to the number of visible joints. Guard against 0 without changing the rest."
)
def one_added_to_count(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Division by n + 1."""
    distances = _distances(predicted, target)
    mask = torch.ones_like(distances) if visible is None else visible
    return (distances * mask).sum() / (mask.sum() + 1)


@BANK.mistake("It is half the mean distance; there is no factor in front.")
def halved(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """A factor 1/2."""
    return _mean(_distances(predicted, target), visible) / 2


@BANK.mistake(
    "The distances are divided by the size of the true positions. Leave them as they are, in the "
    "unit of the poses."
)
def relative_to_target(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """A relative error."""
    return _mean(_distances(predicted, target) / target.norm(dim=-1), visible)


@BANK.mistake("It returns one distance for each joint of each sample; average them.", fails="shape")
def distances_returned(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """(batch, joint) instead of a number."""
    distances = _distances(predicted, target)
    return distances if visible is None else distances * visible


@BANK.mistake(
    "It returns one value for each joint; return the mean over all joints.", fails="shape"
)
def one_value_per_joint(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """(joint,) instead of a number."""
    return _distances(predicted, target).mean(0)


@BANK.mistake(
    "The number is in a tensor with one axis, of shape (1,). An error has no axes: ().",
    fails="shape",
)
def one_axis_left(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """(1,) instead of ()."""
    return _mean(_distances(predicted, target), visible).reshape(1)


@BANK.mistake(
    "A perfect prediction is not off by 0: something is added under the root. Take the root of "
    "the sum alone.",
    fails="edge_cases",
)
def added_under_the_root(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """sqrt(d^2 + eps)."""
    squares = ((predicted - target) ** 2).sum(-1)
    return _mean((squares + 3e-7).sqrt(), visible)


@BANK.mistake(
    "It is right to only a few digits: part of it is computed in float32, or a small number is "
    "added to the differences or to the count.",
    fails="dtype_device",
)
def computed_in_float32(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """float32 inside, cast back at the end."""
    return _mean(_distances(predicted.float(), target.float()), visible).to(predicted.dtype)
