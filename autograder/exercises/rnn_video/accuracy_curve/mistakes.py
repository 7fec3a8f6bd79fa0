"""Wrong answers to `accuracy_curve`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank

BANK = Bank()


def _distances(predicted: Tensor, target: Tensor) -> Tensor:
    """All poses in one axis: (pose, joint)."""
    return _flat((predicted - target).norm(dim=-1))


def _flat(values: Tensor) -> Tensor:
    return values.reshape(-1, values.shape[-1])


def _share(distances: Tensor, thresholds: Tensor) -> Tensor:
    """(pose, joint) to (joint, threshold)."""
    return (distances[..., None] <= thresholds).to(distances.dtype).mean(0)


def _curve(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    return _share(_distances(predicted, target), thresholds)


@BANK.mistake(
    "A distance that equals a threshold is not counted. Within 5 pixels includes 5.",
    fails="edge_cases",
)
def strictly_less(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """< in place of <=."""
    within = _distances(predicted, target)[..., None] < thresholds
    return within.to(predicted.dtype).mean(0)


@BANK.mistake(
    "It is the fraction of poses that are too far off, so your curve falls. Count those that are "
    "near enough."
)
def complement_counted(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """> in place of <=."""
    return 1 - _curve(predicted, target, thresholds)


@BANK.mistake("It is in percent. A fraction runs from 0 to 1.")
def in_percent(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Times 100."""
    return 100 * _curve(predicted, target, thresholds)


@BANK.mistake("It counts the poses. Divide by how many there are.")
def counted_not_shared(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """A sum in place of a mean."""
    return _curve(predicted, target, thresholds) * predicted[..., 0, 0].numel()


@BANK.mistake(
    "The squared distance is compared with the threshold. An offset of (3, -4) is 5 pixels, not "
    "25: the root is missing."
)
def squared_distances(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """No root."""
    return _share(_distances(predicted, target) ** 2, thresholds)


@BANK.mistake("It adds |x| and |y|. The distance is Euclidean: an offset of (3, -4) is 5, not 7.")
def manhattan_distance(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """L1 distance."""
    return _share(_flat((predicted - target).abs().sum(-1)), thresholds)


@BANK.mistake(
    "A joint counts if x and y are each within the threshold, which is a square around the target. "
    "The distance is Euclidean: (3, -4) is 5 pixels away, not 4."
)
def within_a_square(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Chebyshev distance."""
    return _share(_flat((predicted - target).abs().amax(-1)), thresholds)


@BANK.mistake("The squares of x and y are averaged under the root; add them.")
def mean_over_coordinates(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Too small by the root of 2."""
    return _share(_flat((predicted - target).square().mean(-1).sqrt()), thresholds)


@BANK.mistake("It averages |x| and |y|. The distance is Euclidean: an offset of (3, -4) is 5.")
def mean_absolute_coordinate(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Half the L1 distance."""
    return _share(_flat((predicted - target).abs().mean(-1)), thresholds)


@BANK.mistake("Only x is compared. The distance depends on y, too.")
def x_alone(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The first coordinate's difference."""
    return _share(_flat((predicted - target)[..., 0].abs()), thresholds)


@BANK.mistake(
    "x and y are judged separately and count as two poses. A joint is one point with one distance."
)
def coordinates_counted_singly(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The mean runs over x and y, too."""
    within = (predicted - target).abs()[..., None] <= thresholds
    return within.flatten(0, -4).to(predicted.dtype).mean((0, 2))


@BANK.mistake(
    "The differences keep their sign on the way, so a joint too far to the left is always within. "
    "A distance is never negative."
)
def signed_differences(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """x + y without absolute values."""
    return _share(_flat((predicted - target).sum(-1)), thresholds)


@BANK.mistake(
    "Each point holds only the poses between the threshold before and its own. Count all that are "
    "within, including the very near ones."
)
def share_of_each_bin(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """A histogram that is not summed up."""
    return _curve(predicted, target, thresholds).diff(
        dim=1, prepend=predicted.new_zeros(()).expand(predicted.shape[-2], 1)
    )


@BANK.mistake(
    "The fractions are summed along the thresholds, so the near poses count again and again. "
    "Comparing with one threshold counts all that are within already."
)
def summed_along_the_thresholds(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """cumsum of what is cumulative."""
    return _curve(predicted, target, thresholds).cumsum(1)


@BANK.mistake(
    "The sum goes on from one joint to the next, so every row holds all rows above it. Start each "
    "joint at 0."
)
def summed_along_the_joints(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """A counter that is not reset."""
    return _curve(predicted, target, thresholds).cumsum(0)


@BANK.mistake(
    "All joints have the same curve, that of their average. Every joint has its own: do not "
    "average over the joints."
)
def same_curve_for_all_joints(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The mean over the joints, repeated."""
    curve = _curve(predicted, target, thresholds)
    return curve.mean(0, keepdim=True).expand_as(curve)


@BANK.mistake(
    "The distances are averaged first, so your curve jumps from 0 to 1. Compare every pose with "
    "the threshold, then average."
)
def mean_distance_compared(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The mean before the comparison."""
    return _share(_distances(predicted, target).mean(0, keepdim=True), thresholds)


@BANK.mistake(
    "The poses are averaged before they are compared, so errors to the left and to the right "
    "cancel. Take the distance in each pose first."
)
def mean_poses_compared(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The distance of the mean poses."""
    mean = (predicted - target).flatten(0, -3).mean(0, keepdim=True)
    return _share(mean.norm(dim=-1), thresholds)


@BANK.mistake(
    "A threshold counts as reached if a single pose is within it. Return the fraction of the "
    "poses that are."
)
def any_pose_suffices(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """any() in place of the mean."""
    return _share(_distances(predicted, target).amin(0, keepdim=True), thresholds)


@BANK.mistake(
    "A threshold counts as reached once all poses are within it. Return the fraction of the poses "
    "that are."
)
def all_poses_required(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """all() in place of the mean."""
    return _share(_distances(predicted, target).amax(0, keepdim=True), thresholds)


@BANK.mistake(
    "The number of poses within is divided by the number of joints as well. For every joint, "
    "divide by the number of poses alone."
)
def divided_by_the_joints(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The mean over everything, without the sum over joints."""
    # For one joint this is right.
    return _curve(predicted, target, thresholds) / predicted.shape[-2]


@BANK.mistake(
    "With an axis for time it is the sum of several fractions: you divide by the number of clips. "
    "Divide by the number of all poses."
)
def divided_by_the_clips(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Only the first axis' length is divided by."""
    return _curve(predicted, target, thresholds) * (
        predicted[..., 0, 0].numel() / predicted.shape[0]
    )


@BANK.mistake(
    "Only the first frame of each clip counts. All axes in front of the joints are poses to "
    "average over."
)
def first_frame_alone(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """[:, 0] where there is an axis for time."""
    if predicted.dim() > 3:
        predicted, target = predicted[:, 0], target[:, 0]
    return _curve(predicted, target, thresholds)


@BANK.mistake(
    "Only the first clip counts. All axes in front of the joints are poses to average over."
)
def first_clip_alone(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """[0] where there is an axis for time."""
    if predicted.dim() > 3:
        predicted, target = predicted[0], target[0]
    return _curve(predicted, target, thresholds)


@BANK.mistake(
    "A clip counts as one pose, with the mean of its frames' distances. Every frame is a pose of "
    "its own."
)
def mean_over_time_first(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Distances are averaged over time before they are compared."""
    distances = (predicted - target).norm(dim=-1)
    if distances.dim() > 2:
        distances = distances.mean(1)
    return _share(_flat(distances), thresholds)


@BANK.mistake(
    "A joint's row holds distances of other joints: `reshape` to (joint, pose) does not move an "
    "axis. Keep the joints last when you make one axis of the others."
)
def reshaped_not_moved(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """reshape(joint, -1) of (pose, joint)."""
    distances = _distances(predicted, target)
    return _share(distances.reshape(distances.shape[1], -1).T, thresholds)


@BANK.mistake("The joints are in reverse order; keep their order.")
def joints_reversed(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The last joint first."""
    return _curve(predicted, target, thresholds).flip(0)


@BANK.mistake(
    "The distance is divided by the size of the frame. The thresholds are pixels, as the poses are."
)
def divided_by_the_frames_size(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Distances in 0..1."""
    return _share(_distances(predicted, target) / 64, thresholds)


@BANK.mistake(
    "The distances are rounded up or down to whole pixels before they are compared. Compare them "
    "as they are."
)
def rounded_distances(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """round() before the comparison."""
    return _share(_distances(predicted, target).round(), thresholds)


@BANK.mistake(
    "The distances are cut down to whole pixels. 4.9 pixels are more than 4: compare them as they "
    "are."
)
def floored_distances(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Whole pixels only."""
    return _share(_distances(predicted, target).floor(), thresholds)


@BANK.mistake("It is half a pixel too generous: a distance is compared with the threshold itself.")
def half_a_pixel_added(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """threshold + 0.5."""
    return _curve(predicted, target, thresholds + 0.5)


@BANK.mistake(
    "The thresholds are sorted, so the columns are in another order than the thresholds that were "
    "given.",
    fails="edge_cases",
)
def thresholds_sorted(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Ascending, whatever came in."""
    return _curve(predicted, target, thresholds.sort().values)


@BANK.mistake(
    "Your curve is never allowed to fall from one column to the next, but the thresholds may come "
    "in any order.",
    fails="edge_cases",
)
def made_to_grow(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """A running maximum along the thresholds."""
    return _curve(predicted, target, thresholds).cummax(1).values


@BANK.mistake(
    "Only the number of thresholds and the largest of them are used: yours are spaced evenly. "
    "Compare with those that were given."
)
def evenly_spaced_thresholds(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The bins of a histogram."""
    number = len(thresholds)
    steps = torch.arange(1, number + 1, dtype=predicted.dtype) / number
    return _curve(predicted, target, steps * thresholds.max())


@BANK.mistake(
    "Rows and columns are swapped: one row for each joint, one column for each threshold.",
    fails="shape",
)
def transposed(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """(threshold, joint)."""
    return _curve(predicted, target, thresholds).T


@BANK.mistake(
    "The last joint is missing. `range` leaves out its end, and there are as many joints as the "
    "poses say.",
    fails="shape",
)
def last_joint_missing(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """range(6)."""
    return _curve(predicted, target, thresholds)[:-1]


@BANK.mistake(
    "It returns one curve, the joints' average. Every joint has its own: do not average over the "
    "joints.",
    fails="shape",
)
def averaged_over_joints(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """(threshold,)."""
    return _curve(predicted, target, thresholds).mean(0)


@BANK.mistake(
    "It returns one number for each joint, the thresholds' average. Keep an axis for the "
    "thresholds.",
    fails="shape",
)
def averaged_over_thresholds(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """(joint,)."""
    return _curve(predicted, target, thresholds).mean(1)


@BANK.mistake(
    "Only the first axis is averaged over. With an axis for time it is still there, in front: "
    "average over all axes before the joints.",
    fails="shape",
)
def first_axis_averaged(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """mean(0) alone."""
    within = (predicted - target).norm(dim=-1)[..., None] <= thresholds
    return within.to(predicted.dtype).mean(0)


@BANK.mistake(
    "It returns the decision about each pose. Average it over the poses.",
    fails="shape",
)
def not_averaged(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """(pose, joint, threshold)."""
    return (_distances(predicted, target)[..., None] <= thresholds).to(predicted.dtype)


@BANK.mistake(
    "Distances very close to a threshold fall on its wrong side: part of it is computed in "
    "float32, or something is added before the comparison.",
    fails="dtype_device",
)
def computed_in_float32(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """float32 inside, cast back at the end."""
    curve = _curve(predicted.float(), target.float(), thresholds.float())
    return curve.to(predicted.dtype)
