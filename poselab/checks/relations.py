"""What has to hold between the results of an experiment, whatever a network's design.

A relation reads the numbers that an experiment brought and says by how much they break it, and
which known mistake breaks it in this way. It runs with the judge. An assignment enters those that
have a parameter under names of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.registry import RELATIONS, Finding, misshape, relation

ROUNDINGS = 4
"""Units in the last place by which equal results may differ: the result of a network that has not
learned yet changes by little more."""


def first_broken(case: Case, result: Tensor, tolerance: float) -> Finding | None:
    """The first finding that breaks a case's relation, if one does."""
    findings = RELATIONS[case.relation](result, case, tolerance)
    return next((finding for finding in findings if finding.amount > tolerance), None)


def largest_amount(case: Case, result: Tensor, tolerance: float) -> float:
    """How far results are from a case's relation, at most."""
    findings = RELATIONS[case.relation](result, case, tolerance)
    return max((finding.amount for finding in findings), default=0.0)


@misshape
def squeezed(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Axes of length 1 are missing."""
    return shape == tuple(size for size in expected if size != 1)


@relation
def finite(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Every value is a finite floating-point number."""
    kind = str(result.dtype).removeprefix("torch.")
    yield demand(result.is_floating_point(), "not_floating", f"The result holds {kind} numbers.")
    seen = "The result holds values that are nan or infinite."
    yield demand(bool(result.isfinite().all()), "not_finite", seen)


@relation
def boolean(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The result is boolean."""
    seen = f"The result holds {str(result.dtype).removeprefix('torch.')} numbers."
    yield demand(result.dtype == torch.bool, "not_boolean", seen)


def demand(holds: bool, mistake: str, observed: str) -> Finding:
    """A finding that knows no degrees."""
    return Finding(0.0 if holds else math.inf, mistake, observed)


def change(before: Tensor, after: Tensor) -> float:
    """The largest change."""
    return float(_apart(before, after).max())


def changes(before: Tensor, after: Tensor, keep: int) -> Tensor:
    """The largest change at each position along the first ``keep`` axes."""
    return _apart(before, after).flatten(start_dim=keep).amax(dim=-1)


def _apart(before: Tensor, after: Tensor) -> Tensor:
    """Absolute differences, less what rounding alone may make of numbers of this size."""
    least = torch.finfo(before.dtype).eps if before.is_floating_point() else 0.0
    rounding = ROUNDINGS * least * float(before.abs().max())
    return ((after.double() - before.double()).abs() - rounding).clamp(min=0)


def fraction(change: float, spread: float) -> float:
    """A change that must not be, as a fraction of the one that entirely different input makes."""
    return change / spread if spread > 0 else math.inf


def lacking(fraction: float, tolerance: float) -> float:
    """How far a change that has to be there is from being there.

    The mirror image of a change that must not be: what is ten times the tolerance gives a tenth of
    the tolerance.
    """
    return tolerance**2 / fraction if fraction > 0 else math.inf
