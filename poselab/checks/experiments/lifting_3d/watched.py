"""A network, an optimiser and a scheduler that note what is done with them, and a data set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import register_optimizer_step_post_hook

from poselab.datasets.lifting import LiftingPoses, NormalisedPoses, Statistics

WIDTH = 12
RATE, MOMENTUM, DECAY = 0.02, 0.9, 0.5


@dataclass
class Seen:
    """One call of the network.

    Args:
        given: what it was given.
        result: what it answered.
        training: whether the network was in training mode.
        parts_training: whether its normalisation was.
        gradients: whether they were recorded.
    """

    given: Tensor
    result: Tensor
    training: bool
    parts_training: bool
    gradients: bool


@dataclass
class Log:
    """What was done during a call of `run_epoch`, in order.

    Args:
        seen: the calls of the network.
        rates: the learning rate of each step of the optimiser.
        events: ``step`` and ``schedule``, in order.
        told: whether the scheduler was given an argument.
        foreign_steps: steps of other optimisers.
    """

    seen: list[Seen] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    told: bool = False
    foreign_steps: int = 0


class _Gain(nn.Module):
    """Another factor in training mode: as dropout would, but not at random."""

    def forward(self, x: Tensor) -> Tensor:
        """Scale."""
        return x * (1.25 if self.training else 1.0)


class WatchedNetwork(nn.Module):
    """A small network for lifting, with layers that work in another way in training mode."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log
        self.first, self.norm = nn.Linear(30, WIDTH), nn.BatchNorm1d(WIDTH)
        self.gain, self.last = _Gain(), nn.Linear(WIDTH, 45)

    def forward(self, joint_2d: Tensor) -> Tensor:
        """Answer, and note it."""
        result: Tensor = self.last(self.gain(torch.relu(self.norm(self.first(joint_2d)))))
        self.log.seen.append(
            Seen(
                joint_2d.detach().clone(),
                result.detach().clone(),
                self.training,
                self.norm.training,
                torch.is_grad_enabled(),
            )
        )
        return result


class WatchedOptimiser(Optimizer):
    """Gradient descent with momentum: it remembers earlier steps.

    PyTorch's own would import its compiler first, which takes seconds.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], log: Log) -> None:
        self.log = log
        self.defaults = {"lr": RATE, "momentum": MOMENTUM}
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
        """Step, and note the learning rate."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        rate = self.param_groups[0]["lr"]
        self.log.rates.append(rate)
        self.log.events.append("step")
        with torch.no_grad():
            for weight in self.param_groups[0]["params"]:
                if weight.grad is not None:
                    old = self.state[weight].get("momentum_buffer", torch.zeros_like(weight))
                    self.state[weight]["momentum_buffer"] = MOMENTUM * old + weight.grad
                    weight -= rate * self.state[weight]["momentum_buffer"]
        return loss


class WatchedScheduler(LRScheduler):
    """Halves the learning rate with each step."""

    def __init__(self, optimiser: WatchedOptimiser, log: Log) -> None:
        self.log, self.optimizer = log, optimiser
        self.base_lrs, self.last_epoch = [RATE], 0

    def get_last_lr(self) -> list[float | Tensor]:
        """The rate as it is."""
        return [self.optimizer.param_groups[0]["lr"]]

    def step(self, epoch: Any = None) -> None:
        """Step, and note it."""
        self.log.events.append("schedule")
        self.log.told = self.log.told or epoch is not None
        self.last_epoch += 1
        self.optimizer.param_groups[0]["lr"] = RATE * DECAY**self.last_epoch


@dataclass
class Setting:
    """All that `run_epoch` is called with, and the log of the last call."""

    data: NormalisedPoses
    network: WatchedNetwork
    optimiser: WatchedOptimiser
    scheduler: WatchedScheduler
    log: Log

    @classmethod
    def of(cls, joint_2d: Tensor, joint_3d: Tensor, seed: int) -> Setting:
        """Objects for some poses, all of them new.

        Args:
            joint_2d: (pose, 15, 2).
            joint_3d: (pose, 15, 3).
            seed: of the network's weights.

        Returns:
            The objects.
        """
        poses = LiftingPoses(joint_2d, joint_3d, torch.ones(len(joint_2d), 2))
        data = NormalisedPoses(poses, Statistics.of(joint_2d), Statistics.of(joint_3d))
        log = Log()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            network = WatchedNetwork(log)
        optimiser = WatchedOptimiser(network.parameters(), log)
        return cls(data, network, optimiser, WatchedScheduler(optimiser, log), log)

    def clear(self) -> None:
        """Forget what was noted."""
        empty = Log()
        for name, value in vars(empty).items():
            setattr(self.log, name, value)

    def note_foreign_steps(self) -> Any:
        """Count steps of other optimisers from now on; the result's ``remove()`` ends that."""

        def note(optimiser: Optimizer, args: Any, kwargs: Any) -> None:
            self.log.foreign_steps += optimiser is not self.optimiser

        return register_optimizer_step_post_hook(note)


@dataclass(frozen=True)
class Snapshot:
    """What may change of a network and of its optimiser."""

    weights: tuple[Tensor, ...]
    buffers: tuple[Tensor, ...]
    momenta: tuple[Tensor, ...]
    gradients: tuple[Tensor | None, ...]
    modes: tuple[bool, ...]
    rate: float
    scheduled: int

    @classmethod
    def of(cls, setting: Setting) -> Snapshot:
        """As things are now."""
        weights = list(setting.network.parameters())
        state = setting.optimiser.state
        momenta = (state[w].get("momentum_buffer") if w in state else None for w in weights)
        return cls(
            tuple(w.detach().clone() for w in weights),
            tuple(b.clone() for b in setting.network.buffers()),
            tuple(
                torch.zeros_like(w) if m is None else m.clone()
                for w, m in zip(weights, momenta, strict=True)
            ),
            tuple(None if w.grad is None else w.grad.clone() for w in weights),
            tuple(module.training for module in setting.network.modules()),
            setting.optimiser.param_groups[0]["lr"],
            setting.scheduler.last_epoch,
        )
