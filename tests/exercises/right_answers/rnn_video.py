"""Right answers, each written in another way. All of them have to score full marks, always."""

from __future__ import annotations

import io
import random
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.lib.stride_tricks import sliding_window_view
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
def one_group_in_double(frames: Tensor) -> Tensor:
    pixels = (frames.to(torch.int16) & 255).double()
    images = pixels.flatten(0, 1).movedim(-1, 1)
    scaled = functional.group_norm(images, 1, eps=1e-12)
    return scaled.unflatten(0, frames.shape[:2]).float()


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
    found = []
    for stride in strides:
        first = stride * (length - 1)
        found.append(torch.arange(first, max(n_frames, first))[:, None] - stride * back)
    return torch.cat(found)


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
def searched_in_sorted_distances(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
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


# --- split_by_video ----------------------------------------------------------------------------


def _how_many(videos: int, fraction: float) -> int:
    return max(1, min(videos - 1, round(videos * fraction)))


@right("split_by_video")
def isin(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos = video_ids.unique()
    order = torch.randperm(len(videos), generator=torch.Generator().manual_seed(seed))
    return torch.isin(video_ids, videos[order[: _how_many(len(videos), validation_fraction)]])


@right("split_by_video")
def numpys_choice(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos = np.unique(video_ids.numpy())
    number = _how_many(len(videos), validation_fraction)
    chosen = np.random.default_rng(seed).choice(videos, number, replace=False)
    return torch.from_numpy(np.isin(video_ids.numpy(), chosen))


@right("split_by_video")
def pythons_sample(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos = sorted(set(video_ids.tolist()))
    number = _how_many(len(videos), validation_fraction)
    chosen = set(random.Random(seed).sample(videos, number))
    return torch.tensor([video in chosen for video in video_ids.tolist()])


@right("split_by_video")
def smallest_random_numbers(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos, index = video_ids.unique(return_inverse=True)
    generator = torch.Generator()
    generator.manual_seed(seed)
    rank = torch.rand(len(videos), generator=generator).argsort().argsort()
    return (rank < _how_many(len(videos), validation_fraction))[index]


@right("split_by_video")
def with_a_fork_of_the_random_numbers(
    video_ids: Tensor, validation_fraction: float, seed: int
) -> Tensor:
    videos, index = video_ids.unique(return_inverse=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        order = torch.randperm(len(videos))
    chosen = order[: _how_many(len(videos), validation_fraction)]
    return (index[:, None] == chosen).any(1)


@right("split_by_video")
def multinomial(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos = video_ids.unique()
    number = _how_many(len(videos), validation_fraction)
    generator = torch.Generator().manual_seed(seed)
    drawn = videos[torch.multinomial(torch.ones(len(videos)), number, generator=generator)]
    return (video_ids.unsqueeze(1) == drawn).sum(1).bool()


@right("split_by_video")
def masks_joined(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos = list(dict.fromkeys(video_ids.tolist()))
    generator = np.random.RandomState(seed)
    generator.shuffle(videos)
    mask = torch.zeros_like(video_ids, dtype=torch.bool)
    for video in videos[: _how_many(len(videos), validation_fraction)]:
        mask |= video_ids == video
    return mask


# --- FrameEncoder ------------------------------------------------------------------------------


@right("FrameEncoder")
class Pooled(nn.Module):
    """Convolutions and pooling, without normalisation."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 5), nn.Conv2d(8, 16, 5)
        self.linear = nn.LazyLinear(n_features)

    def forward(self, frames: Tensor) -> Tensor:
        maps = functional.max_pool2d(torch.tanh(self.first(frames)), 4)
        maps = functional.avg_pool2d(functional.gelu(self.second(maps)), 2)
        return self.linear(maps.reshape(len(maps), -1))


@right("FrameEncoder")
class SoftArgmax(nn.Module):
    """Where each map is largest."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 24, 3, 2, 1),
        )  # fmt: skip
        self.out = nn.Linear(48, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        share = self.maps(frames).flatten(2).softmax(-1).unflatten(-1, (16, 16))
        places = torch.linspace(-1, 1, 16, device=frames.device)
        x, y = (share.sum(2) * places).sum(-1), (share.sum(3) * places).sum(-1)
        return self.out(torch.cat([x, y], 1))


@right("FrameEncoder")
class Patches(nn.Module):
    """No convolution of its own: patches and linear layers."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.embed = nn.Linear(3 * 64, 12)
        self.place = nn.Parameter(0.02 * torch.randn(64, 12))
        self.mix = nn.TransformerEncoderLayer(12, 2, 24, batch_first=True)
        self.out = nn.Linear(64 * 12, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        patches = functional.unfold(frames, 8, stride=8).transpose(1, 2)
        return self.out(self.mix(self.embed(patches) + self.place).flatten(1))


@right("FrameEncoder")
class Residual(nn.Module):
    """A block that starts as nothing, a way around it, dropout and layer normalisation."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 8, 8)
        self.block = nn.Sequential(nn.Conv2d(16, 16, 3, padding="same"), nn.GroupNorm(4, 16))
        nn.init.zeros_(self.block[1].weight)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Sequential(nn.Flatten(), nn.LayerNorm(1024), nn.Linear(1024, n_features))

    def forward(self, frames: Tensor) -> Tensor:
        maps = self.stem(frames)
        return self.out(self.drop(functional.silu(maps + self.block(maps))))


@right("FrameEncoder")
def a_function_that_makes_one(n_features: int = 128) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 4, 4), nn.LeakyReLU(), nn.Conv2d(8, 8, 4, 4), nn.PReLU(), nn.Flatten(1),
        nn.Linear(8 * 16, n_features), nn.Sigmoid(),
    )  # fmt: skip


@right("FrameEncoder")
class WithALeftover(nn.Module):
    """A layer that nothing uses, and one that shall not learn."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.unused = nn.Conv2d(3, 4, 3)
        self.fixed = nn.Conv2d(3, 8, 3, 4).requires_grad_(False)
        self.linear = nn.Linear(8 * 16 * 16, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        return self.linear(torch.relu(self.fixed(frames)).flatten(start_dim=1))


# --- PoseRNN -----------------------------------------------------------------------------------


@right("PoseRNN")
class TimeFirst(nn.Module):
    """The LSTM's own order, and exchanged back."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = Pooled(n_features)
        self.lstm = nn.LSTM(n_features, n_hidden)
        self.head = nn.Linear(n_hidden, 14)

    def forward(self, frames: Tensor) -> Tensor:
        batch, length = frames.shape[:2]
        pictures = divided_by_255_first(frames).transpose(0, 1)
        features = self.encoder(pictures.reshape(-1, 3, 64, 64)).view(length, batch, -1)
        states, _ = self.lstm(features)
        return self.head(states).view(length, batch, 7, 2).transpose(0, 1)


@right("PoseRNN")
class TwoLayers(nn.Module):
    """Two recurrent layers, dropout between them, a head of two layers."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = Residual(n_features)
        self.lstm = nn.LSTM(n_features, n_hidden, 2, batch_first=True, dropout=0.2)
        self.head = nn.Sequential(nn.Linear(n_hidden, 32), nn.ReLU(), nn.Linear(32, 14))

    def forward(self, frames: Tensor) -> Tensor:
        b, t, *_ = frames.shape
        z = self.encoder(layer_norm_with_a_small_epsilon(frames).reshape(b * t, 3, 64, 64))
        return self.head(self.lstm(z.reshape(b, t, -1))[0]).reshape(b, t, 7, 2)


@right("PoseRNN")
class AroundTheLstm(nn.Module):
    """The features go past the LSTM as well; one head for each joint; a first state that learns."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = SoftArgmax(n_features)
        self.lstm = nn.LSTM(n_features, n_hidden, batch_first=True)
        self.state = nn.Parameter(torch.zeros(2, 1, 1, n_hidden))
        self.heads = nn.ModuleList(nn.Linear(n_features + n_hidden, 2) for _ in range(7))

    def forward(self, frames: Tensor) -> Tensor:
        z = self.encoder(one_group_in_double(frames).flatten(0, 1)).unflatten(0, frames.shape[:2])
        hidden, cell = self.state.expand(-1, -1, len(frames), -1).contiguous()
        states, _ = self.lstm(z, (hidden, cell))
        both = torch.cat([z, states], -1)
        return 31.5 + 63 * torch.stack([head(both) for head in self.heads], -2)


@right("PoseRNN")
class Differences(nn.Module):
    """What has changed since the frame before is an input, too."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = Patches(n_features)
        self.lstm = nn.LSTM(2 * n_features, n_hidden, batch_first=True)
        self.norm = nn.LayerNorm(n_hidden)
        self.head = nn.Linear(n_hidden, 14, bias=False)

    def forward(self, frames: Tensor) -> Tensor:
        z = self.encoder(divided_by_255_first(frames).flatten(0, 1)).unflatten(0, frames.shape[:2])
        before = functional.pad(z, (0, 0, 1, 0))[:, :-1]
        states, _ = self.lstm(torch.cat([z, z - before], -1))
        return self.head(self.norm(states)).unflatten(-1, (7, 2))


@right("PoseRNN")
class Projected(nn.Module):
    """An LSTM whose output is smaller than its state, and a last layer that starts at zero."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = a_function_that_makes_one(n_features)
        self.rnn = nn.LSTM(n_features, n_hidden, proj_size=max(n_hidden // 2, 1), batch_first=True)
        self.joints = nn.Conv1d(max(n_hidden // 2, 1), 14, 1)
        nn.init.zeros_(self.joints.weight)

    def forward(self, frames: Tensor) -> Tensor:
        batch = frames.shape[0]
        z = self.encoder(layer_norm_with_a_small_epsilon(frames).view(-1, 3, 64, 64))
        out = self.rnn(z.view(batch, -1, z.shape[-1]))[0]
        return self.joints(out.mT).mT.reshape(batch, -1, 7, 2) * 20


# --- export_model ------------------------------------------------------------------------------

_BATCH = torch.zeros(3, 10, 64, 64, 3, dtype=torch.uint8)


@right("export_model")
def older_exporter(model: nn.Module, path: str) -> None:
    free = {0: "batch"}
    torch.onnx.export(
        model, (_BATCH,), path, input_names=["input_frames"], output_names=["joint_pos"],
        dynamic_axes={"input_frames": free, "joint_pos": free}, dynamo=False,
    )  # fmt: skip


@right("export_model")
def a_copy_is_exported(model: nn.Module, path: str) -> None:
    torch.onnx.export(
        deepcopy(model).eval(), (_BATCH,), path, input_names=["input_frames"],
        output_names=["joint_pos"], dynamic_shapes=[{0: torch.export.Dim.DYNAMIC}],
        external_data=False, verbose=False, dynamo=True,
    )  # fmt: skip


@right("export_model")
def saved_from_the_program(model: nn.Module, path: str) -> None:
    training = model.training
    try:
        model.eval()
        program = torch.onnx.export(
            model, (_BATCH,), input_names=["input_frames"], output_names=["joint_pos"],
            dynamic_shapes={"frames": {0: torch.export.Dim("clips")}}, verbose=False, dynamo=True,
        )  # fmt: skip
        assert program is not None
        program.save(path)
    finally:
        model.train(training)


@right("export_model")
def with_dynamic_axes(model: nn.Module, path: str) -> None:
    mode = model.training
    model.eval()
    with torch.no_grad():
        torch.onnx.export(
            model, _BATCH, path, input_names=["input_frames"], output_names=["joint_pos"],
            dynamic_axes={"input_frames": {0: "n"}}, external_data=False, verbose=False,
            dynamo=True,
        )  # fmt: skip
    model.train(mode)


@right("export_model")
def through_memory(model: nn.Module, path: str) -> None:
    buffer = io.BytesIO()
    torch.onnx.export(
        model, (_BATCH,), buffer, input_names=["input_frames"], output_names=["joint_pos"],
        dynamic_axes={"input_frames": {0: "batch"}}, dynamo=False,
    )  # fmt: skip
    Path(path).write_bytes(buffer.getvalue())
