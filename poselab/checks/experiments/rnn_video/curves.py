"""Curves over thresholds: what happens close to a threshold, and in which order they may come."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.registry import Finding, relation


@relation
def near_the_threshold(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Joints on or inside a threshold count, joints outside do not.

    Each call has one threshold, the first call a small one, the last call one that fewer digits
    would round down. In all poses joint 0 lies exactly on it; then follow joints a little inside
    and outside by turns, further off from pair to pair.
    """
    found = _Wrong.of(result)
    yield Finding(found.most(), found.cause(tolerance), found.seen(tolerance))


@relation
def very_near_the_threshold(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The same for float64, whose last two pairs float32 could tell from the threshold, too.

    What is wrong with those, or exactly on the threshold, is another matter.
    """
    found = _Wrong.of(result)
    coarse = _Wrong(found.on_it * 0, found.missed[:, -2:], found.counted[:, -2:])
    if coarse.most() > tolerance:
        return
    fine = _Wrong(found.on_it * 0, found.missed, found.counted)
    cause = found.cause(tolerance)
    # Float32 tells all but the first step from a small threshold; fewer decimals would not.
    small = max(float(found.missed[0, 1:].max()), float(found.counted[0, 1:].max()))
    if not cause and small <= tolerance and found.by_rounding(tolerance):
        cause = "computed_in_float32"
    yield Finding(fine.most(), cause, fine.seen(tolerance))


@relation
def in_the_order_given(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Two calls that differ in the order of their thresholds: the first one's ascend."""
    ascending, given = result.double()
    moved = ascending[:, case.args[1][2].argsort().argsort()]
    seen = "The same thresholds in another order gave other fractions."
    name = "ascending_thresholds_needed"
    if torch.equal(given, ascending):
        seen, name = "Thresholds in another order gave the same columns.", "thresholds_sorted"
    elif torch.equal(given, moved.cummax(1).values):
        name = "made_to_grow"
    off = float((given - moved).abs().max().nan_to_num(nan=math.inf))
    yield Finding(off, name, seen)


@dataclass(frozen=True)
class _Wrong:
    """Fractions of poses that fell on the wrong side of the threshold.

    Args:
        on_it: (call,), those that lie on it and did not count.
        missed: (call, step), those that lie inside and did not count.
        counted: (call, step), those that lie outside and did.
    """

    on_it: Tensor
    missed: Tensor
    counted: Tensor

    @classmethod
    def of(cls, result: Tensor) -> _Wrong:
        """Read the results of all calls, (call, joint, 1)."""
        fractions = result[..., 0].double()
        return cls(1 - fractions[:, 0], 1 - fractions[:, 1::2], fractions[:, 2::2])

    def most(self) -> float:
        """The largest fraction."""
        every = torch.cat([self.on_it[:, None], self.missed, self.counted], dim=1)
        return float(every.abs().max().nan_to_num(nan=math.inf))

    def cause(self, tolerance: float) -> str:
        """The mistake that these fractions show, if they show one."""
        none_missed = bool((self.missed <= tolerance).all())
        none_counted = bool((self.counted <= tolerance).all())
        if none_counted and bool((self.on_it >= 1 - tolerance).all()):
            return "strictly_less" if none_missed else "limit_lowered"
        if self.by_rounding(tolerance):
            # Few digits tell small numbers apart, but not large ones.
            small = max(float(self.missed[0].max()), float(self.counted[0].max()))
            large = max(float(self.missed[:, -1].max()), float(self.counted[:, -1].max()))
            return "in_half_precision" if small <= tolerance < large else ""
        none_on_it = bool((self.on_it <= tolerance).all())
        return "limit_raised" if none_missed and none_on_it and not none_counted else ""

    def by_rounding(self, tolerance: float) -> bool:
        """Whether the joints are wrong as they are when numbers are rounded to fewer digits.

        Then they are wrong on both sides, while those that lie on the threshold are not: they are
        at whole numbers, and right in part where something was added. Or only joints outside are
        wrong, but none at the threshold of the last call, from which rounding takes them away.
        """
        exact = bool(((self.on_it <= tolerance) | (self.on_it >= 1 - tolerance)).all())
        missed = float(self.missed.max()) > tolerance
        counted = self.counted.amax(1) > tolerance
        both_sides = missed and bool(counted.any())
        outside_alone = bool(counted[1:-1].all()) and not bool(counted[-1])
        return exact and (both_sides or outside_alone)

    def seen(self, tolerance: float) -> str:
        """What fell on which side."""
        parts = [
            sentence
            for fractions, sentence in (
                (self.on_it, "distances that equal the threshold were not counted"),
                (self.missed, "distances just below the threshold were not counted"),
                (self.counted, "distances just above the threshold were counted"),
            )
            if float(fractions.max()) > tolerance
        ]
        sentence = ", and ".join(parts) or "fractions below 0 or above 1 came back"
        return f"{sentence[:1].upper()}{sentence[1:]}."
