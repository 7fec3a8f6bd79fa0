"""What the gallery shows of `refine_subpixel`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def loop_over_joints(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """Right where no neighbour is missing, one joint at a time."""
    refined = positions.clone()
    for sample in range(len(positions)):
        for joint in range(positions.shape[1]):
            x, y = positions[sample, joint].long()
            logs = heatmaps[sample, joint].log()
            for axis, line in enumerate((logs[y, x - 1 : x + 2], logs[y - 1 : y + 2, x])):
                if len(line) == 3 and line.isfinite().all():
                    bend = line[0] - 2 * line[1] + line[2]
                    if bend != 0:
                        refined[sample, joint, axis] += (line[0] - line[2]) / (2 * bend)
    return refined


def without_any_guard(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """The formula alone; at the border an index is missing."""
    logs = heatmaps.log().flatten(2)
    x, y = positions.long().unbind(-1)
    index = y * heatmaps.shape[-1] + x
    shifts = []
    for step in (1, heatmaps.shape[-1]):
        left, middle, right = (
            logs.gather(2, (index + d * step)[..., None])[..., 0] for d in (-1, 0, 1)
        )
        shifts.append((left - right) / (2 * (left - 2 * middle + right)))
    return positions + torch.stack(shifts, -1)


SHOWN = (
    "logarithm_left_out",
    "neighbours_of_the_other_axis",
    "border_stops_both_axes",
    "small_number_in_place_of_zero",
    without_any_guard,
    loop_over_joints,
)
