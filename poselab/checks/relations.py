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
    """Every value is finite."""
    seen = "The result holds values that are nan or infinite."
    yield demand(bool(result.isfinite().all()), "not_finite", seen)


@relation
def boolean(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The result is boolean."""
    seen = f"The result holds {str(result.dtype).removeprefix('torch.')} numbers."
    yield demand(result.dtype == torch.bool, "not_boolean", seen)


@relation
def random_numbers_kept(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """No call of a ``random_state`` experiment drew from PyTorch's own random numbers."""
    seen = "The call changed PyTorch's global random state."
    yield demand(bool((result == 1).all()), "global_random_state", seen)


@relation
def learns(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """A gradient reaches all parameters that the result of a ``reach`` experiment changes with."""
    seen = "The network has no parameter that can learn."
    yield demand(len(result) > 0, "nothing_to_learn", seen)
    used, in_graph = result[:, 1], result[:, 2]
    cut = int(((used == 1) & (in_graph == 0)).sum())
    seen = (
        f"{cut} of {len(result)} weights and biases shape the result, but no gradient flows back "
        "to them."
    )
    yield Finding(cut / max(len(result), 1), "outside_the_graph", seen)


def repeats(
    result: Tensor, case: Case, tolerance: float, inputs: str = "inputs"
) -> Iterator[Finding]:
    """Calls with X, X, Y and X again, the first and the last with the same random numbers.

    Args:
        result: (call, ...).
        case: not looked at.
        tolerance: not looked at.
        inputs: what X and Y are called, in sentences and in the name of the mistake.

    Yields:
        Whether the result depends on the input; how much it depends on earlier calls; and how much
        on random numbers.
    """
    yield from finite(result, case, tolerance)
    first, second, other, last = result
    spread = change(first, other)
    # A network that has not learned yet may react faintly, but react it must.
    reacts = spread > 1e-6 * (1 + float(first.abs().max()))
    seen = f"Entirely different {inputs} give the same result."
    yield demand(reacts, f"same_for_all_{inputs}", seen)
    yield Finding(
        fraction(change(first, last), spread),
        "state_kept",
        f"The same {inputs} give another result after the network has seen other ones.",
    )
    yield Finding(
        fraction(change(first, second), spread),
        "random_in_evaluation",
        f"In evaluation mode, two calls with the same {inputs} give two results.",
    )


def samples_apart(
    result: Tensor, case: Case, tolerance: float, samples: str = "samples"
) -> Iterator[Finding]:
    """Calls with X, and with X in which sample 0 is another one.

    Args:
        result: (call, sample, ...).
        case: not looked at.
        tolerance: not looked at.
        samples: what the samples are called in the name of the mistake.

    Yields:
        How much the other samples' results depend on sample 0.
    """
    yield from finite(result, case, tolerance)
    by_sample = changes(result[0], result[1], keep=1)
    seen = "After sample 0 was replaced, other samples' results changed, too."
    amount = fraction(float(by_sample[1:].max()), float(by_sample[0]))
    yield Finding(amount, f"{samples}_mixed", seen)


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
    rounding = ROUNDINGS * torch.finfo(before.dtype).eps * float(before.abs().max())
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
