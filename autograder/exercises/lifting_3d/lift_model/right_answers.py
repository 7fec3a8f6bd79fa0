"""Right answers to `LiftModel`, written in other ways than the solution."""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


class _Block(nn.Module):
    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(width, width), nn.Linear(width, width)
        self.norm_1, self.norm_2 = nn.BatchNorm1d(width), nn.BatchNorm1d(width)
        self.relu, self.dropout = nn.ReLU(inplace=True), nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        y = self.dropout(self.relu(self.norm_1(self.linear_1(x))))
        y = self.dropout(self.relu(self.norm_2(self.linear_2(y))))
        return x + y


@RIGHT.answer
class WithABlock(nn.Module):
    """A class for the block, one ReLU and one dropout for both halves."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__()
        self.enter = nn.Linear(30, hidden_layer)
        self.blocks = nn.ModuleList([_Block(hidden_layer, dropout) for _ in range(n_blocks)])
        self.leave = nn.Linear(hidden_layer, output_nodes)

    def forward(self, joint_2d: Tensor) -> Tensor:
        x = self.enter(joint_2d)
        for block in self.blocks:
            x = block(x)
        return self.leave(x)


@RIGHT.answer
class OneSequential(nn.Module):
    """All of it in a sequence."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.Linear(30, hidden_layer)]
        parts += [_Block(hidden_layer, dropout) for _ in range(n_blocks)]
        self.net = nn.Sequential(*parts, nn.Linear(hidden_layer, output_nodes))

    def forward(self, joint_2d: Tensor) -> Tensor:
        return self.net(joint_2d)


@RIGHT.answer
class Functions(nn.Module):
    """Functions for what has no weights, and Kaiming's initial weights."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__()
        self.p, self.n_blocks = dropout, n_blocks
        self.first, self.last = nn.Linear(30, hidden_layer), nn.Linear(hidden_layer, output_nodes)
        for number in range(2 * n_blocks):
            setattr(self, f"linear{number}", nn.Linear(hidden_layer, hidden_layer))
            setattr(self, f"norm{number}", nn.BatchNorm1d(hidden_layer))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, joint_2d: Tensor) -> Tensor:
        x = self.first(joint_2d)
        for block in range(self.n_blocks):
            y = x
            for number in (2 * block, 2 * block + 1):
                y = functional.relu(
                    getattr(self, f"norm{number}")(getattr(self, f"linear{number}")(y))
                )
                y = functional.dropout(y, p=self.p, training=self.training)
            x = x + y
        return self.last(x)


@RIGHT.answer
class DroppedBeforeTheReLU(nn.Module):
    """Dropping before or after a ReLU is the same."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__()

        def half() -> list[nn.Module]:
            return [
                nn.Linear(hidden_layer, hidden_layer), nn.BatchNorm1d(hidden_layer),
                nn.Dropout(dropout), nn.ReLU(),
            ]  # fmt: skip

        self.enter = nn.Linear(30, hidden_layer)
        self.blocks = nn.Sequential()
        for number in range(n_blocks):
            self.blocks.add_module(f"block_{number}", nn.Sequential(*half(), *half()))
        self.leave = nn.Linear(hidden_layer, output_nodes)

    def forward(self, joint_2d: Tensor) -> Tensor:
        x = self.enter(joint_2d)
        for block in self.blocks.children():
            x = torch.add(block(x), x)
        return self.leave(x)


class _Residual(nn.Module):
    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.inside = inside

    def forward(self, x: Tensor) -> Tensor:
        y = self.inside(x)
        y += x
        return y


@RIGHT.answer
class Residuals(nn.Module):
    """A wrapper that adds its input, in an ordered dictionary."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict(enter=nn.Linear(15 * 2, hidden_layer))
        for number in range(n_blocks):
            inside = nn.Sequential(*(self.part(hidden_layer, dropout) for _ in range(2)))
            layers[f"block{number}"] = _Residual(inside)
        layers["leave"] = nn.Linear(hidden_layer, output_nodes)
        self.layers = nn.Sequential(layers)

    @staticmethod
    def part(width: int, dropout: float) -> nn.Module:
        return nn.Sequential(
            nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(p=dropout)
        )

    def forward(self, joint_2d: Tensor) -> Tensor:
        return self.layers(joint_2d)


@RIGHT.answer
class ByNames(nn.Module):
    """Layers in a dictionary, the ReLU as a clamp."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__()
        self.parts = nn.ModuleDict({"in": nn.Linear(30, hidden_layer)})
        for block in range(n_blocks):
            for half in "ab":
                self.parts[f"{block}{half}"] = nn.Linear(hidden_layer, hidden_layer)
                self.parts[f"{block}{half}n"] = nn.BatchNorm1d(hidden_layer)
        self.parts["out"] = nn.Linear(hidden_layer, output_nodes)
        self.drop = nn.Dropout(dropout)
        self.n_blocks = n_blocks

    def step(self, x: Tensor, name: str) -> Tensor:
        return self.drop(self.parts[f"{name}n"](self.parts[name](x)).clamp(min=0))

    def forward(self, joint_2d: Tensor) -> Tensor:
        x = self.parts["in"](joint_2d)
        for block in range(self.n_blocks):
            x = x + self.step(self.step(x, f"{block}a"), f"{block}b")
        return self.parts["out"](x)


@RIGHT.answer
class NoDropoutForZero(nn.Module):
    """Without dropout there is no layer for it; a last layer that starts at zero."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__()
        drop = nn.Dropout(dropout) if dropout > 0 else nn.Identity()
        h = hidden_layer
        self.enter = nn.Linear(30, h)
        self.halves = nn.ModuleList(
            nn.Sequential(nn.Linear(h, h), nn.BatchNorm1d(h), nn.ReLU(), drop)
            for _ in range(2 * n_blocks)
        )
        self.leave = nn.Linear(h, output_nodes)
        nn.init.zeros_(self.leave.weight)

    def forward(self, joint_2d: Tensor) -> Tensor:
        x = self.enter(joint_2d)
        for first, second in zip(self.halves[::2], self.halves[1::2], strict=True):
            x = second(first(x)) + x
        return self.leave(x)


@RIGHT.answer
class LayersOfItsOwn(nn.Module):
    """Layers in two lists, taken off one by one."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__()
        sizes = [30, *[hidden_layer] * (2 * n_blocks + 1), output_nodes]
        self.linears = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.norms = nn.ModuleList(nn.BatchNorm1d(hidden_layer) for _ in range(2 * n_blocks))
        self.dropout = dropout

    def forward(self, joint_2d: Tensor) -> Tensor:
        first, *inner, last = self.linears
        x = kept = first(joint_2d)
        for number, (linear, norm) in enumerate(zip(inner, self.norms, strict=True)):
            x = torch.relu(norm(linear(x)))
            x = functional.dropout(x, self.dropout, self.training)
            if number % 2:
                x = kept = kept + x
        return last(x)
