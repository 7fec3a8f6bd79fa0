"""Wrong answers to `bounding_boxes`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function


def _box(low: Tensor, high: Tensor) -> Tensor:
    return torch.cat((low, high), dim=-1)


def _right(poses: Tensor) -> Tensor:
    return _box(poses.amin(dim=1), poses.amax(dim=1))


BANK = Bank(_right)


@BANK.on_top("x and y are exchanged in the result: x_min comes first, then y_min.")
def y_first(answer: Function) -> Function:
    """Joints are read as (y, x)."""
    return lambda poses: answer(poses.flip(-1))


@BANK.mistake(
    "Your four numbers are in the order x_min, x_max, y_min, y_max. The two smallest come first."
)
def x_before_y(poses: Tensor) -> Tensor:
    """The two of x, then the two of y."""
    return torch.stack((poses.amin(dim=1), poses.amax(dim=1)), dim=-1).flatten(1)


@BANK.mistake("The largest numbers come first. The order is x_min, y_min, x_max, y_max.")
def largest_first(poses: Tensor) -> Tensor:
    """max, then min."""
    return _box(poses.amax(dim=1), poses.amin(dim=1))


@BANK.mistake("All people get one and the same box. Only the dimension of joints should disappear.")
def one_box_for_all(poses: Tensor) -> Tensor:
    """The box around everybody."""
    return _box(poses.amin(dim=(0, 1)), poses.amax(dim=(0, 1))).repeat(len(poses), 1)


@BANK.mistake("You return the width and the height of the box. Its last two numbers are x and y.")
def width_and_height(poses: Tensor) -> Tensor:
    """x, y, width, height."""
    low, high = poses.amin(dim=1), poses.amax(dim=1)
    return _box(low, high - low)


@BANK.mistake("You return the middle and the size of the box, not its corners.")
def middle_and_size(poses: Tensor) -> Tensor:
    """As some detectors do."""
    low, high = poses.amin(dim=1), poses.amax(dim=1)
    return _box((low + high) / 2, high - low)


@BANK.mistake("You take the first and the last joint. Any joint may be the leftmost one.")
def first_and_last_joint(poses: Tensor) -> Tensor:
    """poses[:, 0], poses[:, -1]."""
    return _box(poses[:, 0], poses[:, -1])


@BANK.mistake("Both corners are the smallest numbers. The last two are the largest.")
def smallest_twice(poses: Tensor) -> Tensor:
    """min, min."""
    return _box(poses.amin(dim=1), poses.amin(dim=1))


@BANK.mistake("Both corners are the largest numbers. The first two are the smallest.")
def largest_twice(poses: Tensor) -> Tensor:
    """max, max."""
    return _box(poses.amax(dim=1), poses.amax(dim=1))


@BANK.mistake("Your boxes end on whole pixels. Joints may lie between them.")
def whole_pixels(poses: Tensor) -> Tensor:
    """Rounded outwards."""
    return _box(poses.amin(dim=1).floor(), poses.amax(dim=1).ceil())


@BANK.another("whole_pixels")
def cut_to_integers(poses: Tensor) -> Tensor:
    """`.int()`."""
    return _right(poses).int()


@BANK.mistake(
    "You look for one number over everything: people, joints, x and y. Only the dimension of "
    "joints should disappear."
)
def one_number_for_x_and_y(poses: Tensor) -> Tensor:
    """`poses.min()` and `poses.max()`."""
    return torch.stack((poses.min(), poses.min(), poses.max(), poses.max())).repeat(len(poses), 1)


@BANK.mistake("Your boxes end on the nearest whole pixels. Joints may lie between them.")
def nearest_pixels(poses: Tensor) -> Tensor:
    """Rounded."""
    return _right(poses).round()


@BANK.mistake("Your boxes are squares. Width and height are each what the joints need.")
def squares(poses: Tensor) -> Tensor:
    """The longer side counts twice."""
    low, high = poses.amin(dim=1), poses.amax(dim=1)
    half = (high - low).amax(-1, keepdim=True) / 2
    return _box((low + high) / 2 - half, (low + high) / 2 + half)


@BANK.mistake(
    "You take the whole position of the leftmost joint and of the rightmost one. The highest joint "
    "may be another one: look for x and y separately."
)
def leftmost_and_rightmost_joint(poses: Tensor) -> Tensor:
    """`argmin` and `argmax` of x."""
    persons = torch.arange(len(poses))
    x = poses[..., 0]
    return _box(poses[persons, x.argmin(1)], poses[persons, x.argmax(1)])


@BANK.mistake("Your search starts at 0, so no box begins right of it or below it.")
def starts_at_zero(poses: Tensor) -> Tensor:
    """left = top = right = bottom = 0."""
    return _box(poses.amin(dim=1).clamp(max=0), poses.amax(dim=1).clamp(min=0))


@BANK.mistake("The first joint is left out.")
def first_joint_left_out(poses: Tensor) -> Tensor:
    """poses[:, 1:]."""
    return _right(poses[:, 1:]) if poses.shape[1] > 1 else poses.new_zeros(len(poses), 4)


@BANK.mistake(
    "Your result is (person, 2, 2): `torch.stack` makes a new dimension, `torch.cat` makes one "
    "longer.",
    fails="shape",
)
def stacked(poses: Tensor) -> Tensor:
    """Two corners."""
    return torch.stack((poses.amin(dim=1), poses.amax(dim=1)), dim=1)


@BANK.mistake(
    "The dimension of people has disappeared, and the one of joints is left. It is the other way "
    "round: the joints are what a person's box is around.",
    fails="shape",
)
def people_gone(poses: Tensor) -> Tensor:
    """`dim=0`."""
    return _box(poses.amin(dim=0), poses.amax(dim=0))


@BANK.mistake(
    "x and y have disappeared: you look for the smaller one of the two. Look over the joints.",
    fails="shape",
)
def coordinates_gone(poses: Tensor) -> Tensor:
    """`dim=2`."""
    return _box(poses.amin(dim=2), poses.amax(dim=2))


@BANK.mistake(
    "`torch.cat` puts one below the other here. Put them side by side, along the last dimension.",
    fails="shape",
)
def one_below_the_other(poses: Tensor) -> Tensor:
    """cat along dimension 0, the default."""
    return torch.cat((poses.amin(dim=1), poses.amax(dim=1)))
