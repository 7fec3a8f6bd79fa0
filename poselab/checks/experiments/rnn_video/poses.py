"""What a network of poses does with brightness, and with its own layers and sizes."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from poselab.checks.cases import Case
from poselab.checks.experiments.interventions import Operations
from poselab.checks.experiments.networks import (
    answers,
    ask,
    called_modules,
    changed,
    prepare,
    shapes_of,
    used_weights,
    wake,
)
from poselab.checks.experiments.reports import amiss, report
from poselab.checks.registry import Calls, Finding, Subject, experiment, relation
from poselab.checks.relations import change, finite, fraction

OFFSET = 1000.0
"""How far, in pixels, weights are to move the poses."""

_LEAST_MOVE = 64.0
"""What counts as far: the width of a frame."""

_STRAIGHT = 1e-3
_LITTLE = 0.1
_MOST_TRIED, _MOST_DIRECTIONS = 40, 6


@relation
def brightness(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with X; brighter; darker with half the contrast; frame by frame; and with Y."""
    yield from finite(result, case, tolerance)
    spread = change(result[0], result[-1])
    brighter, halved, levels, contrasts = (
        fraction(change(result[0], other), spread) for other in result[1:-1]
    )
    seen = "Brighter frames gave different poses."
    yield Finding(brighter, "not_normalised", seen)
    seen = "Frames with half the contrast gave different poses, although brightness plays no part."
    yield Finding(halved, "contrast_kept", seen)
    seen = (
        "When each frame got a brightness or a contrast of its own, the poses changed; when all "
        "frames got the same, they did not."
    )
    yield Finding(max(levels, contrasts), "normalised_over_the_clip", seen)


@relation
def same_bytes(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with X as uint8, the same bytes labelled int8, and Y as uint8."""
    yield from finite(result, case, tolerance)
    amount = fraction(change(result[0], result[1]), change(result[0], result[2]))
    seen = "The same bytes, labelled int8, gave different poses."
    yield Finding(amount, "int8_taken_at_its_word", seen)


@experiment
def far_away(subject: Subject, calls: Calls) -> Tensor:
    """A report on whether weights of a last layer can move the poses far, up and down alike.

    In the weights of a last linear layer the poses are linear, whatever it is made of.

    Args:
        subject: a network.
        calls: one, with clips.

    Returns:
        A report: how far from linear the poses are, in those weights in which they are most.
    """
    ((given,),) = calls
    assert isinstance(subject, nn.Module)
    given = given[:1]
    wake(subject, given)
    before = answers(subject, given)[0].double()
    weights = used_weights(subject, given)[:_MOST_TRIED]
    bent = torch.full(before.shape[2:], math.inf, dtype=torch.float64)
    for weight in weights:
        for seed in range(_MOST_DIRECTIONS):
            found = _unevenness(subject, given, before, weight, seed)
            better = bool((found < _STRAIGHT).any())
            bent = torch.minimum(bent, found)
            if not better or bool((bent < _STRAIGHT).all()):
                break
        if bool((bent < _STRAIGHT).all()):
            break
    amount = float(bent.max())
    limited = amount >= _STRAIGHT and _is_limited(subject, given, before, weights)
    return report((amount, "output_limited" if limited else ""))


def _unevenness(
    subject: nn.Module, given: Tensor, before: Tensor, weight: Tensor, seed: int
) -> Tensor:
    """For each coordinate, how much further it moves one way than the other, where it moves most.

    Infinite where it does not move far.
    """
    up, down = _pushed(subject, given, before, weight, OFFSET, seed)
    moved = torch.maximum((up - before).abs(), (down - before).abs()).flatten(0, 1)
    uneven = (up + down - 2 * before).abs().flatten(0, 1) / moved.clamp(min=_LEAST_MOVE)
    far, where = moved.max(dim=0, keepdim=True)
    return uneven.gather(0, where).where(far >= _LEAST_MOVE, torch.inf)[0]


def _is_limited(subject: nn.Module, given: Tensor, before: Tensor, weights: list[Tensor]) -> bool:
    """Whether ten times as much of anything moves no pose any further down, or any further up."""
    ranges = []
    for offset in (OFFSET, 10 * OFFSET):
        pushed = [
            pose
            for weight in weights
            for pose in _pushed(subject, given, before, weight, offset, seed=0)
        ]
        moved = torch.stack(pushed) - before
        ranges.append((float(-moved.min()), float(moved.max())))
    return any(further <= 1.05 * near for near, further in zip(*ranges, strict=True))


def _pushed(
    subject: nn.Module,
    given: Tensor,
    before: Tensor,
    weight: Tensor,
    offset: float,
    seed: int,
) -> tuple[Tensor, Tensor]:
    """The poses when a weight moves as far as should move them by the offset; both ways."""
    noise = torch.randn(weight.shape, generator=torch.Generator().manual_seed(seed))
    values = weight.detach().clone()

    def at(amount: float) -> Tensor:
        with contextlib.suppress(Exception), changed(weight, values + amount * noise):
            return answers(subject, given)[0].double()
        return before

    gain = float((at(_LITTLE) - before).abs().max()) / _LITTLE
    if gain <= 0:
        return before, before
    return at(offset / gain), at(-offset / gain)


class _Convolutions(Operations):
    """Notes what every convolution of the network makes of a call."""

    def __init__(self, subject: nn.Module) -> None:
        super().__init__()
        self.own = {p.untyped_storage().data_ptr() for p in subject.parameters() if not is_lazy(p)}
        self.made: dict[int, list[Tensor]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note the results of one operation."""
        result = func(*args, **(kwargs or {}))
        if func.overloadpacket.__name__ == "convolution":
            place = args[1].untyped_storage().data_ptr()
            if place in self.own:
                self.made.setdefault(place, []).append(result.clone())
        return result


@experiment
def first_frame(subject: Subject, calls: Calls) -> Tensor:
    """A report on whether all convolutions see the first frame of a clip.

    Args:
        subject: a network.
        calls: one, with at least two clips.

    Returns:
        A report, with the number of convolutions that do not see it, and of all.
    """
    ((given,),) = calls
    assert isinstance(subject, nn.Module)
    wake(subject, given)
    others = given.flip(0)
    first = torch.arange(given.shape[1])[:, None, None, None] == 0
    plainly = _made(subject, given)
    without_first = _made(subject, given.where(~first, others))
    first_alone = _made(subject, given.where(first, others))
    missed = [
        place
        for place, results in plainly.items()
        if _alike(results, without_first.get(place, []))
        and not _alike(results, first_alone.get(place, []))
    ]
    cause = "own_layers_for_each_step" if missed else ""
    return report((amiss(not missed), cause, len(missed), len(plainly)))


def _made(subject: nn.Module, given: Tensor) -> dict[int, list[Tensor]]:
    notes = _Convolutions(subject)
    with torch.no_grad(), notes:
        ask(subject, given)
    return notes.made


def _alike(one: list[Tensor], other: list[Tensor]) -> bool:
    return len(one) == len(other) and all(map(torch.equal, one, other))


@experiment
def sizes(subject: Subject, calls: Calls) -> Tensor:
    """A report on whether both sizes of a network shape its weights.

    Args:
        subject: the class.
        calls: one, with nothing.

    Returns:
        A report: whether the weights are others with another `n_features`; and with another
        `n_hidden`.
    """
    small, wide, large = (
        _shapes(subject, n_features=features, n_hidden=hidden)
        for features, hidden in ((16, 16), (32, 16), (16, 32))
    )
    return report(
        (amiss(small != wide), "n_features_unused"), (amiss(small != large), "n_hidden_unused")
    )


def _shapes(make: Subject, **sizes: int) -> list[tuple[int, ...]]:
    network = make(**sizes)
    assert isinstance(network, nn.Module)
    modules = called_modules(prepare(network), torch.zeros(1, 10, 64, 64, 3, dtype=torch.uint8))
    return shapes_of([network, *modules])


@experiment
def widths(subject: Subject, calls: Calls) -> Tensor:
    """A report on whether the length of the vectors has anything to do with `n_features`.

    Args:
        subject: the class.
        calls: one, with frames.

    Returns:
        A report, with the length that vectors have for two values of `n_features`.
    """
    ((given,),) = calls
    results = [answers(prepare(subject(n_features=features)), given)[0] for features in (24, 56)]
    narrow, wide = (result.shape[-1] if result.dim() else 0 for result in results)
    fixed = all(result.dim() == 2 for result in results) and narrow == wide
    return report((amiss(not fixed), "length_fixed", narrow))
