"""Training on clips: one loop for every model that reads frames and answers in pixels."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, RandomSampler
from tqdm.auto import tqdm

from poselab.datasets.device_dict import DeviceDict
from poselab.plots.clips import LiveTraining
from poselab.profiles import Profile
from poselab.training.augmentation.clips import mirror_some, reframe
from poselab.training.loop import one_cycle
from poselab.training.optimisers import make_optimisers

Loss = Callable[[Tensor, Tensor], Tensor]
"""Predicted and true poses (B, T, J, 2) in pixels -> one number that gradients flow from."""


@dataclass
class ClipHistory:
    """How a training on clips went, a number for each epoch.

    Args:
        name: the model's name, for legends.
        losses: the mean loss over the epoch's training steps.
        validation_losses: the loss on the validation clips after it.
        errors: the mean error on the validation clips in pixels.
        seconds: what it took, with the validation.
    """

    name: str
    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def train_on_clips(
    model: nn.Module,
    train_set: Dataset[DeviceDict],
    validation_set: Dataset[DeviceDict],
    profile: Profile,
    *,
    loss: Loss,
    error: Loss,
    name: str = "model",
    watch: int | None = 0,
) -> ClipHistory:
    """Train ``model`` in place with Muon and AdamW, and measure it after each epoch.

    Clips overlap, so an epoch does not have to see all of them: it draws ``clips_per_epoch`` at
    random, mirrors half of them and moves what each one shows. Shows a tqdm bar and, in a notebook,
    curves and a prediction that follow the training.

    Args:
        model: raw frames (B, T, 64, 64, 3) -> poses (B, T, 7, 2) in pixels.
        train_set: clips to learn from, as :class:`poselab.datasets.youtube.ClipDataset` has them.
        validation_set: clips of other videos.
        profile: ``epochs``, ``clips_per_epoch``, ``batch_size``, ``learning_rate`` (Muon's
            highest), seed, device.
        loss: what is made small.
        error: the mean error in pixels.
        name: for the bar and the curves.
        watch: the validation clip whose prediction is drawn as the training goes on, if any.

    Returns:
        Losses, errors and seconds of every epoch.

    Raises:
        TypeError: the model's result is no pose, or no gradient flows from it.
        FloatingPointError: the loss became infinite or NaN.
    """
    device = profile.device
    model.to(device)
    n_steps = -(-profile.clips_per_epoch // profile.batch_size)
    total = profile.epochs * n_steps
    optimisers = make_optimisers(model, profile.learning_rate)
    schedules = [one_cycle(optimiser, total) for optimiser in optimisers]
    generator = torch.Generator().manual_seed(profile.seed)
    sampler = RandomSampler(
        train_set,  # type: ignore[arg-type]
        num_samples=profile.clips_per_epoch,
        generator=generator,
    )
    loader = DataLoader(train_set, profile.batch_size, sampler=sampler)
    history = ClipHistory(name)
    live = LiveTraining(profile.epochs, None if watch is None else validation_set[watch])
    with tqdm(total=total, desc=name, unit="step", file=sys.stdout) as bar:
        for epoch in range(profile.epochs):
            began, losses = time.perf_counter(), []
            model.train()
            for batch in islice(loader, n_steps):
                batch = reframe(mirror_some(batch, generator), generator).to(device)
                value = loss(_checked(model(batch["frames"]), batch["pose"]), batch["pose"])
                losses.append(_finite(value, name, epoch))
                model.zero_grad()
                value.backward()
                # Rarely, a step through ten recurrent ones is very large.
                nn.utils.clip_grad_norm_(model.parameters(), 5.0)
                for optimiser, schedule in zip(optimisers, schedules, strict=True):
                    optimiser.step()
                    schedule.step()
                bar.update()
            predicted, target = predict_clips(model, validation_set, profile)
            history.losses.append(sum(losses) / len(losses))
            history.validation_losses.append(float(loss(predicted, target)))
            history.errors.append(float(error(predicted, target)))
            history.seconds.append(time.perf_counter() - began)
            bar.set_postfix_str(f"epoch {epoch + 1}/{profile.epochs}, {history.errors[-1]:.2f} px")
            live.show(history, None if watch is None else predicted[watch])
    return history


@torch.no_grad()
def predict_clips(
    model: nn.Module, data: Dataset[DeviceDict], profile: Profile
) -> tuple[Float[Tensor, "clip frame joint 2"], Float[Tensor, "clip frame joint 2"]]:
    """The predicted and the true poses of all clips, in pixels, in the CPU's memory.

    Raises:
        TypeError: the model's result is no pose.
    """
    model.to(profile.device).eval()
    predictions, targets = [], []
    for batch in DataLoader(data, batch_size=4 * profile.batch_size):
        poses = _checked(model(batch["frames"].to(profile.device)), batch["pose"])
        predictions.append(poses.float().cpu())
        targets.append(batch["pose"])
    return torch.cat(predictions), torch.cat(targets)


def _checked(poses: object, target: Tensor) -> Tensor:
    if not isinstance(poses, Tensor) or poses.shape != target.shape:
        what = (
            f"a tensor of shape {tuple(poses.shape)}"
            if isinstance(poses, Tensor)
            else f"a {type(poses).__name__}"
        )
        raise TypeError(f"The model must return poses of shape {tuple(target.shape)}, not {what}.")
    return poses


def _finite(loss: Tensor, name: str, epoch: int) -> float:
    if not loss.requires_grad:
        raise TypeError(
            "No gradient flows from the loss to the model: somewhere between them is a detach, an "
            "item or a detour through numpy."
        )
    value = loss.item()
    if not torch.isfinite(loss):
        raise FloatingPointError(f"The loss of {name!r} became {value} in epoch {epoch + 1}.")
    return value
