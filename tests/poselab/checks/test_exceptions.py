"""The advice on an exception fits it: real exceptions, raised by real mistakes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from poselab.checks.exceptions import advice_on
from poselab.checks.runner import _one_line

MASK = torch.tensor([1.0, 0.0, 1.0])
MAPS = torch.rand(2, 3, 4, 5)


def without_return(x: Tensor) -> Any:
    x + 1


class NoSuper(nn.Module):
    def __init__(self) -> None:
        self.linear = nn.Linear(2, 2)


class Misspelled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Any:
        return self.convs(x)


def unbound(x: Tensor) -> Tensor:
    if x.numel() > 100:
        total = x
    return total + 1


def recursive(x: Tensor) -> Tensor:
    return recursive(x)


@pytest.mark.parametrize(
    ("mistake", "advice"),
    [
        (lambda: nn.Linear(3, 2)(nn.LSTM(5, 3)(MAPS[0])), "Recurrent layers"),
        (lambda: nn.LSTM(3, 3)(MAPS[0]), "made for vectors of another length"),
        (lambda: nn.BatchNorm1d(3)(MASK[None]), "`nn.LayerNorm` normalises each vector"),
        (lambda: torch.arange(5).unfold(0, 9, 1), "the input that is too short"),
        (lambda: torch.arange(5, 3), "the input that is too short"),
        (lambda: random.sample({1, 2}, 1), "a list, not a set"),  # type: ignore[arg-type]
        (lambda: MASK.shape[1], "Print the length"),
        (lambda: undefined + 1, "No cell has defined `undefined`"),  # type: ignore[name-defined]
        (lambda: unbound(MASK), "gets its value only in a branch"),
        (lambda: NoSuper(), "`super().__init__()`"),
        (lambda: Misspelled()(MASK), "A `Misspelled` has no `convs`"),
        (lambda: torch.unit8, "`torch` has no `unit8`"),
        (lambda: without_return(MASK).shape, "A function without `return` gives None"),
        (lambda: without_return(MASK) * 2, "Something on that line is None"),
        (lambda: MASK * None, "Something on that line is None"),
        (lambda: (1.0).sum(), "A plain Python number came where a tensor"),  # type: ignore[attr-defined]
        (lambda: MAPS.transpose(-1, -2).view(2, 3, 20), "`.reshape` does the same"),
        (lambda: MAPS[..., 0, 0][MASK], "`.bool()` makes a mask"),
        (lambda: torch.where(MASK, 1.0, 0.0), "The mask has to be boolean"),
        (lambda: MASK.masked_fill(MASK, 0.0), "The mask has to be boolean"),
        (lambda: ~MASK, "Turn the mask into one first, with `.bool()`"),
        (lambda: MASK & MASK, "Turn the mask into one first, with `.bool()`"),
        (lambda: 1 if MASK else 2, "`if`, `and`, `or` and `not` want one truth value"),
        (lambda: torch.softmax(MAPS, dim=(-1, -2)), "does not take several axes at once"),  # type: ignore[arg-type]
        (lambda: MAPS.argmax(dim=(-1, -2)), "does not take several axes at once"),  # type: ignore[call-overload]
        (lambda: MASK.sum(dim=2), "has fewer axes"),
        (lambda: nn.Linear(3, 2)(MAPS), "or as a layer's `in_features`"),
        (lambda: MAPS + torch.rand(7), "Print the shapes"),
        (lambda: MAPS.reshape(7, 7), "Print the shapes"),
        (lambda: torch.stack([MASK, MASK[:2]]), "Print the shapes"),
        (lambda: nn.Conv2d(1, 2, 3)(MAPS), "Print the shapes"),
        (lambda: MASK[7], "An index is larger than its axis"),
        (lambda: MASK.clone().requires_grad_().numpy(), "numpy knows nothing of gradients"),
        (lambda: MASK.clone().requires_grad_().add_(1), "An in-place operation"),
        (lambda: MASK.sum().backward(), "The graph was cut"),
        (lambda: MASK.double() @ torch.rand(3, 3), "different dtypes"),
        (lambda: nn.Linear(3, 2)(MASK.double()), "different dtypes"),
        (lambda: torch.tensor([1, 2]).mean(), "turn them into floating-point"),
        (lambda: (MASK > 0).float().mean() + "1", "of another type"),
        (lambda: torch.sqrt(2.0), "of another type"),  # type: ignore[arg-type]
        (lambda: unbound(), "the number of arguments"),  # type: ignore[call-arg]
        (lambda: 1 / 0, "What you divide by is 0 here"),
        (lambda: recursive(MASK), "never stops"),
        (lambda: {"a": 1}["b"], "no such key"),
        (lambda: np.zeros(3) + np.zeros(4), "Print the shapes"),
    ],
)
def test_the_advice_fits(mistake: Callable[[], Any], advice: str) -> None:
    with pytest.raises(Exception) as raised:
        mistake()
    assert advice in advice_on(_one_line(raised.value), "line 1"), _one_line(raised.value)


def test_an_unknown_exception_gets_a_step_that_is_always_right() -> None:
    assert advice_on("OddError: what is this?", "line 3: x").startswith("Run that line by itself")
    assert "condition" in advice_on("OddError: no", "line 3: raise OddError('no')")
    assert "whole message" in advice_on("OddError: wrong … of rows")
    assert "whole message" not in advice_on("OddError: wrong kind of rows")
    assert advice_on("OddError: what is this?").startswith("Call the function yourself")


def test_codes_that_colour_a_terminal_are_left_out() -> None:
    error = ValueError("\x1b[31mred\x1b[0m and \x1b[1;4mbold\x1b[m")
    assert _one_line(error) == "ValueError: red and bold"
