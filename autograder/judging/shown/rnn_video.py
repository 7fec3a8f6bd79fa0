"""Wrong answers to rnn_video for the gallery: known mistakes, and code that students write.

A string is an entry of the exercise's bank. The functions are here for what a bank cannot hold:
loops, unwritten code, errors, results of another kind, mistakes that nobody has named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


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


def loop_over_starts(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Tensor:
    """Right, one window at a time."""
    rows = []
    for stride in strides:
        for start in range(n_frames - (length - 1) * stride):
            rows.append(torch.arange(length) * stride + start)
    return torch.stack(rows) if rows else torch.zeros(0, length, dtype=torch.int64)


def list_of_windows(n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)) -> Any:
    """The right numbers as lists."""
    return [
        [start + stride * step for step in range(length)]
        for stride in strides
        for start in range(n_frames - (length - 1) * stride)
    ]


def loop_over_joints(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    """Right, one joint and one threshold at a time."""
    distance = (predicted - target).norm(dim=-1)
    rows = [
        torch.stack([(distance[..., joint] <= t).to(predicted.dtype).mean() for t in thresholds])
        for joint in range(distance.shape[-1])
    ]
    return torch.stack(rows)


class NotWritten(nn.Module):
    """The cell as it was handed out."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        # TODO
        raise NotImplementedError


class TooManyFeatures(nn.Module):
    """The linear layer expects another map."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, stride=4, padding=1)
        self.linear = nn.Linear(16 * 8 * 8, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        features: Tensor = self.linear(torch.relu(self.conv(frames)).flatten(1))
        return features


class CellByCell(nn.Module):
    """Right, with a loop over time."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.n_hidden = n_hidden
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 8, 4, 4), nn.ReLU(), nn.Conv2d(8, 8, 4, 4), nn.Flatten(),
            nn.Linear(128, n_features),
        )  # fmt: skip
        self.cell = nn.LSTMCell(n_features, n_hidden)
        self.head = nn.Linear(n_hidden, 14)

    def forward(self, frames: Tensor) -> Tensor:
        pixels = frames.view(torch.uint8).float().movedim(-1, -3)
        centred = pixels - pixels.mean((2, 3, 4), keepdim=True)
        normed = centred / centred.square().mean((2, 3, 4), keepdim=True).sqrt().clamp(min=1e-6)
        state = None
        poses = []
        for step in range(frames.shape[1]):
            state = self.cell(self.encoder(normed[:, step]), state)
            poses.append(self.head(state[0]).view(-1, 7, 2))
        return torch.stack(poses, 1)


class TupleReturned(nn.Module):
    """The LSTM's state comes back, too."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = nn.Linear(64 * 64 * 3, n_features)
        self.lstm = nn.LSTM(n_features, n_hidden, batch_first=True)

    def forward(self, frames: Tensor) -> Any:
        features = self.encoder(frames.view(torch.uint8).float().flatten(2))
        return self.lstm(features)


def no_mode_at_all(model: nn.Module, path: str) -> None:
    """The names are missing, and the mode is forgotten."""
    example = torch.zeros(1, 10, 64, 64, 3, dtype=torch.uint8)
    torch.onnx.export(model.eval(), (example,), path, verbose=False, dynamo=True)


SHOWN: dict[str, tuple[str | Callable[..., Any], ...]] = {
    "normalize_frames": (
        "int8_taken_as_signed",
        "divided_by_255",
        "sample_deviation",
        loop_over_frames,
        still_bytes,
    ),
    "sliding_windows": (
        "last_window_lost",
        "one_window_at_least",
        "sorted_by_start",
        loop_over_starts,
        list_of_windows,
    ),
    "split_by_video": (
        "videos_cut_up",
        "seed_ignored",
        "fraction_cut_off",
        "global_random_state",
        "one_for_each_video",
    ),
    "accuracy_curve": (
        "strictly_less",
        "within_a_square",
        "same_curve_for_all_joints",
        "transposed",
        loop_over_joints,
    ),
    "FrameEncoder": (
        "place_averaged_away",
        "random_in_evaluation",
        "outside_the_graph",
        "squeezed",
        NotWritten,
        TooManyFeatures,
    ),
    "PoseRNN": (
        "batch_first_forgotten",
        "clips_mixed",
        "looks_ahead",
        "last_step_repeated",
        "one_cnn_per_frame",
        "output_limited",
        CellByCell,
        TupleReturned,
    ),
    "export_model": ("batch_fixed", "weights_beside_the_file", "mode_not_restored", no_mode_at_all),
}
"""By exercise, in the order of the page."""
