"""What the gallery shows of `PresenceHead`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class NotWritten(nn.Module):
    """The cell as it was handed out."""

    def __init__(
        self,
        map_size: tuple[int, int],
        n_keypoints: int = 17,
        hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        # TODO
        raise NotImplementedError


class TooManyInputs(nn.Module):
    """The linear layers expect maps that are not pooled."""

    def __init__(
        self,
        map_size: tuple[int, int],
        n_keypoints: int = 17,
        hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        cells = map_size[0] * map_size[1]
        self.readers = nn.ModuleList(
            nn.Sequential(nn.Linear(cells, hidden), nn.ReLU(), nn.Linear(hidden, 1))
            for _ in range(n_keypoints)
        )

    def forward(self, heatmaps: Tensor) -> Tensor:
        pooled = nn.functional.max_pool2d(heatmaps, 4).flatten(2)
        return torch.cat([read(pooled[:, k]) for k, read in enumerate(self.readers)], dim=1)


SHOWN = (
    "one_mlp_for_all",
    "maps_mixed",
    "sigmoid_at_the_end",
    "pooled_by_2",
    "average_pooling",
    "dropout_missing",
    "dropout_never_off",
    "hidden_in_training_mode",
    "hidden_in_a_list",
    NotWritten,
    TooManyInputs,
)
