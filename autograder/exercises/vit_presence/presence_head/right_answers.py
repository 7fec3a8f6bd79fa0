"""Right answers to `PresenceHead`, written in other ways than the solution."""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
class GroupedConvolutions(nn.Module):
    """Each keypoint is a group of channels; a kernel as large as the pooled map."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        kernel = (map_size[0] // 4, map_size[1] // 4)
        self.net = nn.Sequential(
            nn.MaxPool2d(4),
            nn.Conv2d(n_keypoints, n_keypoints * hidden, kernel, groups=n_keypoints),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Conv2d(n_keypoints * hidden, n_keypoints, 1, groups=n_keypoints),
            nn.Flatten(),
        )

    def forward(self, heatmaps: Tensor) -> Tensor:
        return self.net(heatmaps)


@RIGHT.answer
class Einsum(nn.Module):
    """Weights of all keypoints in one tensor."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        cells = map_size[0] // 4 * (map_size[1] // 4)
        self.w1 = nn.Parameter(torch.randn(n_keypoints, cells, hidden) / cells**0.5)
        self.b1 = nn.Parameter(torch.zeros(n_keypoints, hidden))
        self.w2 = nn.Parameter(torch.randn(n_keypoints, hidden) / hidden**0.5)
        self.b2 = nn.Parameter(torch.zeros(n_keypoints))
        self.p = dropout

    def forward(self, heatmaps: Tensor) -> Tensor:
        x = functional.max_pool2d(heatmaps, kernel_size=4).flatten(start_dim=2)
        x = torch.relu(torch.einsum("bkc,kch->bkh", x, self.w1) + self.b1)
        x = functional.dropout(x, self.p, self.training)
        return torch.einsum("bkh,kh->bk", x, self.w2) + self.b2


@RIGHT.answer
class MatrixProducts(nn.Module):
    """Batched matrix products, Kaiming's weights, dropout before ReLU, which is the same."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        rows, columns = (length // 4 for length in map_size)
        self.first = nn.Parameter(torch.empty(n_keypoints, hidden, rows * columns))
        self.second = nn.Parameter(torch.empty(n_keypoints, 1, hidden))
        self.offset = nn.Parameter(torch.zeros(n_keypoints, hidden, 1))
        self.last = nn.Parameter(torch.zeros(n_keypoints, 1, 1))
        for weight in (self.first, self.second):
            nn.init.kaiming_uniform_(weight)
        self.drop = nn.Dropout(p=dropout)

    def forward(self, heatmaps: Tensor) -> Tensor:
        b, k, h, w = heatmaps.shape
        pooled = heatmaps.reshape(b, k, h // 4, 4, w // 4, 4).amax(dim=(3, 5))
        x = pooled.reshape(b, k, -1).permute(1, 2, 0)
        x = self.drop(self.first @ x + self.offset).clamp(min=0)
        return (self.second @ x + self.last).squeeze(1).T


class _Reader(nn.Module):
    def __init__(self, cells: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(cells, hidden), nn.Linear(hidden, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, heatmap: Tensor) -> Tensor:
        x = functional.relu(self.inner(heatmap.flatten(1)))
        return self.outer(self.dropout(x)).squeeze(-1)


@RIGHT.answer
class WithAReader(nn.Module):
    """A class for each keypoint's MLP, stacked."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        self.pool = nn.MaxPool2d(kernel_size=4, stride=4)
        cells = map_size[0] * map_size[1] // 16
        self.readers = nn.ModuleList([_Reader(cells, hidden, dropout) for _ in range(n_keypoints)])

    def forward(self, heatmaps: Tensor) -> Tensor:
        maps = self.pool(heatmaps).unbind(dim=1)
        return torch.stack([r(m) for r, m in zip(self.readers, maps, strict=True)], dim=1)


@RIGHT.answer
class AdaptivePool(nn.Module):
    """An adaptive pool whose size follows the map; one dropout for all; layers in two lists."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        size = (map_size[0] // 4, map_size[1] // 4)
        self.pool = nn.AdaptiveMaxPool2d(size)
        self.first = nn.ModuleList(nn.Linear(size[0] * size[1], hidden) for _ in range(n_keypoints))
        self.last = nn.ModuleList(nn.Linear(hidden, 1) for _ in range(n_keypoints))
        self.dropout = nn.Dropout(dropout)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, heatmaps: Tensor) -> Tensor:
        x = self.pool(heatmaps).flatten(2)
        hidden = torch.stack([f(x[:, k]) for k, f in enumerate(self.first)], 1)
        hidden = self.dropout(self.relu(hidden))
        return torch.cat([f(hidden[:, k]) for k, f in enumerate(self.last)], 1)


@RIGHT.answer
class Unfolded(nn.Module):
    """Blocks by unfold, layers by names, a last layer that starts at zero."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        self.n_keypoints = n_keypoints
        cells = (map_size[0] // 4) * (map_size[1] // 4)
        for k in range(n_keypoints):
            last = nn.Linear(hidden, 1)
            nn.init.zeros_(last.weight)
            layers = OrderedDict(
                enter=nn.Linear(cells, hidden), act=nn.ReLU(), drop=nn.Dropout(dropout), leave=last
            )
            self.add_module(f"head{k}", nn.Sequential(layers))

    def forward(self, heatmaps: Tensor) -> Tensor:
        blocks = heatmaps.unfold(2, 4, 4).unfold(3, 4, 4).amax(dim=(-1, -2))
        out = heatmaps.new_empty(len(heatmaps), self.n_keypoints)
        for k in range(self.n_keypoints):
            out[:, k] = getattr(self, f"head{k}")(blocks[:, k].flatten(1))[:, 0]
        return out


@RIGHT.answer
class TwoPoolsOfTwo(nn.Module):
    """Pooled by 2 twice; without biases; no dropout layer where the rate is 0."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        cells = (map_size[0] // 4) * (map_size[1] // 4)
        drop = nn.Dropout(dropout) if dropout else nn.Identity()
        self.heads = nn.ModuleDict(
            {
                str(k): nn.Sequential(
                    nn.MaxPool2d(2), nn.MaxPool2d(2), nn.Flatten(),
                    nn.Linear(cells, hidden, bias=False), nn.ReLU(), drop,
                    nn.Linear(hidden, 1, bias=False),
                )
                for k in range(n_keypoints)
            }
        )  # fmt: skip

    def forward(self, heatmaps: Tensor) -> Tensor:
        return torch.hstack(
            [self.heads[str(k)](heatmaps[:, k : k + 1]) for k in range(heatmaps.shape[1])]
        )


@RIGHT.answer
class Lazy(nn.Module):
    """Layers that find out their size; small initial weights."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        self.mlps = nn.ModuleList()
        for _ in range(n_keypoints):
            last = nn.Linear(hidden, 1)
            nn.init.normal_(last.weight, std=0.02)
            self.mlps.append(
                nn.Sequential(nn.LazyLinear(hidden), nn.ReLU(), nn.Dropout(dropout), last)
            )

    def forward(self, heatmaps: Tensor) -> Tensor:
        x = functional.max_pool2d(heatmaps, (4, 4), (4, 4))
        return torch.cat(
            [mlp(part.flatten(1)) for mlp, part in zip(self.mlps, x.split(1, 1), strict=True)], 1
        )


@RIGHT.answer
class OneDimension(nn.Module):
    """Grouped Conv1d over lists of one position."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        cells = (map_size[0] // 4) * (map_size[1] // 4)
        k = n_keypoints
        self.first = nn.Conv1d(k * cells, k * hidden, 1, groups=k)
        self.second = nn.Conv1d(k * hidden, k, 1, groups=k)
        self.dropout = dropout

    def forward(self, heatmaps: Tensor) -> Tensor:
        x = functional.max_pool2d(heatmaps, 4).flatten(1).unsqueeze(-1)
        x = functional.dropout(functional.relu(self.first(x)), p=self.dropout,
                               training=self.training)  # fmt: skip
        return self.second(x).squeeze(-1)


@RIGHT.answer
class DroppedByHand(nn.Module):
    """A mask of its own instead of nn.Dropout."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        cells = (map_size[0] // 4) * (map_size[1] // 4)
        self.first = nn.ModuleList(nn.Linear(cells, hidden) for _ in range(n_keypoints))
        self.last = nn.ModuleList(nn.Linear(hidden, 1) for _ in range(n_keypoints))
        self.keep = 1 - dropout

    def forward(self, heatmaps: Tensor) -> Tensor:
        logits = []
        for k in range(len(self.first)):
            x = functional.max_pool2d(heatmaps[:, k], 4).flatten(1)
            x = self.first[k](x).relu()
            if self.training:
                x = x * torch.bernoulli(torch.full_like(x, self.keep)) / self.keep
            logits.append(self.last[k](x))
        return torch.cat(logits, dim=-1)


@RIGHT.answer
class SameInitialWeights(nn.Module):
    """Copies of one MLP: equal at first, but each learns on its own."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        cells = (map_size[0] // 4) * (map_size[1] // 4)
        first = _Reader(cells, hidden, dropout)
        self.readers = nn.ModuleList()
        for _ in range(n_keypoints):
            reader = _Reader(cells, hidden, dropout)
            reader.load_state_dict(first.state_dict())
            self.readers.append(reader)

    def forward(self, heatmaps: Tensor) -> Tensor:
        pooled = nn.MaxPool2d(4)(heatmaps)
        return torch.stack([read(pooled[:, k]) for k, read in enumerate(self.readers)], -1)


@RIGHT.answer
class LastLayerStartsAtZero(nn.Module):
    """Every logit is 0 at first; gradients reach all of it after one step."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        cells = map_size[0] * map_size[1] // 16
        self.w1 = nn.Parameter(torch.randn(n_keypoints, cells, hidden) * (2 / cells) ** 0.5)
        self.b1 = nn.Parameter(torch.zeros(n_keypoints, 1, hidden))
        self.w2 = nn.Parameter(torch.zeros(n_keypoints, hidden, 1))
        self.b2 = nn.Parameter(torch.zeros(n_keypoints, 1, 1))
        self.drop = nn.Dropout(dropout)

    def forward(self, heatmaps: Tensor) -> Tensor:
        x = functional.max_pool2d(heatmaps, 4).flatten(2).transpose(0, 1)
        x = self.drop(torch.baddbmm(self.b1, x, self.w1).relu())
        return torch.baddbmm(self.b2, x, self.w2).squeeze(-1).T
