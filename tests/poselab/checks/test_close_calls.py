"""Mistakes of degree in rnn_video: where the line is drawn, and what each side is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from autograder.suites.drawing import draw_suite
from poselab.checks.judge import Verdict, judge
from poselab.checks.runner import run_cases

SEED = 5


def judged(name: str, function: Callable[..., Any]) -> Verdict:
    suite = draw_suite("rnn_video", name, SEED)
    return judge(suite, run_cases(function, suite.cases))


def lost(verdict: Verdict) -> dict[str, str | None]:
    """What was lost, of all that was looked at, and the mistake that it was put down to."""
    return {c.id: c.mistake for c in verdict.criteria if c.judged and not c.passed}


def normalize(divisor: Callable[[Tensor], Tensor], unit: float = 1.0) -> Callable[[Tensor], Tensor]:
    """Frames over a number that is made of their deviation."""

    def function(frames: Tensor) -> Tensor:
        pixels = frames.view(torch.uint8).float().movedim(-1, -3) / unit
        centred = pixels - pixels.mean((2, 3, 4), keepdim=True)
        return centred / divisor(centred.square().mean((2, 3, 4), keepdim=True).sqrt())

    return function


@pytest.mark.parametrize("epsilon", [1e-8, 1e-7, 1e-6])
def test_an_epsilon_that_nobody_sees_is_right(epsilon: float) -> None:
    assert not lost(judged("normalize_frames", normalize(lambda s: s + epsilon)))
    assert not lost(judged("normalize_frames", normalize(lambda s: s.clamp(min=epsilon))))


@pytest.mark.parametrize("epsilon", [1e-5, 3e-5, 1e-4])
def test_an_epsilon_that_makes_frames_weak_is_not(epsilon: float) -> None:
    added = judged("normalize_frames", normalize(lambda s: s + epsilon))
    assert lost(added) == {"edge_cases": "epsilon_added"}
    under = judged("normalize_frames", normalize(lambda s: (s**2 + epsilon).sqrt()))
    assert lost(under) == {"edge_cases": "epsilon_under_the_root"}


def test_a_large_epsilon_is_named_where_ordinary_frames_show_it() -> None:
    added = judged("normalize_frames", normalize(lambda s: s + 0.5))
    assert lost(added) == {"values": "epsilon_added"}


def test_what_looks_like_an_epsilon_is_not_given_its_name() -> None:
    constant = judged("normalize_frames", normalize(lambda s: s * 0 + 50))
    assert "epsilon" not in str(lost(constant)["values"])
    scaled = judged("normalize_frames", normalize(lambda s: s * 1.01))
    assert lost(scaled) == {"values": None}


def curve(
    within: Callable[[Tensor, Tensor], Tensor], dtype: torch.dtype | None = None
) -> Callable[..., Tensor]:
    """Distances, computed in a dtype, that are compared with thresholds in some way."""

    def function(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
        kept = dtype or predicted.dtype
        distances = (predicted.to(kept) - target.to(kept)).norm(dim=-1)
        distances = distances.reshape(-1, predicted.shape[-2], 1)
        return within(distances, thresholds.to(kept)).to(predicted.dtype).mean(0)

    return function


@pytest.mark.parametrize(
    ("margin", "losses"),
    [
        (1e-3, {"edge_cases": "limit_raised"}),
        (1e-6, {"dtype_device": "limit_raised"}),
        (1e-8, {"dtype_device": "limit_raised"}),
        (0.0, {}),
        (-1e-3, {"edge_cases": "limit_lowered"}),
    ],
)
def test_a_margin_is_told_from_rounding(margin: float, losses: dict[str, str]) -> None:
    assert lost(judged("accuracy_curve", curve(lambda d, t: d <= t + margin))) == losses


@pytest.mark.parametrize(
    ("dtype", "losses"),
    [
        (torch.float64, {}),
        (torch.float32, {"dtype_device": "computed_in_float32"}),
        (torch.float16, {"edge_cases": "in_half_precision"}),
    ],
)
def test_rounding_is_told_from_a_margin(dtype: torch.dtype, losses: dict[str, str]) -> None:
    assert lost(judged("accuracy_curve", curve(torch.le, dtype))) == losses

    def at_the_end(distances: Tensor, thresholds: Tensor) -> Tensor:
        return distances.to(dtype) <= thresholds.to(dtype)

    assert lost(judged("accuracy_curve", curve(at_the_end))) == losses


def test_what_a_call_leaves_behind_is_named_only_where_it_is_seen() -> None:
    outside: list[Tensor] = []

    def windows(
        n_frames: int, length: int, strides: tuple[int, ...], found: list[Tensor]
    ) -> Tensor:
        for stride in strides:
            starts = torch.arange(max(n_frames - (length - 1) * stride, 0))
            found.append(starts[:, None] + stride * torch.arange(length))
        return torch.cat(found)

    def in_a_default(
        n_frames: int,
        length: int = 10,
        strides: tuple[int, ...] = (1, 2),
        found: list[Tensor] = [],  # noqa: B006
    ) -> Tensor:
        return windows(n_frames, length, strides, found)

    def in_a_global(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
        return windows(n_frames, length, strides, outside)

    for _ in range(2):  # a default that is full already makes every call fail
        assert lost(judged("sliding_windows", in_a_default)) == {"shape": "default_value_changed"}
    assert lost(judged("sliding_windows", in_a_global)) == {"shape": None}


def test_a_default_that_speeds_calls_up_is_no_mistake() -> None:
    def windows(
        n_frames: int,
        length: int = 10,
        strides: tuple[int, ...] = (1, 2),
        known: dict[Any, Tensor] = {},  # noqa: B006
    ) -> Tensor:
        key = n_frames, length, strides
        if key not in known:
            blocks = [
                torch.arange(max(n_frames - (length - 1) * s, 0))[:, None]
                + s * torch.arange(length)
                for s in strides
            ]
            known[key] = torch.cat(blocks)
        return known[key]

    assert not lost(judged("sliding_windows", windows))
