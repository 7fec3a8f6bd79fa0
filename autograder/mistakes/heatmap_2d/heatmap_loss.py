"""Wrong answers to `heatmap_loss`."""

from __future__ import annotations

from torch import Tensor

from autograder.mistakes.bank import Bank

BANK = Bank()


def _map_errors(predicted: Tensor, target: Tensor) -> Tensor:
    return ((predicted - target) ** 2).mean((-1, -2))


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


@BANK.mistake("The maps of the visible joints are summed over pixels; take their mean.")
def summed_over_pixels(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Sum over pixels, mean over visible joints."""
    errors = ((predicted - target) ** 2).sum((-1, -2))
    return (errors * visible).sum() / visible.sum().clamp(min=1)


@BANK.mistake("The visible joints are summed; take their mean.")
def summed_over_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Mean over pixels, sum over visible joints."""
    return (_map_errors(predicted, target) * visible).sum()


@BANK.mistake("It is the mean absolute difference; square it instead.")
def absolute_difference(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """L1 instead of squared."""
    errors = (predicted - target).abs().mean((-1, -2))
    return (errors * visible).sum() / visible.sum().clamp(min=1)


@BANK.mistake("A root is taken at the end; the squared error has none.")
def root_taken(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """RMSE."""
    errors = (_map_errors(predicted, target) * visible).sum() / visible.sum().clamp(min=1)
    return errors.sqrt()


@BANK.mistake(
    "With no visible joint it is 0 / 0, which is NaN. Such a batch has nothing to learn from: "
    "its loss is 0.",
    fails="edge_cases",
    fails_too=("gradient",),
)
def nan_without_visible(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """No guard against an empty mask."""
    return (_map_errors(predicted, target) * visible).sum() / visible.sum()


@BANK.mistake(
    "Each sample is averaged for itself first, so a joint in a sample with few visible joints "
    "weighs more. Average over all visible joints at once."
)
def mean_of_sample_means(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Mean over visible joints in each sample, then over samples."""
    errors = _map_errors(predicted, target) * visible
    return (errors.sum(1) / visible.sum(1).clamp(min=1)).mean()


@BANK.mistake("The first sample's `visible` is used for every sample; each sample has its own.")
def first_samples_visibility(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mask of sample 0 is broadcast."""
    mask = visible[:1].expand_as(visible)
    return (_map_errors(predicted, target) * mask).sum() / mask.sum().clamp(min=1)


@BANK.mistake("The mask is upside down: it averages over the hidden joints.")
def visibility_inverted(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Hidden joints are averaged."""
    hidden = 1 - 1 * visible
    return (_map_errors(predicted, target) * hidden).sum() / hidden.sum().clamp(min=1)


@BANK.mistake("It is half the squared error; there is no factor in front.")
def halved(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """A factor 1/2."""
    errors = _map_errors(predicted, target) * visible
    return errors.sum() / visible.sum().clamp(min=1) / 2


@BANK.mistake("The difference is averaged before it is squared; square each pixel first.")
def squared_after_mean(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(mean of differences) squared."""
    errors = (predicted - target).mean((-1, -2)) ** 2
    return (errors * visible).sum() / visible.sum().clamp(min=1)


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
    errors = _map_errors(predicted, target).sqrt()
    return (errors * visible).sum() / visible.sum().clamp(min=1)


@BANK.mistake("The sum over visible joints is divided by the number of samples; divide by theirs.")
def divided_by_batch(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Sum / B."""
    return (_map_errors(predicted, target) * visible).sum() / len(predicted)


@BANK.mistake("A joint counts as visible for the whole batch as soon as one sample shows it.")
def visible_if_any_sample_shows_it(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mask is joined over the batch."""
    mask = visible.bool().any(0, keepdim=True).expand_as(visible)
    return (_map_errors(predicted, target) * mask).sum() / mask.sum().clamp(min=1)
