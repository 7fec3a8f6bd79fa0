"""What small numbers tell: how many digits are computed with, and what is added to them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.registry import Finding, relation
from poselab.checks.relations import demand

NOTHING = 1e-7
"""Errors below this count as 0: squares of less vanish beside those of one pixel in float32."""

LEAST_ADDED = 1e-5
"""What is added to a count and less than this cannot be told from rounding in float32."""

SAME = 1e-3
"""How near a formula has to be to results, relative to them, to be the one behind them."""


@relation
def no_half_precision(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with X, with X as float16 and as bfloat16 round it, and with Y, a little further off.

    Whoever rounds X to one of them first gets exactly the same result from both; whoever computes
    something else does not, or sees no difference to Y either.
    """
    first, *rounded, other = result
    unmoved = float((first == other).double().mean())
    blind = any(bool((first == same).all()) for same in rounded) and unmoved < 0.5
    seen = "Logits that differ in the fourth digit give exactly the same result."
    yield demand(not blind, "half_precision", seen)


@relation
def perfect_is_zero(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with poses that are off by 0, and then by less and less little distances.

    What a perfect prediction is off by is what was added, in one of these ways, or in none.
    """
    off = float(result[0])
    seen = f"Perfect predictions have an error of {off:.3g}."
    advice = "Look for a small number that is added, or that something is clamped to."
    if abs(off) <= NOTHING:
        yield Finding(0.0)
    elif off > 0:
        yield Finding(math.inf, _added(off, result.double(), case), seen, advice)
    else:
        yield Finding(math.inf, "", seen)


@relation
def count_alone(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls in which 1, 2, 4 and 8 joints are visible that are all off by the same.

    A sum over n joints that is divided by n + e is a line in 1 / n, upside down.
    """
    inverse = 1 / result.double()
    one, eight = float(inverse[0]), float(inverse[-1])
    slope = (one - eight) / (1 - 1 / 8)
    start = one - slope
    added = slope / start if start else math.nan
    straight = torch.tensor([start + slope / n for n in (1, 2, 4, 8)]).double()
    bent = float((straight - inverse).abs().max())
    if LEAST_ADDED < added < 1 - SAME and bent <= 0.1 * abs(slope):
        seen = "The fewer joints are visible, the smaller the error is."
        yield Finding(math.inf, "little_added_to_count", seen)


@relation
def follows_dtype(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The result has the dtype of the first argument, whatever its value."""
    asked, got = (str(t.dtype).removeprefix("torch.") for t in (case.args[0][0], result))
    seen = f"The input is {asked}, but the result is {got}."
    yield demand(got == asked, "dtype_not_followed", seen)


def _added(off: float, result: Tensor, case: Case) -> str:
    """The mistake behind an error of perfect predictions, if one alone fits the other errors."""
    differences = torch.stack([(args[0] - args[1])[0, 0] for args in case.args]).double()
    true = differences.norm(dim=-1)
    aside = off / math.sqrt(2)
    ways = (
        ("added_under_the_root", (true**2 + off**2).sqrt()),
        ("added_to_the_differences", (differences + aside).norm(dim=-1)),
        ("added_to_the_differences", (differences - aside).norm(dim=-1)),
        ("added_to_the_distance", true + off),
        ("distance_clamped", true.clamp(min=off)),
    )
    fitting = {
        name for name, errors in ways if bool(((errors - result).abs() <= SAME * errors).all())
    }
    return fitting.pop() if len(fitting) == 1 else ""
