"""Right answers to `normalize_frames`, written in other ways than the solution."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def std_mean(frames: Tensor) -> Tensor:
    pixels = frames.view(torch.uint8).float()
    deviation, mean = torch.std_mean(pixels, (2, 3, 4), correction=0, keepdim=True)
    scaled = (pixels - mean) / torch.where(deviation > 0, deviation, 1)
    return scaled.permute(0, 1, 4, 2, 3)


@RIGHT.answer
def small_epsilon(frames: Tensor) -> Tensor:
    pixels = frames.to(torch.uint8).to(torch.float32).permute(0, 1, 4, 2, 3)
    mean = pixels.mean((2, 3, 4), keepdim=True)
    return (pixels - mean) / (pixels.std((2, 3, 4), correction=0, keepdim=True) + 1e-6)


@RIGHT.answer
def layer_norm_with_a_small_epsilon(frames: Tensor) -> Tensor:
    bytes_ = frames.view(torch.uint8) if frames.dtype == torch.int8 else frames
    pixels = bytes_.float().movedim(-1, 2)
    return functional.layer_norm(pixels, pixels.shape[2:], eps=1e-12)


@RIGHT.answer
def one_group_in_double(frames: Tensor) -> Tensor:
    pixels = (frames.to(torch.int16) & 255).double()
    images = pixels.flatten(0, 1).movedim(-1, 1)
    scaled = functional.group_norm(images, 1, eps=1e-12)
    return scaled.unflatten(0, frames.shape[:2]).float()


@RIGHT.answer
def nan_to_zero(frames: Tensor) -> Tensor:
    pixels = frames.float() % 256
    centred = pixels - pixels.mean(dim=(-1, -2, -3), keepdim=True)
    scaled = centred / torch.sqrt((centred**2).mean(dim=(-1, -2, -3), keepdim=True))
    return torch.moveaxis(torch.nan_to_num(scaled), -1, -3)


@RIGHT.answer
def flattened(frames: Tensor) -> Tensor:
    rows = frames.view(torch.uint8).flatten(2).float()
    variance, mean = torch.var_mean(rows, -1, keepdim=True, correction=0)
    scaled = (rows - mean) * torch.where(variance == 0, 0, variance).clamp(min=1e-20).rsqrt()
    return scaled.unflatten(2, frames.shape[2:]).movedim(4, 2)


@RIGHT.answer
def whole_numbers(frames: Tensor) -> Tensor:
    pixels = frames.view(torch.uint8).long()
    number = pixels[0, 0].numel()
    total = pixels.sum((2, 3, 4), keepdim=True)
    squares = number * pixels.square().sum((2, 3, 4), keepdim=True) - total**2
    scaled = (number * pixels - total) / squares.clamp(min=1).sqrt()
    return scaled.movedim(-1, 2)


@RIGHT.answer
def unit_vectors(frames: Tensor) -> Tensor:
    pixels = torch.where(frames < 0, frames.float() + 256, frames.float())
    rows = pixels.reshape(*frames.shape[:2], -1)
    directions = functional.normalize(rows - rows.mean(-1, keepdim=True), dim=-1)
    scaled = directions * rows.shape[-1] ** 0.5
    return scaled.reshape(frames.shape).permute(0, 1, 4, 2, 3).contiguous()


@RIGHT.answer
def mean_of_squares_in_double(frames: Tensor) -> Tensor:
    pixels = torch.einsum("bthwc->btchw", frames.view(torch.uint8).double())
    mean = pixels.mean((-3, -2, -1), keepdim=True)
    variance = (pixels**2).mean((-3, -2, -1), keepdim=True) - mean**2
    constant = pixels.amin((-3, -2, -1), keepdim=True) == pixels.amax((-3, -2, -1), keepdim=True)
    return ((pixels - mean) / variance.clamp(min=1e-12).sqrt()).masked_fill(constant, 0).float()


@RIGHT.answer
class Normalize:
    """A class that keeps a layer."""

    def __new__(cls, frames: Tensor) -> Tensor:  # type: ignore[misc]
        pixels = frames.view(torch.uint8).movedim(-1, -3).float()
        layer = nn.LayerNorm(pixels.shape[-3:], eps=1e-10, elementwise_affine=False)
        return layer(pixels)


@RIGHT.answer
def divided_by_255_first(frames: Tensor) -> Tensor:
    pixels = frames.view(torch.uint8).permute(0, 1, 4, 2, 3) / 255
    deviation = pixels.std((2, 3, 4), keepdim=True, unbiased=False)
    centred = pixels - pixels.mean((2, 3, 4), keepdim=True)
    constant = (pixels == pixels[:, :, :1, :1, :1]).flatten(2).all(-1)[..., None, None, None]
    return torch.where(constant, 0, centred / deviation)
