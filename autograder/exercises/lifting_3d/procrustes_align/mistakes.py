"""Wrong answers to `procrustes_align`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function


def _centred(pose: Tensor) -> tuple[Tensor, Tensor]:
    mean = pose.mean(1, keepdim=True)
    return pose - mean, mean


def _signs(u: Tensor, vt: Tensor) -> Tensor:
    """(N, 3): one, one, and the sign of the determinant."""
    sign = torch.ones_like(u[:, 0])
    sign[:, -1] = torch.linalg.det(u @ vt).sign()
    return sign


def _ratio(above: Tensor, below: Tensor) -> Tensor:
    """A quotient that is 0 where nothing can be divided."""
    return above / below.masked_fill(below == 0, 1)


def _best(p: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    """The rotation of rows, and the scale."""
    u, s, vt = torch.linalg.svd(p.mT @ q)
    sign = _signs(u, vt)
    scale = _ratio((s * sign).sum(1), p.square().sum((1, 2)))
    return (u * sign[:, None]) @ vt, scale[:, None, None]


def _right(predicted: Tensor, target: Tensor) -> Tensor:
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    rotation, scale = _best(p, q)
    return scale * p @ rotation + mean


BANK = Bank(_right)


# Mistakes that any other can be made on top of.


@BANK.on_top(
    "The result is around 0, not around the mean of the target. Add the target's mean at the end."
)
def not_moved_back(answer: Function) -> Function:
    """The target's mean is not added."""
    return lambda predicted, target: answer(predicted, target) - target.mean(1, keepdim=True)


@BANK.on_top(
    "The result is around the mean of the *prediction*. It should be around that of the target."
)
def moved_back_to_the_prediction(answer: Function) -> Function:
    """The prediction's mean is added."""
    return lambda predicted, target: (
        answer(predicted, target) - target.mean(1, keepdim=True) + predicted.mean(1, keepdim=True)
    )


@BANK.on_top(
    "The roles are exchanged: the target is moved onto the prediction. Move the prediction onto "
    "the target."
)
def roles_exchanged(answer: Function) -> Function:
    """target -> predicted."""
    return lambda predicted, target: answer(target, predicted)


# Mistakes in the rotation.


@BANK.mistake("Nothing is turned. A prediction may have to be rotated, too.")
def not_rotated(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean and scale alone, the latter of what is not turned."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    scale = _ratio((p * q).sum((1, 2)), p.square().sum((1, 2)))
    return scale[:, None, None] * p + mean


@BANK.another("not_rotated")
def not_rotated_but_scaled_as_if(predicted: Tensor, target: Tensor) -> Tensor:
    """The best rotation's scale, without the rotation."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    return _best(p, q)[1] * p + mean


@BANK.another("not_rotated")
def sizes_made_equal_alone(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean and size alone."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    scale = _ratio(torch.linalg.matrix_norm(q), torch.linalg.matrix_norm(p))
    return scale[:, None, None] * p + mean


@BANK.another("not_rotated")
def moved_alone(predicted: Tensor, target: Tensor) -> Tensor:
    """The mean alone."""
    return _centred(predicted)[0] + target.mean(1, keepdim=True)


@BANK.mistake(
    "Everything is turned in the opposite direction: the rotation has to be transposed, or the "
    "two poses exchanged in the product that is decomposed."
)
def turned_the_other_way(predicted: Tensor, target: Tensor) -> Tensor:
    """R transposed."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    rotation, scale = _best(p, q)
    return scale * p @ rotation.mT + mean


@BANK.mistake(
    "`torch.linalg.svd` returns the transpose of V as its third result; it is transposed once more."
)
def v_for_its_transpose(predicted: Tensor, target: Tensor) -> Tensor:
    """U V instead of U V^T."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vt = torch.linalg.svd(p.mT @ q)
    sign = _signs(u, vt.mT)
    scale = _ratio((s * sign).sum(1), p.square().sum((1, 2)))[:, None, None]
    return scale * p @ (u * sign[:, None]) @ vt.mT + mean


@BANK.another("v_for_its_transpose")
def v_for_its_transpose_without_signs(predicted: Tensor, target: Tensor) -> Tensor:
    """The same, without looking at the determinant."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vt = torch.linalg.svd(p.mT @ q)
    return _ratio(s.sum(1), p.square().sum((1, 2)))[:, None, None] * p @ u @ vt.mT + mean


@BANK.mistake(
    "One rotation is used for all poses. Each pose has its own: keep the batch's axis in the "
    "product that is decomposed."
)
def one_rotation_for_all(predicted: Tensor, target: Tensor) -> Tensor:
    """The batch is summed over."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    rotation, scale = _best(p.reshape(1, -1, 3), q.reshape(1, -1, 3))
    return scale * p @ rotation + mean


@BANK.another("one_rotation_for_all")
def first_poses_rotation(predicted: Tensor, target: Tensor) -> Tensor:
    """The rotation of pose 0, each pose with its own scale."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    rotation, scale = _best(p, q)
    return scale * p @ rotation[:1] + mean


@BANK.another("one_rotation_for_all")
def first_poses_motion(predicted: Tensor, target: Tensor) -> Tensor:
    """Rotation and scale of pose 0."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    rotation, scale = _best(p, q)
    return scale[:1] * p @ rotation[:1] + mean


@BANK.mistake(
    "The rotation is computed from poses that still contain where they are. Take each pose's mean "
    "away first."
)
def not_centred(predicted: Tensor, target: Tensor) -> Tensor:
    """Nothing is centred for the rotation."""
    rotation, scale = _best(predicted, target)
    return scale * _centred(predicted)[0] @ rotation + target.mean(1, keepdim=True)


@BANK.another("not_centred")
def turned_about_the_origin(predicted: Tensor, target: Tensor) -> Tensor:
    """No means at all."""
    rotation, scale = _best(predicted, target)
    return scale * predicted @ rotation


@BANK.mistake(
    "The poses are moved by their first joint. Take the mean of the joints: that is what makes the "
    "squared errors smallest."
)
def centred_on_the_first_joint(predicted: Tensor, target: Tensor) -> Tensor:
    """Joint 0 instead of the mean."""
    p, q = predicted - predicted[:, :1], target - target[:, :1]
    rotation, scale = _best(p, q)
    return scale * p @ rotation + target[:, :1]


@BANK.mistake(
    "The means run over the poses, or over all poses and joints. Each pose has its own mean: the "
    "one over its joints."
)
def mean_of_all_poses(predicted: Tensor, target: Tensor) -> Tensor:
    """mean((0, 1))."""
    p = predicted - predicted.mean((0, 1), keepdim=True)
    mean = target.mean((0, 1), keepdim=True)
    rotation, scale = _best(p, target - mean)
    return scale * p @ rotation + mean


@BANK.another("mean_of_all_poses")
def mean_over_poses(predicted: Tensor, target: Tensor) -> Tensor:
    """mean(0)."""
    p, mean = predicted - predicted.mean(0, keepdim=True), target.mean(0, keepdim=True)
    rotation, scale = _best(p, target - mean)
    return scale * p @ rotation + mean


@BANK.mistake(
    "Any linear map is allowed, which also shears and stretches. Only rotations are: use U and V "
    "without the singular values between them."
)
def any_linear_map(predicted: Tensor, target: Tensor) -> Tensor:
    """Least squares."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    return p @ torch.linalg.pinv(p) @ q + mean


@BANK.mistake(
    "The decomposed matrix itself is used as a rotation: the singular values are still in it."
)
def singular_values_in_the_rotation(predicted: Tensor, target: Tensor) -> Tensor:
    """p @ (p^T q)."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    return _best(p, q)[1] * p @ (p.mT @ q) + mean


# Mistakes in the scale.


@BANK.mistake("The prediction keeps its size. Scale it, too.")
def not_scaled(predicted: Tensor, target: Tensor) -> Tensor:
    """Rotation and mean alone."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    return p @ _best(p, q)[0] + mean


@BANK.mistake(
    "The prediction is made as large as the target. The scale with the smallest squared error is "
    "smaller, where the two do not agree: the sum of the singular values over the prediction's "
    "squared size."
)
def scale_of_sizes(predicted: Tensor, target: Tensor) -> Tensor:
    """|q| / |p|."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    scale = _ratio(torch.linalg.matrix_norm(q), torch.linalg.matrix_norm(p))
    return scale[:, None, None] * p @ _best(p, q)[0] + mean


@BANK.mistake("The scale is divided by the target's squared size; divide by the prediction's.")
def scale_by_the_target(predicted: Tensor, target: Tensor) -> Tensor:
    """tr(S) / |q|^2."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    rotation, scale = _best(p, q)
    size = p.square().sum((1, 2), keepdim=True)
    return scale * size / q.square().sum((1, 2), keepdim=True) * p @ rotation + mean


@BANK.mistake("The scale is divided by the prediction's size; divide by its square.")
def scale_without_the_square(predicted: Tensor, target: Tensor) -> Tensor:
    """tr(S) / |p|."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    rotation, scale = _best(p, q)
    return scale * torch.linalg.matrix_norm(p, keepdim=True) * p @ rotation + mean


@BANK.mistake("The scale is not divided by the prediction's squared size.")
def scale_not_divided(predicted: Tensor, target: Tensor) -> Tensor:
    """tr(S)."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    rotation, scale = _best(p, q)
    return scale * p.square().sum((1, 2), keepdim=True) * p @ rotation + mean


@BANK.mistake("The mean of the singular values is used for the scale. It is their sum.")
def mean_of_singular_values(predicted: Tensor, target: Tensor) -> Tensor:
    """A third of the scale."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    rotation, scale = _best(p, q)
    return scale / 3 * p @ rotation + mean


@BANK.mistake(
    "All poses are scaled by the same number. Each has its own: keep the batch's axis in the sum."
)
def one_scale_for_all(predicted: Tensor, target: Tensor) -> Tensor:
    """The sums run over the batch."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    turned = p @ _best(p, q)[0]
    return _ratio((turned * q).sum(), turned.square().sum()) * turned + mean


@BANK.mistake(
    "x, y and z are scaled by three numbers. A pose that is only larger is scaled by one."
)
def one_scale_for_each_axis(predicted: Tensor, target: Tensor) -> Tensor:
    """The sums run over the joints alone."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    turned = p @ _best(p, q)[0]
    return (
        _ratio((turned * q).sum(1, keepdim=True), turned.square().sum(1, keepdim=True)) * turned
        + mean
    )


@BANK.mistake("The prediction is returned as it is.")
def nothing_done(predicted: Tensor, target: Tensor) -> Tensor:
    """The identity."""
    return predicted.clone()


@BANK.mistake("The target is returned: what is left of the errors is gone.")
def target_returned(predicted: Tensor, target: Tensor) -> Tensor:
    """The target itself."""
    return target.clone()


# Mistakes with mirrored poses and with those at one point.


@BANK.mistake(
    "A mirrored prediction is mirrored back, which hides that left and right are exchanged. Where "
    "the determinant of U V^T is negative, change the sign of the last singular value and of the "
    "last column of U.",
    fails="edge_cases",
)
def mirrored(predicted: Tensor, target: Tensor) -> Tensor:
    """No look at the determinant."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vt = torch.linalg.svd(p.mT @ q)
    return _ratio(s.sum(1), p.square().sum((1, 2)))[:, None, None] * p @ u @ vt + mean


@BANK.mistake(
    "A mirrored prediction is turned as it should be, but scaled as if it had been mirrored: the "
    "last singular value has to change its sign, too.",
    fails="edge_cases",
)
def scaled_as_if_mirrored(predicted: Tensor, target: Tensor) -> Tensor:
    """The sum of all singular values."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vt = torch.linalg.svd(p.mT @ q)
    scale = _ratio(s.sum(1), p.square().sum((1, 2)))[:, None, None]
    return scale * p @ (u * _signs(u, vt)[:, None]) @ vt + mean


@BANK.mistake(
    "Where a mirror has to be avoided, the *first* column is turned round, along which the pose is "
    "largest. Turn round the last one, which costs least.",
    fails="edge_cases",
)
def first_axis_turned_round(predicted: Tensor, target: Tensor) -> Tensor:
    """The sign at the first singular vector, and the scale that fits it."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vt = torch.linalg.svd(p.mT @ q)
    sign = _signs(u, vt).flip(-1)
    scale = _ratio((s * sign).sum(1), p.square().sum((1, 2)))[:, None, None]
    return scale * p @ (u * sign[:, None]) @ vt + mean


@BANK.another("first_axis_turned_round")
def first_axis_turned_round_alone(predicted: Tensor, target: Tensor) -> Tensor:
    """The sign at the first singular vector, and the sum of all singular values."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vt = torch.linalg.svd(p.mT @ q)
    scale = _ratio(s.sum(1), p.square().sum((1, 2)))[:, None, None]
    return scale * p @ (u * _signs(u, vt).flip(-1)[:, None]) @ vt + mean


@BANK.mistake(
    "Where a mirror has to be avoided, all three axes are turned round. Turn round the last one "
    "alone, which costs least.",
    fails="edge_cases",
)
def all_axes_turned_round(predicted: Tensor, target: Tensor) -> Tensor:
    """R times the sign of its determinant."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vt = torch.linalg.svd(p.mT @ q)
    sign = _signs(u, vt)[:, -1:, None]
    scale = _ratio(s.sum(1), p.square().sum((1, 2)))[:, None, None]
    return scale * p @ (sign * u) @ vt + mean


@BANK.mistake(
    "The first pose decides for all of them whether a mirror has to be avoided. Each pose has its "
    "own determinant.",
    fails="edge_cases",
)
def first_poses_sign(predicted: Tensor, target: Tensor) -> Tensor:
    """det of pose 0."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vt = torch.linalg.svd(p.mT @ q)
    sign = _signs(u, vt)[:1].expand_as(s)
    scale = _ratio((s * sign).sum(1), p.square().sum((1, 2)))[:, None, None]
    return scale * p @ (u * sign[:, None]) @ vt + mean


@BANK.mistake(
    "A mirrored prediction is not turned at all. Its best rotation is found as for others, with "
    "the sign of the last axis changed.",
    fails="edge_cases",
)
def mirrored_left_alone(predicted: Tensor, target: Tensor) -> Tensor:
    """The identity where the determinant is negative."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vt = torch.linalg.svd(p.mT @ q)
    unturned = torch.linalg.det(u @ vt)[:, None, None] < 0
    eye = torch.eye(3, dtype=p.dtype, device=p.device)
    scale = _ratio(s.sum(1), p.square().sum((1, 2)))[:, None, None]
    return scale * p @ torch.where(unturned, eye, u @ vt) + mean


@BANK.mistake(
    "A prediction whose joints are all at one point has the size 0, and 0 / 0 is nan. Guard the "
    "division: its joints stay at one point, the mean of the target's.",
    fails="edge_cases",
)
def nan_at_one_point(predicted: Tensor, target: Tensor) -> Tensor:
    """No guard."""
    p, _ = _centred(predicted)
    return _right(predicted, target) + 0 / p.square().sum((1, 2), keepdim=True)


@BANK.mistake(
    "A prediction whose joints are all at one point is left where it is. Move it to the mean of "
    "the target's joints.",
    fails="edge_cases",
)
def left_at_its_point(predicted: Tensor, target: Tensor) -> Tensor:
    """Returned unchanged where it has no size."""
    p, _ = _centred(predicted)
    flat = p.square().sum((1, 2), keepdim=True) == 0
    return torch.where(flat, predicted, _right(predicted, target))


@BANK.mistake(
    "Something is added to the size that the scale is divided by, or under a root, so that all "
    "scales are too small. Guard against 0 without changing the rest."
)
def little_added_to_the_size(predicted: Tensor, target: Tensor) -> Tensor:
    """|p|^2 + eps."""
    p, _ = _centred(predicted)
    size = p.square().sum((1, 2), keepdim=True)
    _, mean = _centred(target)
    return (_right(predicted, target) - mean) * size / (size + 1e-2) + mean


# Mistakes in the shape and in digits.


@BANK.mistake("The error is returned; return the aligned predictions.", fails="shape")
def error_returned(predicted: Tensor, target: Tensor) -> Tensor:
    """P-MPJPE."""
    return (_right(predicted, target) - target).norm(dim=-1).mean()


@BANK.mistake("The rotations are returned; return the aligned predictions.", fails="shape")
def rotations_returned(predicted: Tensor, target: Tensor) -> Tensor:
    """(N, 3, 3), which is another shape unless there are three joints."""
    return _best(_centred(predicted)[0], _centred(target)[0])[0]


@BANK.mistake("Joints and coordinates are exchanged: (pose, 3, joint).", fails="shape")
def coordinates_first(predicted: Tensor, target: Tensor) -> Tensor:
    """Transposed at the end."""
    return _right(predicted, target).mT


@BANK.mistake(
    "float64 poses are aligned in float32, which holds seven digits. Compute in the dtype of "
    "`predicted`.",
    fails="dtype_device",
)
def computed_in_float32(predicted: Tensor, target: Tensor) -> Tensor:
    """float32 inside, cast back at the end."""
    return _right(predicted.float(), target.float()).to(predicted.dtype)


@BANK.mistake(
    "A prediction whose joints are all at one point is moved to the origin: nan is replaced after "
    "the target's mean was added. Its joints belong at the mean of the target's.",
    fails="edge_cases",
)
def points_moved_to_the_origin(predicted: Tensor, target: Tensor) -> Tensor:
    """nan_to_num in the end."""
    p, _ = _centred(predicted)
    aligned = _right(predicted, target)
    return aligned.where((p != 0).any(2, keepdim=True).any(1, keepdim=True), 0)


@BANK.mistake(
    "Where the best orthogonal matrix would mirror, all of U changes its sign. That is a rotation, "
    "but not the best one: change the sign of the *last* column alone.",
    fails="edge_cases",
)
def all_of_u_negated(predicted: Tensor, target: Tensor) -> Tensor:
    """det(U V^T) U V^T."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vt = torch.linalg.svd(p.mT @ q)
    sign = _signs(u, vt)
    scale = _ratio((s * sign).sum(1), p.square().sum((1, 2)))[:, None, None]
    return scale * p @ (sign[:, -1:, None] * u @ vt) + mean


@BANK.mistake(
    "Something is added to the prediction's size before you divide by it, so that small poses are "
    "aligned too small. Look for a size of 0 instead.",
    fails="edge_cases",
)
def size_with_an_epsilon(predicted: Tensor, target: Tensor) -> Tensor:
    """Divided by the size + 1e-6."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    rotation, _ = _best(p, q)
    scale = (p @ rotation * q).sum((1, 2)) / (p.square().sum((1, 2)) + 1e-6)
    return scale[:, None, None] * p @ rotation + mean
