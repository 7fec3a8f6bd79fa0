"""What the gallery shows of `normalize_frames`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor


def loop_over_frames(frames: Tensor) -> Tensor:
    """Right, one frame at a time."""
    result = torch.zeros(*frames.shape[:2], 3, *frames.shape[2:4])
    for sample in range(frames.shape[0]):
        for number in range(frames.shape[1]):
            pixels = frames[sample, number].view(torch.uint8).float().movedim(-1, 0)
            centred = pixels - pixels.mean()
            deviation = centred.square().mean().sqrt()
            result[sample, number] = centred / (deviation if deviation > 0 else 1)
    return result


def still_bytes(frames: Tensor) -> Tensor:
    """The mean of bytes cannot be taken."""
    frames = frames.movedim(-1, -3)
    return (frames - frames.mean((2, 3, 4), keepdim=True)) / frames.std((2, 3, 4), keepdim=True)


SHOWN = (
    "int8_taken_as_signed",
    "divided_by_255",
    "sample_deviation",
    loop_over_frames,
    still_bytes,
)
