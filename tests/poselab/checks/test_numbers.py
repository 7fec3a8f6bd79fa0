"""A function of tensors is tried on plain numbers as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from poselab.checks.experiments.heatmap_2d.numbers import one_number_after_the_other
from poselab.checks.registry import UnfitResultError

X, Y = torch.arange(3), torch.arange(2)[:, None]


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y, factor: x + factor * y,
        lambda x, y, factor: float(x + factor * y),
        lambda x, y, factor: torch.tensor(x + factor * y),
    ],
)
def test_each_position_is_one_call(function: Callable[..., Any]) -> None:
    seen = []

    def watched(*args: Any) -> Any:
        seen.append(args)
        return function(*args)

    result = one_number_after_the_other(watched, (X, Y, 10))
    assert result.tolist() == [[0, 1, 2], [10, 11, 12]]
    assert seen == [(x, y, 10) for y in range(2) for x in range(3)]
    assert {type(value) for args in seen for value in args} == {int}


@pytest.mark.parametrize("wrong", [None, (1, 2), torch.zeros(1), "1"])
def test_what_is_no_number_is_unfit(wrong: object) -> None:
    with pytest.raises(UnfitResultError) as raised:
        one_number_after_the_other(lambda x, y, factor: wrong, (X, Y, 10))
    assert raised.value.result is wrong
