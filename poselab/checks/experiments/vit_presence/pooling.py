"""How are heat maps pooled? One bright or dark pixel after the other shows it.

Two maps whose pooled maps are equal give equal logits, whatever the weights are; two whose pooled
maps differ give different ones, unless all hidden units miss it. So which changes of a map a
network notices is a fingerprint of its pooling, and each way of pooling has one of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from poselab.checks.cases import Case
from poselab.checks.experiments.networks import answers, wake
from poselab.checks.registry import Calls, Finding, Subject, experiment, relation

BRIGHT, DARK = 4.0, -6.0
"""Values that no pixel of the map has otherwise, above and below all others."""

_PAIRS = 240
_CHUNK = 128
_SEEN = 1e-5
"""A change is noticed if it exceeds this fraction of the largest change."""

Pooling = Callable[[Tensor], Tensor]


def _exchanged(maps: Tensor) -> Tensor:
    """Blocks of a map that is read as one of W rows and H columns."""
    height, width = maps.shape[-2:]
    return functional.max_pool2d(maps.reshape(*maps.shape[:-2], width, height), 4)


def _far_apart(maps: Tensor) -> Tensor:
    """The largest of 16 pixels that lie a quarter of the map apart."""
    height, width = maps.shape[-2:]
    return maps.reshape(*maps.shape[:-2], 4, height // 4, 4, width // 4).amax((-4, -2))


def _adaptive_exchanged(maps: Tensor) -> Tensor:
    height, width = maps.shape[-2:]
    return functional.adaptive_max_pool2d(maps, (width // 4, height // 4))


def _max(kernel: int | tuple[int, int], stride: int | None = None, padding: int = 0) -> Pooling:
    return lambda maps: functional.max_pool2d(maps, kernel, stride, padding)


def _average(kernel: int) -> Pooling:
    return lambda maps: functional.avg_pool2d(maps, kernel)


def _fixed(size: int | tuple[int, int]) -> Pooling:
    return lambda maps: functional.adaptive_max_pool2d(maps, size)


def _resized(mode: str) -> Pooling:
    return lambda maps: functional.interpolate(maps, scale_factor=0.25, mode=mode)


AS_SAID = _max(4)

OTHERS: dict[str, tuple[Pooling, ...]] = {
    "pooled_by_2": (_max(2),),
    "not_pooled": (lambda maps: maps,),
    "average_pooling": tuple(map(_average, (2, 4, 8))),
    "smallest_values_kept": (lambda maps: functional.max_pool2d(-maps, 4),),
    "blocks_overlap": (
        *(_max(4, stride) for stride in (1, 2, 3)),
        *(_max(kernel, 2, kernel // 2) for kernel in (3, 4, 5)),
        *(_max(kernel, 4) for kernel in (5, 6, 8)),
        *(_max(kernel, 4, padding) for kernel, padding in ((4, 1), (4, 2), (5, 2), (6, 1), (8, 2))),
        *(_max(kernel, 2) for kernel in (3, 5)),
        *(_max(kernel, 1) for kernel in (2, 3, 5)),
    ),
    "pixels_left_out": (
        *(_max(kernel, 4) for kernel in (1, 2, 3)),
        _max(3, 4, 1),
        lambda maps: maps[..., 1::4, 1::4],
        lambda maps: maps[..., 2::4, 2::4],
        _resized("nearest"),
        _resized("bilinear"),
    ),
    "blocks_too_large": (_max(8), _max(16), *(_fixed(size) for size in (1, 2, (2, 3)))),
    "size_written_in": tuple(_fixed(size) for size in (3, 4, 5, 6, 7, 8, 10, 12, 14, 16)),
    "rows_and_columns_exchanged": (_exchanged, _adaptive_exchanged),
    "pixels_far_apart": (_far_apart,),
    "one_axis_pooled": (
        _max((4, 1)),
        _max((1, 4)),
        lambda maps: functional.max_pool1d(maps.flatten(0, -3).flatten(1), 4),
        lambda maps: functional.max_pool1d(maps.flatten(0, -3).flatten(1), 16),
    ),
    "negative_values_cut_off": (lambda maps: functional.max_pool2d(maps.relu(), 4),),
    "absolute_values_taken": (lambda maps: functional.max_pool2d(maps.abs(), 4),),
}
"""Ways of pooling that are plain mistakes."""


@experiment
def pooling_fingerprint(subject: Subject, calls: Calls) -> Tensor:
    """Which ways of pooling fit what a network notices.

    Args:
        subject: the network.
        calls: two; the first with maps to wake it up, the second with one map (1, 1, H, W), which
            is used for every keypoint.

    Returns:
        (1 + ways + 2): whether the one that was asked for fits, whether each of ``OTHERS`` does;
        then in how many blocks it matters where a bright pixel is, and how many pixels are not
        noticed.
    """
    (given,), (base,) = calls
    assert isinstance(subject, nn.Module)
    wake(subject, given)
    maps, pairs = _variants(base)
    keypoints = given.shape[1]

    def seen(part: Tensor) -> Tensor:
        (result,) = answers(subject, part.expand(-1, keypoints, -1, -1))
        return result.flatten(1).double()

    results = torch.cat([seen(part) for part in maps.split(_CHUNK)])
    found = _noticed(results, base, pairs)
    fits = [torch.equal(found, _noticed_by(AS_SAID, maps, base, pairs))]
    fits += [
        any(torch.equal(found, _noticed_by(way, maps, base, pairs)) for way in ways)
        for ways in OTHERS.values()
    ]
    height, width = base.shape[-2:]
    bright = results[1 : 1 + height * width].reshape(height // 4, 4, width // 4, 4, -1)
    spread = float((results - results[:1]).abs().max()) or 1.0
    apart = (bright.amax((1, 3)) - bright.amin((1, 3))).amax(-1) / spread
    unseen = ~found[: height * width]
    counts = [int((apart > _SEEN).sum()), int(unseen.sum())]
    return torch.tensor([*map(float, fits), *counts], dtype=torch.float64)


def _variants(base: Tensor) -> tuple[Tensor, Tensor]:
    """The map itself, with each pixel bright, with each dark, with pairs bright or exchanged.

    Returns:
        (variant, 1, H, W), and the pixels of the pairs (pair, 2).
    """
    height, width = size = base.shape[-2:]
    pixels = height * width
    one = torch.eye(pixels).reshape(pixels, 1, height, width).bool()
    generator = torch.Generator().manual_seed(0)
    first = torch.randint(pixels, (_PAIRS,), generator=generator)
    # Near each other: in one block, or in two neighbouring ones. The first few in the corner.
    step = torch.randint(-3, 4, (_PAIRS, 2), generator=generator)
    first[:12] = torch.tensor([0, 0, 0, 0, 1, 2, 3, 0, 1, 2, width, 2 * width])
    step[:12] = torch.tensor([[1, 1], [2, 2], [3, 3], [0, 2], *[[1, 1]] * 3, [1, 0], *[[2, 2]] * 4])
    y = (first // width + step[:, 0]).clamp(0, height - 1)
    x = (first % width + step[:, 1]).clamp(0, width - 1)
    pairs = torch.stack([first, y * width + x], dim=1)
    bright, dark = base.new_tensor(BRIGHT), base.new_tensor(DARK)
    variants = [
        base,
        torch.where(one, bright, base),
        torch.where(one, dark, base),
        torch.where(one[pairs[:, 0]] | one[pairs[:, 1]], bright, base),
        torch.stack([_swapped(base, *pair) for pair in pairs.tolist()]).reshape(-1, 1, *size),
    ]
    return torch.cat(variants), pairs


def _swapped(base: Tensor, one: int, other: int) -> Tensor:
    """The map with two pixels exchanged."""
    flat = base.flatten().clone()
    flat[[one, other]] = flat[[other, one]]
    return flat


def _noticed_by(pooling: Pooling, maps: Tensor, base: Tensor, pairs: Tensor) -> Tensor:
    return _noticed(pooling(maps).flatten(1).double(), base, pairs)


def _noticed(results: Tensor, base: Tensor, pairs: Tensor) -> Tensor:
    """What makes a difference to the results of all variants, as one long list of booleans."""
    height, width = base.shape[-2:]
    spread = float((results - results[:1]).abs().max()) or 1.0

    def differ(one: Tensor, other: Tensor) -> Tensor:
        return (one - other).abs().amax(-1).flatten() > _SEEN * spread

    parts = [1, height * width, height * width, len(pairs), len(pairs)]
    plain, bright, dark, two, swapped = results.split(parts)
    grid = bright.reshape(height, width, -1)
    return torch.cat(
        [
            differ(bright, plain),
            differ(dark, plain),
            differ(grid[1:], grid[:-1]),
            differ(grid[:, 1:], grid[:, :-1]),
            differ(two, bright[pairs[:, 0]]),
            differ(two, bright[pairs[:, 1]]),
            differ(swapped, plain),
        ]
    )


@relation
def pooled_as_said(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The largest value of each block of 4 x 4 pixels is kept, and nothing else."""
    if tuple(result.shape) != (len(OTHERS) + 3,):
        yield Finding(math.inf, observed="The experiment brought no result.")
        return
    right, *fits, apart, unseen = result.tolist()
    if right:
        return
    if unseen:
        seen = f"A bright pixel leaves all logits as they are, at {unseen:.0f} positions."
    elif apart:
        seen = f"In {apart:.0f} blocks of 4 x 4 pixels it matters where in the block a peak is."
    else:
        seen = "The logits do not go by the largest value of each block of 4 x 4 pixels."
    mistake = next((name for name, fit in zip(OTHERS, fits, strict=True) if fit), "")
    yield Finding(math.inf, mistake, seen)
