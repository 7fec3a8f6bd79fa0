"""Steps of a training: what a student's step does with a model, an optimiser and a batch.

All three are our own, and note what is done with them. Each step is made once more beside it, from
the prediction that was seen, so that one fault does not hide behind another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from poselab.checks.experiments.tables import table
from poselab.checks.experiments.watched_steps import (
    MOMENTUM,
    Gain,
    StepLog,
    WatchedOptimiser,
    copies_of_gradients,
    note_foreign_steps,
)
from poselab.checks.registry import Calls, Subject, experiment
from poselab.datasets import DeviceDict

Loss = Callable[[Tensor, Tensor], Tensor]

WIDTH, PATCH = 12, 16
RATE = 1e-4

FINDINGS = (
    *("clips", "known", "frames_cast", "calls", "losses", "cut", "all_training", "is_training"),
    *(
        "mode_before",
        "backwards",
        "steps",
        "late_backward",
        "empty",
        "foreign_steps",
        "weights_off",
    ),
    *("weights_kept", "rate_kept", "off_by_stale", "parallel", "factor", "norm", "largest"),
    *(
        "cut_off",
        "plain",
        "tensor",
        "nothing",
        "loss",
        "right",
        "loss_off",
        "loss_after",
        "loss_swapped",
    ),
    *("loss_times_clips", "loss_by_clips", "batch_kept"),
)
"""What :func:`training_steps` reports of each call. 1 is yes, 0 is no, nan is unknown."""

CLEARED, KEPT, STALE = "cleared", "kept", "stale"
"""What a step finds in the place of the gradients: nothing; what the step before has left; those
of somebody else."""

_NEAR = 1e-4
"""By how much numbers may differ that are equal but for rounding, relative to their size."""


@dataclass
class _Seen:
    """One call of the model: what it was given, what it answered, and in which mode."""

    given: Tensor
    result: Tensor
    training: bool
    parts_training: bool


@dataclass
class _Log(StepLog):
    """What was done during a step, in order.

    Its events are ``predict``, ``compare`` (``cut`` where no way leads back to the model),
    ``backward`` and ``step``.

    Args:
        seen: the calls of the model.
    """

    seen: list[_Seen] = field(default_factory=list)


class _Model(nn.Module):
    """A small model of clips, with layers that work in another way in training mode."""

    def __init__(self, log: _Log) -> None:
        super().__init__()
        self.log = log
        self.first, self.norm = nn.Linear((64 // PATCH) ** 2 * 3, WIDTH), nn.BatchNorm1d(WIDTH)
        self.gain, self.last = Gain(), nn.Linear(WIDTH, 14)

    def forward(self, frames: Tensor) -> Tensor:
        """Answer, and note it."""
        if not isinstance(frames, Tensor):
            kind = type(frames).__name__
            raise TypeError(f'The model takes raw frames, batch["frames"], and was given a {kind}.')
        patches = frames.float().unflatten(3, (-1, PATCH)).unflatten(2, (-1, PATCH))
        x = patches.mean(dim=(3, 5)).flatten(2) / 64 - 2
        hidden = torch.tanh(self.norm(self.first(x).flatten(0, 1)))
        poses = self.last(self.gain(hidden)).unflatten(0, frames.shape[:2]).unflatten(-1, (7, 2))
        result: Tensor = 32 + 16 * poses
        self.log.events.append("predict")
        given = frames.detach().clone()
        self.log.seen.append(
            _Seen(given, result.detach().clone(), self.training, self.norm.training)
        )
        if result.requires_grad:
            result.register_hook(lambda _: self.log.events.append("backward"))
        return result


def even(predicted: Tensor, target: Tensor, /) -> Tensor:
    """A loss that is neither the absolute nor the squared difference, but of their kind."""
    return ((((predicted - target) / 8).square() + 1).sqrt() - 1).mean() * 64


def uneven(predicted: Tensor, target: Tensor, /) -> Tensor:
    """A loss that tells what is predicted from what is true: too much counts for more."""
    difference = predicted - target
    return torch.where(difference > 0, 3 * difference, -difference).mean()


_LOSSES: dict[str, Loss] = {"even": even, "uneven": uneven}


@dataclass
class _Setting:
    """A model and its optimiser, and the log of the last call."""

    model: _Model
    optimiser: WatchedOptimiser
    log: _Log

    @classmethod
    def of(cls, seed: int) -> _Setting:
        log = _Log()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            model = _Model(log)
        return cls(model, WatchedOptimiser(model.parameters(), log, RATE), log)


@experiment
def training_steps(subject: Subject, calls: Calls) -> Tensor:
    """What a student's `training_step` does in some steps, one after the other.

    Args:
        subject: the student's function.
        calls: one for each step, (frames in patches (clip, frame, 4, 4, 3), poses, seed, loss
            function, whether the model is in training mode before, what is there of gradients).
            Where the seed is that of the call before, the model and the optimiser are the same.

    Returns:
        (call, finding), the findings in the order of :data:`FINDINGS`.
    """
    found: list[dict[str, float]] = []
    setting, made_with = None, None
    for patches, poses, seed, loss, training, gradients in calls:
        if setting is None or seed != made_with:
            setting, made_with = _Setting.of(seed), seed
        setting.log.clear()
        setting.model.train(training)
        weights = list(setting.model.parameters())
        for number, weight in enumerate(weights):
            if gradients == CLEARED:
                weight.grad = None
            elif gradients == STALE:
                weight.grad = _stale(weight, number)
        frames = patches.repeat_interleave(PATCH, 2).repeat_interleave(PATCH, 3)
        found.append(_step(subject, setting, frames, poses, _LOSSES[loss]))
    return table(found, FINDINGS)


def _stale(weight: Tensor, seed: int) -> Tensor:
    """Gradients of somebody else, as large as those of a step."""
    generator = torch.Generator().manual_seed(seed)
    return 50 * torch.randn(weight.shape, generator=generator)


def _step(
    subject: Subject, setting: _Setting, frames: Tensor, poses: Tensor, loss: Loss
) -> dict[str, float]:
    model, optimiser, log = setting.model, setting.optimiser, setting.log
    batch = DeviceDict(frames=frames.clone(), pose=poses.clone())
    weights = list(model.parameters())
    before = [weight.detach().clone() for weight in weights]
    buffers = [buffer.clone() for buffer in model.buffers()]
    stale, momenta = copies_of_gradients(weights), optimiser.momenta()
    mode_before, was_enabled = model.training, torch.is_grad_enabled()

    def compare(predicted: Tensor, target: Tensor, /) -> Tensor:
        result = loss(predicted, target)
        log.events.append("compare" if result.requires_grad else "cut")
        return result

    handle = note_foreign_steps(optimiser, log)
    try:
        returned = subject(model, batch, compare, optimiser)
    finally:
        handle.remove()
        torch.set_grad_enabled(was_enabled)
    events, first = log.events, log.events.index("step") if "step" in log.events else None
    until = len(events) if first is None else first
    # Whatever the model is asked after the step is no part of it.
    seen = log.seen[: events[:until].count("predict")]
    found: dict[str, float] = {
        "clips": len(frames),
        "calls": len(seen),
        "known": all(torch.equal(s.given, frames) for s in seen),
        "frames_cast": any(s.given.dtype != frames.dtype for s in seen),
        "losses": events.count("compare") + events.count("cut"),
        "cut": "cut" in events[:until],
        "mode_before": mode_before,
        "is_training": all(s.training for s in seen),
        "all_training": all(s.training and s.parts_training for s in seen),
        "backwards": events[:until].count("backward"),
        "late_backward": "backward" in events[until:],
        "steps": len(log.rates),
        "foreign_steps": log.foreign_steps,
        "weights_kept": all(map(torch.equal, before, weights)),
        "rate_kept": optimiser.param_groups[0]["lr"] == RATE and set(log.rates) <= {RATE},
        "batch_kept": _is_kept(batch, frames, poses),
    }
    found |= _returned(returned)
    if len(seen) == 1 and found["known"]:
        after = [weight.detach().clone() for weight in weights]
        mode = (seen[0].training, seen[0].parts_training)
        wanted = _gradients(_copy(before, buffers, mode), frames, poses, loss)
        found |= _moved(before, after, wanted, momenta, log, stale)
        later = [_copy(after, list(model.buffers()), (mode, mode)) for mode in (True, False)]
        found |= _told(found.get("loss", math.nan), seen[0].result, later, frames, poses, loss)
    return {name: float(value) for name, value in found.items()}


def _is_kept(batch: Any, frames: Tensor, poses: Tensor) -> bool:
    wanted = {"frames": frames, "pose": poses}
    if set(batch) != set(wanted):
        return False
    return all(
        isinstance(batch[name], Tensor)
        and batch[name].dtype == value.dtype
        and torch.equal(batch[name].detach(), value)
        for name, value in wanted.items()
    )


def _returned(returned: Any) -> dict[str, float]:
    found: dict[str, float] = {
        "nothing": returned is None,
        "tensor": isinstance(returned, Tensor),
        "plain": isinstance(returned, float) and not isinstance(returned, bool),
    }
    try:
        return found | {"loss": float(returned)}
    except (TypeError, ValueError, RuntimeError):
        return found


def _copy(weights: Sequence[Tensor], buffers: Sequence[Tensor], mode: tuple[bool, bool]) -> _Model:
    """A model with these weights and statistics; its own mode and that of its parts."""
    model = _Model(_Log())
    with torch.no_grad():
        for own, value in zip(model.parameters(), weights, strict=True):
            own.copy_(value)
        for buffer, value in zip(model.buffers(), buffers, strict=True):
            buffer.copy_(value)
    model.train(mode[1])
    model.training = mode[0]
    return model


def _gradients(model: _Model, frames: Tensor, poses: Tensor, loss: Loss) -> tuple[Tensor, ...]:
    with torch.enable_grad():
        made = loss(model(frames), poses)
    return torch.autograd.grad(made, list(model.parameters()))


def _moved(
    before: Sequence[Tensor],
    after: Sequence[Tensor],
    wanted: Sequence[Tensor],
    momenta: Sequence[Tensor],
    log: _Log,
    stale: Sequence[Tensor | None],
) -> dict[str, float]:
    """How far the weights are from where one step leads, and with which gradient it was made."""
    moves = [RATE * (MOMENTUM * m + g) for m, g in zip(momenta, wanted, strict=True)]
    most = max(
        float((end - (start - move)).abs().nan_to_num(nan=math.inf).max())
        for end, start, move in zip(after, before, moves, strict=True)
    )
    length = max(float(move.abs().max()) for move in moves)
    found: dict[str, float] = {"weights_off": most / length if length else math.inf}
    if not log.gradients:
        return found
    used = _flat(log.gradients[0], wanted)
    right = _flat(wanted, wanted)
    found["empty"] = not bool(used.any())
    found["norm"], found["largest"] = float(used.norm()), float(used.abs().max())
    found["factor"] = float(used @ right / (right @ right))
    found["parallel"] = _off(used, found["factor"] * right) <= _NEAR
    found["off_by_stale"] = _off(used, right + _flat(stale, wanted)) <= _NEAR
    limit = found["largest"]
    found["cut_off"] = _off(used, right.clamp(-limit, limit)) <= _NEAR
    return found


def _flat(gradients: Sequence[Tensor | None], like: Sequence[Tensor]) -> Tensor:
    pairs = zip(gradients, like, strict=True)
    return torch.cat(
        [torch.zeros_like(w.flatten()) if g is None else g.flatten() for g, w in pairs]
    )


def _off(one: Tensor, other: Tensor) -> float:
    size = float(other.abs().max())
    return float((one - other).abs().max()) / size if size else math.inf


def _told(
    told: float,
    predicted: Tensor,
    later: Sequence[_Model],
    frames: Tensor,
    poses: Tensor,
    loss: Loss,
) -> dict[str, float]:
    """How far the number is from the loss, and what else it may be."""
    if math.isnan(told):
        return {}
    with torch.no_grad():
        right = float(loss(predicted, poses))
        swapped = float(loss(poses, predicted))
        after = [float(loss(model(frames), poses)) for model in later]
    n = len(frames)
    return {
        "right": right,
        "loss_off": abs(told - right) / right,
        "loss_after": any(_near(told, value) for value in after),
        "loss_swapped": _near(told, swapped),
        "loss_times_clips": _near(told, right * n),
        "loss_by_clips": _near(told, right / n),
    }


def _near(value: float, other: float) -> bool:
    return abs(value - other) <= _NEAR * abs(other)
