"""Wrong answers to `accuracy_curve`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from autograder.exercises.bank import Bank, Function


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


def _by(distances: Tensor) -> tuple[Tensor, Tensor]:
    """Poses whose distances are these."""
    predicted = torch.stack([distances, torch.zeros_like(distances)], -1)
    return predicted, torch.zeros_like(predicted)


BANK = Bank(_curve)


@BANK.on_top(
    "A distance that equals a threshold is not counted. Within 5 pixels includes 5.",
    fails="edge_cases",
)
def strictly_less(answer: Function) -> Function:
    """< in place of <=."""

    def wrong(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
        lower = torch.nextafter(thresholds, torch.full_like(thresholds, -torch.inf))
        return answer(predicted, target, lower)

    return wrong


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


@BANK.on_top(
    "The squared distance is compared with the threshold. An offset of (3, -4) is 5 pixels, not "
    "25: the root is missing."
)
def squared_distances(answer: Function) -> Function:
    """No root."""

    def wrong(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
        return answer(*_by((predicted - target).norm(dim=-1) ** 2), thresholds)

    return wrong


@BANK.on_top("It adds |x| and |y|. The distance is Euclidean: an offset of (3, -4) is 5, not 7.")
def manhattan_distance(answer: Function) -> Function:
    """L1 distance."""

    def wrong(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
        return answer(*_by((predicted - target).abs().sum(-1)), thresholds)

    return wrong


@BANK.on_top(
    "A joint counts if x and y are each within the threshold, which is a square around the target. "
    "The distance is Euclidean: (3, -4) is 5 pixels away, not 4."
)
def within_a_square(answer: Function) -> Function:
    """Chebyshev distance."""

    def wrong(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
        return answer(*_by((predicted - target).abs().amax(-1)), thresholds)

    return wrong


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


@BANK.mistake("Only y is compared. The distance depends on x, too.")
def y_alone(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The second coordinate's difference."""
    return _share(_flat((predicted - target)[..., 1].abs()), thresholds)


@BANK.mistake(
    "A joint counts if x or y is within the threshold. The distance is Euclidean: (3, -4) is 5 "
    "pixels away, not 3."
)
def nearer_coordinate(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The smaller of |x| and |y|."""
    return _share(_flat((predicted - target).abs().amin(-1)), thresholds)


@BANK.mistake(
    "The difference of the two lengths is compared, not the length of the difference. Subtract the "
    "positions first."
)
def difference_of_lengths(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """| |p| - |t| |."""
    apart = (predicted.norm(dim=-1) - target.norm(dim=-1)).abs()
    return _share(_flat(apart), thresholds)


def _to_all_joints(predicted: Tensor, target: Tensor) -> Tensor:
    """All poses in one axis: (pose, predicted joint, true joint)."""
    apart = (predicted[..., :, None, :] - target[..., None, :, :]).norm(dim=-1)
    return apart.reshape(-1, *apart.shape[-2:])


@BANK.mistake(
    "Each predicted joint is compared with the nearest joint of the true pose, whichever that is. "
    "Compare it with its own true position."
)
def nearest_true_joint(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The minimum of cdist."""
    return _share(_to_all_joints(predicted, target).amin(-1), thresholds)


@BANK.another("nearest_true_joint")
def nearest_predicted_joint(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The minimum of cdist along its other axis."""
    return _share(_to_all_joints(predicted, target).amin(-2), thresholds)


@BANK.mistake(
    "Each predicted joint is compared with the farthest joint of the true pose. Compare it with "
    "its own true position."
)
def farthest_true_joint(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The maximum of cdist."""
    return _share(_to_all_joints(predicted, target).amax(-1), thresholds)


@BANK.mistake(
    "Each predicted joint is compared with all joints of the true pose, and all these pairs are "
    "counted. Compare it with its own true position only."
)
def all_pairs_of_joints(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """cdist, counted over poses and true joints."""
    pairs = _to_all_joints(predicted, target)
    return _share(pairs.transpose(1, 2).flatten(0, 1), thresholds)


@BANK.another("all_pairs_of_joints")
def all_pairs_of_true_joints(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The same for each true joint."""
    return _share(_to_all_joints(predicted, target).flatten(0, 1), thresholds)


@BANK.mistake(
    "The distances are averaged over all joints of the true pose before they are compared. Compare "
    "each joint with its own true position only."
)
def mean_distance_to_all_joints(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The mean of cdist."""
    return _share(_to_all_joints(predicted, target).mean(-1), thresholds)


@BANK.mistake(
    "The distances are divided by the largest one. Thresholds are in pixels, and so are distances."
)
def divided_by_the_largest_distance(
    predicted: Tensor, target: Tensor, thresholds: Tensor
) -> Tensor:
    """d / d.max()."""
    distances = _distances(predicted, target)
    return _share(distances / distances.max(), thresholds)


@BANK.mistake("The distance is from the origin: subtract the true positions.")
def target_ignored(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """|p|."""
    return _share(_flat(predicted.norm(dim=-1)), thresholds)


@BANK.mistake("The distance is halved. Compare it as it is: an offset of (3, -4) is 5 pixels.")
def halved_distance(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Half the distance."""
    return _share(_distances(predicted, target) / 2, thresholds)


@BANK.mistake(
    "Something small is added to the differences, as `pairwise_distance` does by default, so a "
    "distance that equals a threshold may miss it. Look for `eps`.",
    fails="edge_cases",
    fails_too=("dtype_device",),
)
def librarys_epsilon(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """1e-6 on each coordinate."""
    distance = functional.pairwise_distance(predicted.reshape(-1, 2), target.reshape(-1, 2))
    return _share(_flat(distance.reshape(predicted.shape[:-1])), thresholds)


@BANK.mistake(
    "Distances slightly above a threshold count as within it: something is added to the threshold, "
    "or the distance is rounded. Compare both as they are.",
    fails="edge_cases",
)
def limit_raised(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """A tolerance of 1e-3."""
    return _curve(predicted, target, thresholds + 1e-3)


@BANK.another("limit_raised")
def rounded_to_two_decimals(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """round(2) before the comparison."""
    return _share(_distances(predicted, target).mul(100).round().div(100), thresholds)


@BANK.mistake(
    "Distances that equal a threshold or are slightly below it do not count: something is "
    "subtracted from the threshold or added to the distance. Compare both as they are.",
    fails="edge_cases",
)
def limit_lowered(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """1e-3 on the distance."""
    return _share(_distances(predicted, target) + 1e-3, thresholds)


@BANK.mistake(
    "Distances close to a threshold fall on its wrong side: part of it is computed in float16 or "
    "bfloat16. Compute in the dtype of `predicted`.",
    fails="edge_cases",
)
def in_half_precision(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """float16 inside, cast back at the end."""
    within = _distances(predicted.half(), target.half())[..., None] <= thresholds.half()
    return within.to(predicted.dtype).mean(0)


@BANK.another("in_half_precision")
def distances_in_half_precision(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """float16 for the distances."""
    within = _distances(predicted, target).half()[..., None] <= thresholds.half()
    return within.to(predicted.dtype).mean(0)


@BANK.mistake(
    "The result has the dtype of `thresholds`. It follows the first argument, `predicted`.",
    fails="dtype_device",
)
def dtype_of_the_thresholds(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """.to(thresholds.dtype)."""
    return _curve(predicted, target, thresholds).to(thresholds.dtype)


@BANK.mistake(
    "The result has the wider of the two dtypes, that of `predicted` and that of `thresholds`. It "
    "follows the first argument, `predicted`.",
    fails="dtype_device",
)
def wider_dtype(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """A promotion."""
    wider = torch.promote_types(predicted.dtype, thresholds.dtype)
    return _curve(predicted, target, thresholds).to(wider)


@BANK.mistake(
    "The result is always float32, as `.float()` makes it. It follows the first argument, "
    "`predicted`.",
    fails="dtype_device",
)
def always_float32(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """.float() of the decisions."""
    return (_distances(predicted, target)[..., None] <= thresholds).float().mean(0)


@BANK.mistake(
    "The result is always float64, as `.double()` and numpy make it. It follows the first "
    "argument, `predicted`.",
    fails="dtype_device",
)
def always_float64(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """.double() of the decisions."""
    return (_distances(predicted, target)[..., None] <= thresholds).double().mean(0)


@BANK.mistake(
    "It is right for thresholds in ascending order only, as `bucketize` and sums of bins are. The "
    "thresholds may come in any order: compare with each of them on its own.",
    fails="edge_cases",
)
def ascending_thresholds_needed(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Bins, and their running sum."""
    distances = _distances(predicted, target)
    first = torch.bucketize(distances, thresholds.to(distances.dtype))
    bins = functional.one_hot(first, len(thresholds) + 1)[..., :-1]
    return bins.cumsum(-1).to(predicted.dtype).mean(0)


@BANK.another("ascending_thresholds_needed")
def bins_by_differences(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Between one threshold and the next, and then summed up."""
    below = torch.cat([thresholds.new_full((1,), -1), thresholds[:-1]])
    distances = _distances(predicted, target)[..., None]
    bins = (distances > below) & (distances <= thresholds)
    return bins.to(predicted.dtype).mean(0).cumsum(-1)


@BANK.mistake("The columns are in reverse order. Column i belongs to threshold i.")
def thresholds_reversed(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The last threshold first."""
    return _curve(predicted, target, thresholds).flip(1)


@BANK.mistake(
    "A clip counts only if all of its frames are within the threshold. Every frame is a pose of "
    "its own."
)
def all_frames_required(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """all() along time."""
    distances = (predicted - target).norm(dim=-1)
    if distances.dim() > 2:
        distances = distances.amax(1)
    return _share(_flat(distances), thresholds)


@BANK.mistake(
    "A clip counts as soon as one of its frames is within the threshold. Every frame is a pose of "
    "its own."
)
def any_frame_suffices(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """any() along time."""
    distances = (predicted - target).norm(dim=-1)
    if distances.dim() > 2:
        distances = distances.amin(1)
    return _share(_flat(distances), thresholds)


@BANK.mistake(
    "A pose counts only if all of its joints are within the threshold. Every joint has a curve of "
    "its own."
)
def all_joints_required(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The worst joint decides."""
    distances = _distances(predicted, target)
    return _share(distances.amax(1, keepdim=True).expand_as(distances), thresholds)


@BANK.mistake(
    "Only the last frame of each clip counts. All axes in front of the joints are poses to average "
    "over."
)
def last_frame_alone(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """[:, -1] where there is an axis for time."""
    if predicted.dim() > 3:
        predicted, target = predicted[:, -1], target[:, -1]
    return _curve(predicted, target, thresholds)


@BANK.mistake(
    "The number of poses within is divided by the number of thresholds. For every joint, divide by "
    "the number of poses."
)
def divided_by_the_thresholds(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """The wrong axis' length."""
    poses = predicted[..., 0, 0].numel()
    return _curve(predicted, target, thresholds) * poses / len(thresholds)


@BANK.mistake(
    "The number of poses within is divided by one less than their number. Divide by the number of "
    "all poses."
)
def divided_by_one_less(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """n - 1."""
    poses = predicted[..., 0, 0].numel()
    return _curve(predicted, target, thresholds) * poses / max(poses - 1, 1)


@BANK.mistake(
    "The number of poses within is divided by the number of coordinates: twice as many as there "
    "are poses. A joint is one point with one distance."
)
def divided_by_the_coordinates(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Half of the fraction."""
    return _curve(predicted, target, thresholds) / 2


@BANK.mistake(
    "The curve is stretched so that it ends at 1. Its last point is the fraction within the "
    "largest threshold, which may be less."
)
def stretched_to_one(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Divided by the last column."""
    curve = _curve(predicted, target, thresholds)
    return curve / curve.amax(1, keepdim=True).clamp(min=1e-6)


@BANK.mistake(
    "The norm runs over the joints, so there is a row for x and one for y. It has to run over x "
    "and y, the last axis.",
    fails="shape",
)
def norm_over_the_joints(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """dim=-2."""
    return _share(_flat((predicted - target).norm(dim=-2)), thresholds)


@BANK.mistake(
    "The result has an axis of length 1 too many. It is a table: one row for each joint, one "
    "column for each threshold.",
    fails="shape",
)
def axis_kept(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """keepdim=True in the mean."""
    return _curve(predicted, target, thresholds)[None]


@BANK.mistake(
    "Frames keep a curve each: only the clips are averaged over. All axes in front of the joints "
    "are poses to average over.",
    fails="shape",
)
def frames_kept_flat(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """(frame * joint, threshold)."""
    within = (predicted - target).norm(dim=-1)[..., None] <= thresholds
    return within.to(predicted.dtype).mean(0).flatten(0, -2)


@BANK.mistake(
    "A single row or column has lost its axis of length 1, as `squeeze` does. The result is a "
    "table whatever its size.",
)
def axes_squeezed(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """squeeze() at the end."""
    return _curve(predicted, target, thresholds).squeeze()


@BANK.mistake(
    "For one pose, without axes in front of the joints, the joints are averaged over. There is "
    "nothing to average then: any number of axes includes none.",
    fails="edge_cases",
)
def joints_of_one_pose_averaged(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """mean(0), whatever that axis is."""
    curve = _curve(predicted, target, thresholds)
    return curve.mean(0) if predicted.dim() == 2 else curve


@BANK.mistake(
    "For one pose, without axes in front of the joints, a single number comes back: a mean over no "
    "axes, `dim=()`, is a mean over all of them. There is nothing to average then.",
    fails="edge_cases",
)
def all_of_one_pose_averaged(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """mean(dim=())."""
    curve = _curve(predicted, target, thresholds)
    return curve.mean() if predicted.dim() == 2 else curve


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
    "A threshold counts as reached only once all poses are within it, as with `all()` or with "
    "`//`. Return the fraction of the poses that are."
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


@BANK.mistake(
    "The thresholds are cut down to whole pixels before they are compared. Compare with them as "
    "they are."
)
def floored_thresholds(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """.int() of the thresholds."""
    return _curve(predicted, target, thresholds.floor())


@BANK.mistake(
    "The fractions of all clips are added up. Average over the clips as well: over all axes in "
    "front of the joints."
)
def summed_over_the_clips(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """A mean over time, a sum over clips."""
    clips = predicted.shape[0] if predicted.dim() > 2 else 1
    return _curve(predicted, target, thresholds) * clips


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


@BANK.on_top(
    "Rows and columns are swapped: one row for each joint, one column for each threshold.",
    fails="shape",
)
def transposed(answer: Function) -> Function:
    """(threshold, joint)."""

    def wrong(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
        return answer(predicted, target, thresholds).T

    return wrong


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
    "float32. Compute in the dtype of `predicted`.",
    fails="dtype_device",
)
def computed_in_float32(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """float32 inside, cast back at the end."""
    curve = _curve(predicted.float(), target.float(), thresholds.float())
    return curve.to(predicted.dtype)


@BANK.another("computed_in_float32")
def differences_in_float32(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """float32 for the positions only."""
    distances = _distances(predicted.float(), target.float()).double()
    return (distances[..., None] <= thresholds).to(predicted.dtype).mean(0)


@BANK.another("computed_in_float32")
def distances_in_float32(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """float32 for the distances only."""
    within = _distances(predicted, target).float()[..., None] <= thresholds.float()
    return within.to(predicted.dtype).mean(0)
