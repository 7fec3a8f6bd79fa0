"""Wrong answers to `gaussian_heatmap`."""

from __future__ import annotations

from torch import Tensor

from autograder.exercises.bank import Bank
from autograder.exercises.heatmap_2d.gaussian_heatmap.cases import FIRST_SIZE
from autograder.exercises.heatmap_2d.hills import enter_hills
from autograder.exercises.heatmap_2d.hills.registry import Size
from autograder.exercises.heatmap_2d.hills.right import hills

BANK = Bank(hills)
enter_hills(
    BANK,
    lambda draw: draw,
    outside="values",
    paired=(
        "xy_swapped",
        "size_swapped",
        "counts_from_one",
        "sigma_not_squared",
        "density",
        "sums_to_one",
    ),
)


@BANK.mistake(
    "Every map has the size of the first one. Is something kept from an earlier call, in a global "
    "variable or a cache? Compute the coordinates in each call.",
    fails="shape",
)
def first_size_kept(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """A grid is made in the first call and used in all others."""
    return hills(joint, FIRST_SIZE, sigma)


@BANK.mistake(
    "It is right to only about seven digits: part of it is computed in float32, though the joint "
    "is float64.",
    fails="dtype_device",
)
def computed_in_float32(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """float32 inside, cast back at the end."""
    return hills(joint.float(), size, sigma).to(joint.dtype)
