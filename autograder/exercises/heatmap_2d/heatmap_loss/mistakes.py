"""Wrong answers to `heatmap_loss`."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from autograder.exercises.bank import Bank

BANK = Bank()


def _map_errors(predicted: Tensor, target: Tensor) -> Tensor:
    return ((predicted - target) ** 2).mean((-1, -2))


def _mean(errors: Tensor, visible: Tensor) -> Tensor:
    return (errors * visible).sum() / visible.sum().clamp(min=1)


@BANK.mistake("`visible` is not used: hidden joints must not count.")
def visibility_ignored(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mean over all joints."""
    return _map_errors(predicted, target).mean()


@BANK.mistake(
    "Hidden joints count as perfect ones: you divide by the number of all joints. "
    "Divide by the number of visible ones."
)
def divided_by_all_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Hidden errors are zeroed, but stay in the mean."""
    return (_map_errors(predicted, target) * visible).mean()


@BANK.mistake("The squares are summed over the pixels of a map; take their mean.")
def summed_over_pixels(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Sum over pixels, mean over visible joints."""
    errors = ((predicted - target) ** 2).sum((-1, -2))
    return _mean(errors, visible)


@BANK.mistake("The visible joints are summed; take their mean.")
def summed_over_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Mean over pixels, sum over visible joints."""
    return (_map_errors(predicted, target) * visible).sum()


@BANK.mistake("It is the mean absolute difference; square it instead.")
def absolute_difference(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """L1 instead of squared."""
    return _mean((predicted - target).abs().mean((-1, -2)), visible)


@BANK.mistake("A root is taken at the end; the squared error has none.")
def root_taken(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """RMSE."""
    return _mean(_map_errors(predicted, target), visible).sqrt()


@BANK.mistake(
    "With no visible joint it is 0 / 0, which is nan; the loss of such a batch is 0. Think of "
    "`.clamp(min=1)` on the count.",
    fails="edge_cases",
    fails_too=("gradient",),
)
def nan_without_visible(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """No guard against an empty mask."""
    return (_map_errors(predicted, target) * visible).sum() / visible.sum()


@BANK.mistake(
    "Each sample is averaged on its own first, so a joint in a sample with few visible joints "
    "counts for more. Average over all visible joints at once."
)
def mean_of_sample_means(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Mean over visible joints in each sample, then over samples."""
    errors = _map_errors(predicted, target) * visible
    return (errors.sum(1) / visible.sum(1).clamp(min=1)).mean()


@BANK.mistake("The first sample's `visible` is used for every sample; each sample has its own.")
def first_samples_visibility(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mask of sample 0 is broadcast."""
    return _mean(_map_errors(predicted, target), visible[:1].expand_as(visible))


@BANK.mistake("The mask is inverted: it averages over the hidden joints.")
def visibility_inverted(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Hidden joints are averaged."""
    return _mean(_map_errors(predicted, target), 1 - 1 * visible)


@BANK.mistake("It is half the squared error; there is no factor in front.")
def halved(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """A factor 1/2."""
    return _mean(_map_errors(predicted, target), visible) / 2


@BANK.mistake("The difference is averaged before it is squared; square each pixel first.")
def squared_after_mean(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(mean of differences) squared."""
    return _mean((predicted - target).mean((-1, -2)) ** 2, visible)


@BANK.mistake("Everything is summed, over pixels and joints; average over both.")
def summed_over_everything(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """No mean at all."""
    return (((predicted - target) ** 2).sum((-1, -2)) * visible).sum()


@BANK.mistake("The hidden joints' predictions are compared with maps of zeros; leave them out.")
def hidden_compared_with_zeros(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The target alone is masked."""
    return _map_errors(predicted, target * visible[..., None, None]).mean()


@BANK.mistake(
    "1 is added to the number of visible joints. Guard against 0 without changing the rest."
)
def one_added_to_count(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Division by n + 1."""
    return (_map_errors(predicted, target) * visible).sum() / (visible.sum() + 1)


@BANK.mistake("Each map's root is taken before the mean; the squared error has no root.")
def root_per_map(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mean of RMSEs."""
    return _mean(_map_errors(predicted, target).sqrt(), visible)


@BANK.mistake(
    "The sum over visible joints is divided by the number of samples; divide by the number of "
    "visible joints."
)
def divided_by_batch(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Sum / B."""
    return (_map_errors(predicted, target) * visible).sum() / len(predicted)


@BANK.mistake("A joint counts as visible for the whole batch as soon as one sample shows it.")
def visible_if_any_sample_shows_it(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mask is joined over the batch."""
    mask = visible.bool().any(0, keepdim=True).expand_as(visible)
    return _mean(_map_errors(predicted, target), mask)


@BANK.mistake("A joint counts as hidden for the whole batch if one sample does not show it.")
def hidden_for_the_whole_batch(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mask is reduced over the batch."""
    mask = visible.bool().all(0, keepdim=True).expand_as(visible)
    return _mean(_map_errors(predicted, target), mask)


@BANK.mistake("The first joint's `visible` is used for every joint; each joint has its own.")
def first_joints_visibility(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mask of joint 0 is broadcast."""
    return _mean(_map_errors(predicted, target), visible[:, :1].expand_as(visible))


@BANK.mistake(
    "Each joint is averaged over the samples first, so a joint that few samples show counts for "
    "more. Average over all visible joints at once."
)
def mean_of_joint_means(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Mean over the samples that show a joint, then over joints."""
    errors = _map_errors(predicted, target) * visible
    return (errors.sum(0) / visible.sum(0).clamp(min=1)).mean()


@BANK.mistake(
    "It is the smooth L1 loss, whose large differences count linearly; square all of them."
)
def smooth_l1(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Huber instead of squared."""
    errors = functional.smooth_l1_loss(predicted, target, reduction="none")
    return _mean(errors.mean((-1, -2)), visible)


@BANK.mistake(
    "Maps of zeros are compared with the hidden joints' targets: the prediction alone is masked. "
    "Leave hidden joints out."
)
def only_prediction_masked(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The prediction alone is masked."""
    return _map_errors(predicted * visible[..., None, None], target).mean()


@BANK.mistake("It is the norm of each map's difference; square it and average over the pixels.")
def norm_per_map(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Root of the sum over pixels."""
    return _mean((predicted - target).flatten(2).norm(dim=-1), visible)


@BANK.mistake(
    "With no visible joint all joints count. Such a batch has nothing to learn from: its loss "
    "is 0.",
    fails="edge_cases",
    fails_too=("gradient",),
)
def all_hidden_counts_all(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The plain mean where the mask is empty."""
    mask = visible if visible.any() else torch.ones_like(visible)
    return _mean(_map_errors(predicted, target), mask)


@BANK.mistake(
    "It returns one number for each map; the loss is their mean over the visible joints.",
    fails="shape",
)
def not_reduced(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(batch, joint) instead of a number."""
    return _map_errors(predicted, target) * visible


@BANK.mistake(
    "It returns one number for each sample; average over all samples' visible joints at once.",
    fails="shape",
)
def one_value_per_sample(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(batch,) instead of a number."""
    errors = _map_errors(predicted, target) * visible
    return errors.sum(1) / visible.sum(1).clamp(min=1)


@BANK.mistake(
    "The number is in a tensor with one axis, of shape (1,). A loss has no axes: ().",
    fails="shape",
)
def one_axis_left(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(1,) instead of ()."""
    return _mean(_map_errors(predicted, target), visible).reshape(1)


@BANK.mistake(
    "The gradient is half of what it should be: one factor of the square is detached.",
    fails="gradient",
)
def one_factor_detached(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """A square of which one factor is a constant."""
    squares = (predicted - target) * (predicted.detach() - target)
    return _mean(squares.mean((-1, -2)), visible)


@BANK.mistake(
    "With no visible joint the loss is 0, but its gradient is nan: `torch.where` differentiates "
    "0 / 0 all the same. Keep the division itself away from 0.",
    fails="gradient",
)
def nan_gradient_without_visible(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The division by 0 is replaced afterwards."""
    total = (_map_errors(predicted, target) * visible).sum()
    count = visible.sum()
    return torch.where(count > 0, total / count, torch.zeros_like(total))


@BANK.mistake(
    "It is right to only a few digits: part of it is computed in float32, or a small number is "
    "added to a denominator.",
    fails="dtype_device",
)
def computed_in_float32(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """float32 inside, cast back at the end."""
    return _mean(_map_errors(predicted.float(), target.float()), visible).to(predicted.dtype)
