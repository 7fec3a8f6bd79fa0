"""Which layers a network calls, in which order, and what their weights make of its input.

Linear layers and normalisations are noted as the functions behind them are called, so it does not
matter where a network keeps them. Dropout drops what it is told to: then a network in training mode
can be compared with a formula, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor
from torch.overrides import TorchFunctionMode

_OTHER_KINDS = {
    f"{kind}dropout{axes}"
    for kind in ("", "feature_", "alpha_", "feature_alpha_")
    for axes in ("", "1d", "2d", "3d")
} - {"dropout"}  # fmt: skip
"""Functions that drop whole channels, or put something else in the place of what is dropped."""


@dataclass(frozen=True)
class Linear:
    """A call of a linear layer."""

    weight: Tensor
    bias: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        """In float64."""
        y = x @ self.weight.detach().double().T
        return y if self.bias is None else y + self.bias.detach().double()


@dataclass(frozen=True)
class Norm:
    """A call of a batch normalisation."""

    mean: Tensor | None
    variance: Tensor | None
    weight: Tensor | None
    bias: Tensor | None
    eps: float

    def __call__(self, x: Tensor, of_the_batch: bool) -> Tensor:
        """In float64, with the statistics of the batch or with those that were kept."""
        if of_the_batch or self.mean is None or self.variance is None:
            mean, variance = x.mean(0), x.var(0, correction=0)
        else:
            mean, variance = self.mean.double(), self.variance.double()
        y = (x - mean) / (variance + self.eps).sqrt()
        if self.weight is not None:
            y = y * self.weight.detach().double()
        return y if self.bias is None else y + self.bias.detach().double()


@dataclass
class Trace(TorchFunctionMode):
    """Notes calls, and drops by masks of its own.

    Args:
        seed: of the masks. Each call of dropout that drops anything takes the next one.
    """

    seed: int = 0
    linears: list[Linear] = field(default_factory=list)
    norms: list[Norm] = field(default_factory=list)
    order: str = ""
    """L for each linear layer, N for each normalisation."""
    probabilities: list[float] = field(default_factory=list)
    """That of each call of dropout that drops anything."""
    other_kind: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note a call, or answer it."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").rstrip("_")
        if name == "linear":
            self.linears.append(Linear(*_named(("input", "weight", "bias"), args, kwargs)[1:]))
            self.order += "L"
        elif func is functional.batch_norm:
            names = ("input", "running_mean", "running_var", "weight", "bias", "training")
            given = _named((*names, "momentum", "eps"), args, kwargs)
            eps = 1e-5 if given[7] is None else given[7]
            mean, variance, weight, bias = given[1:5]
            self.norms.append(Norm(mean, variance, weight, bias, eps))
            self.order += "N"
        elif name == "dropout":
            x, p, training = _named(("input", "p", "training"), args, kwargs)
            p, training = 0.5 if p is None else float(p), training is None or bool(training)
            if not training or p == 0:
                return x
            self.probabilities.append(p)
            return x * self.mask(len(self.probabilities) - 1, x.shape, p).to(x)
        elif name in _OTHER_KINDS:
            self.other_kind = True
        return func(*args, **kwargs)

    def mask(self, number: int, shape: torch.Size, p: float) -> Tensor:
        """What a call of dropout multiplies with; half of the numbers are dropped, whatever p."""
        generator = torch.Generator().manual_seed(self.seed + number)
        kept = torch.rand(shape, generator=generator, dtype=torch.float64) < 0.5
        return kept / max(1 - p, 1e-3)


def _named(names: tuple[str, ...], args: Any, kwargs: Any) -> list[Any]:
    """Arguments in the order of their names, None where one is not given."""
    given = dict(zip(names, args, strict=False)) | kwargs
    return [given.get(name) for name in names]


@dataclass(frozen=True)
class Layers:
    """The layers of a network of residual blocks, by the order of their calls.

    Args:
        enter: the first linear layer.
        hidden: two for each block.
        norms: two for each block.
        leave: the last linear layer.
    """

    enter: Linear
    hidden: tuple[Linear, ...]
    norms: tuple[Norm, ...]
    leave: Linear

    @classmethod
    def of(cls, trace: Trace) -> Layers | None:
        """The layers of a call, if they are those of blocks with two layers each."""
        if len(trace.linears) < 4 or len(trace.linears) % 2:
            return None
        enter, *hidden, leave = trace.linears
        width = enter.weight.shape[0]
        square = all(tuple(linear.weight.shape) == (width, width) for linear in hidden)
        whole = all(n.mean is None or n.mean.shape == (width,) for n in trace.norms)
        if not square or not whole or len(trace.norms) != len(hidden):
            return None
        return cls(enter, tuple(hidden), tuple(trace.norms), leave)


@dataclass(frozen=True)
class Design:
    """How a network is put together; by default as the notebook says.

    Args:
        order: of the steps in each half of a block: L, N, and R for ReLU.
        second: the same in the second half; empty for the same.
        skip: what is added, and to what.
        after: what follows the addition.
        entered: what follows the first linear layer.
        left: what follows the last one.
        blocks: how the blocks are put together.
        drops: where numbers are dropped.
        statistics: whether the batch's own ones are used in training.
    """

    order: str = "LNR"
    second: str = ""
    skip: str = "block"
    after: str = ""
    entered: str = ""
    left: str = ""
    blocks: str = "chain"
    drops: frozenset[str] = frozenset({"a", "b"})
    statistics: bool = True

    def __call__(self, layers: Layers, x: Tensor, trace: Trace, training: bool, p: float) -> Tensor:
        """What a network of this design with these weights makes of ``x``.

        Args:
            layers: whose weights.
            x: (pose, coordinate).
            trace: whose masks.
            training: whether numbers are dropped and batches normalised by themselves.
            p: the probability of dropping.

        Returns:
            (pose, output) float64.
        """
        n_dropped = 0

        def drop(x: Tensor, place: str) -> Tensor:
            nonlocal n_dropped
            if not training or p == 0 or place not in self.drops:
                return x
            n_dropped += 1
            return x * trace.mask(n_dropped - 1, x.shape, p)

        def half(x: Tensor, number: int) -> Tensor:
            place = "ab"[number % 2]
            x = drop(x, "before")
            for step in self.second if self.second and number % 2 else self.order:
                if step == "L":
                    x = drop(layers.hidden[number](x), "linear")
                elif step == "N":
                    x = layers.norms[number](x, training and self.statistics)
                else:
                    x = x.relu()
            return drop(x, place)

        def block(x: Tensor, number: int) -> Tensor:
            first = half(x, 2 * number)
            if self.skip == "layer":
                first = x + first
            second = half(first, 2 * number + 1)
            if self.skip == "layer":
                return first + second
            return second

        x = x.double()
        start = drop(_activated(layers.enter(drop(x, "input")), self.entered), "enter")
        x = start
        n_blocks = len(layers.hidden) // 2
        results = []
        for number in range(n_blocks):
            given = start if self.blocks != "chain" else x
            y = block(given, number)
            added = {"block": given, "first": start}.get(self.skip)
            if added is not None:
                y = added + y
            x = drop(_activated(y, self.after), "sum")
            results.append(x)
        if self.blocks == "parallel":
            x = start + sum((one - start for one in results), torch.zeros_like(start))
        if self.skip == "all":
            x = start + x
        return drop(_activated(layers.leave(x), self.left), "leave")


def _activated(x: Tensor, kind: str) -> Tensor:
    made = {"relu": Tensor.relu, "tanh": Tensor.tanh, "sigmoid": Tensor.sigmoid}
    return made[kind](x) if kind else x


AS_SAID = Design()

IN_EVALUATION: dict[str, tuple[Design, ...]] = {
    "residual_missing": (Design(skip="none"),),
    "activation_after_the_sum": (
        Design(after="relu"),
        Design(after="relu", second="LN"),
    ),
    "residual_around_each_layer": (Design(skip="layer"),),
    "residual_around_all_blocks": (Design(skip="all"),),
    "residual_from_the_first_layer": (Design(skip="first"),),
    "activation_missing": (
        Design(order="LN"),
        Design(second="LN"),
        Design(order="LN", second="LNR"),
    ),
    "normalised_after_the_activation": (Design(order="LRN"),),
    "normalised_before_the_layer": (
        Design(order="NRL"),
        Design(order="NLR"),
        Design(order="RNL"),
    ),
    "activation_at_the_input": (Design(entered="relu"),),
    "output_limited": (Design(left="relu"), Design(left="tanh"), Design(left="sigmoid")),
    "last_block_alone": (Design(blocks="last"), Design(blocks="last", skip="none")),
    "blocks_side_by_side": (Design(blocks="parallel"),),
}
"""Designs that a network may have instead, by the mistake."""

IN_TRAINING: dict[str, tuple[Design, ...]] = {
    "dropout_missing": (Design(drops=frozenset()),),
    "dropout_once_in_a_block": (Design(drops=frozenset("a")), Design(drops=frozenset("b"))),
    "dropout_after_the_addition": (
        Design(drops=frozenset({"a", "b", "sum"})),
        Design(drops=frozenset({"a", "sum"})),
        Design(drops=frozenset({"sum"})),
    ),
    "dropout_outside_the_blocks": tuple(
        Design(drops=frozenset({*inside, outside}))
        for outside in ("input", "enter", "leave")
        for inside in ("ab", "")
    ),
    "dropout_before_the_layers": (Design(drops=frozenset({"before"})),),
    "dropout_before_the_normalisation": (Design(drops=frozenset({"linear"})),),
    "batch_statistics_unused": (Design(statistics=False),),
}
"""The same for a network in training mode whose design in evaluation mode is right."""
