"""What the gallery shows of `heatmap_argmax`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def loop_over_maps(heatmaps: Tensor) -> Tensor:
    """Right, one map at a time."""
    peaks = torch.zeros(*heatmaps.shape[:2], 2)
    for sample, maps in enumerate(heatmaps):
        for joint, heatmap in enumerate(maps):
            index = int(heatmap.argmax())
            width = heatmap.shape[1]
            peaks[sample, joint] = torch.tensor([index % width, index // width])
    return peaks


def list_of_points(heatmaps: Tensor) -> list[list[list[int]]]:
    """The right numbers as a list."""
    index = heatmaps.flatten(2).argmax(-1)
    width = heatmaps.shape[-1]
    return torch.stack([index % width, index // width], -1).tolist()


SHOWN = (
    "row_column_returned",
    "divided_by_height",
    "independent_maxima",
    list_of_points,
    loop_over_maps,
)
