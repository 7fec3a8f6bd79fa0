"""Wrong answers to `multiview_consistency`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function

Arguments = tuple[Tensor, Tensor, Tensor, Tensor]
"""joints_1, joints_2, rotation, translation."""


def _errors(*args: Tensor) -> Tensor:
    """(pose, joint, 3)."""
    joints_1, joints_2, rotation, translation = args
    return joints_1 @ rotation.mT + translation[:, None] - joints_2


def _right(*args: Tensor) -> Tensor:
    return _errors(*args).norm(dim=-1).mean()


def _with(answer: Function, change: Callable[..., Arguments]) -> Function:
    """An answer to which other arguments are handed."""

    def changed(
        joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor
    ) -> Tensor:
        result: Tensor = answer(*change(joints_1, joints_2, rotation, translation))
        return result

    return changed


def _times(answer: Function, factor: Callable[[Tensor], float]) -> Function:
    """An answer that is multiplied by what the joints say."""
    return lambda joints, *rest: answer(joints, *rest) * factor(joints)


BANK = Bank(_right)


# Mistakes in the arguments, which can be made on top of others.


@BANK.on_top(
    "The rotation is transposed, so it turns the other way. A joint is a row here: its "
    "rotation by R is `joint @ R.mT`."
)
def rotation_transposed(answer: Function) -> Function:
    """R^T."""
    return _with(answer, lambda j, k, r, t: (j, k, r.mT, t))


@BANK.on_top("The rotation is not used: x2 = R x1 + t.")
def rotation_ignored(answer: Function) -> Function:
    """x + t."""
    return _with(answer, lambda j, k, r, t: (j, k, torch.eye(3).to(r).expand_as(r), t))


@BANK.on_top("All poses get the first one's rotation; each pose has its own.")
def first_rotation_for_all(answer: Function) -> Function:
    """rotation[0]."""
    return _with(answer, lambda j, k, r, t: (j, k, r[:1].expand_as(r), t))


@BANK.on_top("The translation is not used: x2 = R x1 + t.")
def translation_ignored(answer: Function) -> Function:
    """R x."""
    return _with(answer, lambda j, k, r, t: (j, k, r, torch.zeros_like(t)))


@BANK.on_top("The translation is subtracted; add it: x2 = R x1 + t.")
def translation_subtracted(answer: Function) -> Function:
    """R x - t."""
    return _with(answer, lambda j, k, r, t: (j, k, r, -t))


@BANK.on_top("All poses get the first one's translation; each pose has its own.")
def first_translation_for_all(answer: Function) -> Function:
    """translation[0]."""
    return _with(answer, lambda j, k, r, t: (j, k, r, t[:1].expand_as(t)))


@BANK.on_top(
    "The translation is added before the rotation, so that it is rotated as well. Rotate "
    "first: x2 = R x1 + t."
)
def translation_before_rotation(answer: Function) -> Function:
    """R (x + t)."""
    return _with(answer, lambda j, k, r, t: (j, k, r, (r @ t[..., None])[..., 0]))


@BANK.on_top(
    "The motion is made the wrong way round: the second prediction is moved by R and t, or the "
    "first one by R^T (x - t). x2 = R x1 + t leads from the first camera's frame to the second's."
)
def motion_inverted(answer: Function) -> Function:
    """R^T (x - t)."""
    return _with(answer, lambda j, k, r, t: (j, k, r.mT, -(r.mT @ t[..., None])[..., 0]))


@BANK.on_top("Only the first pose counts. Average over the joints of all poses.")
def first_pose_only(answer: Function) -> Function:
    """Everything is indexed with [0]."""
    return lambda *args: answer(*(part[:1] for part in args))


@BANK.on_top("Only the first joint of each pose counts. Average over all joints.")
def first_joint_only(answer: Function) -> Function:
    """Joint 0."""
    return _with(answer, lambda j, k, r, t: (j[:, :1], k[:, :1], r, t))


@BANK.on_top(
    "The root, (0, 0, -1), is added to both predictions. They are positions in the cameras' "
    "frames already, not relative to the root."
)
def root_added(answer: Function) -> Function:
    """Joints taken for relative ones."""
    return _with(
        answer,
        lambda j, k, r, t: (
            j + j.new_tensor([0.0, 0.0, -1.0]),
            k + k.new_tensor([0.0, 0.0, -1.0]),
            r,
            t,
        ),
    )


@BANK.on_top("The distances of a pose's joints are summed; average them.")
def summed_over_joints(answer: Function) -> Function:
    """Sum over joints."""
    return _times(answer, lambda joints: float(joints.shape[1]))


@BANK.on_top("The poses are summed; average over them as well.")
def summed_over_poses(answer: Function) -> Function:
    """Sum over the batch."""
    return _times(answer, lambda joints: float(joints.shape[0]))


@BANK.on_top("All distances are summed; average over poses and joints.")
def summed(answer: Function) -> Function:
    """Sum over everything."""
    return _times(answer, lambda joints: float(joints.shape[0] * joints.shape[1]))


@BANK.on_top(
    "It is half of what it should be. There are two predictions, but one distance for each joint."
)
def halved(answer: Function) -> Function:
    """A factor 1/2 too much."""
    return _times(answer, lambda joints: 0.5)


@BANK.on_top(
    "It is twice what it should be. One distance for each joint is enough: the way back is as "
    "long as the way there."
)
def doubled(answer: Function) -> Function:
    """Both directions are added."""
    return _times(answer, lambda joints: 2.0)


# Mistakes in what is compared.


@BANK.mistake(
    "The predictions are compared as if they were in the same frame: neither is moved, or both "
    "are. Move the first one alone: R x1 + t."
)
def nothing_moved(*args: Tensor) -> Tensor:
    """x1 - x2."""
    joints_1, joints_2, *_ = args
    return (joints_1 - joints_2).norm(dim=-1).mean()


@BANK.mistake(
    "The second prediction is added; subtract it.",
)
def second_added(*args: Tensor) -> Tensor:
    """A plus for a minus."""
    joints_1, joints_2, rotation, translation = args
    return _right(joints_1, -joints_2, rotation, translation)


@BANK.mistake(
    "The distance is one in x and y alone. Joints that agree in 3D agree in z as well.",
)
def depth_left_out(*args: Tensor) -> Tensor:
    """norm of two coordinates."""
    return _errors(*args)[..., :2].norm(dim=-1).mean()


@BANK.mistake(
    "Only x and y are translated. The translation has a z as well.",
)
def depth_not_translated(*args: Tensor) -> Tensor:
    """t without its z."""
    joints_1, joints_2, rotation, translation = args
    flat = translation * translation.new_tensor([1.0, 1.0, 0.0])
    return _right(joints_1, joints_2, rotation, flat)


@BANK.mistake(
    "The predictions are projected before they are compared. Compare the joints in 3D.",
)
def projections_compared(*args: Tensor) -> Tensor:
    """X / -Z and Y / -Z."""
    joints_1, joints_2, rotation, translation = args
    moved = joints_1 @ rotation.mT + translation[:, None]
    return (
        (moved[..., :2] / -moved[..., 2:] - joints_2[..., :2] / -joints_2[..., 2:])
        .norm(dim=-1)
        .mean()
    )


@BANK.mistake(
    "Both predictions are centred before they are compared, which hides that they are in "
    "different positions.",
)
def centred(*args: Tensor) -> Tensor:
    """Minus the mean."""
    errors = _errors(*args)
    return (errors - errors.mean(1, keepdim=True)).norm(dim=-1).mean()


@BANK.mistake(
    "Both predictions are taken relative to their first joint, which hides that they are in "
    "different positions.",
)
def first_joint_subtracted(*args: Tensor) -> Tensor:
    """Minus joint 0."""
    errors = _errors(*args)
    return (errors - errors[:, :1]).norm(dim=-1).mean()


# Mistakes in the distances.


@BANK.mistake(
    "It is the mean squared distance. A joint that is off by (2, -1, 2) is 3 away, not 9.",
)
def squared_distances(*args: Tensor) -> Tensor:
    """No root."""
    return _errors(*args).square().sum(-1).mean()


@BANK.mistake(
    "It is the root of the mean square (RMSE), in which large errors weigh more. Take the "
    "root for each joint, then average.",
)
def rmse_instead_of_mean(*args: Tensor) -> Tensor:
    """The root after the mean."""
    return _errors(*args).square().sum(-1).mean().sqrt()


@BANK.mistake(
    "The root is taken once for each pose, after the mean over its joints. Take it for each "
    "joint, then average.",
)
def rmse_of_each_pose(*args: Tensor) -> Tensor:
    """The root after each pose's mean."""
    return _errors(*args).square().sum(-1).mean(dim=1).sqrt().mean()


@BANK.mistake(
    "It is the mean squared difference of the coordinates; it should be a distance.",
)
def mean_squared_coordinate(*args: Tensor) -> Tensor:
    """MSE of coordinates."""
    return _errors(*args).square().mean()


@BANK.mistake(
    "It is the root of the mean squared difference of the coordinates. Add the three squares "
    "of a joint, take its root, then average.",
)
def root_of_mean_squared_coordinate(*args: Tensor) -> Tensor:
    """RMSE of coordinates."""
    return _errors(*args).square().mean().sqrt()


@BANK.mistake(
    "The squares of x, y and z are averaged under the root; add them.",
)
def mean_over_coordinates(*args: Tensor) -> Tensor:
    """Too small by the root of 3."""
    return _errors(*args).square().mean(-1).sqrt().mean()


@BANK.mistake(
    "It adds |x|, |y| and |z|. The distance is Euclidean: an offset of (2, -1, 2) is 3, not 5.",
)
def manhattan_distance(*args: Tensor) -> Tensor:
    """L1 distance."""
    return _errors(*args).abs().sum(-1).mean()


@BANK.mistake(
    "It averages |x|, |y| and |z|. The distance is Euclidean: an offset of (2, -1, 2) is 3.",
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
    "It is the largest of |x|, |y| and |z|. The distance is Euclidean: (2, -1, 2) is 3, not 2.",
)
def largest_coordinate(*args: Tensor) -> Tensor:
    """max over coordinates."""
    return _errors(*args).abs().amax(-1).mean()


@BANK.mistake(
    "One root is taken over all joints and coordinates of a pose. Take one for each joint.",
)
def norm_of_each_pose(*args: Tensor) -> Tensor:
    """norm(dim=(1, 2))."""
    return _errors(*args).flatten(1).norm(dim=-1).mean()


@BANK.mistake(
    "One root is taken over the whole batch. Take one for each joint, then average.",
)
def norm_of_everything(*args: Tensor) -> Tensor:
    """norm()."""
    return _errors(*args).norm()


@BANK.mistake(
    "The norm is taken over the joints; take it over x, y and z, the last axis.",
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


@BANK.another("signed_mean")
def signed_mean_reversed(*args: Tensor) -> Tensor:
    """The second minus the first."""
    return -_errors(*args).mean()


@BANK.mistake(
    "The joints are averaged before the root is taken, so that errors cancel. Take the root "
    "for each joint, then average.",
)
def distance_of_means(*args: Tensor) -> Tensor:
    """Distance between centres."""
    return _errors(*args).mean(dim=1).norm(dim=-1).mean()


@BANK.mistake(
    "The distances of both joints from the camera are compared. Subtract the positions, then "
    "take the norm.",
)
def difference_of_lengths(*args: Tensor) -> Tensor:
    """||x1| - |x2||."""
    joints_1, joints_2, rotation, translation = args
    moved = joints_1 @ rotation.mT + translation[:, None]
    return (moved.norm(dim=-1) - joints_2.norm(dim=-1)).abs().mean()


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


# Mistakes in the shape.


@BANK.mistake(
    "It returns one number for each pose; return the mean over all poses.",
    fails="shape",
)
def one_value_per_pose(*args: Tensor) -> Tensor:
    """(pose,)."""
    return _errors(*args).norm(dim=-1).mean(dim=1)


@BANK.mistake(
    "It returns one number for each joint of each pose; average them.",
    fails="shape",
)
def one_value_for_each_distance(*args: Tensor) -> Tensor:
    """(pose, joint)."""
    return _errors(*args).norm(dim=-1)


@BANK.mistake(
    "It returns one number for each joint; return the mean over all joints.",
    fails="shape",
)
def one_value_per_joint(*args: Tensor) -> Tensor:
    """(joint,)."""
    return _errors(*args).norm(dim=-1).mean(dim=0)


@BANK.mistake(
    "It returns one number for each coordinate. A distance takes all three together.",
    fails="shape",
)
def one_value_per_coordinate(*args: Tensor) -> Tensor:
    """(3,)."""
    return _errors(*args).abs().mean(dim=(0, 1))


@BANK.mistake(
    "The number is in a tensor with one axis, of shape (1,). A loss has no axes: ().",
    fails="shape",
)
def one_axis_left(*args: Tensor) -> Tensor:
    """(1,) instead of ()."""
    return _right(*args).reshape(1)


# Mistakes where the predictions agree, in the gradient and in the digits.


@BANK.mistake(
    "Something is added under the root, so that predictions that agree have a loss. Take the "
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
    "A small number is added to the differences, so that predictions that agree have a loss. "
    "`pairwise_distance` does that, unless it is told `eps=0`.",
    fails="edge_cases",
    fails_too=("gradient",),
)
def added_to_the_differences(*args: Tensor) -> Tensor:
    """The default of pairwise_distance."""
    return (_errors(*args) + 1e-6).norm(dim=-1).mean()


@BANK.mistake(
    "A small number is added to the distance, so that predictions that agree have a loss.",
    fails="edge_cases",
)
def added_to_the_distance(*args: Tensor) -> Tensor:
    """d + eps."""
    return (_errors(*args).norm(dim=-1) + 2e-6).mean()


@BANK.mistake(
    "The distance is clamped to a small number, or what is under the root is, so that "
    "predictions that agree have a loss.",
    fails="edge_cases",
)
def distance_clamped(*args: Tensor) -> Tensor:
    """max(d, eps)."""
    return _errors(*args).norm(dim=-1).clamp(min=1e-4).mean()


@BANK.mistake(
    "Where two joints agree exactly, the gradient is nan: the root of 0 has an infinite "
    "derivative. `torch.linalg.vector_norm` gives 0 there.",
    fails="gradient",
)
def gradient_is_nan(*args: Tensor) -> Tensor:
    """sqrt of a sum of squares."""
    return _errors(*args).square().sum(-1).sqrt().mean()


@BANK.mistake(
    "No gradient reaches the second prediction: it is detached. Both come from the network, "
    "and both have to learn.",
    fails="gradient",
)
def second_prediction_detached(*args: Tensor) -> Tensor:
    """joints_2 is a constant."""
    joints_1, joints_2, rotation, translation = args
    return _right(joints_1, joints_2.detach(), rotation, translation)


@BANK.mistake(
    "float64 arguments are compared in float32, which holds seven digits. Compute in the "
    "dtype of `joints_1`.",
    fails="dtype_device",
)
def computed_in_float32(*args: Tensor) -> Tensor:
    """float32 inside, cast back at the end."""
    return _right(*(part.float() for part in args)).to(args[0].dtype)
