"""Wrong answers to `project`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function


def _moved(joints: Tensor, rotation: Tensor | None, translation: Tensor | None) -> Tensor:
    if rotation is not None:
        joints = joints @ rotation.mT
    return joints if translation is None else joints + translation[:, None]


def _right(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / -moved[..., 2:]


def _with(
    answer: Function,
    change: Callable[..., tuple[Tensor, Tensor, Tensor | None, Tensor | None]],
) -> Function:
    """An answer to which other arguments are handed."""

    def changed(
        joints: Tensor,
        focal: Tensor,
        rotation: Tensor | None = None,
        translation: Tensor | None = None,
    ) -> Tensor:
        result: Tensor = answer(*change(joints, focal, rotation, translation))
        return result

    return changed


def _then(answer: Function, change: Callable[[Tensor], Tensor]) -> Function:
    """An answer whose result is changed."""
    return lambda joints, focal, rotation=None, translation=None: change(
        answer(joints, focal, rotation, translation)
    )


BANK = Bank(_right)


# Mistakes that can be made on top of others.


@BANK.on_top("x and y are swapped in the result: x comes first.")
def xy_swapped(answer: Function) -> Function:
    """(y, x)."""
    return _then(answer, lambda result: result.flip(-1))


@BANK.on_top("y has the wrong sign. It points up in this image, as it does in the joints.")
def y_flipped(answer: Function) -> Function:
    """Rows of pixels are counted downwards."""
    return _then(answer, lambda result: torch.stack((result[..., 0], -result[..., 1]), dim=-1))


@BANK.on_top("x has the wrong sign: a joint with a positive X is seen at a positive x.")
def x_flipped(answer: Function) -> Function:
    """A mirrored image."""
    return _then(answer, lambda result: torch.stack((-result[..., 0], result[..., 1]), dim=-1))


@BANK.on_top("fx and fy are exchanged: `focal[:, 0]` belongs to x, `focal[:, 1]` to y.")
def focal_swapped(answer: Function) -> Function:
    """(fy, fx)."""
    return _with(answer, lambda j, f, r, t: (j, f.flip(-1), r, t))


@BANK.on_top("fx is used for y, too. y has a focal length of its own, fy.")
def fx_for_both(answer: Function) -> Function:
    """One focal length for both axes."""
    return _with(answer, lambda j, f, r, t: (j, f[:, :1].expand_as(f), r, t))


@BANK.on_top("fy is used for x, too. x has a focal length of its own, fx.")
def fy_for_both(answer: Function) -> Function:
    """The other one for both axes."""
    return _with(answer, lambda j, f, r, t: (j, f[:, 1:].expand_as(f), r, t))


@BANK.on_top("The mean of fx and fy is used for both. Multiply x with fx and y with fy.")
def mean_focal_length(answer: Function) -> Function:
    """(fx + fy) / 2."""
    return _with(answer, lambda j, f, r, t: (j, f.mean(-1, keepdim=True).expand_as(f), r, t))


@BANK.on_top("The focal lengths are not used. Multiply x with fx and y with fy.")
def focal_ignored(answer: Function) -> Function:
    """X / -Z."""
    return _with(answer, lambda j, f, r, t: (j, torch.ones_like(f), r, t))


@BANK.on_top("All poses get the first one's focal lengths; each pose has its own.")
def first_focal_for_all(answer: Function) -> Function:
    """focal[0]."""
    return _with(answer, lambda j, f, r, t: (j, f[:1].expand_as(f), r, t))


@BANK.on_top(
    "The rotation is transposed, so it turns the other way. A joint is a row here: its "
    "rotation by R is `joint @ R.mT`."
)
def rotation_transposed(answer: Function) -> Function:
    """joints @ rotation."""
    return _with(answer, lambda j, f, r, t: (j, f, None if r is None else r.mT, t))


@BANK.on_top("The rotation is not used: x2 = R x1 + t.")
def rotation_ignored(answer: Function) -> Function:
    """x + t."""
    return _with(answer, lambda j, f, r, t: (j, f, None, t))


@BANK.on_top("All poses get the first one's rotation; each pose has its own.")
def first_rotation_for_all(answer: Function) -> Function:
    """rotation[0]."""
    return _with(answer, lambda j, f, r, t: (j, f, None if r is None else r[:1].expand_as(r), t))


@BANK.on_top("The translation is not used: x2 = R x1 + t.")
def translation_ignored(answer: Function) -> Function:
    """R x."""
    return _with(answer, lambda j, f, r, t: (j, f, r, None))


@BANK.on_top("The translation is subtracted; add it: x2 = R x1 + t.")
def translation_subtracted(answer: Function) -> Function:
    """R x - t."""
    return _with(answer, lambda j, f, r, t: (j, f, r, None if t is None else -t))


@BANK.on_top("All poses get the first one's translation; each pose has its own.")
def first_translation_for_all(answer: Function) -> Function:
    """translation[0]."""
    return _with(answer, lambda j, f, r, t: (j, f, r, None if t is None else t[:1].expand_as(t)))


@BANK.on_top(
    "The translation is added before the rotation, so that it is rotated as well. Rotate first: "
    "x2 = R x1 + t."
)
def translation_before_rotation(answer: Function) -> Function:
    """R (x + t)."""

    def change(
        j: Tensor, f: Tensor, r: Tensor | None, t: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        return j, f, r, t if r is None or t is None else (r @ t[..., None])[..., 0]

    return _with(answer, change)


@BANK.on_top(
    "The root, (0, 0, -1), is added to the joints. They are positions in the camera's frame "
    "already, not relative to the root."
)
def root_added(answer: Function) -> Function:
    """Joints taken for relative ones."""
    return _with(answer, lambda j, f, r, t: (j + j.new_tensor([0.0, 0.0, -1.0]), f, r, t))


@BANK.on_top(
    "Without a rotation the translation is left out. Each of the two is used where it is given.",
    fails="edge_cases",
)
def translation_only_with_rotation(answer: Function) -> Function:
    """One `if rotation is not None` for both."""
    return _with(answer, lambda j, f, r, t: (j, f, r, None if r is None else t))


@BANK.on_top(
    "Without a translation the rotation is left out. Each of the two is used where it is given.",
    fails="edge_cases",
)
def rotation_only_with_translation(answer: Function) -> Function:
    """One `if translation is not None` for both."""
    return _with(answer, lambda j, f, r, t: (j, f, None if t is None else r, t))


@BANK.on_top("Only the first pose is projected, and its projection is returned for all of them.")
def first_pose_for_all(answer: Function) -> Function:
    """joints[0]."""
    return _with(answer, lambda j, f, r, t: (j[:1].expand_as(j), f, r, t))


# Mistakes in the motion.


@BANK.mistake(
    "The camera's motion is undone instead of made: it is R^T (x - t), which leads from the second "
    "camera's frame to the first. Here it is x2 = R x1 + t."
)
def motion_inverted(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """R^T (x - t)."""
    shifted = _moved(joints, None, None if translation is None else -translation)
    return _right(shifted, focal, None if rotation is None else rotation.mT)


@BANK.mistake(
    "Only x and y are translated. The translation has a z as well, which changes the depth."
)
def depth_not_translated(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """t without its z."""
    if translation is not None:
        translation = translation * translation.new_tensor([1.0, 1.0, 0.0])
    return _right(joints, focal, rotation, translation)


@BANK.mistake(
    "x and y are those of the second camera's frame, but Z is still that of the first: divide by "
    "the depth after rotation and translation."
)
def depth_before_the_motion(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """Divided by the old Z."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / -joints[..., 2:]


@BANK.mistake(
    "The projection is rotated or moved, not the joints: project after rotation and translation."
)
def projected_first(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """Projected, then moved as if the image were at depth 1."""
    image = joints / -joints[..., 2:]
    return focal[:, None] * _moved(image, rotation, translation)[..., :2]


# Mistakes in the projection.


@BANK.mistake(
    "Both coordinates have the wrong sign. What is in front of the camera has a negative Z: divide "
    "by -Z."
)
def sign_of_depth(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """Divided by Z."""
    return -_right(joints, focal, rotation, translation)


@BANK.mistake("Nothing is divided by the depth: x = fx X / -Z.")
def not_divided(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """An orthographic camera."""
    return focal[:, None] * _moved(joints, rotation, translation)[..., :2]


@BANK.mistake(
    "All joints of a pose are divided by its mean depth. Divide each by its own: x = fx X / -Z."
)
def mean_depth(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """Weak perspective."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / -moved[..., 2:].mean(1, keepdim=True)


@BANK.mistake("All joints of a pose are divided by the first joint's depth; each has its own Z.")
def first_depth_for_all(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """The depth of joint 0."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / -moved[:, :1, 2:]


@BANK.mistake(
    "Joints are divided by their distance from the camera, the length of (X, Y, Z). Divide by -Z."
)
def divided_by_distance(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """A spherical camera."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / moved.norm(dim=-1, keepdim=True)


@BANK.mistake("The joints are multiplied by their depth; divide by it: x = fx X / -Z.")
def multiplied_by_depth(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """fx X times -Z."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] * -moved[..., 2:]


@BANK.mistake("It is X / (-Z fx): multiply by the focal length instead of dividing by it.")
def divided_by_focal(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """From pixels to rays."""
    return _right(joints, 1 / focal, rotation, translation)


@BANK.mistake("The depth is squared: x = fx X / -Z.")
def depth_squared(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """fx X / Z^2."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / moved[..., 2:] ** 2


@BANK.mistake(
    "A small number is added to the depth, which is not small where the unit is large. Divide by "
    "-Z alone: it is above 0.",
    fails="edge_cases",
)
def added_to_the_depth(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """-Z + 1e-8."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / (-moved[..., 2:] + 1e-8)


@BANK.another("added_to_the_depth")
def more_added_to_the_depth(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """-Z + 1e-6."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / (-moved[..., 2:] + 1e-6)


@BANK.another("added_to_the_depth")
def subtracted_from_the_depth(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """-(Z + 1e-8)."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / -(moved[..., 2:] + 1e-8)


@BANK.mistake(
    "The depth is clamped to a smallest number, which is not small where the unit is large. "
    "Divide by -Z as it is: it is above 0.",
    fails="edge_cases",
)
def depth_clamped(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """max(-Z, 1e-6)."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / (-moved[..., 2:]).clamp(min=1e-6)


@BANK.another("depth_clamped")
def depth_clamped_higher(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """max(-Z, 1e-3)."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / (-moved[..., 2:]).clamp(min=1e-3)


# Mistakes in the shape.


@BANK.mistake(
    "There is a third coordinate, which is the same everywhere. An image has two: take x and y.",
    fails="shape",
)
def third_coordinate_kept(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """(x, y, -1)."""
    moved = _moved(joints, rotation, translation)
    x, y = _right(joints, focal, rotation, translation).unbind(-1)
    return torch.stack((x, y, moved[..., 2] / -moved[..., 2]), dim=-1)


@BANK.another("third_coordinate_kept")
def third_coordinate_of_one(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """(x, y, 1)."""
    x, y = _right(joints, focal, rotation, translation).unbind(-1)
    return torch.stack((x, y, torch.ones_like(x)), dim=-1)


@BANK.mistake(
    "The coordinates are on the second axis, the joints on the last: (pose, joint, 2) is wanted.",
    fails="shape",
)
def coordinates_before_joints(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """(pose, 2, joint)."""
    return _right(joints, focal, rotation, translation).mT


@BANK.mistake(
    "Each pose is one row of 2 * joint numbers. Keep the joints on an axis of their own.",
    fails="shape",
)
def flattened(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """(pose, 2 * joint)."""
    return _right(joints, focal, rotation, translation).flatten(1)


# Mistakes that leave the values right, or nearly so.


@BANK.mistake(
    "An argument is viewed as another shape, which only works for tensors that lie in memory in "
    "order. `.reshape` works for all.",
    fails="layout",
)
def viewed(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """joints.view(-1, 3)."""
    return _right(joints.view(-1, 3).view(joints.shape), focal, rotation, translation)


@BANK.mistake(
    "The depth takes no part in the gradient, so a network would not learn it. Do not detach it.",
    fails="gradient",
)
def depth_detached(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """Divided by a constant."""
    moved = _moved(joints, rotation, translation)
    return focal[:, None] * moved[..., :2] / -moved[..., 2:].detach()


@BANK.mistake(
    "float64 joints are projected in float32, which holds seven digits. Compute in the dtype of "
    "`joints`.",
    fails="dtype_device",
)
def computed_in_float32(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    """float32 inside, cast back at the end."""
    parts = (None if part is None else part.float() for part in (focal, rotation, translation))
    return _right(joints.float(), *parts).to(joints.dtype)  # type: ignore[arg-type]
