"""Right answers to `refine_subpixel`, written in other ways than the solution."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


def _shift(left: Tensor, middle: Tensor, right: Tensor, inside: Tensor) -> Tensor:
    usable = inside & (torch.stack([left, middle, right]).amin(0) > 0)
    usable &= (left != middle) | (right != middle)
    l_, c, r = (value.where(usable, 1).log() for value in (left, middle, right))
    return torch.where(usable, (l_ - r) / (2 * (l_ - 2 * c + r)).where(usable, 1), 0)


@RIGHT.answer
def indexed_by_grids(heatmaps: Tensor, positions: Tensor) -> Tensor:
    batch, joints, height, width = heatmaps.shape
    b = torch.arange(batch, device=heatmaps.device)[:, None]
    j = torch.arange(joints, device=heatmaps.device)
    x, y = positions[..., 0].long(), positions[..., 1].long()
    xs, ys = x.clamp(1, width - 2), y.clamp(1, height - 2)
    along_x = (heatmaps[b, j, y, xs - 1], heatmaps[b, j, y, xs], heatmaps[b, j, y, xs + 1])
    along_y = (heatmaps[b, j, ys - 1, x], heatmaps[b, j, ys, x], heatmaps[b, j, ys + 1, x])
    return positions + torch.stack(
        [_shift(*along_x, x == xs), _shift(*along_y, y == ys)], dim=-1
    ).to(positions)


@RIGHT.answer
def padded_with_zeros(heatmaps: Tensor, positions: Tensor) -> Tensor:
    padded = functional.pad(heatmaps, (1, 1, 1, 1))
    width = padded.shape[-1]
    x, y = (positions.long() + 1).unbind(-1)
    flat, index = padded.flatten(2), y * width + x

    def look(step: int) -> Tensor:
        return flat.gather(2, (index + step)[..., None]).squeeze(-1)

    everywhere = torch.ones_like(x, dtype=torch.bool)
    shifts = [_shift(look(-s), look(0), look(s), everywhere) for s in (1, width)]
    return positions + torch.stack(shifts, dim=-1)


@RIGHT.answer
def padded_with_nan(heatmaps: Tensor, positions: Tensor) -> Tensor:
    logs = functional.pad(heatmaps.log(), (1, 1, 1, 1), value=float("nan"))
    width = logs.shape[-1]
    index = (positions[..., 1].long() + 1) * width + positions[..., 0].long() + 1
    steps = torch.tensor([0, -1, 1, -width, width], device=heatmaps.device)
    c, left, right, above, below = (
        logs.reshape(*logs.shape[:2], -1).gather(2, index[..., None] + steps).unbind(-1)
    )
    first = torch.stack([left, above], -1)
    last = torch.stack([right, below], -1)
    shift = 0.5 * (first - last) / (first - 2 * c[..., None] + last)
    return positions + torch.where(shift.isfinite(), shift, torch.zeros_like(shift))


@RIGHT.answer
def whole_maps_shifted(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """The shift at every pixel, and then a look-up: more work, as vectorised."""
    logs = heatmaps.log()
    everywhere = torch.full_like(heatmaps, float("nan")).repeat(2, 1, 1, 1, 1)
    for axis, shifts in zip((3, 2), everywhere, strict=True):
        n = heatmaps.shape[axis]
        left, middle, right = (logs.narrow(axis, start, n - 2) for start in (0, 1, 2))
        shifts.narrow(axis, 1, n - 2).copy_((left - right) / (2 * (left - 2 * middle + right)))
    flat = everywhere.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0).flatten(3)
    x, y = positions.long().unbind(-1)
    index = (y * heatmaps.shape[-1] + x)[None, ..., None].expand(2, -1, -1, 1)
    return positions + flat.gather(3, index)[..., 0].movedim(0, -1)


@RIGHT.answer
def masked_by_one_hot(heatmaps: Tensor, positions: Tensor) -> Tensor:
    height, width = heatmaps.shape[-2:]
    x, y = positions.long().unbind(-1)
    # The row and the column through the maximum.
    rows = functional.one_hot(y, height).to(heatmaps.dtype)
    columns = functional.one_hot(x, width).to(heatmaps.dtype)
    row = (heatmaps * rows[..., None]).sum(2)
    column = (heatmaps * columns[..., None, :]).sum(3)

    def shift(line: Tensor, at: Tensor) -> Tensor:
        n = line.shape[-1]
        around = at.clamp(1, n - 2)[..., None] + torch.tensor([-1, 0, 1], device=at.device)
        left, middle, right = line.gather(-1, around).unbind(-1)
        return _shift(left, middle, right, (at > 0) & (at < n - 1))

    return positions + torch.stack([shift(row, x), shift(column, y)], -1)


@RIGHT.answer
def by_ratios(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """log(l / r) / (2 log(l r / c^2)), with logarithms to base 2."""
    height, width = heatmaps.shape[-2:]
    place = positions.round().long()
    limit = torch.tensor([width - 2, height - 2], device=heatmaps.device)
    near = torch.minimum(place.clamp(min=1), limit)
    inside = near == place
    x, y = place.unbind(-1)
    nx, ny = near.unbind(-1)
    flat = heatmaps.reshape(*heatmaps.shape[:2], -1)
    middle = torch.stack([y * width + nx, ny * width + x], -1)
    step = torch.tensor([1, width], device=heatmaps.device)
    left, centre, right = (flat.gather(2, middle + d * step) for d in (-1, 0, 1))
    good = inside & (left > 0) & (centre > 0) & (right > 0)
    good = good & ~((left == centre) & (centre == right))
    one = torch.ones_like(left)
    left, centre, right = (torch.where(good, value, one) for value in (left, centre, right))
    top = torch.log2(left / right)
    bottom = 2 * torch.log2(left / centre * (right / centre))
    return positions + torch.where(good, top / torch.where(good, bottom, one), 0 * one)


@RIGHT.answer
def by_numpy(heatmaps: Tensor, positions: Tensor) -> Tensor:
    maps, places = heatmaps.detach().cpu().numpy(), positions.detach().cpu().numpy()
    padded = np.pad(maps, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-1)
    batch, joints = places.shape[:2]
    b, j = np.arange(batch)[:, None], np.arange(joints)[None]
    x, y = places[..., 0].astype(int) + 1, places[..., 1].astype(int) + 1
    refined = places.copy()
    for axis, (dx, dy) in enumerate(((1, 0), (0, 1))):
        values = np.stack([padded[b, j, y + d * dy, x + d * dx] for d in (-1, 0, 1)])
        good = (values > 0).all(0) & ~((values[0] == values[1]) & (values[1] == values[2]))
        logs = np.log(np.where(good, values, 1))
        bend = np.where(good, logs[0] - 2 * logs[1] + logs[2], 1)
        refined[..., axis] += np.where(good, (logs[0] - logs[2]) / (2 * bend), 0)
    return torch.from_numpy(refined).to(heatmaps)


@RIGHT.answer
def newton_step(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """First derivative through second derivative of the logarithms, without `positions` as base."""
    height, width = heatmaps.shape[-2:]
    flat = heatmaps.flatten(2)
    at = (positions[..., 0] + width * positions[..., 1]).long()
    column, row = at % width, at // width

    def value(index: Tensor) -> Tensor:
        return torch.take_along_dim(flat, index.clamp(0, height * width - 1)[..., None], 2)[..., 0]

    results = []
    for place, step, size in ((column, 1, width), (row, width, height)):
        three = torch.stack([value(at - step), value(at), value(at + step)])
        fits = (place != 0) & (place != size - 1) & (three > 0).all(0)
        logs = torch.where(fits, three, torch.ones_like(three)).log()
        first = (logs[2] - logs[0]) / 2
        second = logs[2] + logs[0] - 2 * logs[1]
        zero = torch.zeros_like(first)
        moved = torch.where(second == 0, zero, -first / torch.where(second == 0, 1, second))
        results.append(place.to(heatmaps.dtype) + torch.where(fits, moved, zero))
    return torch.stack(results, dim=-1)
