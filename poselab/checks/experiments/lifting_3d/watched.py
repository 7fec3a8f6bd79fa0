"""A network, an optimiser and a scheduler that note what is done with them, and a data set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from poselab.checks.experiments.watched_steps import (
    Gain,
    StepLog,
    WatchedOptimiser,
    copies_of_gradients,
)
from poselab.datasets.lifting import LiftingPoses, NormalisedPoses, Statistics

WIDTH = 12
RATE, DECAY = 0.02, 0.5


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
class Log(StepLog):
    """What was done during a call of `run_epoch`, in order: events are steps and ``schedule``.

    Args:
        seen: the calls of the network.
        told: whether the scheduler was given an argument.
    """

    seen: list[Seen] = field(default_factory=list)
    told: bool = False


class WatchedNetwork(nn.Module):
    """A small network for lifting, with layers that work in another way in training mode."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log
        self.first, self.norm = nn.Linear(30, WIDTH), nn.BatchNorm1d(WIDTH)
        self.gain, self.last = Gain(), nn.Linear(WIDTH, 45)

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
        optimiser = WatchedOptimiser(network.parameters(), log, RATE)
        return cls(data, network, optimiser, WatchedScheduler(optimiser, log), log)


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
        return cls(
            tuple(w.detach().clone() for w in weights),
            tuple(b.clone() for b in setting.network.buffers()),
            setting.optimiser.momenta(),
            copies_of_gradients(weights),
            tuple(module.training for module in setting.network.modules()),
            setting.optimiser.param_groups[0]["lr"],
            setting.scheduler.last_epoch,
        )
