"""Right answers to `FrameEncoder`, written in other ways than the solution."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
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


@RIGHT.answer
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


@RIGHT.answer
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


@RIGHT.answer
class Residual(nn.Module):
    """A block that starts as nothing, a way around it, dropout and layer normalisation."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 8, 8)
        self.block = nn.Sequential(nn.Conv2d(16, 16, 3, padding="same"), nn.GroupNorm(4, 16))
        nn.init.zeros_(self.block[1].weight)  # type: ignore[arg-type]
        self.drop = nn.Dropout(0.3)
        self.out = nn.Sequential(nn.Flatten(), nn.LayerNorm(1024), nn.Linear(1024, n_features))

    def forward(self, frames: Tensor) -> Tensor:
        maps = self.stem(frames)
        return self.out(self.drop(functional.silu(maps + self.block(maps))))


@RIGHT.answer
def a_function_that_makes_one(n_features: int = 128) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 4, 4), nn.LeakyReLU(), nn.Conv2d(8, 8, 4, 4), nn.PReLU(), nn.Flatten(1),
        nn.Linear(8 * 16, n_features), nn.Sigmoid(),
    )  # fmt: skip


@RIGHT.answer
class WithALeftover(nn.Module):
    """A layer that nothing uses, and one that shall not learn."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.unused = nn.Conv2d(3, 4, 3)
        self.fixed = nn.Conv2d(3, 8, 3, 4).requires_grad_(False)
        self.linear = nn.Linear(8 * 16 * 16, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        return self.linear(torch.relu(self.fixed(frames)).flatten(start_dim=1))


@RIGHT.answer
class Coordinates(nn.Module):
    """Maps that hold the coordinates, so that an average keeps them."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(5, 24, 5, 2, 2), nn.ReLU(), nn.Conv2d(24, 48, 5, 2, 2), nn.ReLU(),
        )  # fmt: skip
        self.linear = nn.Linear(48, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        rows, columns = (torch.linspace(-1, 1, size) for size in frames.shape[-2:])
        places = torch.stack(torch.meshgrid(rows, columns, indexing="ij")).to(frames)
        both = torch.cat([frames, places.expand(len(frames), -1, -1, -1)], 1)
        return self.linear(self.maps(both).mean((2, 3)))


@RIGHT.answer
class OneTokenForAll(nn.Module):
    """A transformer whose positions and first token start at zero."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, 16, 8, 8)
        self.first = nn.Parameter(torch.zeros(1, 1, 16))
        self.places = nn.Parameter(torch.zeros(65, 16))
        self.mix = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.out = nn.Linear(16, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        patches = self.embed(frames).flatten(2).mT
        tokens = torch.cat([self.first.expand(len(frames), -1, -1), patches], 1)
        return self.out(self.mix(tokens + self.places)[:, 0])


@RIGHT.answer
class WayAround(nn.Module):
    """Gains of zero with a way around each, and features that start near zero."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, 4) for a, b in ((3, 12), (12, 24)))
        self.mix = nn.ModuleList(nn.Conv2d(n, n, 3, padding=1) for n in (12, 24))
        self.gains = nn.ParameterList(torch.zeros(()) for _ in range(2))
        self.out = nn.Linear(24 * 16, n_features)
        nn.init.normal_(self.out.weight, std=1e-6)

    def forward(self, frames: Tensor) -> Tensor:
        for down, mix, gain in zip(self.down, self.mix, self.gains, strict=True):
            frames = down(frames)
            frames = torch.relu(frames + gain * torch.relu(mix(frames)))
        return self.out(frames.flatten(1))


@RIGHT.answer
class RowsAndColumns(nn.Module):
    """Averages over one axis, and over the other, side by side; a matrix instead of a layer."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.maps = nn.Sequential(nn.Conv2d(3, 16, 7, 3), nn.ELU(), nn.Conv2d(16, 24, 5, 3))
        self.matrix = nn.Parameter(torch.randn(24, 12, n_features) / 17)

    def forward(self, frames: Tensor) -> Tensor:
        maps = self.maps(functional.instance_norm(frames))
        sides = torch.cat([maps.mean(2), maps.amax(3)], 2)
        return functional.normalize(torch.einsum("ncp,cpf->nf", sides, self.matrix), dim=1)
