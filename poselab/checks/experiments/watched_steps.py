"""An optimiser that notes what is done with it, and a layer that tells training mode."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook

MOMENTUM = 0.9


@dataclass
class StepLog:
    """What was done with an optimiser during a call, in order.

    Args:
        rates: the learning rate of each step.
        gradients: the gradients that each step was made with, one for each weight.
        events: ``step``, and what others note.
        foreign_steps: steps of other optimisers.
    """

    rates: list[float] = field(default_factory=list)
    gradients: list[tuple[Tensor | None, ...]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    foreign_steps: int = 0

    def clear(self) -> None:
        """Forget what was noted."""
        for name, value in vars(type(self)()).items():
            setattr(self, name, value)


class Gain(nn.Module):
    """Another factor in training mode: as dropout would, but not at random."""

    def forward(self, x: Tensor) -> Tensor:
        """Scale."""
        return x * (1.25 if self.training else 1.0)


class WatchedOptimiser(Optimizer):
    """Gradient descent with momentum: it remembers earlier steps.

    PyTorch's own would import its compiler first, which takes seconds.

    Args:
        parameters: the weights that it moves.
        log: where it notes its steps.
        rate: the learning rate.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], log: StepLog, rate: float) -> None:
        self.log = log
        self.defaults = {"lr": rate, "momentum": MOMENTUM}
        self.param_groups = [{"params": list(parameters), **self.defaults}]
        self.state = defaultdict(dict)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients."""
        for weight in self.param_groups[0]["params"]:
            if set_to_none:
                weight.grad = None
            elif weight.grad is not None:
                weight.grad.zero_()

    def step(self, closure: Any = None) -> Any:
        """Step, and note the learning rate and the gradients."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        weights = self.param_groups[0]["params"]
        rate = self.param_groups[0]["lr"]
        self.log.rates.append(rate)
        self.log.gradients.append(copies_of_gradients(weights))
        self.log.events.append("step")
        with torch.no_grad():
            for weight in weights:
                if weight.grad is not None:
                    old = self.state[weight].get("momentum_buffer", torch.zeros_like(weight))
                    self.state[weight]["momentum_buffer"] = MOMENTUM * old + weight.grad
                    weight -= rate * self.state[weight]["momentum_buffer"]
        return loss

    def momenta(self) -> tuple[Tensor, ...]:
        """What it remembers for each weight, copied."""
        weights = self.param_groups[0]["params"]
        known = (self.state[w].get("momentum_buffer") if w in self.state else None for w in weights)
        return tuple(
            torch.zeros_like(weight) if old is None else old.clone()
            for weight, old in zip(weights, known, strict=True)
        )


def copies_of_gradients(weights: Iterable[Tensor]) -> tuple[Tensor | None, ...]:
    """The gradients of some weights; None where there is none."""
    return tuple(None if w.grad is None else w.grad.detach().clone() for w in weights)


def note_foreign_steps(own: Optimizer, log: StepLog) -> Any:
    """Count steps of other optimisers from now on; the result's ``remove()`` ends that."""

    def note(optimiser: Optimizer, args: Any, kwargs: Any) -> None:
        log.foreign_steps += optimiser is not own

    return register_optimizer_step_post_hook(note)
