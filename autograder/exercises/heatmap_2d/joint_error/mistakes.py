"""Wrong answers to `joint_error`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function


def _chosen(distances: Tensor, visible: Tensor | None) -> Tensor:
    """The distances, with zeros in the place of hidden joints."""
    return distances if visible is None else distances.where(visible.bool(), 0)


def _mean(distances: Tensor, visible: Tensor | None) -> Tensor:
    """What is right, once the distances are."""
    if visible is None:
        return distances.mean()
    return _chosen(distances, visible).sum() / visible.bool().sum().clamp(min=1)


def _distances(predicted: Tensor, target: Tensor) -> Tensor:
    return (predicted - target).norm(dim=-1)


def _right(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    return _mean(_distances(predicted, target), visible)


def _count(predicted: Tensor, visible: Tensor | None) -> Tensor:
    """How many joints count."""
    return (torch.ones_like(predicted[..., 0]) if visible is None else visible.bool()).sum()


def _with_mask(answer: Function, mask: Function) -> Function:
    """An answer to which another mask is handed, where there is one."""

    def changed(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
        result: Tensor = answer(
            predicted, target, None if visible is None else mask(visible.bool()).expand_as(visible)
        )
        return result

    return changed


BANK = Bank(_right)


# Mistakes in what is averaged, which any distance can be subject to.


@BANK.on_top("`visible` is not used: hidden joints must not count.")
def visibility_ignored(answer: Function) -> Function:
    """The mean over all joints."""
    return _with_mask(answer, torch.ones_like)


@BANK.on_top("Without `visible` no joint counts. Its default means that all of them do.")
def default_hides_everything(answer: Function) -> Function:
    """None is taken for an empty mask."""

    def changed(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
        if visible is None:
            visible = torch.zeros(predicted.shape[:2], dtype=torch.bool, device=predicted.device)
        result: Tensor = answer(predicted, target, visible)
        return result

    return changed


@BANK.on_top("A joint counts as hidden for the whole batch if one sample does not show it.")
def hidden_for_the_whole_batch(answer: Function) -> Function:
    """The mask is reduced over the batch."""
    return _with_mask(answer, lambda visible: visible.all(0, keepdim=True))


@BANK.on_top("Only the first pose of the batch counts. Average over the joints of all poses.")
def first_pose_only(answer: Function) -> Function:
    """Everything is indexed with [0]."""
    return lambda predicted, target, visible=None: answer(
        predicted[:1], target[:1], None if visible is None else visible[:1]
    )


@BANK.on_top(
    "Each sample is averaged on its own first, so a joint in a sample with few visible joints "
    "counts for more. Average over all visible joints at once."
)
def mean_of_sample_means(answer: Function) -> Function:
    """Mean over visible joints in each sample, then over samples."""

    def changed(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
        means = [
            answer(*(None if part is None else part[[i]] for part in (predicted, target, visible)))
            for i in range(len(predicted))
        ]
        return torch.stack(means).mean()

    return changed


@BANK.on_top(
    "Each joint is averaged over the samples first, so a joint that few samples show counts for "
    "more. Average over all visible joints at once."
)
def mean_of_joint_means(answer: Function) -> Function:
    """Mean over the samples that show a joint, then over joints that any sample shows."""

    def changed(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
        parts = (predicted, target, visible)
        means = [
            answer(*(None if part is None else part[:, [i]] for part in parts))
            for i in range(predicted.shape[1])
        ]
        return _mean(torch.stack(means), None if visible is None else visible.bool().any(0))

    return changed


@BANK.another("mean_of_joint_means")
def mean_of_all_joint_means(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The same, in which a joint that no sample shows counts as 0."""
    distances = _distances(predicted, target)
    if visible is None:
        return distances.mean()
    counts = visible.bool().sum(0).clamp(min=1)
    return (_chosen(distances, visible).sum(0) / counts).mean()


@BANK.on_top(
    "Hidden joints count as perfect ones: you divide by the number of all joints. "
    "Divide by the number of visible ones."
)
def divided_by_all_joints(answer: Function) -> Function:
    """Hidden distances are zeroed, but stay in the mean."""
    return lambda predicted, target, visible=None: (
        answer(predicted, target, visible)
        * _count(predicted, visible)
        / _count(predicted, None).clamp(min=1)
    )


@BANK.on_top(
    "The sum of distances is divided by the number of samples; divide by the number of visible "
    "joints."
)
def divided_by_batch(answer: Function) -> Function:
    """Sum / B."""
    return lambda predicted, target, visible=None: (
        answer(predicted, target, visible) * _count(predicted, visible) / len(predicted)
    )


@BANK.on_top("The distances are summed; average them.")
def summed(answer: Function) -> Function:
    """Sum over joints and samples."""
    return lambda predicted, target, visible=None: (
        answer(predicted, target, visible) * _count(predicted, visible)
    )


@BANK.on_top(
    "With no visible joint the mean is one of nothing, 0 / 0, which is nan. The error is 0 then: "
    "this case has to be thought of.",
    fails="edge_cases",
)
def nan_without_visible(answer: Function) -> Function:
    """No guard against an empty mask."""

    def changed(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
        result: Tensor = answer(predicted, target, visible)
        return result if _count(predicted, visible) else result * torch.nan

    return changed


# Other mistakes in what is averaged.


@BANK.mistake("The first sample's `visible` is used for every sample; each sample has its own.")
def first_samples_visibility(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mask of sample 0 is broadcast."""
    return _with_mask(_right, lambda mask: mask[:1])(predicted, target, visible)


@BANK.mistake("A joint counts as visible for the whole batch as soon as one sample shows it.")
def visible_if_any_sample_shows_it(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mask is joined over the batch."""
    return _with_mask(_right, lambda mask: mask.any(0, keepdim=True))(predicted, target, visible)


@BANK.mistake("A pose with one hidden joint is left out as a whole. Its visible joints count.")
def hidden_for_the_whole_pose(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Only complete poses count."""
    return _with_mask(_right, lambda mask: mask.all(1, keepdim=True))(predicted, target, visible)


@BANK.mistake("The mask is inverted: it averages over the hidden joints.")
def visibility_inverted(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Hidden joints are averaged."""
    return _with_mask(_right, torch.logical_not)(predicted, target, visible)


@BANK.mistake("The first joint's `visible` is used for every joint; each joint has its own.")
def first_joints_visibility(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mask of joint 0 is broadcast."""
    return _with_mask(_right, lambda mask: mask[:, :1])(predicted, target, visible)


@BANK.mistake(
    "All joints of a pose count as soon as one of them is visible. Each has its own flag."
)
def visible_for_the_whole_pose(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Only poses without any visible joint are left out."""
    return _with_mask(_right, lambda mask: mask.any(1, keepdim=True))(predicted, target, visible)


@BANK.mistake("The first joint of each pose alone is compared. Average over all visible joints.")
def first_joint_only(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Joint 0 of every pose."""
    return _right(predicted[:, :1], target[:, :1], None if visible is None else visible[:, :1])


@BANK.mistake(
    "It is half the mean distance. There is no factor in front, and x and y are one joint."
)
def halved(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """A factor 1/2, or a division by the number of coordinates."""
    return _right(predicted, target, visible) / 2


# Mistakes in the distances.


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


@BANK.mistake(
    "The differences in x and y are added before they are squared, so that they cancel: (3, -4) "
    "becomes 1. Square each one first, then add."
)
def coordinates_added_first(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """sqrt((dx + dy)^2)."""
    return _mean((predicted - target).sum(-1).abs(), visible)


@BANK.mistake(
    "The differences in x and y are added before they are squared, and no root is taken. Square "
    "each one first, add, then take the root."
)
def square_of_the_sum(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """(dx + dy)^2."""
    return _mean((predicted - target).sum(-1) ** 2, visible)


@BANK.mistake(
    "The differences in x and y are added with their signs, so errors cancel. Square each one, "
    "add, then take the root."
)
def signed_sum(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """dx + dy."""
    return _mean((predicted - target).sum(-1), visible)


@BANK.another("signed_sum")
def signed_sum_reversed(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """The target minus the prediction."""
    return _mean((target - predicted).sum(-1), visible)


@BANK.mistake("The square of y is subtracted from that of x. Add the two squares.")
def squares_subtracted(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """sqrt(|dx^2 - dy^2|)."""
    x, y = ((predicted - target) ** 2).unbind(-1)
    return _mean((x - y).abs().sqrt(), visible)


@BANK.mistake("Only the differences in x are looked at: a distance needs y, too.")
def x_alone(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """|dx|."""
    return _mean((predicted - target)[..., 0].abs(), visible)


@BANK.mistake("Only the differences in y are looked at: a distance needs x, too.")
def y_alone(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """|dy|."""
    return _mean((predicted - target)[..., 1].abs(), visible)


@BANK.mistake("x is compared with y: one of the two poses has its coordinates swapped.")
def one_pose_swapped(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """The target as (y, x)."""
    return _mean(_distances(predicted, target.flip(-1)), visible)


@BANK.mistake("The positions are rounded to whole pixels first. Keep their fractions.")
def positions_rounded(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Distances of whole pixels."""
    return _right(predicted.round(), target.round(), visible)


@BANK.mistake("The positions are cut off to whole pixels first. Keep their fractions.")
def positions_cut_off(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Distances of whole pixels, rounded towards 0."""
    return _right(predicted.trunc(), target.trunc(), visible)


@BANK.mistake("The two positions are added instead of subtracted.")
def added_positions(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """p + t."""
    return _mean(_distances(predicted, -target), visible)


@BANK.mistake(
    "It is the norm of order 3. The Euclidean distance is that of order 2: squares, and their root."
)
def norm_of_order_three(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """norm(p=3)."""
    return _mean((predicted - target).norm(p=3, dim=-1), visible)


@BANK.mistake("It is the larger of |x| and |y|. The distance is Euclidean: (3, -4) is 5, not 4.")
def larger_coordinate(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Chebyshev distance."""
    return _mean((predicted - target).abs().amax(-1), visible)


@BANK.mistake(
    "Each predicted joint is compared with all joints of the true pose. Compare it with its own "
    "true position only."
)
def all_pairs_of_joints(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """The mean of cdist, over pairs of visible joints."""
    pairs = torch.cdist(predicted, target)
    if visible is None:
        return pairs.mean()
    seen = visible.bool()
    return _mean(pairs, seen[:, :, None] & seen[:, None, :])


@BANK.another("all_pairs_of_joints")
def pairs_with_visible_predictions(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mean of cdist, over pairs whose predicted joint is visible."""
    pairs = torch.cdist(predicted, target)
    return _mean(pairs, None if visible is None else visible[:, :, None].expand_as(pairs))


@BANK.another("all_pairs_of_joints")
def pairs_averaged_for_each_joint(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Pairs with hidden joints count, as all of them do without a mask."""
    return torch.cdist(predicted, target).mean()


@BANK.mistake(
    "Each predicted joint is compared with the nearest joint of the true pose. Compare it with "
    "its own true position."
)
def nearest_joint(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """The minimum of cdist."""
    return _mean(torch.cdist(predicted, target).amin(-1), visible)


@BANK.mistake("The norm runs over the joints. Take it over x and y, the last axis.")
def norm_over_joints(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """norm(dim=1) instead of norm(dim=-1)."""
    return _masked(predicted, target, visible).norm(dim=1).mean()


@BANK.mistake("The norm runs over the samples. Take it over x and y, the last axis.")
def norm_over_samples(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """norm(dim=0) instead of norm(dim=-1)."""
    return _masked(predicted, target, visible).norm(dim=0).mean()


@BANK.mistake(
    "One root is taken over all joints and coordinates together. Take one for each joint, then "
    "average."
)
def norm_of_everything(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """norm() without an axis."""
    return _masked(predicted, target, visible).norm()


@BANK.another("norm_of_everything")
def norm_of_everything_over_count(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """norm() without an axis, divided by the number of visible joints."""
    count = _count(predicted, visible).clamp(min=1)
    return _masked(predicted, target, visible).norm() / count


@BANK.mistake("It is the largest distance; return the mean.")
def largest_distance(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """max instead of mean."""
    return _chosen(_distances(predicted, target), visible).max()


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


@BANK.another("mean_of_sample_means")
def mean_of_the_means_of_seen_samples(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Samples without visible joints are left out of the mean of means."""
    distances = _distances(predicted, target)
    if visible is None:
        return distances.mean()
    counts = visible.bool().sum(1)
    means = _chosen(distances, visible).sum(1) / counts.clamp(min=1)
    return _mean(means, counts > 0)


@BANK.another("mean_of_sample_means")
def mean_of_sample_means_with_nan(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """A sample without visible joints makes the mean of means nan."""
    distances = _distances(predicted, target)
    if visible is None:
        return distances.mean()
    return (_chosen(distances, visible).sum(1) / visible.bool().sum(1)).mean()


@BANK.mistake(
    "Each sample's sum is divided by its own count, and the results are added up. Divide the sum "
    "of all by the number of all visible joints."
)
def sum_of_sample_means(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Mean over visible joints in each sample, then the sum."""
    distances = _distances(predicted, target)
    seen = torch.ones_like(distances) if visible is None else visible.bool()
    return (_chosen(distances, visible).sum(1) / seen.sum(1).clamp(min=1)).sum()


@BANK.mistake(
    "The distances are summed over each sample's joints, and the sums are averaged. Divide by the "
    "number of visible joints of all samples.",
)
def divided_by_joints_alone(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Sum / J."""
    return _chosen(_distances(predicted, target), visible).sum() / predicted.shape[1]


@BANK.mistake(
    "The poses are averaged before they are compared, so errors to the left and to the right "
    "cancel. Take the distance of each joint first."
)
def distance_of_means(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """The norm of the mean difference."""
    count = _count(predicted, visible).clamp(min=1)
    return (_masked(predicted, target, visible).sum((0, 1)) / count).norm()


@BANK.mistake("It is the square of the mean distance; return the mean distance itself.")
def mean_distance_squared(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mean, squared."""
    return _right(predicted, target, visible) ** 2


@BANK.mistake(
    "1 is added to the number of visible joints. Guard against 0 without changing the rest."
)
def one_added_to_count(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Division by n + 1."""
    distances = _chosen(_distances(predicted, target), visible)
    return distances.sum() / (_count(predicted, visible) + 1)


@BANK.another("one_added_to_count")
def one_added_to_masks_count(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Division by n + 1, where there is a mask."""
    distances = _distances(predicted, target)
    if visible is None:
        return distances.mean()
    return _chosen(distances, visible).sum() / (visible.bool().sum() + 1)


@BANK.mistake(
    "A small number is added to the count of visible joints, which makes every error too small. "
    "Guard against 0 without changing the rest."
)
def little_added_to_count(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Division by n + 1e-3."""
    distances = _chosen(_distances(predicted, target), visible)
    return distances.sum() / (_count(predicted, visible) + 1e-3)


@BANK.another("little_added_to_count")
def more_added_to_masks_count(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Division by n + 0.1, where there is a mask."""
    distances = _distances(predicted, target)
    if visible is None:
        return distances.mean()
    return _chosen(distances, visible).sum() / (visible.bool().sum() + 0.1)


@BANK.mistake(
    "1 is subtracted from the number of visible joints, as for a sample's variance. A mean is "
    "divided by the number itself."
)
def one_subtracted_from_count(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Division by n - 1."""
    distances = _chosen(_distances(predicted, target), visible)
    return distances.sum() / (_count(predicted, visible) - 1).clamp(min=1)


@BANK.mistake(
    "The distances are divided by the size of the true positions. Leave them as they are, in the "
    "unit of the poses."
)
def relative_to_target(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """A relative error."""
    return _mean(_distances(predicted, target) / target.norm(dim=-1), visible)


@BANK.mistake(
    "Hidden joints are moved to (0, 0) in one of the two poses only, so their distance from there "
    "counts. Leave them out of the mean."
)
def only_prediction_masked(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mask is applied to the prediction alone."""
    if visible is None:
        return _right(predicted, target)
    masked = predicted.where(visible.bool()[..., None], 0)
    return _distances(masked, target).sum() / visible.bool().sum().clamp(min=1)


@BANK.another("only_prediction_masked")
def only_target_masked(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """The mask is applied to the target alone."""
    return only_prediction_masked(target, predicted, visible)


@BANK.another("only_prediction_masked")
def only_prediction_masked_in_mean(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mask is applied to the prediction alone, and all joints are averaged."""
    if visible is None:
        return _right(predicted, target)
    return _right(predicted.where(visible.bool()[..., None], 0), target)


@BANK.another("only_prediction_masked")
def only_target_masked_in_mean(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mask is applied to the target alone, and all joints are averaged."""
    return only_prediction_masked_in_mean(target, predicted, visible)


@BANK.mistake(
    "The differences are cut in two halves, of which the first is taken for all x and the second "
    "for all y. In memory x and y of a joint are neighbours: take them from the last axis."
)
def halves_taken_for_x_and_y(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """reshape(2, -1)."""
    x, y = (predicted - target).reshape(2, -1)
    return _mean(torch.hypot(x, y).reshape(predicted.shape[:2]), visible)


@BANK.another("halves_taken_for_x_and_y")
def halves_of_each_pose(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """reshape(batch, 2, joint)."""
    x, y = (predicted - target).flatten(1).chunk(2, dim=1)
    return _mean(torch.hypot(x, y), visible)


@BANK.mistake(
    "The spectral norm of each pose is taken, the largest singular value of all its differences: "
    "that is what `torch.linalg.norm` does with `ord=2` and two axes. Take the norm over the last "
    "axis alone."
)
def spectral_norm(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """linalg.norm(ord=2, dim=(1, 2))."""
    differences = _masked(predicted, target, visible)
    return torch.linalg.norm(differences, 2, dim=(1, 2)).mean()


@BANK.another("spectral_norm")
def spectral_norms_over_count(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The same, added up and divided by the number of visible joints."""
    norms = torch.linalg.matrix_norm(_masked(predicted, target, visible), ord=2)
    return norms.sum() / _count(predicted, visible).clamp(min=1)


@BANK.another("spectral_norm")
def spectral_norm_of_all_joints(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The same without the mask."""
    return spectral_norm(predicted, target)


@BANK.mistake(
    "One root is taken over all joints and coordinates of a pose, and these roots are averaged. "
    "Take one for each joint."
)
def norm_of_each_pose(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """linalg.norm(dim=(1, 2))."""
    return _masked(predicted, target, visible).norm(dim=(1, 2)).mean()


@BANK.another("norm_of_each_pose")
def norms_of_poses_over_count(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The same, added up and divided by the number of visible joints."""
    norms = _masked(predicted, target, visible).norm(dim=(1, 2))
    return norms.sum() / _count(predicted, visible).clamp(min=1)


@BANK.mistake("It is the smaller of |x| and |y|. The distance is Euclidean: (3, -4) is 5, not 3.")
def smaller_coordinate(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """min instead of a norm."""
    return _mean((predicted - target).abs().amin(-1), visible)


@BANK.mistake(
    "The distances of the two joints from (0, 0) are compared. Subtract the positions first, then "
    "take the norm."
)
def difference_of_lengths(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """||p| - |t||."""
    return _mean((predicted.norm(dim=-1) - target.norm(dim=-1)).abs(), visible)


@BANK.mistake(
    "Distances and mask are listed in different orders, one joint by joint and one pose by pose, "
    "so the mask hides the wrong joints."
)
def mask_in_another_order(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Distances transposed and flattened, the mask flattened."""
    if visible is None:
        return _right(predicted, target)
    distances = _distances(predicted, target).T.flatten()
    return _mean(distances, visible.bool().flatten())


@BANK.another("mask_in_another_order")
def mask_transposed_before_it_is_flattened(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The mask transposed and flattened, the distances flattened."""
    if visible is None:
        return _right(predicted, target)
    return _mean(_distances(predicted, target).flatten(), visible.bool().T.flatten())


@BANK.mistake(
    "The rows and the columns of the visible joints are combined as a grid: whatever joint one "
    "pose shows counts in each other pose that shows any. Choose with the mask itself."
)
def grid_of_poses_and_joints(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """any(dim=1) times any(dim=0)."""
    if visible is None:
        return _right(predicted, target)
    seen = visible.bool()
    return _right(predicted, target, seen.any(1, keepdim=True) & seen.any(0, keepdim=True))


# Mistakes in the shape.


@BANK.mistake(
    "It returns one value for each sample; return the mean over all samples.", fails="shape"
)
def one_value_per_sample(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """(batch,) instead of a number."""
    return _distances(predicted, target).mean(1)


@BANK.mistake("It returns one distance for each joint of each sample; average them.", fails="shape")
def distances_returned(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """(batch, joint) instead of a number."""
    return _chosen(_distances(predicted, target), visible)


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
    return _right(predicted, target, visible).reshape(1)


# Mistakes in edge cases, in the mask's type and in the digits.


@BANK.mistake(
    "Whole numbers in `visible` are taken for positions, so sample 0 and sample 1 are chosen again "
    "and again. Make it a mask first, with `.bool()`.",
    fails="edge_cases",
)
def mask_as_positions(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """distances[visible] with integers."""
    distances = _distances(predicted, target)
    if visible is not None:
        distances = distances[visible.bool() if visible.is_floating_point() else visible]
    return distances.mean() if distances.numel() else distances.sum()


@BANK.another("mask_as_positions")
def mask_as_index(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """The same, which floating-point numbers make fail."""
    distances = _distances(predicted, target)
    if visible is not None:
        distances = distances[visible]
    return distances.mean() if distances.numel() else distances.sum()


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


@BANK.another("added_under_the_root")
def very_little_under_the_root(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """sqrt(d^2 + 1e-12)."""
    squares = ((predicted - target) ** 2).sum(-1)
    return _mean((squares + 1e-12).sqrt(), visible)


@BANK.mistake(
    "A perfect prediction is not off by 0: a small number is added to the differences. "
    "`pairwise_distance` does that, unless it is told `eps=0`.",
    fails="edge_cases",
)
def added_to_the_differences(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The default of pairwise_distance."""
    return _mean((predicted - target + 1e-6).norm(dim=-1), visible)


@BANK.another("added_to_the_differences")
def pairwise_distance_of_target(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The same, of the target and the prediction."""
    return _mean(torch.nn.functional.pairwise_distance(target, predicted), visible)


@BANK.mistake(
    "A perfect prediction is not off by 0: a small number is added to the distance.",
    fails="edge_cases",
)
def added_to_the_distance(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """d + eps."""
    return _mean(_distances(predicted, target) + 2e-6, visible)


@BANK.mistake(
    "A perfect prediction is not off by 0: the distance is clamped to a small number, or what is "
    "under the root is.",
    fails="edge_cases",
)
def distance_clamped(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """max(d, eps)."""
    return _mean(_distances(predicted, target).clamp(min=1e-4), visible)


@BANK.mistake(
    "Where no joint is visible it is not 0 but the mean over all joints: the mask is left out "
    "then. Nothing is visible, so nothing counts.",
    fails="edge_cases",
)
def all_hidden_counts_all(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """A guard that falls through to the plain mean."""
    if visible is None or not visible.any():
        return _right(predicted, target)
    return _right(predicted, target, visible)


@BANK.mistake(
    "Visible joints that are predicted perfectly do not count: the visible ones are found by their "
    "distances, of which these are 0, too. Count in `visible`.",
    fails="edge_cases",
)
def perfect_joints_not_counted(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Divided by count_nonzero of the distances."""
    distances = _chosen(_distances(predicted, target), visible)
    return distances.sum() / distances.count_nonzero().clamp(min=1)


@BANK.another("perfect_joints_not_counted")
def perfect_joints_not_counted_with_a_mask(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """The same where there is a mask."""
    if visible is None:
        return _right(predicted, target)
    return perfect_joints_not_counted(predicted, target, visible)


@BANK.another("perfect_joints_not_counted")
def mean_of_nonzero_distances(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Without a guard: the mean of what is not 0."""
    distances = _chosen(_distances(predicted, target), visible)
    return distances[distances > 0].mean()


@BANK.mistake(
    "Joints with negative coordinates are left out. A joint may lie outside the image; `visible` "
    "alone says which ones count.",
    fails="edge_cases",
)
def outside_left_out(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Where a target's coordinate is below 0."""
    inside = (target >= 0).all(-1)
    return _right(predicted, target, inside if visible is None else inside & visible.bool())


@BANK.mistake(
    "float64 positions are compared in float32, which holds seven digits. Compute in the dtype of "
    "`predicted`.",
    fails="dtype_device",
)
def computed_in_float32(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """float32 inside, cast back at the end."""
    return _right(predicted.float(), target.float(), visible).to(predicted.dtype)


def _masked(predicted: Tensor, target: Tensor, visible: Tensor | None) -> Tensor:
    """The differences, with zeros in the place of hidden joints."""
    difference = predicted - target
    return difference if visible is None else difference.where(visible.bool()[..., None], 0)
