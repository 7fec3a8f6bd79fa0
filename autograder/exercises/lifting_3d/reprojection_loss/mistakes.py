"""Wrong answers to `reprojection_loss`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function

Arguments = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
"""joints, observed_1, focal_1, observed_2, focal_2, rotation, translation."""


def _seen(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    if rotation is not None:
        joints = joints @ rotation.mT
    if translation is not None:
        joints = joints + translation[:, None]
    return focal[:, None] * joints[..., :2] / -joints[..., 2:]


def _errors(*args: Tensor) -> Tensor:
    """(view, pose, joint, 2), in the image."""
    joints, observed_1, focal_1, observed_2, focal_2, rotation, translation = args
    first = _seen(joints, focal_1) - observed_1
    second = _seen(joints, focal_2, rotation, translation) - observed_2
    return torch.stack((first, second))


def _right(*args: Tensor) -> Tensor:
    return _errors(*args).norm(dim=-1).mean()


def _with(answer: Function, change: Callable[..., Arguments]) -> Function:
    """An answer to which other arguments are handed."""

    def changed(
        joints: Tensor,
        observed_1: Tensor,
        focal_1: Tensor,
        observed_2: Tensor,
        focal_2: Tensor,
        rotation: Tensor,
        translation: Tensor,
    ) -> Tensor:
        result: Tensor = answer(
            *change(joints, observed_1, focal_1, observed_2, focal_2, rotation, translation)
        )
        return result

    return changed


def _times(answer: Function, factor: Callable[[Tensor], float]) -> Function:
    """An answer that is multiplied by what the joints say."""
    return lambda joints, *rest: answer(joints, *rest) * factor(joints)


BANK = Bank(_right)


# Mistakes in the arguments, which can be made on top of others.


@BANK.on_top("The two views' focal lengths are exchanged: `focal_1` belongs to the first view.")
def focal_lengths_exchanged(answer: Function) -> Function:
    """focal_2 for the first view."""
    return _with(answer, lambda j, o, f, p, g, r, t: (j, o, g, p, f, r, t))


@BANK.on_top(
    "The observed joints of the two views are exchanged: the first view's projection is "
    "compared with `observed_1`."
)
def observations_exchanged(answer: Function) -> Function:
    """observed_2 for the first view."""
    return _with(answer, lambda j, o, f, p, g, r, t: (j, p, f, o, g, r, t))


@BANK.on_top("The first view's focal lengths are used for both views; the second has `focal_2`.")
def first_focal_for_both(answer: Function) -> Function:
    """focal_1 twice."""
    return _with(answer, lambda j, o, f, p, g, r, t: (j, o, f, p, f, r, t))


@BANK.on_top("The second view's focal lengths are used for both views; the first has `focal_1`.")
def second_focal_for_both(answer: Function) -> Function:
    """focal_2 twice."""
    return _with(answer, lambda j, o, f, p, g, r, t: (j, o, g, p, g, r, t))


@BANK.on_top("The rotation is transposed, so it turns the other way: x2 = R x1 + t.")
def rotation_transposed(answer: Function) -> Function:
    """R^T."""
    return _with(answer, lambda j, o, f, p, g, r, t: (j, o, f, p, g, r.mT, t))


@BANK.on_top("The second view's rotation is not used: x2 = R x1 + t.")
def rotation_ignored(answer: Function) -> Function:
    """x + t."""
    return _with(
        answer, lambda j, o, f, p, g, r, t: (j, o, f, p, g, torch.eye(3).to(r).expand_as(r), t)
    )


@BANK.on_top("The second view's translation is not used: x2 = R x1 + t.")
def translation_ignored(answer: Function) -> Function:
    """R x."""
    return _with(answer, lambda j, o, f, p, g, r, t: (j, o, f, p, g, r, torch.zeros_like(t)))


@BANK.on_top("The translation is subtracted; add it: x2 = R x1 + t.")
def translation_subtracted(answer: Function) -> Function:
    """R x - t."""
    return _with(answer, lambda j, o, f, p, g, r, t: (j, o, f, p, g, r, -t))


@BANK.on_top(
    "The translation is added before the rotation, so that it is rotated as well. Rotate "
    "first: x2 = R x1 + t."
)
def translation_before_rotation(answer: Function) -> Function:
    """R (x + t)."""
    return _with(answer, lambda j, o, f, p, g, r, t: (j, o, f, p, g, r, (r @ t[..., None])[..., 0]))


@BANK.on_top(
    "The camera's motion is undone instead of made: it is R^T (x - t), which leads from the "
    "second camera's frame to the first. Here it is x2 = R x1 + t."
)
def motion_inverted(answer: Function) -> Function:
    """R^T (x - t)."""
    return _with(
        answer, lambda j, o, f, p, g, r, t: (j, o, f, p, g, r.mT, -(r.mT @ t[..., None])[..., 0])
    )


@BANK.on_top(
    "The root, (0, 0, -1), is added to the joints. They are positions in the camera's frame "
    "already, not relative to the root."
)
def root_added(answer: Function) -> Function:
    """Joints taken for relative ones."""
    return _with(
        answer, lambda j, o, f, p, g, r, t: (j + j.new_tensor([0.0, 0.0, -1.0]), o, f, p, g, r, t)
    )


@BANK.on_top("Only the first pose counts. Average over the joints of all poses.")
def first_pose_only(answer: Function) -> Function:
    """Everything is indexed with [0]."""
    return lambda *args: answer(*(part[:1] for part in args))


@BANK.on_top("Only the first joint of each pose counts. Average over all joints.")
def first_joint_only(answer: Function) -> Function:
    """Joint 0."""
    return _with(answer, lambda j, o, f, p, g, r, t: (j[:, :1], o[:, :1], f, p[:, :1], g, r, t))


@BANK.on_top("The two views are added; take the mean over both.")
def views_added(answer: Function) -> Function:
    """Sum over views."""
    return _times(answer, lambda joints: 2.0)


@BANK.on_top("The distances of a pose's joints are summed; average them.")
def summed_over_joints(answer: Function) -> Function:
    """Sum over joints."""
    return _times(answer, lambda joints: float(joints.shape[1]))


@BANK.on_top("The poses are summed; average over them as well.")
def summed_over_poses(answer: Function) -> Function:
    """Sum over the batch."""
    return _times(answer, lambda joints: float(joints.shape[0]))


@BANK.on_top("All distances are summed; average over views, poses and joints.")
def summed(answer: Function) -> Function:
    """Sum over everything."""
    return _times(answer, lambda joints: 2.0 * joints.shape[0] * joints.shape[1])


@BANK.on_top("The distances of each view are summed; average over poses and joints, too.")
def summed_in_each_view(answer: Function) -> Function:
    """Sum over poses and joints."""
    return _times(answer, lambda joints: float(joints.shape[0] * joints.shape[1]))


@BANK.on_top("The distances of both views' joints are summed and only averaged over the poses.")
def views_and_joints_summed(answer: Function) -> Function:
    """Sum over views and joints."""
    return _times(answer, lambda joints: 2.0 * joints.shape[1])


@BANK.on_top("It is half of what it should be. The mean of the two views is divided by two once.")
def halved(answer: Function) -> Function:
    """A factor 1/2 too much."""
    return _times(answer, lambda joints: 0.5)


# Mistakes in what is compared.


@BANK.mistake(
    "Only the first view counts. It says nothing about the depth: use both.",
)
def first_view_only(*args: Tensor) -> Tensor:
    """The second view is left out."""
    return _errors(*args)[0].norm(dim=-1).mean()


@BANK.mistake(
    "Only the second view counts; use both.",
)
def second_view_only(*args: Tensor) -> Tensor:
    """The first view is left out."""
    return _errors(*args)[1].norm(dim=-1).mean()


@BANK.mistake(
    "Both views are projected into the first camera's frame. The second camera's joints are "
    "at R x1 + t.",
)
def first_camera_twice(*args: Tensor) -> Tensor:
    """The motion is forgotten."""
    joints, observed_1, focal_1, observed_2, focal_2, *_ = args
    return (_seen(joints, focal_1) - observed_1).norm(dim=-1).mean() / 2 + (
        _seen(joints, focal_2) - observed_2
    ).norm(dim=-1).mean() / 2


@BANK.mistake(
    "The camera's motion is applied to both views. The joints are in the first camera's frame "
    "already.",
)
def both_in_the_second_frame(*args: Tensor) -> Tensor:
    """The first view is moved as well."""
    joints, observed_1, focal_1, observed_2, focal_2, rotation, translation = args
    return (_seen(joints, focal_1, rotation, translation) - observed_1).norm(dim=-1).mean() / 2 + (
        _seen(joints, focal_2, rotation, translation) - observed_2
    ).norm(dim=-1).mean() / 2


@BANK.mistake(
    "The camera's motion is applied to the first view instead of the second.",
)
def motion_in_the_wrong_view(*args: Tensor) -> Tensor:
    """R x + t is projected into the first view."""
    joints, observed_1, focal_1, observed_2, focal_2, rotation, translation = args
    return (_seen(joints, focal_1, rotation, translation) - observed_1).norm(dim=-1).mean() / 2 + (
        _seen(joints, focal_2) - observed_2
    ).norm(dim=-1).mean() / 2


@BANK.mistake(
    "The projection has the wrong sign in both views. What is in front of a camera has a "
    "negative Z: divide by -Z.",
)
def sign_of_depth(*args: Tensor) -> Tensor:
    """Divided by Z."""
    joints, observed_1, focal_1, observed_2, focal_2, rotation, translation = args
    first = -_seen(joints, focal_1) - observed_1
    second = -_seen(joints, focal_2, rotation, translation) - observed_2
    return torch.stack((first, second)).norm(dim=-1).mean()


@BANK.mistake(
    "Only the view with the larger mean counts; take the mean of both.",
)
def larger_view(*args: Tensor) -> Tensor:
    """max over views."""
    return _errors(*args).norm(dim=-1).mean(dim=(1, 2)).amax()


@BANK.mistake(
    "The two views' means are combined as a root of squares; take their mean.",
)
def root_mean_square_of_views(*args: Tensor) -> Tensor:
    """hypot of both views."""
    first, second = _errors(*args).norm(dim=-1).mean(dim=(1, 2))
    return (first**2 + second**2).sqrt()


@BANK.mistake(
    "Both views of a joint are under one root. A distance belongs to one view: take two roots.",
)
def views_under_one_root(*args: Tensor) -> Tensor:
    """A distance in four dimensions."""
    return _errors(*args).movedim(0, -1).flatten(2).norm(dim=-1).mean()


@BANK.mistake(
    "The two views are multiplied; take their mean.",
)
def views_multiplied(*args: Tensor) -> Tensor:
    """A product."""
    first, second = _errors(*args).norm(dim=-1).mean(dim=(1, 2))
    return first * second


# Mistakes in the distances.


@BANK.mistake(
    "It is the mean squared distance. A joint that is off by (3, -4) is 5 away, not 25.",
)
def squared_distances(*args: Tensor) -> Tensor:
    """No root."""
    return _errors(*args).square().sum(-1).mean()


@BANK.mistake(
    "It is the root of the mean square (RMSE) over both views. Take the root for each joint, "
    "then average.",
)
def rmse_instead_of_mean(*args: Tensor) -> Tensor:
    """The root after the mean."""
    return _errors(*args).square().sum(-1).mean().sqrt()


@BANK.mistake(
    "Each view's loss is the root of its mean square (RMSE). Take the root for each joint, "
    "then average.",
)
def rmse_of_each_view(*args: Tensor) -> Tensor:
    """The root after each view's mean."""
    return _errors(*args).square().sum(-1).mean(dim=(1, 2)).sqrt().mean()


@BANK.mistake(
    "The root is taken once for each pose, after the mean over its joints. Take it for each "
    "joint, then average.",
)
def rmse_of_each_pose(*args: Tensor) -> Tensor:
    """The root after each pose's mean."""
    return _errors(*args).square().sum(-1).mean(dim=-1).sqrt().mean()


@BANK.mistake(
    "It is the mean squared difference of the coordinates; it should be a distance.",
)
def mean_squared_coordinate(*args: Tensor) -> Tensor:
    """MSE of coordinates."""
    return _errors(*args).square().mean()


@BANK.mistake(
    "The squares of x and y are averaged under the root; add them.",
)
def mean_over_coordinates(*args: Tensor) -> Tensor:
    """Too small by the root of 2."""
    return _errors(*args).square().mean(-1).sqrt().mean()


@BANK.mistake(
    "It adds |x| and |y|. The distance is Euclidean: an offset of (3, -4) is 5, not 7.",
)
def manhattan_distance(*args: Tensor) -> Tensor:
    """L1 distance."""
    return _errors(*args).abs().sum(-1).mean()


@BANK.mistake(
    "It averages |x| and |y|. The distance is Euclidean: an offset of (3, -4) is 5.",
)
def mean_absolute_coordinate(*args: Tensor) -> Tensor:
    """l1_loss."""
    return _errors(*args).abs().mean()


@BANK.mistake(
    "Small errors are squared, large ones are not, as in the Huber loss. Take the Euclidean "
    "distance of each joint.",
)
def smooth_l1(*args: Tensor) -> Tensor:
    """smooth_l1_loss."""
    errors = _errors(*args)
    return torch.nn.functional.smooth_l1_loss(errors, torch.zeros_like(errors))


@BANK.mistake(
    "It is the larger of |x| and |y|. The distance is Euclidean: (3, -4) is 5, not 4.",
)
def larger_coordinate(*args: Tensor) -> Tensor:
    """max over coordinates."""
    return _errors(*args).abs().amax(-1).mean()


@BANK.mistake(
    "One root is taken over all joints and coordinates of a pose. Take one for each joint.",
)
def norm_of_each_pose(*args: Tensor) -> Tensor:
    """norm(dim=(-2, -1))."""
    return _errors(*args).flatten(2).norm(dim=-1).mean()


@BANK.mistake(
    "One root is taken over a whole view. Take one for each joint, then average.",
)
def norm_of_each_view(*args: Tensor) -> Tensor:
    """norm of a whole view."""
    return _errors(*args).flatten(1).norm(dim=-1).mean()


@BANK.mistake(
    "One root is taken over a whole view, and the views are added. Take one root for each "
    "joint, then average.",
)
def norms_of_views_added(*args: Tensor) -> Tensor:
    """norm + norm."""
    return _errors(*args).flatten(1).norm(dim=-1).sum()


@BANK.mistake(
    "The norm is taken over the joints; take it over x and y, the last axis.",
)
def norm_over_joints(*args: Tensor) -> Tensor:
    """norm(dim=-2)."""
    return _errors(*args).norm(dim=-2).mean()


@BANK.mistake(
    "Errors of opposite signs cancel. Square each one, add, then take the root.",
)
def signed_mean(*args: Tensor) -> Tensor:
    """The mean of the differences."""
    return _errors(*args).mean()


@BANK.mistake(
    "The errors are averaged before the root is taken, so that they cancel. Take the root for "
    "each joint, then average.",
)
def norm_of_the_mean_error(*args: Tensor) -> Tensor:
    """Distance between centres."""
    return _errors(*args).mean(dim=(1, 2)).norm(dim=-1).mean()


@BANK.mistake(
    "It is the largest distance; take the mean.",
)
def largest_distance(*args: Tensor) -> Tensor:
    """max for mean."""
    return _errors(*args).norm(dim=-1).amax()


@BANK.mistake(
    "It is the median of the distances; take the mean.",
)
def median_distance(*args: Tensor) -> Tensor:
    """median for mean."""
    return _errors(*args).norm(dim=-1).median()


@BANK.mistake(
    "The distances are measured in units of the focal length. Measure them in the image, as "
    "they are observed.",
)
def divided_by_focal(*args: Tensor) -> Tensor:
    """Normalised image coordinates."""
    errors = _errors(*args)
    _, _, focal_1, _, focal_2, *_ = args
    return (errors / torch.stack((focal_1, focal_2))[:, :, None]).norm(dim=-1).mean()


# Mistakes in the shape.


@BANK.mistake(
    "It returns one number for each view; return their mean.",
    fails="shape",
)
def one_value_per_view(*args: Tensor) -> Tensor:
    """(view,)."""
    return _errors(*args).norm(dim=-1).mean(dim=(1, 2))


@BANK.mistake(
    "It returns one number for each pose; return the mean over all poses.",
    fails="shape",
)
def one_value_per_pose(*args: Tensor) -> Tensor:
    """(pose,)."""
    return _errors(*args).norm(dim=-1).mean(dim=(0, 2))


@BANK.mistake(
    "It returns one number for each joint of each pose; average them.",
    fails="shape",
)
def one_value_per_joint(*args: Tensor) -> Tensor:
    """(pose, joint)."""
    return _errors(*args).norm(dim=-1).mean(dim=0)


@BANK.mistake(
    "It returns all distances; average them.",
    fails="shape",
)
def one_value_for_each_distance(*args: Tensor) -> Tensor:
    """(view, pose, joint)."""
    return _errors(*args).norm(dim=-1)


@BANK.mistake(
    "The number is in a tensor with one axis, of shape (1,). A loss has no axes: ().",
    fails="shape",
)
def one_axis_left(*args: Tensor) -> Tensor:
    """(1,) instead of ()."""
    return _right(*args).reshape(1)


# Mistakes where nothing is left to lose, in the gradient and in the digits.


@BANK.mistake(
    "Something is added under the root, so that a perfect prediction has a loss. Take the "
    "root of the sum alone; `torch.linalg.vector_norm` has no trouble with 0.",
    fails="edge_cases",
)
def added_under_the_root(*args: Tensor) -> Tensor:
    """sqrt(d^2 + 1e-8)."""
    return (_errors(*args).square().sum(-1) + 1e-8).sqrt().mean()


@BANK.another("added_under_the_root")
def less_added_under_the_root(*args: Tensor) -> Tensor:
    """sqrt(d^2 + 1e-12)."""
    return (_errors(*args).square().sum(-1) + 1e-12).sqrt().mean()


@BANK.mistake(
    "A small number is added to the differences, so that a perfect prediction has a loss. "
    "`pairwise_distance` does that, unless it is told `eps=0`.",
    fails="edge_cases",
    fails_too=("gradient",),
)
def added_to_the_differences(*args: Tensor) -> Tensor:
    """The default of pairwise_distance."""
    return (_errors(*args) + 1e-6).norm(dim=-1).mean()


@BANK.mistake(
    "A small number is added to the distance, so that a perfect prediction has a loss.",
    fails="edge_cases",
)
def added_to_the_distance(*args: Tensor) -> Tensor:
    """d + eps."""
    return (_errors(*args).norm(dim=-1) + 2e-6).mean()


@BANK.mistake(
    "The distance is clamped to a small number, or what is under the root is, so that a "
    "perfect prediction has a loss.",
    fails="edge_cases",
)
def distance_clamped(*args: Tensor) -> Tensor:
    """max(d, eps)."""
    return _errors(*args).norm(dim=-1).clamp(min=1e-4).mean()


@BANK.mistake(
    "Where a joint is projected exactly to where it is observed, the gradient is nan: the "
    "root of 0 has an infinite derivative. `torch.linalg.vector_norm` gives 0 there.",
    fails="gradient",
)
def gradient_is_nan(*args: Tensor) -> Tensor:
    """sqrt of a sum of squares."""
    return _errors(*args).square().sum(-1).sqrt().mean()


@BANK.another("gradient_is_nan")
def gradient_of_hypot(*args: Tensor) -> Tensor:
    """torch.hypot, whose derivative at 0 is 0 / 0."""
    return torch.hypot(*_errors(*args).unbind(-1)).mean()


@BANK.mistake(
    "No gradient comes from the second view, so nothing teaches the depth. Do not detach it.",
    fails="gradient",
)
def second_view_detached(*args: Tensor) -> Tensor:
    """The second projection is a constant."""
    first, second = _errors(*args)
    return torch.stack((first, second.detach())).norm(dim=-1).mean()


@BANK.mistake(
    "No gradient comes from the first view. Do not detach it.",
    fails="gradient",
)
def first_view_detached(*args: Tensor) -> Tensor:
    """The first projection is a constant."""
    first, second = _errors(*args)
    return torch.stack((first.detach(), second)).norm(dim=-1).mean()


@BANK.mistake(
    "float64 arguments are compared in float32, which holds seven digits. Compute in the "
    "dtype of `joints`.",
    fails="dtype_device",
)
def computed_in_float32(*args: Tensor) -> Tensor:
    """float32 inside, cast back at the end."""
    return _right(*(part.float() for part in args)).to(args[0].dtype)


@BANK.mistake(
    "One root is taken over all joints of a view, and divided by their number afterwards. Give the "
    "norm its `dim`: each joint has a distance of its own."
)
def one_root_for_each_view(*args: Tensor) -> Tensor:
    """vector_norm without dim, divided by N."""
    errors = _errors(*args)
    return errors.flatten(1).norm(dim=1).mean() / (errors.shape[1] * errors.shape[2])
