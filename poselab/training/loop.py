"""One training loop for every method, which is given as ``objective`` and ``predict``."""

from __future__ import annotations

import math
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR
from torch.utils.data import DataLoader, Dataset
from tqdm.auto import tqdm

from poselab.coordinates import to_pixels
from poselab.datasets import DeviceDict
from poselab.plots.poses import LiveHistory
from poselab.profiles import Profile
from poselab.training.checkpoints import (
    CheckpointError,
    list_checkpoints,
    load_checkpoint,
    save_checkpoint,
)
from poselab.training.optimisers import make_optimisers

Objective = Callable[[nn.Module, DeviceDict], Tensor]
"""A network and a mini-batch -> the loss, one number that gradients flow from."""

Predict = Callable[[nn.Module, DeviceDict], Tensor]
"""A network and a mini-batch -> ``pose_01`` (B, J, 2)."""

Error = Callable[[Tensor, Tensor], Tensor | float]
"""Predicted and true poses (N, J, 2) in pixels -> the mean error in pixels."""


@dataclass
class History:
    """How a training went.

    Args:
        name: the method's name, for legends.
        losses: the loss of every training step.
        errors: the error on the validation set in pixels, after every epoch.
        seconds: what every epoch took, with its validation.
    """

    name: str
    losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def error(self) -> float:
        """The error of the final weights on the validation set, in pixels."""
        return self.errors[-1]

    @property
    def total_seconds(self) -> float:
        """How long the whole training took."""
        return sum(self.seconds)


def one_cycle(optimiser: Optimizer, n_steps: int) -> LRScheduler:
    """The learning rate climbs for a quarter of the steps and then falls to nearly nothing.

    From Smith and Topin, "Super-Convergence" (2018): for trainings of a few epochs it reaches in
    fewer steps what a constant rate does.
    """
    # Momentum stays: with few steps its cycle cost accuracy in our trials.
    peak = [group["lr"] for group in optimiser.param_groups]
    return OneCycleLR(optimiser, peak, total_steps=n_steps, pct_start=0.25, cycle_momentum=False)


def train(
    network: nn.Module,
    objective: Objective,
    predict: Predict,
    train_set: Dataset[DeviceDict],
    validation_set: Dataset[DeviceDict],
    profile: Profile,
    *,
    error: Error,
    name: str = "network",
    checkpoint_folder: str | Path | None = None,
    augment: Callable[[DeviceDict], DeviceDict] | None = None,
    schedule: Callable[[Optimizer, int], LRScheduler] = one_cycle,
) -> History:
    """Train ``network`` in place with Muon and AdamW, and measure it after each epoch.

    All random choices follow from the profile's seed, and the generators of random numbers are
    left as they were found. Shows a tqdm bar and, in a notebook, curves that grow.

    Args:
        network: moved to the profile's device.
        objective: computes the loss of a mini-batch.
        predict: reads ``pose_01`` (B, J, 2) from a mini-batch, called without gradients.
        train_set: what to learn from; its samples have ``img`` and ``pose_2d`` in 0..1.
        validation_set: what to measure the error on.
        profile: ``epochs``, ``batch_size``, ``learning_rate`` (Muon's highest), seed, device.
        error: the mean error of poses in pixels of the images, over the whole set at once.
        name: the method's name, for the bar, the curves and the checkpoints.
        checkpoint_folder: where to save each epoch, in a folder of this training's name. An
            interrupted training goes on after its last complete epoch, and ends with the weights
            that it would have had. Without a folder nothing is saved.
        augment: changes each mini-batch that is trained on, on the device.
        schedule: makes the learning rate's schedule from an optimiser and the number of steps;
            called for each of the two.

    Returns:
        Losses, errors and seconds.

    Raises:
        TypeError: the objective's or the prediction's result is not what it must be.
        FloatingPointError: the loss became infinite or NaN.
        CheckpointError: the folder's checkpoint is damaged or of a training with other settings.
    """
    device = profile.device
    network.to(device)
    loader = DataLoader(train_set, batch_size=profile.batch_size, shuffle=True)
    n_steps = profile.epochs * len(loader)
    optimisers = make_optimisers(network, profile.learning_rate)
    schedulers = [schedule(optimiser, n_steps) for optimiser in optimisers]
    history = History(name)
    run = _Run(network, optimisers, schedulers, history, _settings(profile, train_set))
    folder = None if checkpoint_folder is None else Path(checkpoint_folder) / _file_name(name)
    n_done = 0 if folder is None else run.resume(folder)

    # If the error function is not written yet, say so now and not after the first epoch.
    error(torch.zeros(1, 1, 2), torch.zeros(1, 1, 2))
    curves = LiveHistory(profile.epochs)
    if n_done:
        curves.show(history)
    with tqdm(
        total=n_steps, initial=n_done * len(loader), desc=name, unit="step", file=sys.stdout
    ) as bar:
        for epoch in range(n_done, profile.epochs):
            start = time.perf_counter()
            with _random_numbers(profile.seed, epoch, device):
                network.train()
                for batch in loader:
                    batch = batch.to(device)
                    loss = objective(network, batch if augment is None else augment(batch))
                    history.losses.append(_checked_loss(loss, name, epoch))
                    network.zero_grad()
                    loss.backward()
                    for optimiser, scheduler in zip(optimisers, schedulers, strict=True):
                        optimiser.step()
                        scheduler.step()
                    bar.update()
                predicted, target = predict_all(network, predict, validation_set, profile)
                history.errors.append(float(error(predicted, target)))
            history.seconds.append(time.perf_counter() - start)
            bar.set_postfix_str(f"epoch {epoch + 1}/{profile.epochs}, {history.error:.2f} px")
            if folder is not None:
                run.save(folder, epoch + 1)
            curves.show(history)
    return history


@torch.no_grad()
def predict_all(
    network: nn.Module, predict: Predict, data: Dataset[DeviceDict], profile: Profile
) -> tuple[Float[Tensor, "sample joint 2"], Float[Tensor, "sample joint 2"]]:
    """The predicted and the true poses of a whole data set, both in pixels of its images.

    Args:
        network: put into evaluation mode.
        predict: reads ``pose_01`` (B, J, 2) from a mini-batch.
        data: its samples have ``img`` and ``pose_2d`` in 0..1.
        profile: ``batch_size`` and the device.

    Returns:
        Two tensors in the CPU's memory.

    Raises:
        TypeError: ``predict`` returned something else than poses.
    """
    network.eval()
    predictions, targets = [], []
    for batch in DataLoader(data, batch_size=4 * profile.batch_size):
        pose = predict(network, batch.to(profile.device))
        target = batch["pose_2d"]
        if not isinstance(pose, Tensor) or pose.shape != target.shape:
            raise TypeError(
                f"predict must return a pose in 0..1 of shape {tuple(target.shape)}, "
                f"but it returned {_described(pose)}."
            )
        size = tuple(batch["img"].shape[-2:])
        predictions.append(to_pixels(pose.cpu(), size))
        targets.append(to_pixels(target, size))
    return torch.cat(predictions), torch.cat(targets)


@dataclass
class _Run:
    """Everything that a training changes, which a checkpoint must therefore hold."""

    network: nn.Module
    optimisers: list[Optimizer]
    schedulers: list[LRScheduler]
    history: History
    settings: dict[str, Any]

    def save(self, folder: Path, n_done: int) -> None:
        state = {
            "settings": self.settings,
            "epochs_done": n_done,
            "network": self.network.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "schedulers": [scheduler.state_dict() for scheduler in self.schedulers],
            "history": asdict(self.history),
        }
        save_checkpoint(folder, n_done, state)

    def resume(self, folder: Path) -> int:
        """Take over the newest checkpoint and say how many epochs it is from the start."""
        checkpoints = list_checkpoints(folder)
        if not checkpoints:
            return 0
        path = checkpoints[-1]
        state = load_checkpoint(path)
        if state.get("settings") != self.settings:
            raise CheckpointError(
                f"{path} is of a training with the settings {state.get('settings')}, but those of "
                f"this one are {self.settings}: delete {folder} to start afresh, or choose "
                "another folder."
            )
        try:
            self.network.load_state_dict(state["network"])
        except RuntimeError as error:
            raise CheckpointError(
                f"{path} holds the weights of another network: delete {folder} to start afresh, or "
                "choose another folder."
            ) from error
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        for scheduler, saved in zip(self.schedulers, state["schedulers"], strict=True):
            scheduler.load_state_dict(saved)
        for part in ("losses", "errors", "seconds"):
            setattr(self.history, part, state["history"][part])
        print(f"Going on from {path}. Delete {folder} to train from the start.")
        return int(state["epochs_done"])


def _settings(profile: Profile, train_set: Dataset[DeviceDict]) -> dict[str, Any]:
    """What two trainings must have in common for one to go on where the other stopped."""
    assert isinstance(train_set, Sized)
    return {
        "seed": profile.seed,
        "epochs": profile.epochs,
        "batch_size": profile.batch_size,
        "learning_rate": profile.learning_rate,
        "n_images": len(train_set),
    }


def _file_name(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-") or "network"


@contextmanager
def _random_numbers(seed: int, epoch: int, device: torch.device) -> Iterator[None]:
    """Every generator starts from (seed, epoch), and is put back afterwards.

    An epoch's shuffling, augmentation and dropout then do not depend on what was drawn before it:
    that makes a resumed training equal to an uninterrupted one.
    """
    state = int(np.random.SeedSequence((seed, epoch)).generate_state(1)[0])
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        try:
            random.seed(state)
            np.random.seed(state)
            torch.manual_seed(state)
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


def _checked_loss(loss: object, name: str, epoch: int) -> float:
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise TypeError(
            f"The objective must return one number, but it returned {_described(loss)}."
        )
    if not loss.requires_grad:
        raise TypeError(
            "No gradient flows from the loss to the network: somewhere between them is an argmax, "
            "a detach, an item or a detour through numpy."
        )
    value = loss.item()
    if not math.isfinite(value):
        raise FloatingPointError(f"The loss of {name!r} became {value} in epoch {epoch + 1}.")
    return value


def _described(value: object) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"
