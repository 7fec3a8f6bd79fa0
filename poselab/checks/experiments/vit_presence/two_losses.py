"""A loss of two parts: what reaches both predictions, and whether large logits are lost.

A call is (heat maps, their target, logits, presence, weight).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.experiments.results import plain
from poselab.checks.registry import Calls, Finding, Subject, experiment, relation
from poselab.checks.relations import demand

_STEP = 1e-2
"""Small against the bends of a cross-entropy, large against rounding, also in float32."""

_DIRECTIONS = 3
_PREDICTIONS = ((0, "heatmaps"), (2, "logits"))

MODEST = 5.0
"""Logits up to this size are no trouble for a sigmoid and a logarithm."""


@experiment
def slopes_of_both_parts(subject: Subject, calls: Calls) -> Tensor:
    """The slopes of the loss, (call, prediction, direction, 2): by autograd, and by steps."""
    rows = [[_slopes(subject, args, place) for place, _ in _PREDICTIONS] for args in calls]
    return torch.tensor(rows, dtype=torch.float64)


def _slopes(subject: Subject, args: tuple[Any, ...], place: int) -> list[tuple[float, float]]:
    def loss(prediction: Tensor) -> Tensor:
        # The other one wants gradients as well, as it does in a training.
        given = [v.clone() if isinstance(v, Tensor) else v for v in args]
        for other, _ in _PREDICTIONS:
            given[other].requires_grad_()
        given[place] = prediction
        return plain(subject(*given))

    leaf = args[place].clone().requires_grad_()
    result = loss(leaf)
    gradient = None
    if result.requires_grad:
        (gradient,) = torch.autograd.grad(result.sum(), leaf, allow_unused=True)
    generator = torch.Generator().manual_seed(place)
    slopes = []
    for _ in range(_DIRECTIONS):
        direction = torch.randn(leaf.shape, generator=generator, dtype=leaf.dtype)
        ends = [loss((args[place] + step * direction).requires_grad_()) for step in (_STEP, -_STEP)]
        after, before = (float(end.detach().sum()) for end in ends)
        by_autograd = 0.0 if gradient is None else float((gradient * direction).sum())
        slopes.append((by_autograd, (after - before) / (2 * _STEP)))
    return slopes


@relation
def both_parts_learn(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Both ways of measuring a slope agree, for both predictions."""
    by_autograd, by_steps = result.unbind(-1)
    # Along one direction or another a slope may be about 0 by chance.
    cut = (by_autograd == 0).all(-1) & (by_steps.abs() > tolerance).any(-1)
    if bool(cut.all()):
        yield demand(False, "both_cut_off", "No gradient flows to either of the two predictions.")
    for number, (_, name) in enumerate(_PREDICTIONS):
        by_autograd, by_steps = result[:, number].unbind(-1)
        seen = f"No gradient flows to `{name}`, although the loss depends on it."
        yield demand(not bool(cut[:, number].any()), f"{name}_cut_off", seen)
        size = by_steps.abs().amax(-1, keepdim=True).clamp(min=1e-3)
        off = float(((by_autograd - by_steps).abs() / size).nan_to_num(nan=math.inf).max())
        seen = f"The gradient that flows to `{name}` is not the slope of the loss."
        advice = "Let every step from the prediction to the loss be one that torch records."
        yield Finding(off, "", seen, advice)


@relation
def slope_at_zero(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The gradient is right at logits of exactly 0, where `clamp` and `abs` have a corner.

    Args:
        result: of ``slopes_of_both_parts``, for two calls; the second one with logits of 0.
        case: not looked at.
        tolerance: relative to the largest slope.

    Yields:
        How far the gradient by the logits is off; the mistake has a name where that of other
        logits is right.
    """
    by_autograd, by_steps = result[:, 1].unbind(-1)
    size = by_steps.abs().amax(-1, keepdim=True).clamp(min=1e-3)
    off = ((by_autograd - by_steps).abs() / size).nan_to_num(nan=math.inf).amax(-1)
    elsewhere, at_zero = off.tolist()
    seen = "Where all logits are 0, the gradient that flows to `logits` is not the slope."
    yield Finding(at_zero, "slope_off_at_zero" if elsewhere <= tolerance else "", seen)


@experiment
def losses_and_logits(subject: Subject, calls: Calls) -> Tensor:
    """For each call, the loss and what it should be, with the size of the largest logit.

    The calls have right heat maps, so that the whole loss is the cross-entropy.

    Args:
        subject: the loss.
        calls: each with logits of about one size.

    Returns:
        (call, 3) float64.
    """
    rows = []
    for heatmaps, target, logits, presence, weight in calls:
        with torch.no_grad():
            result = plain(subject(heatmaps, target, logits, presence, weight))
        wanted = [
            max(z, 0.0) - z * p + math.log1p(math.exp(-abs(z)))
            for z, p in zip(logits.flatten().tolist(), presence.flatten().tolist(), strict=True)
        ]
        mean = (1 - weight) * sum(wanted) / len(wanted)
        rows.append([float(result.double().sum()), mean, float(logits.abs().max())])
    return torch.tensor(rows, dtype=torch.float64)


@relation
def exact_for_large_logits(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The loss is right for logits of every size.

    Args:
        result: of ``losses_and_logits``.
        case: not looked at.
        tolerance: relative to the loss, or to 1 where that is smaller.

    Yields:
        A finding for each call; the mistake has a name where small logits give the right loss.
    """
    loss, wanted, size = result.unbind(-1)
    off = ((loss - wanted).abs() / wanted.clamp(min=1)).nan_to_num(nan=math.inf, posinf=math.inf)
    modest = size <= MODEST
    small_ones_right = bool(modest.any()) and bool((off[modest] <= tolerance).all())
    for amount, got, right, large in zip(off.tolist(), loss, wanted, size, strict=True):
        seen = (
            f"With right heat maps and logits up to ±{float(large):.0f} the loss is "
            f"{float(got):.6g}; expected {float(right):.6g}."
        )
        if small_ones_right:
            seen += f" For logits up to ±{MODEST:.0f} it is right."
        yield Finding(amount, "large_logits_lost" if small_ones_right else "", seen)
