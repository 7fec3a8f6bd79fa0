"""What is said of a wrong result is true of it, and nothing is said where nothing stands out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from poselab.checks.patterns import describe

AXES = ("sample", "joint", "xy")


def poses() -> Tensor:
    return 1 + 40 * torch.rand(3, 4, 2, generator=torch.Generator().manual_seed(1)).double()


def only_sample_2(p: Tensor) -> Tensor:
    p[2] = p[2].flip(0)
    return p


def only_y(p: Tensor) -> Tensor:
    p[..., 1] = p[..., 1].flip(0)
    return p


def with_nan(p: Tensor) -> Tensor:
    p[0, 0, 0] = torch.nan
    return p


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p * torch.nan, "Every number is nan or infinite."),
        (with_nan, "1 of 24 numbers are nan or infinite."),
        (lambda p: p * 0, "Every number is 0."),
        (lambda p: p.half(), "Precision was lost: all numbers are as float16 would round them."),
        (lambda p: p.round(decimals=1), "Precision was lost: all numbers are rounded to 1 decimal"),
        (only_sample_2, "Only sample 2 is wrong."),
        (only_y, "Every x is right, but not every y."),
        (lambda p: p + 1, "Every x is 1 too large, and every y is 1 too large."),
        (lambda p: p - torch.tensor([0.0, 0.5]), "Every x is right, but not every y."),
        (lambda p: p * 3, "Every number is 3 times the expected one."),
        (lambda p: p.flip(-1), "These are the right numbers, but in other places."),
        (lambda p: p + 0.01 * p.sin(), "It is nearly right: no number is off by more than 0.00"),
        (lambda p: p.square() % 31, ""),
    ],
)
def test_a_pattern_is_described(change: Callable[[Tensor], Tensor], said: str) -> None:
    expected = poses()
    seen = describe(change(expected.clone()), expected, AXES, 1e-4)
    assert seen.startswith(said) and bool(seen) == bool(said)


def test_a_single_number_shows_nothing_but_that_it_is_near() -> None:
    expected = torch.tensor(2.0, dtype=torch.float64)
    assert describe(expected * 2, expected, (), 1e-4) == ""
    assert describe(expected + 0.01, expected, (), 1e-4).startswith("It is nearly right")


def test_one_joint_right_and_the_rest_wrong() -> None:
    expected = poses()
    result = expected.sin()
    result[:, 0] = expected[:, 0]
    assert describe(result, expected, AXES, 1e-4) == "Only joint 0 is right."
