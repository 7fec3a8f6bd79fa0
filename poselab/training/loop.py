"""One training loop for every assignment.

:func:`train_by_epochs` is the loop, around an epoch that can be anyone's. :func:`train` gives it an
epoch of steps, and a step can be anyone's, too. Whichever code moves the weights, gradients are
clipped, the bar advances, each epoch is recorded and saved, and its random numbers follow from the
seed.
"""

from __future__ import annotations

import math
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader, Dataset, RandomSampler, Subset
from tqdm.auto import tqdm

from poselab.datasets import DeviceDict
from poselab.profiles import Profile
from poselab.training.checkpoints import (
    TrainingState,
    find_training,
    keep_newest,
    list_trainings,
)
from poselab.training.history import History
from poselab.training.identity import training_identity
from poselab.training.optimisers import muon_and_adamw, one_cycle

Objective = Callable[..., Tensor]
"""A network and a mini-batch -> the loss, one number that gradients flow from. A step of your own
gets it as it is, and may call it in another way."""

Predict = Callable[[nn.Module, DeviceDict], Tensor]
"""A network and a mini-batch -> predictions, of the shape of the mini-batch's targets."""

Measure = Callable[[Tensor, Tensor], Tensor | float]
"""All predictions and all targets of a data set -> one number."""

Step = Callable[[nn.Module, DeviceDict, Objective, Optimizer], float]
"""A network, a mini-batch, the objective and the optimiser -> the loss, after one step."""

Epoch = Callable[[int, Any, nn.Module, Optimizer, LRScheduler, int, str], tuple[Any, float]]
"""``run_epoch(epoch_no, data, model, optimiser, scheduler, batch_size, split)`` -> (loss, error).

With the split ``"train"`` it trains and steps the scheduler, with any other it only measures. The
loss is the epoch's mean; an iterator that makes the steps and yields the loss of each will do, and
``None`` where the loss is not measured."""

MakeOptimiser = Callable[[nn.Module, float], Optimizer]
"""A network and the profile's learning rate -> an optimiser."""

Schedule = Callable[[Optimizer, int], LRScheduler]
"""An optimiser and how often the scheduler is going to step -> the scheduler."""


def train(
    network: nn.Module,
    objective: Objective,
    predict: Predict,
    train_set: Dataset[DeviceDict],
    validation_set: Dataset[DeviceDict],
    profile: Profile,
    *,
    error: Measure,
    target: str,
    validation_loss: Measure | None = None,
    samples_per_epoch: int | None = None,
    augment: Callable[[DeviceDict], DeviceDict] | None = None,
    step: Step | None = None,
    schedule: Schedule = one_cycle,
    **options: Any,
) -> History:
    """Train ``network`` in place, step by step, and measure it after each epoch.

    Args:
        network: moved to the profile's device.
        objective: computes the loss of a mini-batch.
        predict: reads predictions from a mini-batch, called without gradients.
        train_set: what to learn from.
        validation_set: what to measure the error on.
        profile: ``epochs``, ``batch_size``, ``learning_rate``, seed, device.
        error: the mean error of the predictions, over the whole set at once.
        target: the samples' entry that holds what is to be predicted.
        validation_loss: if given, it is recorded after every epoch as well.
        samples_per_epoch: how many samples an epoch draws at random; by default each one once.
        augment: changes each mini-batch that is trained on, on the device, with random numbers
            from the global generators.
        step: makes one step; by default :func:`gradient_step`.
        schedule: makes the learning rate's schedule from the optimiser and the number of steps.
        options: ``name``, ``unit``, ``optimiser``, ``max_gradient_norm``, ``checkpoint_folder`` and
            ``on_epoch`` of :func:`train_by_epochs`.

    Returns:
        Losses, errors and seconds.

    Raises:
        TypeError: the result of a function that you gave is not what it must be.
        FloatingPointError: the loss became infinite or NaN.
    """
    sampler: RandomSampler = RandomSampler(train_set, num_samples=samples_per_epoch)  # type: ignore[arg-type]
    loader = DataLoader(train_set, profile.batch_size, sampler=sampler)
    make_step = step or gradient_step

    def run_steps(optimiser: Optimizer, scheduler: LRScheduler) -> Iterator[float]:
        network.train()
        for batch in loader:
            batch = batch.to(profile.device)
            batch = batch if augment is None else augment(batch)
            yield make_step(network, batch, objective, optimiser)
            scheduler.step()

    def run_epoch(_epoch_no: int, data: Any, *context: Any) -> tuple[Any, float]:
        _, optimiser, scheduler, _, split = context
        if split == "train":
            return run_steps(optimiser, scheduler), math.nan
        predicted, truth = predict_all(network, predict, data, profile, target=target)
        loss = None if validation_loss is None else float(validation_loss(predicted, truth))
        return loss, float(error(predicted, truth))

    # If a function is not written yet, say so now and not after the first epoch.
    with _random_numbers(profile.seed, 0, profile.device):
        error(*predict_all(network, predict, Subset(validation_set, [0]), profile, target=target))
    return train_by_epochs(
        network, run_epoch, train_set, validation_set, profile, samples_per_epoch=samples_per_epoch,
        schedule=lambda made, n_epochs: schedule(made, n_epochs * len(loader)), **options,
    )  # fmt: skip


def train_by_epochs(
    network: nn.Module,
    run_epoch: Epoch,
    train_set: Any,
    validation_set: Any,
    profile: Profile,
    *,
    name: str = "network",
    unit: str = "px",
    samples_per_epoch: int | None = None,
    optimiser: MakeOptimiser = muon_and_adamw,
    schedule: Schedule = one_cycle,
    max_gradient_norm: float | None = None,
    checkpoint_folder: str | Path | None = None,
    on_epoch: Callable[[History], None] | None = None,
) -> History:
    """Train ``network`` in place with ``run_epoch``, which also measures it after each epoch.

    All random choices follow from the profile's seed, and the generators of random numbers are
    left as they were found. Shows a tqdm bar.

    Args:
        network: moved to the profile's device.
        run_epoch: called with the training set and the split ``"train"``, then with the validation
            set and the split ``"validation"``.
        train_set: what to learn from; has a length.
        validation_set: what to measure the error on.
        profile: ``epochs``, ``batch_size``, ``learning_rate``, seed, device.
        name: the method's name, for the bar, the curves and the checkpoints.
        unit: the error's unit, for the bar and the curves.
        samples_per_epoch: how many samples ``run_epoch`` trains on; by default all.
        optimiser: makes the optimiser.
        schedule: makes the learning rate's schedule from the optimiser and the number of epochs.
        max_gradient_norm: longer gradients are shortened to this norm before each step.
        checkpoint_folder: where to save each epoch, in a folder of this training's name. An
            interrupted training goes on after its last complete epoch, and ends with the weights
            that it would have had; one that is complete is only loaded. After a change of the code,
            the data, the settings or the first weights it is another training and starts afresh,
            see :mod:`poselab.training.identity`. Without a folder nothing is saved.
        on_epoch: called with the history after each epoch, as ``LiveCurves()`` is.

    Returns:
        Losses, errors and seconds.

    Raises:
        TypeError: a loss is not a number.
        FloatingPointError: the loss became infinite or NaN.
    """
    network.to(profile.device)
    moving = optimiser(network, profile.learning_rate)
    scheduler = schedule(moving, profile.epochs)
    history = History(name, n_epochs=profile.epochs, unit=unit)
    n_samples = samples_per_epoch or len(train_set)
    state = TrainingState(network, moving, scheduler, history)
    folder = None
    if checkpoint_folder is not None:
        settings = {key: profile.settings[key] for key in ("epochs", "batch_size", "learning_rate")}
        settings |= {"seed": profile.seed, "samples": n_samples, "max_norm": max_gradient_norm}
        with _random_numbers(profile.seed, 0, profile.device):
            code = (run_epoch, optimiser, schedule)
            identity = training_identity(network, settings, (train_set, validation_set), code)
        folder = Path(checkpoint_folder) / _file_name(name)
        folder = find_training(folder, identity, profile.epochs)
        state.resume(folder)
        print(_how_it_starts(history, folder))
    n_done = len(history.errors)
    n_steps = -(-n_samples // profile.batch_size)

    if n_done and on_epoch is not None:
        on_epoch(history)
    bar = tqdm(
        total=profile.epochs * n_steps, initial=n_done * n_steps, desc=name, unit="step",
        file=sys.stdout,
    )  # fmt: skip
    # Hooks of the optimiser act for every caller: this module or a step of the student's own.
    moving.register_step_pre_hook(partial(_clip, max_gradient_norm))
    moving.register_step_post_hook(lambda *_: bar.update())
    common = (network, moving, scheduler, profile.batch_size)
    with bar:
        for epoch in range(n_done, profile.epochs):
            start = time.perf_counter()
            with _random_numbers(profile.seed, epoch, profile.device):
                losses, _ = run_epoch(epoch, train_set, *common, "train")
                in_steps = isinstance(losses, Iterator)
                for number, loss in enumerate(losses if in_steps else [losses]):
                    history.losses.append(_checked_loss(loss, name, epoch))
                    left = n_samples - number * profile.batch_size
                    history.sizes.append(min(left, profile.batch_size) if in_steps else n_samples)
                validation_loss, error = run_epoch(epoch, validation_set, *common, "validation")
            if isinstance(validation_loss, int | float):
                history.validation_losses.append(float(validation_loss))
            history.errors.append(float(error))
            history.seconds.append(time.perf_counter() - start)
            bar.set_postfix_str(f"epoch {epoch + 1}/{profile.epochs}, {history.error:.2f} {unit}")
            if folder is not None:
                state.save(folder)
                keep_newest(folder.parent)
            if on_epoch is not None:
                on_epoch(history)
    return history


def gradient_step(
    network: nn.Module, batch: DeviceDict, objective: Objective, optimiser: Optimizer
) -> float:
    """One step against the gradient of the loss.

    Args:
        network: its weights change.
        batch: what the objective is called with.
        objective: network, batch -> the loss, a tensor of one number.
        optimiser: moves the network's weights.

    Returns:
        The loss before the step. One that is infinite or NaN changes no weight.

    Raises:
        TypeError: the objective's result is not one number, or no gradient flows from it.
    """
    loss: object = objective(network, batch)
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise TypeError(
            f"The objective must return one number, but it returned {_described(loss)}."
        )
    if not loss.requires_grad:
        raise TypeError(
            "No gradient flows back from the loss to the network: look for argmax, detach(), "
            "item() or numpy between them."
        )
    value = loss.item()
    if math.isfinite(value):
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return value


@torch.no_grad()
def predict_all(
    network: nn.Module,
    predict: Predict,
    data: Dataset[DeviceDict],
    profile: Profile,
    *,
    target: str,
) -> tuple[Tensor, Tensor]:
    """The predictions and the targets of a whole data set.

    Args:
        network: moved to the profile's device and put into evaluation mode.
        predict: reads predictions from a mini-batch.
        data: samples with an entry ``target``.
        profile: ``batch_size`` and the device.
        target: the samples' entry that holds what is to be predicted.

    Returns:
        Two tensors (sample, ...) of one shape, in the unit of the targets and in the CPU's memory.

    Raises:
        TypeError: ``predict`` returned something else than predictions.
    """
    network.to(profile.device).eval()
    predictions, targets = [], []
    for batch in DataLoader(data, batch_size=4 * profile.batch_size):
        predicted: object = predict(network, batch.to(profile.device))
        if not isinstance(predicted, Tensor) or predicted.shape != batch[target].shape:
            raise TypeError(
                f"Predictions must have their targets' shape {tuple(batch[target].shape)}, "
                f"but what came is {_described(predicted)}."
            )
        predictions.append(predicted.float().cpu())
        targets.append(batch[target])
    return torch.cat(predictions), torch.cat(targets)


def _how_it_starts(history: History, folder: Path) -> str:
    n_done = len(history.errors)
    if n_done == history.n_epochs:
        return f"{history.name!r} is trained already: loaded. Delete {folder} to train it again."
    if n_done:
        return f"Resuming {history.name!r} after epoch {n_done} of {history.n_epochs}."
    if list_trainings(folder.parent):
        return f"{history.name!r} has changed since it was last trained: it starts afresh."
    return f"Each epoch of {history.name!r} is saved: if you are interrupted, run this cell again."


def _clip(
    max_norm: float | None, optimiser: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Shorten the gradients before a step, or as soon as its closure has computed them."""
    if max_norm is None:
        return None
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    closure = args[1] if len(args) > 1 else kwargs.get("closure")
    if closure is None:
        nn.utils.clip_grad_norm_(weights, max_norm)
        return None

    def clipped() -> Any:
        result = closure()
        nn.utils.clip_grad_norm_(weights, max_norm)
        return result

    return args[:1], {"closure": clipped}


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
    if not isinstance(loss, int | float):
        raise TypeError(
            f"A step or an epoch must return its loss as a float, but it returned "
            f"{_described(loss)}: loss.item() is one."
        )
    if not math.isfinite(loss):
        raise FloatingPointError(f"The loss of {name!r} became {loss} in epoch {epoch + 1}.")
    return loss


def _described(value: object) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"
