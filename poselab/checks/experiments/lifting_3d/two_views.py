"""What losses of two views do where nothing is left to lose, and which arguments they teach."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.experiments.results import plain
from poselab.checks.registry import Calls, Finding, Subject, experiment, relation
from poselab.checks.relations import demand

NOTHING = 1e-7
"""Losses below this count as 0: rounding alone may make as much of them."""

SAME = 1e-3
"""How near a formula has to be to results, relative to them, to be the one behind them."""


@experiment
def slopes(subject: Subject, calls: Calls) -> Tensor:
    """Whether a gradient arrives at each of the first two arguments, (call, 2), each 1 or 0."""
    rows = []
    for args in calls:
        leaves = [args[0].clone().requires_grad_(), args[1].clone().requires_grad_()]
        # Copies: to overwrite an argument is another mistake.
        result = plain(subject(*(leaf.clone() for leaf in leaves), *args[2:]))
        found: tuple[Tensor | None, ...] = (None, None)
        if result.requires_grad:
            found = torch.autograd.grad(result.sum(), leaves, allow_unused=True)
        rows.append([slope is not None and bool(slope.any()) for slope in found])
    return torch.tensor(rows, dtype=torch.float64)


@relation
def reaches_the_second(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """A gradient arrives at the second argument, wherever one arrives at the first.

    Args:
        result: of ``slopes``.
        case: not looked at.
        tolerance: not looked at.

    Yields:
        Whether the second prediction learns, too. If neither does, other cases tell.
    """
    first, second = (bool(arrives.all()) for arrives in result.T)
    seen = "A gradient reaches the first prediction, but none reaches the second."
    yield demand(second or not first, "second_prediction_detached", seen)


@relation
def perfect_loss_is_zero(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Losses of joints that are all off by nothing, and then all by the same, call by call.

    What the loss is without an error was added, in one of these ways, or in none.

    Args:
        result: (call,).
        case: its first call is the one without an error.
        tolerance: not looked at.

    Yields:
        Whether the first loss is 0, and what was added if it is not.
    """
    off = float(result[0])
    seen = f"Where all distances are 0, the loss is {off:.3g}."
    advice = "Look for a small number that is added, or that something is clamped to."
    if abs(off) <= NOTHING:
        yield Finding(0.0)
    else:
        yield Finding(math.inf, _added(off, result.double(), case) if off > 0 else "", seen, advice)


def _added(off: float, losses: Tensor, case: Case) -> str:
    """The mistake behind a loss of perfect predictions, if one alone fits the other losses."""
    errors = torch.stack([_error(args, case.args[0]) for args in case.args]).double()
    true = errors.norm(dim=-1)
    aside = off / math.sqrt(errors.shape[-1])
    ways = (
        ("added_under_the_root", (true**2 + off**2).sqrt()),
        ("added_to_the_differences", (errors + aside).norm(dim=-1)),
        ("added_to_the_differences", (errors - aside).norm(dim=-1)),
        ("added_to_the_distance", true + off),
        ("distance_clamped", true.clamp(min=off)),
    )
    fitting = {name for name, fits in ways if bool(((fits - losses).abs() <= SAME * fits).all())}
    return fitting.pop() if len(fitting) == 1 else ""


def _error(args: tuple[Tensor, ...], perfect: tuple[Tensor, ...]) -> Tensor:
    """By what every joint is off: what an argument differs by from the perfect call's."""
    by_argument = [mine - theirs for mine, theirs in zip(args, perfect, strict=True)]
    moved = [difference for difference in by_argument if bool(difference.any())]
    return (moved or [by_argument[1]])[0][0, 0]
