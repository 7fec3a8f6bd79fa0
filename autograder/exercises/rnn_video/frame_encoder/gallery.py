"""What the gallery shows of `FrameEncoder`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor, nn


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


SHOWN = (
    "place_lost",
    "part_unseen",
    "statistics_over_the_frames",
    "hidden_in_training_mode",
    "layer_made_in_forward",
    "starts_at_zero",
    "outside_the_graph",
    "squeezed",
    NotWritten,
    TooManyFeatures,
)
