"""Wrong answers to `heatmap_loss`."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from autograder.exercises.bank import Bank, Function


def _map_errors(predicted: Tensor, target: Tensor) -> Tensor:
    return ((predicted - target) ** 2).mean((-1, -2))


def _map_sums(predicted: Tensor, target: Tensor) -> Tensor:
    return ((predicted - target) ** 2).sum((-1, -2))


def _mean(errors: Tensor, visible: Tensor) -> Tensor:
    return (errors * visible.bool()).sum() / visible.sum().clamp(min=1)


def _right(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    return _mean(_map_errors(predicted, target), visible)


BANK = Bank(_right)


# What can be done to the arguments or to the result, on top of any other mistake.


@BANK.on_top("`visible` is not used: hidden joints must not count.")
def visibility_ignored(answer: Function) -> Function:
    """The mean over all joints."""
    return lambda predicted, target, visible: answer(
        predicted, target, torch.ones_like(visible, dtype=torch.bool)
    )


@BANK.on_top("The mask is inverted: it averages over the hidden joints.")
def visibility_inverted(answer: Function) -> Function:
    """Hidden joints are averaged."""
    return lambda predicted, target, visible: answer(predicted, target, ~visible.bool())


@BANK.on_top("Only the first sample counts: average over the visible joints of all samples.")
def first_sample_only(answer: Function) -> Function:
    """Sample 0."""
    return lambda predicted, target, visible: answer(predicted[:1], target[:1], visible[:1])


@BANK.on_top("It is half the squared error; there is no factor in front.")
def halved(answer: Function) -> Function:
    """A factor 1/2."""
    return lambda predicted, target, visible: answer(predicted, target, visible) / 2


@BANK.on_top("A root is taken at the end; the squared error has none.")
def root_taken(answer: Function) -> Function:
    """RMSE."""
    return lambda predicted, target, visible: answer(predicted, target, visible).sqrt()


@BANK.on_top("The squares are summed over the pixels of a map; take their mean.")
def summed_over_pixels(answer: Function) -> Function:
    """Sum over pixels, mean over visible joints."""
    return lambda predicted, target, visible: (
        answer(predicted, target, visible) * predicted[0, 0].numel()
    )


@BANK.on_top(
    "Each sample is averaged on its own first, so a joint in a sample with few visible joints "
    "counts for more. Average over all visible joints at once."
)
def mean_of_sample_means(answer: Function) -> Function:
    """Mean over visible joints in each sample, then over samples."""

    def changed(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
        parts = (predicted, target, visible)
        means = [answer(*(part[[i]] for part in parts)) for i in range(len(predicted))]
        return torch.stack(means).mean()

    return changed


@BANK.on_top(
    "Each joint is averaged over the samples first, so a joint that few samples show counts for "
    "more. Average over all visible joints at once."
)
def mean_of_joint_means(answer: Function) -> Function:
    """Mean over the samples that show a joint, then over joints."""

    def changed(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
        parts = (predicted, target, visible)
        means = [answer(*(part[:, [i]] for part in parts)) for i in range(predicted.shape[1])]
        return torch.stack(means).mean()

    return changed


# What the sum is divided by.


@BANK.mistake(
    "Hidden joints count as perfect ones: you divide by the number of all joints. "
    "Divide by the number of visible ones."
)
def divided_by_all_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Hidden errors are zeroed, but stay in the mean."""
    return (_map_errors(predicted, target) * visible).mean()


@BANK.mistake("The visible joints are summed; take their mean.")
def summed_over_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Mean over pixels, sum over visible joints."""
    return (_map_errors(predicted, target) * visible).sum()


@BANK.mistake("Everything is summed, over pixels and joints; average over both.")
def summed_over_everything(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """No mean at all."""
    return (((predicted - target) ** 2).sum((-1, -2)) * visible).sum()


@BANK.mistake(
    "1 is added to the number of visible joints. Guard against 0 without changing the rest."
)
def one_added_to_count(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Division by n + 1."""
    return (_map_errors(predicted, target) * visible).sum() / (visible.sum() + 1)


@BANK.mistake(
    "The sum is divided by the number of visible joints minus 1. That is for a variance; a mean is "
    "divided by the number itself."
)
def one_subtracted_from_count(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Division by n - 1, or by 1 if that is less."""
    return (_map_errors(predicted, target) * visible).sum() / (visible.sum() - 1).clamp(min=1)


@BANK.mistake(
    "The sum over visible joints is divided by the number of samples; divide by the number of "
    "visible joints."
)
def divided_by_batch(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Sum / B."""
    return (_map_errors(predicted, target) * visible).sum() / len(predicted)


@BANK.mistake(
    "The sum over visible joints is divided by the number of samples that show any; divide by the "
    "number of visible joints."
)
def divided_by_samples_with_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Sum / samples that are not empty."""
    samples = visible.bool().any(1).sum().clamp(min=1)
    return (_map_errors(predicted, target) * visible).sum() / samples


@BANK.mistake(
    "The sum over visible joints is divided by the number of joints of one pose; divide by the "
    "number of visible joints of all poses."
)
def divided_by_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Sum / J."""
    return (_map_errors(predicted, target) * visible).sum() / visible.shape[1]


@BANK.mistake(
    "The sum over visible joints is divided by the number of hidden ones; divide by the number of "
    "visible joints."
)
def divided_by_hidden_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Sum / hidden joints."""
    hidden = (~visible.bool()).sum().clamp(min=1)
    return (_map_errors(predicted, target) * visible).sum() / hidden


@BANK.mistake("The mean over visible joints is divided by their number once more.")
def divided_twice(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Mean / n."""
    return _right(predicted, target, visible) / visible.sum().clamp(min=1)


@BANK.mistake(
    "A map's squares are summed over its columns and averaged over its rows alone; average over "
    "all pixels."
)
def mean_over_rows_only(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Divided by H instead of H * W."""
    return _mean(((predicted - target) ** 2).sum(-1).mean(-1), visible)


@BANK.mistake(
    "A map's squares are summed over its rows and averaged over its columns alone; average over "
    "all pixels."
)
def mean_over_columns_only(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Divided by W instead of H * W."""
    return _mean(((predicted - target) ** 2).mean(-1).sum(-1), visible)


@BANK.mistake(
    "The number of pixels is taken to be the width squared. A map has H * W pixels and need not be "
    "square."
)
def divided_by_width_squared(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Sum over pixels / W^2."""
    return _mean(_map_sums(predicted, target) / predicted.shape[-1] ** 2, visible)


@BANK.mistake(
    "The number of pixels is taken to be the height squared. A map has H * W pixels and need not "
    "be square."
)
def divided_by_height_squared(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Sum over pixels / H^2."""
    return _mean(_map_sums(predicted, target) / predicted.shape[-2] ** 2, visible)


@BANK.mistake(
    "The sum over a map's pixels is divided by H + W. A map has H * W pixels.",
)
def divided_by_height_plus_width(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Sum over pixels / (H + W)."""
    return _mean(_map_sums(predicted, target) / sum(predicted.shape[-2:]), visible)


def _mean_of_means(errors: Tensor, visible: Tensor, axis: int) -> Tensor:
    counts = visible.sum(axis)
    return (errors.sum(axis) / counts.clamp(min=1)).sum() / (counts > 0).sum().clamp(min=1)


@BANK.another("mean_of_sample_means")
def mean_of_means_of_samples_with_joints(
    predicted: Tensor, target: Tensor, visible: Tensor
) -> Tensor:
    """The same without samples that show no joint."""
    return _mean_of_means(_map_errors(predicted, target) * visible, visible, 1)


@BANK.mistake(
    "Each sample's sum is divided by its own number of visible joints, which is 0 in some samples. "
    "Divide the sum over all samples by the number of all visible joints."
)
def nan_in_samples_without_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mean of sample means, without a guard."""
    return ((_map_errors(predicted, target) * visible).sum(1) / visible.sum(1)).mean()


@BANK.mistake(
    "Each sample is averaged on its own, and these means are summed. Average over all visible "
    "joints at once."
)
def sum_of_sample_means(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Mean over visible joints in each sample, summed over samples."""
    errors = _map_errors(predicted, target) * visible
    return (errors.sum(1) / visible.sum(1).clamp(min=1)).sum()


@BANK.another("mean_of_joint_means")
def mean_of_means_of_joints_shown(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The same without joints that no sample shows."""
    return _mean_of_means(_map_errors(predicted, target) * visible, visible, 0)


@BANK.mistake(
    "Each joint's sum is divided by the number of samples that show it, which is 0 for some. "
    "Divide the sum over all joints by the number of all visible joints."
)
def nan_for_joints_never_shown(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mean of joint means, without a guard."""
    return ((_map_errors(predicted, target) * visible).sum(0) / visible.sum(0)).mean()


# How the mask is used.


@BANK.mistake(
    "Maps and mask are listed in different orders, one joint by joint and one pose by pose, so the "
    "mask hides the wrong maps."
)
def mask_in_another_order(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Maps transposed and flattened, the mask flattened."""
    return _mean(_map_errors(predicted, target).T.flatten(), visible.flatten())


@BANK.another("mask_in_another_order")
def mask_transposed_before_it_is_flattened(
    predicted: Tensor, target: Tensor, visible: Tensor
) -> Tensor:
    """The mask transposed and flattened, the maps flattened."""
    return _mean(_map_errors(predicted, target).flatten(), visible.T.flatten())


@BANK.mistake(
    "Predicted and true maps are listed in different orders, one joint by joint and one pose by "
    "pose: maps of different joints are compared."
)
def targets_in_another_order(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """One of the two is transposed and reshaped."""
    return _right(predicted, target.transpose(0, 1).reshape(target.shape), visible)


@BANK.another("targets_in_another_order")
def predictions_in_another_order(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The other one of the two."""
    return _right(predicted.transpose(0, 1).reshape(predicted.shape), target, visible)


@BANK.mistake(
    "The rows and the columns of the visible joints are combined as a grid: whatever joint one "
    "pose shows counts in each other pose that shows any. Choose with the mask itself."
)
def grid_of_poses_and_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """any(dim=1) times any(dim=0)."""
    seen = visible.bool()
    return _right(predicted, target, seen.any(1, keepdim=True) & seen.any(0, keepdim=True))


@BANK.mistake("The first sample's `visible` is used for every sample; each sample has its own.")
def first_samples_visibility(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mask of sample 0 is broadcast."""
    return _right(predicted, target, visible[:1].expand_as(visible))


@BANK.mistake("The first joint's `visible` is used for every joint; each joint has its own.")
def first_joints_visibility(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mask of joint 0 is broadcast."""
    return _right(predicted, target, visible[:, :1].expand_as(visible))


@BANK.mistake("Only the first joint of each sample counts: average over all visible joints.")
def first_joint_only(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Joint 0."""
    return _right(predicted[:, :1], target[:, :1], visible[:, :1])


@BANK.mistake(
    "A joint that one sample shows counts in the whole batch; each sample has a mask of its own."
)
def visible_if_any_sample_shows_it(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """any(dim=0)."""
    return _right(predicted, target, visible.bool().any(0, keepdim=True).expand_as(visible))


@BANK.mistake(
    "A joint that one sample does not show is left out in the whole batch; each sample has a mask "
    "of its own."
)
def hidden_for_the_whole_batch(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """all(dim=0)."""
    return _right(predicted, target, visible.bool().all(0, keepdim=True).expand_as(visible))


@BANK.mistake(
    "One visible joint makes all joints of its pose count; `visible` says it for each joint alone."
)
def visible_if_any_joint_is(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """any(dim=1)."""
    return _right(predicted, target, visible.bool().any(1, keepdim=True).expand_as(visible))


@BANK.mistake(
    "A pose with a hidden joint is left out as a whole; leave out the hidden joint alone."
)
def whole_pose_hidden(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """all(dim=1)."""
    return _right(predicted, target, visible.bool().all(1, keepdim=True).expand_as(visible))


@BANK.mistake(
    "The loss is 0 as soon as one joint is hidden. It is 0 if none is visible: that is "
    "`not visible.any()`, not `not visible.all()`."
)
def zero_unless_all_visible(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """all() instead of any()."""
    if not visible.bool().all():
        return (predicted * 0).sum()
    return _map_errors(predicted, target).mean()


@BANK.mistake("The hidden joints' predictions are compared with maps of zeros; leave them out.")
def hidden_compared_with_zeros(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The target alone is masked."""
    return _map_errors(predicted, target * visible[..., None, None]).mean()


@BANK.another("hidden_compared_with_zeros")
def hidden_compared_with_zeros_over_count(
    predicted: Tensor, target: Tensor, visible: Tensor
) -> Tensor:
    """The same, divided by the number of visible joints."""
    errors = _map_errors(predicted, target * visible[..., None, None])
    return errors.sum() / visible.sum().clamp(min=1)


@BANK.mistake(
    "Maps of zeros are compared with the hidden joints' targets: the prediction alone is masked. "
    "Leave hidden joints out."
)
def only_prediction_masked(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The prediction alone is masked."""
    return _map_errors(predicted * visible[..., None, None], target).mean()


@BANK.another("only_prediction_masked")
def only_prediction_masked_over_count(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The same, divided by the number of visible joints."""
    errors = _map_errors(predicted * visible[..., None, None], target)
    return errors.sum() / visible.sum().clamp(min=1)


@BANK.mistake(
    "Of each map's difference the spectral norm is taken, its largest singular value: that is what "
    "`torch.linalg.matrix_norm` does with `ord=2`. Add up the squares of all pixels."
)
def spectral_norm(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """matrix_norm(ord=2) squared, over the number of pixels."""
    norms = torch.linalg.matrix_norm(predicted - target, ord=2)
    return _mean(norms**2 / predicted[0, 0].numel(), visible)


@BANK.another("spectral_norm")
def spectral_norm_not_over_pixels(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The same, not divided by the number of pixels."""
    return _mean(torch.linalg.matrix_norm(predicted - target, ord=2) ** 2, visible)


@BANK.mistake(
    "The mask is applied to rows and columns instead of samples and joints: broadcasting aligns "
    "shapes on the right. Give `visible` two more axes there.",
    fails="shape",
)
def mask_on_rows_and_columns(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(batch, joint) against (height, width)."""
    pixels = predicted.shape[-1] * predicted.shape[-2]
    squares = (predicted - target) ** 2 * visible
    return squares.sum() / (pixels * visible.sum().clamp(min=1))


@BANK.another("mask_on_rows_and_columns")
def mean_of_masked_rows_and_columns(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The same, divided by all of the elements."""
    return ((predicted - target) ** 2 * visible).mean()


@BANK.another("mask_on_rows_and_columns")
def masked_rows_and_columns_chosen(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The same, with the mask as a condition."""
    difference = torch.where(visible.bool(), predicted - target, 0.0)
    return _mean((difference**2).mean((-1, -2)), visible)


@BANK.mistake(
    "It works for boolean masks alone. `visible` may hold 0 and 1, too: make it boolean first, "
    "with `.bool()`.",
    fails="edge_cases",
)
def boolean_masks_only(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """torch.where with the mask as it comes."""
    errors = _map_errors(predicted, target)
    return torch.where(visible, errors, torch.zeros_like(errors)).sum() / visible.sum().clamp(min=1)


@BANK.mistake(
    "It works for masks of 0 and 1 alone, but a mask is boolean as a rule: invert it with `~`, "
    "or compare it with 0.",
    fails="shape",
)
def masks_of_numbers_only(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """1 - visible."""
    hidden = 1 - visible
    return _right(predicted, target, hidden == 0)


@BANK.mistake(
    "It works for masks of floating-point numbers alone, but a mask is boolean as a rule. Turn it "
    "into the dtype of `predicted` before you average it.",
    fails="shape",
)
def masks_of_floats_only(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """visible.mean()."""
    share = visible.mean()
    masked = (predicted - target) ** 2 * visible[..., None, None]
    return masked.mean() / share if share > 0 else masked.sum()


@BANK.mistake(
    "A mask of whole numbers is used as an index, which chooses samples 0 and 1 again and again. "
    "Make the mask boolean first, with `.bool()`.",
    fails="edge_cases",
)
def whole_numbers_as_index(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """predicted[visible]."""
    if not visible.any():
        return (predicted * 0).sum()
    return ((predicted[visible] - target[visible]) ** 2).mean()


# The squared error.


@BANK.mistake("It is the mean absolute difference; square it instead.")
def absolute_difference(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """L1 instead of squared."""
    return _mean((predicted - target).abs().mean((-1, -2)), visible)


@BANK.mistake(
    "It is the smooth L1 loss, whose large differences count linearly; square all of them."
)
def smooth_l1(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Huber instead of squared."""
    errors = functional.smooth_l1_loss(predicted, target, reduction="none")
    return _mean(errors.mean((-1, -2)), visible)


@BANK.mistake("The difference is averaged before it is squared; square each pixel first.")
def squared_after_mean(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(mean of differences) squared."""
    return _mean((predicted - target).mean((-1, -2)) ** 2, visible)


@BANK.mistake("The difference is summed before it is squared; square each pixel first.")
def squared_after_sum(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(sum of differences) squared."""
    return _mean((predicted - target).sum((-1, -2)) ** 2, visible)


@BANK.mistake("The difference is not squared, so errors of both signs cancel.")
def not_squared(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Mean of differences."""
    return _mean((predicted - target).mean((-1, -2)), visible)


@BANK.mistake("It is p² - t², the difference of squares; square the difference p - t.")
def difference_of_squares(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """p^2 - t^2."""
    return _mean((predicted**2 - target**2).mean((-1, -2)), visible)


@BANK.mistake("The target is not used: it is the mean square of the predicted maps.")
def target_ignored(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The norm of the prediction."""
    return _mean((predicted**2).mean((-1, -2)), visible)


@BANK.mistake("It is squared twice: each difference is taken to the power of 4.")
def squared_twice(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(p - t)^4."""
    return _mean(((predicted - target) ** 4).mean((-1, -2)), visible)


@BANK.mistake("The sign is wrong: a loss gets smaller as the maps get better.")
def negative(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Minus the loss."""
    return -_right(predicted, target, visible)


@BANK.mistake("Each map's root is taken before the mean; the squared error has no root.")
def root_per_map(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mean of RMSEs."""
    return _mean(_map_errors(predicted, target).sqrt(), visible)


@BANK.mistake("It is the norm of each map's difference; square it and average over the pixels.")
def norm_per_map(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Root of the sum over pixels."""
    return _mean((predicted - target).flatten(2).norm(dim=-1), visible)


@BANK.mistake("Only each map's largest error counts; average over all of its pixels.")
def largest_error_of_a_map(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The maximum over pixels."""
    return _mean(((predicted - target) ** 2).amax((-1, -2)), visible)


@BANK.mistake(
    "Only pixels where the target is bright enough count; average over all pixels of a map, "
    "background as well."
)
def foreground_only(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Pixels where the target is above 0.01."""
    return _foreground(predicted, target, visible, 0.01)


@BANK.another("foreground_only")
def foreground_above_0(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Pixels where the target is above 0."""
    return _foreground(predicted, target, visible, 0.0)


@BANK.another("foreground_only")
def foreground_above_a_tenth(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Pixels where the target is above 0.1."""
    return _foreground(predicted, target, visible, 0.1)


@BANK.another("foreground_only")
def foreground_above_a_half(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Pixels where the target is above 0.5."""
    return _foreground(predicted, target, visible, 0.5)


def _foreground(predicted: Tensor, target: Tensor, visible: Tensor, level: float) -> Tensor:
    chosen = (target > level) & visible.bool()[..., None, None]
    squares = (predicted - target) ** 2
    return squares[chosen].sum() / chosen.sum().clamp(min=1)


@BANK.mistake("The errors are weighted by the target; all pixels of a map count the same.")
def weighted_by_target(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """t * (p - t)^2."""
    return _mean((target * (predicted - target) ** 2).mean((-1, -2)), visible)


@BANK.mistake(
    "It has only the few digits of half precision. Compute in the dtype of `predicted` from "
    "beginning to end."
)
def computed_in_half(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """float16 inside."""
    return _right(predicted.half(), target.half(), visible).to(predicted.dtype)


@BANK.another("computed_in_half")
def differences_in_bfloat16(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """bfloat16 inside, averaged in float32."""
    return _right(predicted.bfloat16().float(), target.bfloat16().float(), visible)


# No visible joint.


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
    "With no visible joint it is the mean of nothing, which is nan; the loss of such a batch is 0.",
    fails="edge_cases",
)
def mean_of_nothing(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The mean over maps that were chosen, without a guard."""
    shown = visible.bool()
    return ((predicted[shown] - target[shown]) ** 2).mean()


@BANK.mistake(
    "With no visible joint all joints count. Such a batch has nothing to learn from: its loss "
    "is 0.",
    fails="edge_cases",
    fails_too=("gradient",),
)
def all_hidden_counts_all(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The plain mean where the mask is empty."""
    return _right(predicted, target, visible if visible.any() else torch.ones_like(visible))


@BANK.mistake(
    "With no visible joint the loss is 1; it has to be 0.",
    fails="edge_cases",
)
def one_without_visible(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """1 instead of 0."""
    if not visible.any():
        return (predicted * 0).sum() + 1
    return _right(predicted, target, visible)


@BANK.mistake(
    "With no visible joint the loss is 0, but its gradient is nan: `torch.where` and `nan_to_num` "
    "differentiate 0 / 0 all the same. Keep the division itself away from 0.",
    fails="gradient",
)
def nan_gradient_without_visible(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The division by 0 is replaced afterwards."""
    total = (_map_errors(predicted, target) * visible).sum()
    count = visible.sum()
    return torch.where(count > 0, total / count, torch.zeros_like(total))


# The shape.


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


@BANK.another("one_value_per_sample")
def one_sum_per_sample(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """The same, not averaged."""
    return (_map_errors(predicted, target) * visible).sum(1)


@BANK.mistake(
    "It returns one number for each joint; average over all visible joints at once.",
    fails="shape",
)
def one_value_per_joint(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(joint,) instead of a number."""
    errors = _map_errors(predicted, target) * visible
    return errors.sum(0) / visible.sum(0).clamp(min=1)


@BANK.mistake(
    "It returns a map of squared errors for each joint; average them over the pixels and the "
    "visible joints.",
    fails="shape",
)
def maps_of_errors(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(batch, joint, height, width) instead of a number."""
    return (predicted - target) ** 2 * visible[..., None, None]


@BANK.mistake(
    "The number is in a tensor with one axis, of shape (1,). A loss has no axes: ().",
    fails="shape",
)
def one_axis_left(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """(1,) instead of ()."""
    return _right(predicted, target, visible).reshape(1)


# The gradient and the dtype.


@BANK.mistake(
    "The gradient is half of what it should be: one factor of the square is detached.",
    fails="gradient",
)
def one_factor_detached(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """A square of which one factor is a constant."""
    squares = (predicted - target) * (predicted.detach() - target)
    return _mean(squares.mean((-1, -2)), visible)


@BANK.mistake(
    "It is right to only a few digits: part of it is computed in float32, or a small number is "
    "added to a denominator.",
    fails="dtype_device",
)
def computed_in_float32(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """float32 inside, cast back at the end."""
    return _right(predicted.float(), target.float(), visible).to(predicted.dtype)
