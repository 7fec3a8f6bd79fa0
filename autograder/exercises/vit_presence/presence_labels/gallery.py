"""What the gallery shows of `presence_labels`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def loop_over_keypoints(keypoints: Tensor) -> Tensor:
    """Right, one keypoint at a time."""
    labels = [(keypoints[..., k, 2] > 0).to(keypoints.dtype) for k in range(keypoints.shape[-2])]
    return torch.stack(labels, dim=-1)


SHOWN = (
    "visible_ones_only",
    "v_unchanged",
    "positions_decide",
    "axis_of_v_counted_from_the_front",
    "not_floating",
    loop_over_keypoints,
)
