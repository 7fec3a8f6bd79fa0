"""Normalised frames: what their deviations, their zeros and their digits show."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.registry import Finding, relation
from poselab.checks.relations import demand

EPSILON_ALLOWED = 1.15e-4
"""How far a deviation may be from 1 beyond all rounding: what 1e-6, added to a deviation of 0.009,
makes of it."""

_EQUAL = 1e-3
"""How near, relatively, the numbers of several frames have to be to count as one number."""

_LITTLE = 0.1
"""A smaller part of what is wrong may have another cause, such as rounding."""

_NOISE = 5e-6
"""What rounding may make of a deviation, relatively."""

_MANY = 16
"""A result of fewer different values shows nothing about their digits."""


@relation
def unit_deviation(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Every frame has standard deviation 1: some frames, and then the same ones, brighter."""
    yield _worst_deviation(result, case, tolerance, _why_off)


@relation
def unit_deviation_at_least_nearly(
    result: Tensor, case: Case, tolerance: float
) -> Iterator[Finding]:
    """The same, where nothing has been said yet of how the mean is taken."""
    yield _worst_deviation(result, case, tolerance, _why_weak)


@relation
def zero_for_constant_frames(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Every frame is 0, as is right where each is constant."""
    levels = case.args[0][0].view(torch.uint8)[..., 0, 0, 0].flatten()
    frames = result[0].flatten(0, 1).flatten(1).double()
    size = frames.abs().amax(1).nan_to_num(nan=math.inf)
    worst = int(size.sort().indices[-1])
    seen = (
        f"A frame whose values are all {int(levels[worst])} came out as "
        f"{float(frames[worst, 0]):.4g}; expected 0."
    )
    flat = bool((frames.amax(1) - frames.amin(1) <= tolerance).all())
    by_chance = bool((size[levels > 0] <= tolerance).any())
    rounded = flat and by_chance and float(size.max()) < 4
    yield Finding(float(size[worst]), "zero_missed_by_rounding" if rounded else "", seen)


@relation
def more_digits_than_half(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The values are not those of a dtype with half the bits."""
    values = result.double()
    normalised = (
        float(values.mean().abs()) < 0.05 and abs(float(_deviations(values).max()) - 1) < 0.05
    )
    shows = normalised and len(values.unique()) > _MANY
    for dtype in (torch.float16, torch.bfloat16):
        rounded = torch.equal(values.to(dtype).double(), values)
        seen = f"Each of the result's {values.numel()} values has no more digits than a {dtype}."
        yield demand(not (shows and rounded), "in_half_precision", seen.replace("torch.", ""))


def _deviations(frames: Tensor) -> Tensor:
    """Of each frame of each clip of a call, in one row."""
    return frames.double().flatten(-3).std(-1, correction=0).flatten()


def _worst_deviation(
    result: Tensor, case: Case, tolerance: float, why: Callable[[Tensor, Tensor, Tensor], str]
) -> Finding:
    frames = case.args[0][0]
    clips, length, height, width, channels = frames.shape
    if result.shape[1:] != (clips, length, channels, height, width):
        return demand(False, "", f"It returned a tensor of shape {tuple(result.shape[1:])}.")
    before, after = _deviations(frames.view(torch.uint8)), _deviations(result)
    excess = ((after - 1).abs() - EPSILON_ALLOWED).clamp(min=0).nan_to_num(nan=math.inf)
    worst = int(excess.sort().indices[-1])
    seen = (
        f"A frame whose values have a standard deviation of {float(before[worst]):.4f} came out "
        f"with {float(after[worst]):.5g}; expected 1."
    )
    return Finding(float(excess[worst]), why(before, after, excess <= tolerance), seen)


def _why_off(before: Tensor, after: Tensor, right: Tensor) -> str:
    """The mistake that these deviations show, if they show one."""
    half = len(before) // 2
    if bool(right[:half].all()):
        return "difference_of_squares"
    return _why_weak(before, after, right, at_least=1)


def _why_weak(before: Tensor, after: Tensor, right: Tensor, at_least: int = 2) -> str:
    """The mistake that makes frames weak where their deviation is small, if it is one.

    Args:
        before: the deviations of the frames.
        after: those of the result.
        right: which of them are right.
        at_least: how many frames it takes to tell a limit from something else.

    Returns:
        Its name, or nothing.
    """
    half = len(before) // 2
    deviation, right = before[:half], right[:half]
    dark, bright = after[:half], after[half:]
    # What depends on the brightness has another cause.
    apart, most = float((dark - bright).abs().max()), float((dark - 1).abs().max())
    if not bool(after.isfinite().all()) or apart > _LITTLE * most:
        return ""
    if bool(right.any()) and bool(((dark <= _NOISE) | right).all()):
        return "nearly_constant_to_zero"
    if not bool((dark > 0).all()):
        return ""
    divisor = deviation / dark
    for name, number, noise in (
        ("epsilon_added", divisor - deviation, _NOISE * divisor),
        ("epsilon_under_the_root", divisor**2 - deviation**2, _NOISE * divisor**2),
    ):
        first = float(number[0])
        room = _EQUAL * first + 2 * (noise + noise[0])
        if first > 0 and bool(((number - first).abs() <= room).all()):
            return name
    return _limited(deviation, divisor, at_least)


def _limited(deviation: Tensor, divisor: Tensor, at_least: int) -> str:
    """The mistake behind divisors that are right only where the deviation is large."""
    exact = (divisor - deviation).abs() <= _EQUAL * deviation
    if not bool(exact.any()) or int((~exact).sum()) < at_least:
        return ""
    least = torch.maximum(deviation, divisor[0].expand_as(divisor))
    if bool(((divisor - least).abs() <= _EQUAL * least).all()):
        return "deviation_limited"
    ones = (divisor - 1).abs() <= _EQUAL
    kept = deviation[exact & ~ones]
    # Only what is smaller than all that is kept can be below a limit.
    ignored = ones & (deviation < kept.min()) if len(kept) else ones
    return "small_deviation_ignored" if bool((exact | ignored).all()) else ""
