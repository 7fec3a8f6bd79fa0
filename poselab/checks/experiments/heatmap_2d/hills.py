"""What four maps of single joints, on one grid, show of how a hill is drawn.

Each finding shows one mistake, whatever else may be wrong with the maps.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.registry import Finding, relation
from poselab.checks.relations import demand

_FEW_DIGITS = (torch.float16, torch.bfloat16)

_SHIFTS = {
    (-0.5, -0.5): "half_pixel_shift",
    (0.5, 0.5): "half_pixel_added",
    (-1.0, -1.0): "counts_from_one",
}
"""Shifts (right, down) that have a name of their own."""


@relation
def drawn_between_pixels(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with four joints, which rounding to whole pixels makes two.

    Args:
        result: (call, ..., height, width), one map in each call.
        case: the first two joints have the same nearest pixel, and so have the last two; all but
            the last lie between the same four pixels. Size and sigma are always the same.
        tolerance: not looked at.

    Yields:
        Whether the maps have all of their digits; whether their hills are centred between pixels,
        reach far enough, and are where the joint is.
    """
    maps = result.reshape(len(result), *result.shape[-2:])
    joints = [args[0].reshape(2).double() for args in case.args]
    sigma = float(case.args[0][2])
    yield _digits(maps)
    maps = maps.double()
    yield _rounding(maps, joints)
    yield _reach(maps[0], _distances(maps, joints[0]), sigma)
    yield _place(maps, joints, sigma)


def _digits(maps: Tensor) -> Finding:
    """Whether every number is one that a type of few digits can hold, by chance impossible."""
    different = maps[(maps > 0.01) & (maps < 0.99)].unique()
    few = any(
        torch.equal(different.to(dtype).to(different.dtype), different) for dtype in _FEW_DIGITS
    )
    seen = "Every number in the maps is one that half precision can hold."
    return demand(not few or len(different) < 20, "computed_in_half", seen)


def _rounding(maps: Tensor, joints: list[Tensor]) -> Finding:
    """Whether joints between the same pixels have different maps."""
    first, second, third, last = maps
    # In a map without fractions a mere pixel is set.
    same = torch.equal(first, second) and not torch.equal(first, first.round())
    mistake, pair = "", ""
    if same and torch.equal(third, last) and not torch.equal(first, third):
        mistake, pair = "centre_rounded", _written(joints[0], joints[1])
    elif same and torch.equal(first, third) and not torch.equal(third, last):
        x, y = (int(value) for value in joints[0])
        below = bool(first[y, x] > first[y + 1, x + 1])
        mistake = "centre_truncated" if below else "centre_rounded_up"
        pair = _written(joints[0], joints[2])
    return demand(not mistake, mistake, f"Joints at {pair} get exactly the same map.")


def _reach(drawn: Tensor, distances: Tensor, sigma: float) -> Finding:
    """Whether a hill that is right as far as two sigmas ends within four of them."""
    near = distances <= 2 * sigma
    wanted = (-(distances[near] ** 2) / (2 * sigma**2)).exp()
    there = float((drawn[near] - wanted).abs().max()) < 0.01
    zeros = int((drawn[distances <= 4 * sigma] == 0).sum())
    seen = f"{zeros} of the pixels that are less than four sigmas from the joint are exactly 0."
    return demand(not (there and zeros), "cut_off", seen)


def _place(maps: Tensor, joints: list[Tensor], sigma: float) -> Finding:
    """Whether hills that have the right form stand on their joints."""
    found = [_shift(*drawn, sigma) for drawn in zip(maps, joints, strict=True)]
    shifts = torch.stack([shift for shift in found if shift is not None] or [torch.zeros(2)])
    right, down = (round(float(value), 3) for value in shifts.mean(0))
    steady = len(shifts) == len(joints) and float((shifts - shifts[0]).abs().max()) < 0.01
    if not steady or max(abs(right), abs(down)) < 0.02:
        return Finding(0.0)
    ways = [
        f"{_pixels(abs(amount))} too far {forth if amount > 0 else back}"
        for amount, forth, back in ((right, "right", "left"), (down, "down", "up"))
        if abs(amount) >= 0.02
    ]
    mistake = _SHIFTS.get((right, down), "shifted")
    return demand(False, mistake, f"The hills have the right form, but are {' and '.join(ways)}.")


def _shift(drawn: Tensor, joint: Tensor, sigma: float) -> Tensor | None:
    """How far right and down of its joint a hill is, if that is all that is wrong with it."""
    rows, columns = torch.where(drawn > 0.01)
    if len(rows) < 6:
        return None
    # A shift makes the exponent grow evenly along x and y, and by nothing else.
    across, down = columns.double() - joint[0], rows.double() - joint[1]
    grown = -2 * sigma**2 * drawn[rows, columns].log() - across**2 - down**2
    even = torch.stack([across, down, torch.ones_like(across)], dim=1)
    fitted = torch.linalg.lstsq(even, grown[:, None]).solution[:, 0]
    shift = fitted[:2] / -2
    left = torch.cat([even @ fitted - grown, fitted[2:] - shift.square().sum()])
    return shift if float(left.abs().max()) < 0.01 else None


def _distances(maps: Tensor, joint: Tensor) -> Tensor:
    height, width = maps.shape[-2:]
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.hypot(columns - joint[0], rows - joint[1])


def _pixels(amount: float) -> str:
    return f"{amount:g} pixel{'' if amount == 1 else 's'}"


def _written(*joints: Tensor) -> str:
    return " and ".join(f"({x:.3g}, {y:.3g})" for x, y in (joint.tolist() for joint in joints))
