"""Right answers, each written in another way. All of them have to score full marks, always."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.judging.right_answers import Rewrites

RIGHT = Rewrites()
right = RIGHT.of


# --- normalize_frames --------------------------------------------------------------------------


@right("normalize_frames")
def std_mean(frames: Tensor) -> Tensor:
    pixels = frames.view(torch.uint8).float()
    deviation, mean = torch.std_mean(pixels, (2, 3, 4), correction=0, keepdim=True)
    scaled = (pixels - mean) / torch.where(deviation > 0, deviation, 1)
    return scaled.permute(0, 1, 4, 2, 3)


@right("normalize_frames")
def small_epsilon(frames: Tensor) -> Tensor:
    pixels = frames.to(torch.uint8).to(torch.float32).permute(0, 1, 4, 2, 3)
    mean = pixels.mean((2, 3, 4), keepdim=True)
    return (pixels - mean) / (pixels.std((2, 3, 4), correction=0, keepdim=True) + 1e-6)


@right("normalize_frames")
def layer_norm_with_a_small_epsilon(frames: Tensor) -> Tensor:
    bytes_ = frames.view(torch.uint8) if frames.dtype == torch.int8 else frames
    pixels = bytes_.float().movedim(-1, 2)
    return functional.layer_norm(pixels, pixels.shape[2:], eps=1e-12)


@right("normalize_frames")
def one_group(frames: Tensor) -> Tensor:
    pixels = (frames.to(torch.int16) & 255).float()
    images = pixels.flatten(0, 1).movedim(-1, 1)
    return functional.group_norm(images, 1, eps=1e-12).unflatten(0, frames.shape[:2])


@right("normalize_frames")
def nan_to_zero(frames: Tensor) -> Tensor:
    pixels = frames.float() % 256
    centred = pixels - pixels.mean(dim=(-1, -2, -3), keepdim=True)
    scaled = centred / torch.sqrt((centred**2).mean(dim=(-1, -2, -3), keepdim=True))
    return torch.moveaxis(torch.nan_to_num(scaled), -1, -3)


@right("normalize_frames")
def flattened(frames: Tensor) -> Tensor:
    rows = frames.view(torch.uint8).flatten(2).float()
    variance, mean = torch.var_mean(rows, -1, keepdim=True, correction=0)
    scaled = (rows - mean) * torch.where(variance == 0, 0, variance).clamp(min=1e-20).rsqrt()
    return scaled.unflatten(2, frames.shape[2:]).movedim(4, 2)


@right("normalize_frames")
def whole_numbers(frames: Tensor) -> Tensor:
    pixels = frames.view(torch.uint8).long()
    number = pixels[0, 0].numel()
    total = pixels.sum((2, 3, 4), keepdim=True)
    squares = number * pixels.square().sum((2, 3, 4), keepdim=True) - total**2
    scaled = (number * pixels - total) / squares.clamp(min=1).sqrt()
    return scaled.movedim(-1, 2)


@right("normalize_frames")
def unit_vectors(frames: Tensor) -> Tensor:
    pixels = torch.where(frames < 0, frames.float() + 256, frames.float())
    rows = pixels.reshape(*frames.shape[:2], -1)
    directions = functional.normalize(rows - rows.mean(-1, keepdim=True), dim=-1)
    scaled = directions * rows.shape[-1] ** 0.5
    return scaled.reshape(frames.shape).permute(0, 1, 4, 2, 3).contiguous()


@right("normalize_frames")
def mean_of_squares_in_double(frames: Tensor) -> Tensor:
    pixels = torch.einsum("bthwc->btchw", frames.view(torch.uint8).double())
    mean = pixels.mean((-3, -2, -1), keepdim=True)
    variance = (pixels**2).mean((-3, -2, -1), keepdim=True) - mean**2
    constant = pixels.amin((-3, -2, -1), keepdim=True) == pixels.amax((-3, -2, -1), keepdim=True)
    return ((pixels - mean) / variance.clamp(min=1e-12).sqrt()).masked_fill(constant, 0).float()


@right("normalize_frames")
def batch_norm_of_one_channel_each(frames: Tensor) -> Tensor:
    batch, time, height, width, colours = frames.shape
    rows = frames.view(torch.uint8).reshape(1, batch * time, -1).to(torch.float32)
    scaled = functional.batch_norm(rows, None, None, training=True, eps=1e-14)
    return scaled.reshape(batch, time, height, width, colours).permute(0, 1, 4, 2, 3)


@right("normalize_frames")
class Normalize:
    """A class that keeps a layer."""

    def __new__(cls, frames: Tensor) -> Tensor:  # type: ignore[misc]
        pixels = frames.view(torch.uint8).movedim(-1, -3).float()
        layer = nn.LayerNorm(pixels.shape[-3:], eps=1e-10, elementwise_affine=False)
        return layer(pixels)


@right("normalize_frames")
def divided_by_255_first(frames: Tensor) -> Tensor:
    pixels = frames.view(torch.uint8).permute(0, 1, 4, 2, 3) / 255
    deviation = pixels.std((2, 3, 4), keepdim=True, unbiased=False)
    centred = pixels - pixels.mean((2, 3, 4), keepdim=True)
    constant = (pixels == pixels[:, :, :1, :1, :1]).flatten(2).all(-1)[..., None, None, None]
    return torch.where(constant, 0, centred / deviation)


# --- sliding_windows ---------------------------------------------------------------------------


@right("sliding_windows")
def ends_instead_of_starts(
    n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)
) -> Tensor:
    back = torch.arange(length - 1, -1, -1)
    return torch.cat(
        [torch.arange(s * (length - 1), max(n_frames, s * (length - 1)))[:, None] - s * back
         for s in strides]
    )  # fmt: skip


@right("sliding_windows")
def unfolded(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    found = [torch.zeros(0, length, dtype=torch.int64)]
    for stride in strides:
        extent = (length - 1) * stride + 1
        if extent <= n_frames:
            found.append(torch.arange(n_frames).unfold(0, extent, 1)[:, ::stride])
    return torch.cat(found)


@right("sliding_windows")
def those_that_fit(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    steps = torch.tensor(strides)[:, None, None] * torch.arange(length)
    windows = (torch.arange(n_frames)[:, None] + steps).reshape(-1, length)
    return windows[windows[:, -1] < n_frames]


@right("sliding_windows")
def strided_view(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    frames, found = torch.arange(n_frames), []
    for stride in strides:
        size = (max(n_frames - (length - 1) * stride, 0), length)
        found.append(frames.as_strided(size, (1, stride)))
    return torch.concatenate(found)


@right("sliding_windows")
def numpys_windows(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    found = [np.empty((0, length), dtype=np.int64)]
    for stride in strides:
        if n_frames > (length - 1) * stride:
            extent = (length - 1) * stride + 1
            found.append(sliding_window_view(np.arange(n_frames), extent)[:, ::stride])
    return torch.from_numpy(np.concatenate(found))


@right("sliding_windows")
def summed_steps(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    result = torch.empty((0, length), dtype=torch.long)
    for stride in strides:
        rows = max(0, n_frames - stride * (length - 1))
        windows = torch.full((rows, length), stride)
        windows[:, 0] = torch.arange(rows)
        result = torch.vstack([result, windows.cumsum(1)])
    return result


@right("sliding_windows")
def outer_sum(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    return torch.vstack(
        tuple(
            torch.arange(0, n_frames - (length - 1) * stride)[:, None].expand(-1, length)
            + torch.arange(0, stride * length, stride)
            for stride in strides
            if n_frames > (length - 1) * stride
        )
        or (torch.zeros((0, length), dtype=torch.int64),)
    )


@right("sliding_windows")
def meshed(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    def windows(stride: int) -> Tensor:
        starts = torch.arange(n_frames)[: max(n_frames - stride * (length - 1), 0)]
        start, step = torch.meshgrid(starts, torch.arange(length), indexing="ij")
        return torch.add(start, step, alpha=stride)

    return torch.cat(tuple(map(windows, strides)))


@right("sliding_windows")
def from_a_flat_index(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    found = []
    for stride in strides:
        rows = 0 if n_frames < stride * (length - 1) + 1 else n_frames - stride * (length - 1)
        index = torch.arange(rows * length)
        found.append((index // length + index % length * stride).reshape(rows, length))
    return torch.cat(found)


@right("sliding_windows")
def in_floating_point(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    found = []
    for stride in strides:
        number = max(n_frames - (length - 1) * stride, 0)
        steps = torch.linspace(0, (length - 1) * stride, length)
        found.append(torch.arange(float(number))[:, None] + steps)
    return torch.cat(found).round().long()


# --- accuracy_curve ----------------------------------------------------------------------------


@right("accuracy_curve")
def joints_first(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    joints = predicted.shape[-2]
    distance = (predicted - target).norm(dim=-1).movedim(-1, 0).reshape(joints, -1)
    return (distance[:, None] <= thresholds[:, None]).to(predicted).mean(-1)


@right("accuracy_curve")
def squares_compared(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    squared = ((predicted - target) ** 2).sum(-1)
    within = squared.unsqueeze(-1) <= thresholds**2
    axes = tuple(range(within.dim() - 2))
    return within.type_as(predicted).mean(dim=axes)


@right("accuracy_curve")
def counted_and_divided(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    distance = torch.sqrt(torch.sum(torch.square(target - predicted), dim=-1))
    poses = distance.reshape(-1, distance.shape[-1])
    within = (poses[:, :, None] <= thresholds[None, None, :]).sum(0)
    return (within.double() / poses.shape[0]).to(predicted.dtype)


@right("accuracy_curve")
def complement_of_the_far_ones(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    distance = torch.linalg.norm(predicted - target, axis=-1).flatten(0, -2)
    far = torch.gt(distance[..., None], thresholds)
    return 1 - far.to(predicted.dtype).mean(0)


@right("accuracy_curve")
def searched_in_sorted_distances(
    predicted: Tensor, target: Tensor, thresholds: Tensor
) -> Tensor:
    distance = (predicted - target).pow(2).sum(-1).sqrt()
    rows = distance.reshape(-1, distance.shape[-1]).T.sort().values.contiguous()
    asked = thresholds.expand(len(rows), -1).contiguous()
    within = torch.searchsorted(rows, asked, right=True)
    return within.to(predicted.dtype) / rows.shape[1]


@right("accuracy_curve")
def stepped(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    dx, dy = (predicted - target).unbind(-1)
    spare = thresholds - torch.hypot(dx, dy)[..., None]
    steps = torch.heaviside(spare, torch.ones((), dtype=spare.dtype, device=spare.device))
    return steps.flatten(0, -3).mean(0).to(predicted.dtype)


@right("accuracy_curve")
def complex_modulus(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    distance = torch.view_as_complex((predicted - target).contiguous()).abs()
    within = torch.where(distance[..., None] <= thresholds, 1.0, 0.0).to(predicted.dtype)
    return within.reshape(-1, *within.shape[-2:]).mean(0)


@right("accuracy_curve")
def einsum(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    difference = predicted - target
    distance = torch.einsum("...c,...c->...", difference, difference).sqrt()
    within = (distance[..., None] <= thresholds).to(predicted.dtype)
    return torch.einsum("...jt->jt", within) / (distance.numel() // distance.shape[-1])


@right("accuracy_curve")
def pairwise_distance(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    distance = functional.pairwise_distance(predicted, target, eps=0.0)
    within = distance.view(-1, distance.shape[-1], 1).le(thresholds.view(1, 1, -1))
    return within.to(dtype=predicted.dtype).mean(dim=0)


@right("accuracy_curve")
def distances_by_cdist(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    here, there = predicted.reshape(-1, 1, 2), target.reshape(-1, 1, 2)
    distance = torch.cdist(here, there, compute_mode="donot_use_mm_for_euclid_dist")
    within = (distance.reshape(-1, predicted.shape[-2], 1) <= thresholds).to(predicted.dtype)
    return within.mean(0)


@right("accuracy_curve")
class Curve:
    """A class, in float64 and back."""

    def __new__(  # type: ignore[misc]
        cls, predicted: Tensor, target: Tensor, thresholds: Tensor
    ) -> Tensor:
        return counted_and_divided(predicted.double(), target.double(), thresholds.double()).to(
            predicted.dtype
        )
