"""Wrong answers to `presence_labels`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function


def _as_floats(labels: Tensor, keypoints: Tensor) -> Tensor:
    return labels.to(keypoints.dtype if keypoints.is_floating_point() else torch.float32)


def _right(keypoints: Tensor) -> Tensor:
    return _as_floats(keypoints[..., 2] > 0, keypoints)


BANK = Bank(_right)


# Mistakes that can be made on top of any other one.


@BANK.on_top("It is the wrong way round: 1 stands for present, 0 for absent.")
def inverted(answer: Function) -> Function:
    """v == 0."""
    return lambda keypoints: 1 - answer(keypoints)


@BANK.on_top(
    "The axis of x, y and v is still there, with length 1. Take v by an index, `[..., 2]`: a slice "
    "such as `[..., 2:]` keeps the axis.",
    fails="shape",
)
def axis_kept(answer: Function) -> Function:
    """(..., keypoint, 1)."""
    return lambda keypoints: answer(keypoints)[..., None]


@BANK.on_top("All labels are in one long list. Keep the axes in front of x, y and v.",
             fails="shape")  # fmt: skip
def flattened(answer: Function) -> Function:
    """reshape(-1)."""
    return lambda keypoints: answer(keypoints).flatten()


# Which values of v count.


@BANK.mistake(
    "Only visible keypoints count, v == 2. A hidden one (v = 1) is present, too: the annotator "
    "could tell where it is."
)
def visible_ones_only(keypoints: Tensor) -> Tensor:
    """v == 2."""
    return _as_floats(keypoints[..., 2] == 2, keypoints)


@BANK.mistake(
    "Only hidden keypoints count, v == 1. Visible ones (v = 2) are present in the first place."
)
def hidden_ones_only(keypoints: Tensor) -> Tensor:
    """v == 1."""
    return _as_floats(keypoints[..., 2] == 1, keypoints)


@BANK.mistake(
    "Visible keypoints and those that are not labelled count, hidden ones do not. Present is what "
    "has v > 0."
)
def all_but_hidden_ones(keypoints: Tensor) -> Tensor:
    """v != 1."""
    return _as_floats(keypoints[..., 2] != 1, keypoints)


@BANK.mistake("All but visible keypoints count: the comparison with 2 is the wrong way round.")
def all_but_visible_ones(keypoints: Tensor) -> Tensor:
    """v < 2."""
    return _as_floats(keypoints[..., 2] < 2, keypoints)


@BANK.mistake("Every keypoint is present, also those with v = 0: compare with `>`, not with `>=`.")
def everything_present(keypoints: Tensor) -> Tensor:
    """v >= 0."""
    return _as_floats(keypoints[..., 2] >= 0, keypoints)


@BANK.mistake("No keypoint is present, whatever its v.")
def nothing_present(keypoints: Tensor) -> Tensor:
    """v > 2."""
    return _as_floats(keypoints[..., 2] > 2, keypoints)


@BANK.mistake("It returns v itself, with 2 for visible keypoints. A label is 1 or 0.")
def v_unchanged(keypoints: Tensor) -> Tensor:
    """v."""
    return _as_floats(keypoints[..., 2], keypoints)


@BANK.mistake("Hidden keypoints get the label 0.5. They are present, too: their label is 1.")
def half_for_hidden_ones(keypoints: Tensor) -> Tensor:
    """v / 2."""
    return _as_floats(keypoints[..., 2], keypoints) / 2


@BANK.mistake(
    "v is divided by the largest v of the call, so a label depends on other keypoints. Compare "
    "each v with 0."
)
def divided_by_the_largest_v(keypoints: Tensor) -> Tensor:
    """v / v.max()."""
    v = _as_floats(keypoints[..., 2], keypoints)
    return v / v.max().clamp(min=1)


@BANK.mistake("1 is subtracted from v: absent keypoints get the label -1, hidden ones 0.")
def one_subtracted(keypoints: Tensor) -> Tensor:
    """v - 1."""
    return _as_floats(keypoints[..., 2], keypoints) - 1


@BANK.mistake("A sigmoid of v is returned. Labels are exactly 0 and 1.")
def sigmoid_of_v(keypoints: Tensor) -> Tensor:
    """sigmoid(v)."""
    return _as_floats(keypoints[..., 2], keypoints).sigmoid()


# Where the labels are taken from.


@BANK.mistake("The labels are taken from x, the first number. v is the last one of the three.")
def x_taken_for_v(keypoints: Tensor) -> Tensor:
    """x > 0."""
    return _as_floats(keypoints[..., 0] > 0, keypoints)


@BANK.another("x_taken_for_v")
def x_is_not_zero(keypoints: Tensor) -> Tensor:
    """x != 0."""
    return _as_floats(keypoints[..., 0] != 0, keypoints)


@BANK.mistake("The labels are taken from y, the second number. v is the last one of the three.")
def y_taken_for_v(keypoints: Tensor) -> Tensor:
    """y > 0."""
    return _as_floats(keypoints[..., 1] > 0, keypoints)


@BANK.another("y_taken_for_v")
def y_is_not_zero(keypoints: Tensor) -> Tensor:
    """y != 0."""
    return _as_floats(keypoints[..., 1] != 0, keypoints)


@BANK.mistake(
    "The position decides: x and y are compared with 0. (0, 0) is a pixel like any other, and "
    "where v is 0 they mean nothing. Look at v alone."
)
def positions_decide(keypoints: Tensor) -> Tensor:
    """x or y is not 0."""
    return _as_floats((keypoints[..., :2] != 0).any(-1), keypoints)


@BANK.another("positions_decide")
def both_positions_positive(keypoints: Tensor) -> Tensor:
    """x and y > 0."""
    return _as_floats((keypoints[..., :2] > 0).all(-1), keypoints)


@BANK.another("positions_decide")
def both_positions_not_zero(keypoints: Tensor) -> Tensor:
    """x and y are not 0."""
    return _as_floats((keypoints[..., :2] != 0).all(-1), keypoints)


@BANK.another("positions_decide")
def sum_of_positions_positive(keypoints: Tensor) -> Tensor:
    """x + y > 0."""
    return _as_floats(keypoints[..., :2].sum(-1) > 0, keypoints)


@BANK.another("positions_decide")
def any_position_positive(keypoints: Tensor) -> Tensor:
    """x or y > 0."""
    return _as_floats((keypoints[..., :2] > 0).any(-1), keypoints)


@BANK.mistake(
    "A keypoint counts as present if any of its three numbers is not 0. x and y say nothing about "
    "presence: look at v alone."
)
def any_number_not_zero(keypoints: Tensor) -> Tensor:
    """any(-1)."""
    return _as_floats((keypoints != 0).any(-1), keypoints)


@BANK.mistake(
    "The sum of x, y and v is compared with 0. x and y say nothing about presence: look at v alone."
)
def sum_positive(keypoints: Tensor) -> Tensor:
    """x + y + v > 0."""
    return _as_floats(keypoints.sum(-1) > 0, keypoints)


@BANK.mistake(
    "A keypoint counts as present if any of its three numbers is greater than 0. x and y say "
    "nothing about presence: look at v alone."
)
def any_number_positive(keypoints: Tensor) -> Tensor:
    """(keypoints > 0).any(-1)."""
    return _as_floats((keypoints > 0).any(-1), keypoints)


@BANK.mistake(
    "A keypoint counts as absent if its x or y is 0. Present keypoints may lie there: look at v "
    "alone."
)
def absent_at_zero(keypoints: Tensor) -> Tensor:
    """all(-1)."""
    return _as_floats((keypoints != 0).all(-1), keypoints)


@BANK.another("absent_at_zero")
def product_not_zero(keypoints: Tensor) -> Tensor:
    """x y v."""
    return _as_floats(keypoints.prod(-1) != 0, keypoints)


@BANK.mistake(
    "Present keypoints at (0, 0) count as absent. That is a pixel like any other: look at v alone."
)
def absent_at_the_origin(keypoints: Tensor) -> Tensor:
    """v > 0 and (x, y) != (0, 0)."""
    at_origin = (keypoints[..., :2] == 0).all(-1)
    return _as_floats((keypoints[..., 2] > 0) & ~at_origin, keypoints)


@BANK.mistake(
    "A present keypoint whose x or y is negative counts as absent. It was labelled, and it lies "
    "beyond the border of the crop: look at v alone."
)
def absent_beyond_the_border(keypoints: Tensor) -> Tensor:
    """x >= 0, y >= 0, v > 0."""
    inside = (keypoints[..., :2] >= 0).all(-1)
    return _as_floats((keypoints[..., 2] > 0) & inside, keypoints)


@BANK.mistake(
    "A present keypoint counts only if its x and y are positive. It may lie at 0, and beyond the "
    "border of the crop: look at v alone."
)
def absent_unless_positive(keypoints: Tensor) -> Tensor:
    """(keypoints > 0).all(-1)."""
    return _as_floats((keypoints > 0).all(-1), keypoints)


@BANK.mistake(
    "It is made for three axes: `keypoints[:, :, 2]` counts the axis of v from the front, and "
    "`a, b, c = keypoints.shape` unpacks three. There may be more or fewer: `keypoints[..., 2]`.",
    fails="edge_cases",
)
def axis_of_v_counted_from_the_front(keypoints: Tensor) -> Tensor:
    """[:, :, 2]."""
    return _as_floats(keypoints[:, :, 2] > 0, keypoints)


@BANK.another("axis_of_v_counted_from_the_front")
def last_one_counted_from_the_front(keypoints: Tensor) -> Tensor:
    """[:, :, -1]."""
    return _as_floats(keypoints[:, :, -1] > 0, keypoints)


@BANK.another("axis_of_v_counted_from_the_front")
def three_axes_unpacked(keypoints: Tensor) -> Tensor:
    """batch, keypoints, _ = shape."""
    batch, joints, _ = keypoints.shape
    return _as_floats(keypoints.reshape(batch, joints, 3)[..., 2] > 0, keypoints)


@BANK.mistake("The third keypoint is taken instead of v: `[:, 2]` counts along the keypoints.",
              fails="shape")  # fmt: skip
def third_keypoint(keypoints: Tensor) -> Tensor:
    """[:, 2]."""
    return _as_floats(keypoints[:, 2] > 0, keypoints)


@BANK.another("third_keypoint")
def third_keypoint_from_the_end(keypoints: Tensor) -> Tensor:
    """[..., 2, :]."""
    return _as_floats(keypoints[..., 2, :] > 0, keypoints)


@BANK.another("third_keypoint")
def third_keypoint_not_zero(keypoints: Tensor) -> Tensor:
    """[:, 2] != 0."""
    return _as_floats(keypoints[:, 2] != 0, keypoints)


@BANK.another("third_keypoint")
def third_keypoint_from_the_end_not_zero(keypoints: Tensor) -> Tensor:
    """[..., 2, :] != 0."""
    return _as_floats(keypoints[..., 2, :] != 0, keypoints)


@BANK.mistake("Only one image's labels come back. `keypoints[2]` is the third image.",
              fails="shape")  # fmt: skip
def one_image_only(keypoints: Tensor) -> Tensor:
    """[0]."""
    return _as_floats(keypoints[0, ..., 2] > 0, keypoints)


@BANK.mistake(
    "x, y and v are all compared with 0, which gives three numbers for each keypoint. Take v out "
    "first.",
    fails="shape",
)
def all_three_numbers(keypoints: Tensor) -> Tensor:
    """keypoints > 0."""
    return _as_floats(keypoints > 0, keypoints)


@BANK.another("all_three_numbers")
def all_three_not_zero(keypoints: Tensor) -> Tensor:
    """keypoints != 0."""
    return _as_floats(keypoints != 0, keypoints)


@BANK.mistake(
    "The keypoints are counted: one number for each image. Every keypoint has a label of its own.",
    fails="shape",
)
def counted(keypoints: Tensor) -> Tensor:
    """sum(-1)."""
    return _right(keypoints).sum(-1)


@BANK.mistake("The two axes are exchanged: images come first, then keypoints.", fails="shape")
def transposed(keypoints: Tensor) -> Tensor:
    """.mT."""
    labels = _right(keypoints)
    return labels if labels.dim() < 2 else labels.mT


@BANK.mistake(
    "A keypoint is present in all images as soon as one image shows it. Every image has labels of "
    "its own."
)
def present_if_any_image_shows_it(keypoints: Tensor) -> Tensor:
    """any(0)."""
    labels = _right(keypoints)
    if labels.dim() < 2:
        return labels
    return labels.amax(0, keepdim=True).expand_as(labels).clone()


@BANK.mistake(
    "17 is written into it. It has to work for any number of keypoints.",
    fails="edge_cases",
    fails_too=("vectorised",),
)
def seventeen_written_in(keypoints: Tensor) -> Tensor:
    """zeros(..., 17), filled."""
    right = _right(keypoints)
    labels = right.new_zeros((*right.shape[:-1], 17))
    number = min(17, right.shape[-1])
    labels[..., :number] = right[..., :number]
    return labels


@BANK.mistake(
    "Axes of length 1 are squeezed away. A single image, or a single keypoint, keeps its axis.",
    fails="edge_cases",
)
def squeezed_away(keypoints: Tensor) -> Tensor:
    """squeeze()."""
    return _right(keypoints).squeeze()


@BANK.another("squeezed_away")
def first_axis_squeezed_away(keypoints: Tensor) -> Tensor:
    """squeeze(0)."""
    return _right(keypoints).squeeze(0)


@BANK.mistake(
    "The labels are computed from x and y as well, such as with a factor of 0. Where v is 0, x and "
    "y may be anything, and 0 times nan is nan: take v alone, `keypoints[..., 2]`.",
    fails="edge_cases",
)
def nan_of_x_and_y_kept(keypoints: Tensor) -> Tensor:
    """A product with (0, 0, 1)."""
    numbers = keypoints if keypoints.is_floating_point() else keypoints.float()
    return (numbers @ numbers.new_tensor([0.0, 0.0, 1.0])).clamp(0, 1)


# The type, and what becomes of the argument.


@BANK.mistake(
    "Labels are floating-point numbers, since a loss computes with them. A comparison gives "
    "booleans: turn them into numbers with `.to(...)`.",
    fails="dtype_device",
)
def not_floating(keypoints: Tensor) -> Tensor:
    """A bool."""
    return keypoints[..., 2] > 0


@BANK.another("not_floating")
def whole_numbers(keypoints: Tensor) -> Tensor:
    """long()."""
    return (keypoints[..., 2] > 0).long()


@BANK.another("not_floating")
def small_whole_numbers(keypoints: Tensor) -> Tensor:
    """int()."""
    return (keypoints[..., 2] > 0).int()


@BANK.mistake(
    "The labels are in float32 whatever the dtype of `keypoints`. If that is a floating-point "
    "type, they follow it.",
    fails="dtype_device",
)
def always_float32(keypoints: Tensor) -> Tensor:
    """float()."""
    return (keypoints[..., 2] > 0).float()


@BANK.mistake("The labels are in float64 whatever the dtype of `keypoints`.", fails="dtype_device")
def always_float64(keypoints: Tensor) -> Tensor:
    """double()."""
    return (keypoints[..., 2] > 0).double()


@BANK.mistake(
    "For keypoints that are whole numbers the labels are whole numbers, too. They have to be "
    "float32 then.",
    fails="dtype_device",
)
def whole_for_whole_numbers(keypoints: Tensor) -> Tensor:
    """to(keypoints.dtype)."""
    return (keypoints[..., 2] > 0).to(keypoints.dtype)


@BANK.another("whole_for_whole_numbers")
def whole_numbers_clamped(keypoints: Tensor) -> Tensor:
    """clamp(max=1)."""
    return keypoints[..., 2].clamp(max=1)


@BANK.mistake(
    "It overwrites `keypoints`: what looks like a new tensor is a view of its memory. Make a new "
    "one.",
    fails="arguments",
)
def changes_its_input(keypoints: Tensor) -> Tensor:
    """clamp_ on a view."""
    return _as_floats(keypoints[..., 2].clamp_(max=1), keypoints)


@BANK.another("changes_its_input")
def assigned_to_the_argument(keypoints: Tensor) -> Tensor:
    """keypoints[..., 2] = ..."""
    keypoints[..., 2] = (keypoints[..., 2] > 0).to(keypoints.dtype)
    return _as_floats(keypoints[..., 2], keypoints)


@BANK.mistake("The labels leave the device of `keypoints`: create nothing on the CPU.",
              fails="dtype_device")  # fmt: skip
def left_the_device(keypoints: Tensor) -> Tensor:
    """zeros without a device."""
    v = keypoints[..., 2]
    labels = torch.zeros(v.shape, dtype=_right(keypoints).dtype)
    labels[v.cpu() > 0] = 1
    return labels
