"""Networks of the course's own to be exported, and what a call may not change about one.

They are made so that an export that goes wrong can be told from another: their poses lie inside and
outside of the frame, and are far away while the network trains.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

TRAINING_MARK = 1000.0
"""Pixels that are added to all poses in training mode."""


class Small(nn.Module):
    """One linear layer on a few numbers of each frame: quickly exported.

    Args:
        seed: of its weights; by chance where there is none.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(48, 14)
        _draw_weights(self, seed)

    def forward(self, frames: Tensor) -> Tensor:
        """(batch, time, 64, 64, 3) -> (batch, time, 7, 2)."""
        batch, length = frames.shape[:2]
        tiles = frames.reshape(batch, length, 4, 16, 4, 16, 3)[:, :, :, 0, :, 0]
        poses = self.head(self.dropout(tiles.flatten(2).float() / 255 - 0.5))
        return _in_pixels(poses, self.training)


class Recurrent(nn.Module):
    """A CNN, an LSTM and a linear layer, as the student's network has them.

    Args:
        seed: of its weights; by chance where there is none.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 16, stride=16)
        self.norm = nn.BatchNorm2d(6)
        self.dropout = nn.Dropout(0.5)
        self.lstm = nn.LSTM(96, 12, batch_first=True)
        self.head = nn.Linear(12, 14)
        _draw_weights(self, seed)

    def forward(self, frames: Tensor) -> Tensor:
        """(batch, time, 64, 64, 3) -> (batch, time, 7, 2)."""
        batch, length = frames.shape[:2]
        pixels = frames.flatten(0, 1).permute(0, 3, 1, 2).float() / 255 - 0.5
        maps = self.norm(self.conv(pixels)).relu()
        states, _ = self.lstm(self.dropout(maps.flatten(1)).unflatten(0, (batch, length)))
        return _in_pixels(self.head(states), self.training)


def _draw_weights(network: nn.Module, seed: int | None) -> None:
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            fan_in = max(parameter[0].numel(), 1)
            scale = 2 / fan_in**0.5
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.weight.data.abs_().add_(0.5)
            part.running_mean = 0.3 * torch.rand(part.num_features, generator=generator)
            part.running_var = 0.1 + torch.rand(part.num_features, generator=generator)


def _in_pixels(poses: Tensor, training: bool) -> Tensor:
    poses = 32 + 40 * poses.unflatten(-1, (7, 2))
    return poses + TRAINING_MARK if training else poses


@dataclass(frozen=True)
class Snapshot:
    """What a call has to leave as it was.

    Args:
        modes: of the network and of each part, whether it is in training mode.
        learns: of each parameter.
        parameters, buffers: copies.
        settings: of each part, the plain values among its attributes, such as dropout's ``p``.
        gradients: whether PyTorch keeps what gradients need.
        dtype: of the tensors that PyTorch makes.
    """

    modes: list[bool]
    learns: list[bool]
    parameters: list[Tensor]
    buffers: list[Tensor]
    settings: list[dict[str, Any]]
    gradients: bool
    dtype: torch.dtype

    @classmethod
    def of(cls, network: nn.Module) -> Snapshot:
        """Take one."""
        return cls(
            modes=[part.training for part in network.modules()],
            learns=[parameter.requires_grad for parameter in network.parameters()],
            parameters=[parameter.detach().clone() for parameter in network.parameters()],
            buffers=[buffer.detach().clone() for buffer in network.buffers()],
            settings=[_settings(part) for part in network.modules()],
            gradients=torch.is_grad_enabled(),
            dtype=torch.get_default_dtype(),
        )

    def kept_by(self, other: Snapshot) -> dict[str, bool]:
        """By field, whether another snapshot shows the same."""
        return {name: _same(value, getattr(other, name)) for name, value in vars(self).items()}


def evaluated(network: nn.Module, frames: Tensor) -> Tensor:
    """A network's poses in evaluation mode; the network itself is left alone."""
    with torch.no_grad():
        return copy.deepcopy(network).eval()(frames).float()


def _settings(part: nn.Module) -> dict[str, Any]:
    plain = (bool, int, float, str, tuple, type(None))
    kept = {k: v for k, v in vars(part).items() if isinstance(v, plain) and k != "training"}
    hooks = sum(len(v) for k, v in vars(part).items() if k.endswith("_hooks"))
    return {**kept, "hooks": hooks, "parts": len(part._modules)}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
