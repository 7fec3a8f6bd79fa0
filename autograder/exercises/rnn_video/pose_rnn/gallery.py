"""What the gallery shows of `PoseRNN`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


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


SHOWN = (
    "batch_first_forgotten",
    "clips_reshaped",
    "bidirectional",
    "averaged_over_time",
    "last_step_repeated",
    "rounded",
    "one_cnn_per_frame",
    "output_limited",
    CellByCell,
    TupleReturned,
)
