"""Wrong answers to `cal_mpjpe`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function


def _joints(pose: Tensor) -> Tensor:
    """(N, joint, 3) of either form."""
    return pose.reshape(len(pose), -1, 3)


def _mean(errors: Tensor, avg: bool) -> Tensor:
    """What is right, once there is an error for each joint, or one for each pose."""
    errors = errors if errors.dim() == 1 else errors.mean(1)
    return errors.mean() if avg else errors


def _distances(pose_1: Tensor, pose_2: Tensor) -> Tensor:
    return (_joints(pose_1) - _joints(pose_2)).norm(dim=-1)


def _right(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    return _mean(_distances(pose_1, pose_2), avg)


BANK = Bank(_right)


# Mistakes that any other can be made on top of.


@BANK.on_top("The sum over the joints is not divided by their number. It is the *mean* error.")
def summed_over_joints(answer: Function) -> Function:
    """Sum over joints."""
    return lambda pose_1, pose_2, avg=True: answer(pose_1, pose_2, avg) * (pose_1[0].numel() // 3)


@BANK.on_top("The errors of the poses are summed; average them.")
def summed_over_poses(answer: Function) -> Function:
    """Sum over poses where their mean is asked for."""
    return lambda pose_1, pose_2, avg=True: (
        answer(pose_1, pose_2, avg) * (len(pose_1) if avg else 1)
    )


@BANK.on_top(
    "Both poses are moved so that their first joint is at 0 before they are compared. The error "
    "is that of the positions as they are."
)
def first_joint_taken_away(answer: Function) -> Function:
    """Relative to joint 0."""

    def moved(pose: Tensor) -> Tensor:
        return (_joints(pose) - _joints(pose)[:, :1]).reshape(pose.shape)

    return lambda pose_1, pose_2, avg=True: answer(moved(pose_1), moved(pose_2), avg)


# Mistakes in the distances.


@BANK.mistake("It is the mean *squared* distance: the root is missing. (2, -1, 2) is 3, not 9.")
def squared_distance(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """No root."""
    return _mean(_distances(pose_1, pose_2) ** 2, avg)


@BANK.mistake(
    "It is the root of the mean square over a pose's joints, in which large errors weigh more. "
    "Take the root for each joint, then average."
)
def root_of_the_mean_square(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """The root after the mean over joints."""
    return _mean((_distances(pose_1, pose_2) ** 2).mean(1).sqrt(), avg)


@BANK.another("root_of_the_mean_square")
def root_of_the_mean_square_of_all(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """The root after all means."""
    return _mean(_distances(pose_1, pose_2) ** 2, avg).sqrt()


@BANK.mistake("The squares of x, y and z are averaged under the root; add them.")
def mean_over_coordinates(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Too small by the root of 3."""
    return _mean(_distances(pose_1, pose_2) / 3**0.5, avg)


@BANK.mistake(
    "It adds |x|, |y| and |z|. The distance is Euclidean: an offset of (2, -1, 2) is 3, not 5."
)
def manhattan_distance(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """L1 distance."""
    return _mean((_joints(pose_1) - _joints(pose_2)).abs().sum(-1), avg)


@BANK.mistake("It averages |x|, |y| and |z|. The distance is Euclidean: (2, -1, 2) is 3.")
def mean_absolute_coordinate(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """l1_loss."""
    return _mean((_joints(pose_1) - _joints(pose_2)).abs().mean(-1), avg)


@BANK.mistake("It is the mean squared difference of the coordinates; it should be a distance.")
def mean_squared_coordinate(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """mse_loss."""
    return _mean(((_joints(pose_1) - _joints(pose_2)) ** 2).mean(-1), avg)


@BANK.mistake(
    "It is the root of the mean squared coordinate. Take one root for each joint, of the sum of "
    "its three squares."
)
def root_of_the_mean_squared_coordinate(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """sqrt(mse_loss), for each pose."""
    return _mean(((_joints(pose_1) - _joints(pose_2)) ** 2).mean((1, 2)).sqrt(), avg)


@BANK.another("root_of_the_mean_squared_coordinate")
def root_of_the_mean_squared_coordinate_of_all(
    pose_1: Tensor, pose_2: Tensor, avg: bool = True
) -> Tensor:
    """sqrt(mse_loss)."""
    return _mean(((_joints(pose_1) - _joints(pose_2)) ** 2).mean((1, 2)), avg).sqrt()


@BANK.mistake(
    "One root is taken over all joints and coordinates of a pose. Take one for each joint, then "
    "average."
)
def norm_of_each_pose(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """norm(dim=(1, 2))."""
    return _mean((_joints(pose_1) - _joints(pose_2)).norm(dim=(1, 2)), avg)


@BANK.mistake("The norm runs over the joints. Take it over x, y and z, the last axis.")
def norm_over_joints(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """norm(dim=1)."""
    return _mean((_joints(pose_1) - _joints(pose_2)).norm(dim=1), avg)


@BANK.mistake(
    "The spectral norm of each pose is taken: that is what `torch.linalg.norm` does with `ord=2` "
    "and two axes. Take the norm over the last axis alone."
)
def spectral_norm(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """linalg.norm(ord=2, dim=(1, 2))."""
    return _mean(torch.linalg.matrix_norm(_joints(pose_1) - _joints(pose_2), ord=2), avg)


@BANK.mistake("Only x and y are compared: an error in depth counts as well.")
def depth_left_out(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """The distance in the image plane."""
    return _mean((_joints(pose_1) - _joints(pose_2))[..., :2].norm(dim=-1), avg)


@BANK.mistake("Only z is compared: a distance needs x and y, too.")
def depth_alone(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """|dz|."""
    return _mean((_joints(pose_1) - _joints(pose_2))[..., 2].abs(), avg)


@BANK.mistake("The two positions are added instead of subtracted.")
def added_positions(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """a + b."""
    return _right(pose_1, -pose_2, avg)


@BANK.mistake(
    "The differences in x, y and z are added before they are squared, so that they cancel. "
    "Square each one first, then add."
)
def coordinates_added_first(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """|dx + dy + dz|."""
    return _mean((_joints(pose_1) - _joints(pose_2)).sum(-1).abs(), avg)


@BANK.mistake(
    "It is the norm of order 3. The Euclidean distance is that of order 2: squares, and their root."
)
def norm_of_order_three(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """norm(p=3)."""
    return _mean((_joints(pose_1) - _joints(pose_2)).norm(p=3, dim=-1), avg)


@BANK.mistake("It is the largest of |x|, |y| and |z|. The distance is Euclidean.")
def largest_coordinate(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Chebyshev distance."""
    return _mean((_joints(pose_1) - _joints(pose_2)).abs().amax(-1), avg)


@BANK.mistake(
    "The distances of the two joints from the origin are compared. Subtract the positions first, "
    "then take the norm."
)
def difference_of_lengths(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """||a| - |b||."""
    return _mean((_joints(pose_1).norm(dim=-1) - _joints(pose_2).norm(dim=-1)).abs(), avg)


@BANK.mistake(
    "The distances are divided by the size of the true positions. Leave them as they are, in the "
    "unit of the poses."
)
def relative_to_target(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """A relative error."""
    return _mean(_distances(pose_1, pose_2) / _joints(pose_2).norm(dim=-1), avg)


@BANK.mistake("The joints are averaged before they are compared, so their errors cancel.")
def distance_of_mean_joints(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """The norm of the mean difference."""
    return _mean((_joints(pose_1) - _joints(pose_2)).mean(1).norm(dim=-1), avg)


@BANK.mistake(
    "Each joint is compared with all joints of the other pose. Compare it with its own partner."
)
def all_pairs_of_joints(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """The mean of cdist."""
    return _mean(torch.cdist(_joints(pose_1), _joints(pose_2)).mean(-1), avg)


@BANK.mistake(
    "Each joint is compared with the nearest joint of the other pose. Compare it with its own "
    "partner."
)
def nearest_joint(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """The minimum of cdist."""
    return _mean(torch.cdist(_joints(pose_1), _joints(pose_2)).amin(-1), avg)


@BANK.mistake(
    "Both poses are moved so that their mean is at 0 before they are compared. The error is that "
    "of the positions as they are."
)
def centres_taken_away(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Relative to the centroid."""
    one, other = (pose - pose.mean(1, keepdim=True) for pose in map(_joints, (pose_1, pose_2)))
    return _right(one, other, avg)


@BANK.mistake("It is the largest error of a pose's joints; return their mean.")
def largest_error(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """max over joints."""
    return _mean(_distances(pose_1, pose_2).amax(1), avg)


@BANK.mistake("It is the median error of a pose's joints; return their mean.")
def median_error(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """median over joints."""
    return _mean(_distances(pose_1, pose_2).median(1).values, avg)


@BANK.mistake("Only the first joint of each pose is compared. Average over all of them.")
def first_joint_only(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Joint 0."""
    return _mean(_distances(pose_1, pose_2)[:, 0], avg)


@BANK.mistake("With `avg` only the first pose counts. Average over all poses.")
def first_pose_only(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """errors[0]."""
    errors = _right(pose_1, pose_2, False)
    return errors[0] if avg else errors


@BANK.mistake(
    "One is subtracted from the number of joints, as for a sample's variance. A mean is divided by "
    "the number itself."
)
def one_subtracted_from_count(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Division by n - 1."""
    distances = _distances(pose_1, pose_2)
    return _mean(distances.sum(1) / max(distances.shape[1] - 1, 1), avg)


@BANK.mistake(
    "A pelvis at (0, 0, -1) is counted as one more joint, which is always right. It is not among "
    "the joints that are compared."
)
def root_counted(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Division by n + 1."""
    distances = _distances(pose_1, pose_2)
    return _mean(distances.sum(1) / (distances.shape[1] + 1), avg)


@BANK.mistake("It is half the mean distance. There is no factor in front.")
def halved(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """A factor 1/2."""
    return _right(pose_1, pose_2, avg) / 2


# Mistakes in the shape.


@BANK.mistake(
    "`avg` is not used: there is always one number. Without `avg` there is one for each pose.",
    fails="shape",
)
def avg_ignored(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Always the mean over poses."""
    return _right(pose_1, pose_2, True)


@BANK.mistake(
    "There is always one number for each pose. With `avg`, return their mean.", fails="shape"
)
def never_averaged(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Never the mean over poses."""
    return _right(pose_1, pose_2, False)


@BANK.mistake(
    "`avg` is taken for its opposite: average over the poses where it is true.", fails="shape"
)
def avg_inverted(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Not avg."""
    return _right(pose_1, pose_2, not avg)


@BANK.mistake(
    "Without `avg` there is one number for each *joint*: it averages over the poses. Average over "
    "the joints of each pose.",
    fails="shape",
)
def one_value_per_joint(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """(joint,) instead of (pose,)."""
    distances = _distances(pose_1, pose_2)
    return distances.mean() if avg else distances.mean(0)


@BANK.mistake(
    "Without `avg` there is one number for each joint of each pose. Average over the joints.",
    fails="shape",
)
def distances_returned(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """(pose, joint) instead of (pose,)."""
    distances = _distances(pose_1, pose_2)
    return distances.mean() if avg else distances


@BANK.mistake("An axis of length 1 is left: a mean has no such axis.", fails="shape")
def one_axis_left(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """keepdim."""
    return _right(pose_1, pose_2, avg)[..., None]


# Mistakes in edge cases.


@BANK.mistake(
    "A flat pose is taken for one joint with many coordinates. Cut it into joints of three numbers "
    "first.",
    fails="edge_cases",
)
def flat_pose_as_one_joint(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """norm(dim=-1), whatever there is."""
    if pose_1.dim() == 2:
        return _mean((pose_1 - pose_2).norm(dim=-1), avg)
    return _right(pose_1, pose_2, avg)


@BANK.mistake(
    "A flat pose is read as if all x came first, then all y, then all z. It holds x, y and z of "
    "joint 0, then those of joint 1, and so on.",
    fails="edge_cases",
)
def flat_pose_read_by_coordinates(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """reshape(N, 3, joint)."""
    if pose_1.dim() == 2:
        return _mean((pose_1 - pose_2).reshape(len(pose_1), 3, -1).norm(dim=1), avg)
    return _right(pose_1, pose_2, avg)


@BANK.mistake(
    "Of flat poses all joints of all poses get into one row, so there is one number for each joint "
    "where there should be one for each pose. Keep the axis of the poses.",
    fails="edge_cases",
)
def flat_poses_in_one_row(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """reshape(-1, 3)."""
    if pose_1.dim() == 2:
        distances = (pose_1 - pose_2).reshape(-1, 3).norm(dim=-1)
        return distances.mean() if avg else distances
    return _right(pose_1, pose_2, avg)


@BANK.mistake(
    "The number of joints is written in: 15. Take it from the shape; in `reshape`, -1 stands for "
    "it.",
    fails="edge_cases",
)
def fifteen_written_in(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Division by 15 of flat poses."""
    if pose_1.dim() == 2:
        return _mean(_distances(pose_1, pose_2).sum(1) / 15, avg)
    return _right(pose_1, pose_2, avg)


@BANK.mistake(
    "Flat poses are recognised by their last axis, which is 3 for flat poses of one joint, too. "
    "Look at the number of axes.",
    fails="edge_cases",
)
def flat_recognised_by_the_last_axis(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """if shape[-1] != 3."""
    if pose_1.shape[-1] != 3:
        pose_1, pose_2 = _joints(pose_1), _joints(pose_2)
    distances = (pose_1 - pose_2).norm(dim=-1)
    return distances.mean() if avg else distances.mean(-1)


@BANK.mistake(
    "Equal poses are not off by 0: something is added under the root, or to the differences. Take "
    "the root of the sum alone.",
    fails="edge_cases",
)
def added_under_the_root(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """sqrt(d^2 + eps)."""
    return _mean((_distances(pose_1, pose_2) ** 2 + 1e-7).sqrt(), avg)


@BANK.mistake(
    "The errors of a single pose are averaged away: something is squeezed or summed that is there "
    "for several poses only. Without `avg` a single pose has a result of shape (1,).",
    fails="edge_cases",
)
def single_pose_squeezed(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """squeeze()."""
    return _right(pose_1, pose_2, avg).squeeze()


# Mistakes in the memory's layout and in digits.


@BANK.mistake(
    "The numbers are read in the order in which they lie in memory, which need not be that of the "
    "axes. `reshape` keeps to the axes.",
    fails="edge_cases",
)
def read_as_it_lies_in_memory(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """as_strided."""
    shape = (len(pose_1), pose_1[0].numel() // 3, 3)
    strides = (shape[1] * 3, 3, 1)
    return _right(pose_1.as_strided(shape, strides), pose_2.as_strided(shape, strides), avg)


@BANK.mistake(
    "float64 positions are compared in float32, which holds seven digits. Compute in the dtype of "
    "`pose_1`.",
    fails="dtype_device",
)
def computed_in_float32(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """float32 inside, cast back at the end."""
    return _right(pose_1.float(), pose_2.float(), avg).to(pose_1.dtype)


@BANK.mistake(
    "One root is taken over a whole pose, and divided by the number of joints afterwards. Take the "
    "root for each joint, over x, y and z."
)
def root_of_a_pose_over_joints(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """|row| / J."""
    difference = _joints(pose_1) - _joints(pose_2)
    return _mean(difference.flatten(1).norm(dim=1) / difference.shape[1], avg)
