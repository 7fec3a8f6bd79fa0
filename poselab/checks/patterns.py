"""What can be seen of a wrong result whatever its cause: where it is wrong, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from poselab.checks.distances import differences

EXACT = 1e-4
"""How constant a difference or a factor has to be, relative to the numbers."""

NEARLY = 2e-2
"""A result that is off by less than this, relative to the numbers, is called nearly right."""

FEWEST = 4
"""Numbers that a pattern has to be seen in: in fewer it may be chance."""


def describe(result: Tensor, expected: Tensor, axes: Sequence[str], tolerance: float) -> str:
    """What a wrong result has in common with the right one.

    Args:
        result: real numbers, of the shape of what is expected.
        expected: the right result, float64.
        axes: names for its axes; ``xy`` for one of coordinates.
        tolerance: up to which a number is right.

    Returns:
        One sentence; empty where nothing stands out.
    """
    values = result.to(torch.float64)
    wrong = differences(values, expected) > tolerance
    return next(_observations(values, expected, wrong, axes), "")


def _observations(
    values: Tensor, expected: Tensor, wrong: Tensor, axes: Sequence[str]
) -> Iterator[str]:
    finite = values.isfinite()
    if not bool(finite.all()):
        number = int((~finite).sum())
        which = "Every number" if number == values.numel() else f"{number} of {values.numel()}"
        numbers = " numbers are" if which[0].isdigit() else " is"
        yield f"{which}{numbers} nan or infinite."
        return
    if values.numel() >= FEWEST and not bool(values.any()):
        yield "Every number is 0."
        return
    yield from _rounded(values, expected)
    yield from _where(wrong, axes)
    yield from _by_how_much(values, expected, axes)
    yield from _moved(values, expected)
    yield from _nearly(values, expected)


def _rounded(values: Tensor, expected: Tensor) -> Iterator[str]:
    """Whether precision was lost in a way that leaves its traces in every number."""
    near = float(differences(values, expected).max()) < NEARLY
    telling = expected != expected.round()
    if not near or int(telling.sum()) < FEWEST:
        return
    values, expected = values[telling], expected[telling]
    for dtype, name in ((torch.float16, "float16"), (torch.bfloat16, "bfloat16")):
        kept = values == values.to(dtype).to(torch.float64)
        if bool(kept.all()) and not bool((expected == expected.to(dtype).to(torch.float64)).any()):
            yield f"Precision was lost: all numbers are as {name} would round them."
            return
    for digits in (1, 2, 3, 4):
        # What was rounded in float32 is a little off in float64.
        kept = (values - values.round(decimals=digits)).abs() < 1e-6 * values.abs().clamp(min=1)
        if bool(kept.all()):
            yield f"Precision was lost: all numbers are rounded to {digits} decimals."
            return


def _where(wrong: Tensor, axes: Sequence[str]) -> Iterator[str]:
    """Along which axis right and wrong are told apart."""
    if wrong.dim() != len(axes):
        return
    for axis, name in enumerate(axes):
        other = [number for number in range(wrong.dim()) if number != axis]
        some = wrong.any(dim=other) if other else wrong
        if not 0 < int(some.sum()) < len(some):
            continue
        if name == "xy":
            good, bad = ("x", "y") if bool(some[1]) else ("y", "x")
            yield f"Every {good} is right, but not every {bad}."
            return
        indices = some.nonzero().flatten().tolist()
        if len(indices) == 1:
            yield f"Only {name} {indices[0]} is wrong."
            return
        if indices == list(range(1, len(some))):
            yield f"Only {name} 0 is right."
            return


def _by_how_much(values: Tensor, expected: Tensor, axes: Sequence[str]) -> Iterator[str]:
    """A constant difference, or a constant factor."""
    if values.numel() < FEWEST:
        return
    parts = {"number": (values, expected)}
    if axes and axes[-1] == "xy":
        parts = {"x": (values[..., 0], expected[..., 0]), "y": (values[..., 1], expected[..., 1])}
    size = max(1.0, float(expected.abs().max()))
    offsets = {name: (mine - right).flatten() for name, (mine, right) in parts.items()}
    if all(float(off.max() - off.min()) < EXACT * size for off in offsets.values()):
        said = [_too_much(name, float(off.mean())) for name, off in offsets.items()]
        yield f"Every {', and every '.join(said)}."
        return
    used = expected.abs() > EXACT * size
    if int(used.sum()) >= FEWEST and not bool((values[~used].abs() > EXACT * size).any()):
        factors = values[used] / expected[used]
        factor = float(factors.mean())
        if float(factors.max() - factors.min()) < EXACT * max(1.0, abs(factor)):
            yield f"Every number is {factor:.4g} times the expected one."


def _too_much(name: str, offset: float) -> str:
    if abs(offset) < EXACT:
        return f"{name} is right"
    return f"{name} is {abs(offset):.4g} too {'large' if offset > 0 else 'small'}"


def _moved(values: Tensor, expected: Tensor) -> Iterator[str]:
    """The right numbers in other places."""
    if values.numel() >= FEWEST and len(expected.unique()) >= FEWEST:
        off = values.flatten().sort().values - expected.flatten().sort().values
        if float(off.abs().max()) < EXACT * max(1.0, float(expected.abs().max())):
            yield "These are the right numbers, but in other places."


def _nearly(values: Tensor, expected: Tensor) -> Iterator[str]:
    furthest = float(differences(values, expected).max())
    if furthest < NEARLY:
        yield f"It is nearly right: no number is off by more than {furthest:.1g}."
