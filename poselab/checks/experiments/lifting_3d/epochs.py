"""One pass over a data set: what was done, and what the two numbers that came back are.

The network, the optimiser and the scheduler are our own, and note what is done with them. The
numbers are compared with what the network answered in that very call, so a mean is right or wrong
whatever else is. The steps are made once more beside it, from the same batches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from poselab.checks.experiments.lifting_3d.watched import (
    Log,
    Seen,
    Setting,
    Snapshot,
    WatchedNetwork,
)
from poselab.checks.experiments.tables import table
from poselab.checks.experiments.watched_steps import MOMENTUM, note_foreign_steps
from poselab.checks.registry import Calls, Subject, experiment
from poselab.datasets.lifting import NormalisedPoses

Loss = Callable[[Tensor, Tensor], Tensor]

WITHOUT_TOOLS = "test"
"""The split for which neither an optimiser nor a scheduler is handed over."""

_MEANS = (
    "mean_of_batch_means",
    "last_batch_alone",
    "summed_over_batches",
    "summed_over_poses",
    "divided_by_the_batch_size",
)
_LOSSES = (*_MEANS, "absolute_error_as_loss", "loss_of_restored_poses")
_ERRORS = (*_MEANS, "error_of_normalised_poses", "only_one_side_restored", "root_of_the_loss")
_STEPS = (
    "gradients_accumulate",
    "step_of_the_summed_loss",
    "step_of_the_absolute_error",
    "step_of_restored_poses",
)

FINDINGS = (
    *("pair", "plain", "tensors", "loss", "error", "loss_off", "error_off", "swapped", "after"),
    *(f"loss_{name}" for name in _LOSSES),
    *(f"error_{name}" for name in _ERRORS),
    *("poses", "batch_size", "is_training", "mode_before"),
    *("calls", "known", "missing", "repeated", "smallest", "largest", "in_order", "fixed_batches"),
    *("same_order", "sizes_right", "twice", "whole_batches"),
    *("all_training", "any_training", "any_gradients"),
    *("steps", "foreign_steps", "schedules", "scheduled_last", "scheduled_first", "told"),
    *("weights_kept", "buffers_kept", "gradients_kept", "momenta_kept", "rate_kept", "mode_kept"),
    *("parts_kept", "gradients_on", "steps_off", "needs_tools"),
    *(f"steps_{name}" for name in _STEPS),
)
"""What :func:`epochs` reports of each call. 1 is yes, 0 is no, nan is unknown."""

_NEAR = 1e-4
"""By how much numbers may differ that are equal but for rounding, relative to their size."""


@experiment
def epochs(subject: Subject, calls: Calls) -> Tensor:
    """What `run_epoch` does in some epochs, one after the other.

    Args:
        subject: the student's function.
        calls: one for each epoch, (joint_2d, joint_3d, seed, batch size, split, whether the network
            is in training mode before). Where the seed is that of the call before, the objects are
            the same as well. A batch size of 0 leaves it and the split at their defaults.

    Returns:
        (call, finding), the findings in the order of :data:`FINDINGS`.
    """
    rows: list[dict[str, float]] = []
    setting: Setting | None = None
    made_with, order = None, None
    for epoch_no, (joint_2d, joint_3d, seed, batch_size, split, training) in enumerate(calls):
        if setting is None or seed != made_with:
            setting, order = Setting.of(joint_2d, joint_3d, seed), None
        made_with = seed
        setting.log.clear()
        setting.network.train(training)
        found, order = _epoch(subject, setting, epoch_no, batch_size, split, order)
        rows.append(found)
    return table(rows, FINDINGS)


def _epoch(
    subject: Subject,
    setting: Setting,
    epoch_no: int,
    batch_size: int,
    split: str,
    order_before: list[int] | None,
) -> tuple[dict[str, float], list[int]]:
    data, network = setting.data, setting.network
    mode = network.training
    before = Snapshot.of(setting)
    tools = (None, None) if split == WITHOUT_TOOLS else (setting.optimiser, setting.scheduler)
    fixed = (epoch_no, data, network, *tools)
    handle = note_foreign_steps(setting.optimiser, setting.log)
    was_enabled = torch.is_grad_enabled()
    try:
        returned = subject(*fixed, batch_size, split) if batch_size else subject(*fixed)
        gradients_on = torch.is_grad_enabled()
    except AttributeError as error:
        if split != WITHOUT_TOOLS or "'NoneType' object has no attribute" not in str(error):
            raise
        return {"needs_tools": 1.0}, []
    finally:
        handle.remove()
        torch.set_grad_enabled(was_enabled)
    after = Snapshot.of(setting)
    is_training, batch_size = split == "train", batch_size or 64
    found: dict[str, float] = {
        "poses": len(data),
        "batch_size": batch_size,
        "is_training": is_training,
        "mode_before": mode,
        "gradients_on": gradients_on,
    }
    found |= _kept(before, after)
    found |= _done(setting.log)
    batches, known = _batches(setting.log.seen, data)
    found |= _order(batches, known, len(data), batch_size, order_before)
    found |= _returned(returned)
    if known and batches:
        found |= _means(found, setting.log.seen, batches, data)
    if known and batches and is_training:
        found |= _steps(before, after, setting, batches)
    return {name: float(value) for name, value in found.items()}, [i for b in batches for i in b]


def _kept(before: Snapshot, after: Snapshot) -> dict[str, float]:
    def same(one: Sequence[Tensor | None], other: Sequence[Tensor | None]) -> bool:
        return all(
            a is b or (a is not None and b is not None and torch.equal(a, b))
            for a, b in zip(one, other, strict=True)
        )

    return {
        "weights_kept": same(before.weights, after.weights),
        "buffers_kept": same(before.buffers, after.buffers),
        "momenta_kept": same(before.momenta, after.momenta),
        # What was there may have been cleared, but nothing new may have come.
        "gradients_kept": all(
            new is None or not bool(new.any()) or (old is not None and torch.equal(old, new))
            for old, new in zip(before.gradients, after.gradients, strict=True)
        ),
        "rate_kept": before.rate == after.rate and before.scheduled == after.scheduled,
        "mode_kept": before.modes[0] == after.modes[0],
        "parts_kept": before.modes[1:] == after.modes[1:],
    }


def _done(log: Log) -> dict[str, float]:
    return {
        "calls": len(log.seen),
        "steps": len(log.rates),
        "foreign_steps": log.foreign_steps,
        "schedules": log.events.count("schedule"),
        "scheduled_last": log.events[-1:] == ["schedule"],
        "scheduled_first": log.events[:1] == ["schedule"],
        "told": log.told,
        "all_training": all(call.training and call.parts_training for call in log.seen),
        "any_training": any(call.training or call.parts_training for call in log.seen),
        "any_gradients": any(call.gradients for call in log.seen),
    }


def _batches(seen: Sequence[Seen], data: NormalisedPoses) -> tuple[list[list[int]], bool]:
    """Which poses each call of the network was given, and whether they could be told."""
    rows = data.batch(torch.arange(len(data)))["joint_2d"].double()
    batches, known = [], True
    for call in seen:
        if call.given.dim() != 2 or call.given.shape[1:] != rows.shape[1:]:
            return [], False
        difference = call.given.double()[:, None] - rows
        apart, index = difference.abs().amax(dim=-1).min(dim=1)
        known = known and bool((apart < 1e-4).all())
        batches.append(index.tolist())
    return batches, known


def _order(
    batches: list[list[int]], known: bool, n: int, batch_size: int, before: list[int] | None
) -> dict[str, float]:
    order = [index for batch in batches for index in batch]
    sizes = [len(batch) for batch in batches]
    blocks = [set(range(at, min(at + batch_size, n))) for at in range(0, n, batch_size)]
    whole, rest = divmod(n, batch_size)
    return {
        "known": known,
        "missing": n - len(set(order)),
        "repeated": len(order) - len(set(order)),
        "smallest": min(sizes, default=0),
        "largest": max(sizes, default=0),
        "in_order": order == sorted(order),
        "fixed_batches": all(set(batch) in blocks for batch in batches),
        "same_order": before is not None and order == before,
        "sizes_right": sorted(sizes, reverse=True) == [batch_size] * whole + [rest] * bool(rest),
        "whole_batches": sizes == [batch_size] * whole and bool(rest),
        "twice": len(order) == 2 * n and len(set(order)) == n,
    }


def _returned(returned: Any) -> dict[str, float]:
    is_pair = isinstance(returned, tuple | list) and len(returned) == 2
    found = {"pair": float(is_pair)}
    if not is_pair:
        return found
    plain = all(isinstance(value, int | float) for value in returned)
    tensors = any(isinstance(value, Tensor) for value in returned)
    found |= {"plain": float(plain), "tensors": float(tensors)}
    try:
        loss, error = (float(value) for value in returned)
    except (TypeError, ValueError, RuntimeError):
        return found
    return found | {"loss": loss, "error": error}


def _means(
    found: Mapping[str, float],
    seen: Sequence[Seen],
    batches: list[list[int]],
    data: NormalisedPoses,
) -> dict[str, float]:
    """How far both numbers are from the right ones, and what else they may be."""
    loss, error = found.get("loss", math.nan), found.get("error", math.nan)
    if math.isnan(loss) or math.isnan(error):
        return {}
    half = len(seen) // 2 if found["twice"] else len(seen)
    size = found["batch_size"]
    losses, errors = _possible(seen[:half], batches[:half], data, size)
    measured: dict[str, float] = {
        "loss_off": _off(loss, losses["right"]),
        "error_off": _off(error, errors["right"]),
        "swapped": _near(loss, errors["right"]) and _near(error, losses["right"]),
    }
    if found["missing"]:
        # That poses were left out is another question.
        share = 1 - found["missing"] / found["poses"]
        measured["loss_off"] = min(measured["loss_off"], _off(loss, losses["right"] * share))
        measured["error_off"] = min(measured["error_off"], _off(error, errors["right"] * share))
    measured |= {f"loss_{name}": _near(loss, losses[name]) for name in _LOSSES}
    measured |= {f"error_{name}": _near(error, errors[name]) for name in _ERRORS}
    measured["after"] = False
    if found["repeated"]:
        # Each batch once more after its step, or all of them in the end.
        for late, of in (
            (seen[half:], batches[half:]),
            (seen[1::2], batches[1::2]),
        ):
            if sum(map(len, of)) == found["poses"]:
                later = _possible(late, of, data, size)
                fits = (_near(loss, later[0]["right"]), _near(error, later[1]["right"]))
                measured["after"] = measured["after"] or any(fits)
    return measured


def _possible(
    seen: Sequence[Seen], batches: list[list[int]], data: NormalisedPoses, size: float
) -> tuple[dict[str, float], dict[str, float]]:
    """The loss and the error by the right formula, and by wrong ones."""
    restore = data.statistics_3d.restore
    predicted = torch.cat([call.result for call in seen]).double()
    target = data.batch([index for batch in batches for index in batch])["joint_3d"].double()
    near, true = restore(predicted), restore(target)
    sizes = [len(batch) for batch in batches]
    losses = _averages((predicted - target).square().mean(1).split(sizes), size)
    losses["absolute_error_as_loss"] = float((predicted - target).abs().mean())
    losses["loss_of_restored_poses"] = float((near - true).square().mean())
    distances = _averages(_distances(near, true).split(sizes), size)
    distances["error_of_normalised_poses"] = float(_distances(predicted, target).mean())
    distances["only_one_side_restored"] = float(_distances(near, target).mean())
    distances["root_of_the_loss"] = losses["right"] ** 0.5
    return losses, distances


def _distances(one: Tensor, other: Tensor) -> Tensor:
    return (one - other).unflatten(1, (-1, 3)).norm(dim=-1).mean(1)


def _averages(by_batch: Sequence[Tensor], size: float) -> dict[str, float]:
    means = [float(values.mean()) for values in by_batch]
    whole = torch.cat(list(by_batch))
    return {
        "right": float(whole.mean()),
        "mean_of_batch_means": sum(means) / len(means),
        "last_batch_alone": means[-1],
        "summed_over_batches": sum(means),
        "summed_over_poses": float(whole.sum()),
        "divided_by_the_batch_size": sum(means) / size,
    }


def _off(value: float, right: float) -> float:
    return abs(value - right) / abs(right) if right else math.inf


def _near(value: float, other: float) -> bool:
    return _off(value, other) <= _NEAR


def _steps(
    before: Snapshot, after: Snapshot, setting: Setting, batches: list[list[int]]
) -> dict[str, float]:
    """How far the weights are from where the same steps should have led, and what led there."""
    log, data = setting.log, setting.data
    if len(log.rates) not in (len(batches), 2 * len(batches)) and 2 * len(log.rates) != len(
        batches
    ):
        return {}
    steps = len(log.rates)
    if len(batches) == 2 * steps:
        first = batches[:steps]
        batches = first if sum(map(len, first)) == len(data) else batches[::2]
    if len(batches) != steps:
        return {}
    modes = [call.training for call in log.seen]

    def restored(predicted: Tensor, target: Tensor) -> Tensor:
        restore = data.statistics_3d.restore
        return _squared(restore(predicted), restore(target))

    def off(loss: Loss, kept: Sequence[Tensor | None] | None = None) -> float:
        replayed = _replay(before, data, batches, modes, log.rates, loss, kept)
        most = max(
            float((weight - wanted).abs().nan_to_num(nan=math.inf).max())
            for weight, wanted in zip(after.weights, replayed, strict=True)
        )
        moved = max(
            float((wanted - start).abs().max())
            for start, wanted in zip(before.weights, replayed, strict=True)
        )
        return most / moved if moved and math.isfinite(moved) else math.inf

    found = {"steps_off": off(_squared)}
    if found["steps_off"] <= _NEAR:
        return found
    others = {
        "gradients_accumulate": min(
            off(_squared, kept=left) for left in (before.gradients, [None] * len(before.weights))
        ),
        "step_of_the_summed_loss": off(lambda a, b: _squared(a, b) * a.numel()),
        "step_of_the_absolute_error": off(lambda a, b: (a - b).abs().mean()),
        "step_of_restored_poses": off(restored),
    }
    return found | {f"steps_{name}": float(value <= 1e-3) for name, value in others.items()}


def _squared(one: Tensor, other: Tensor) -> Tensor:
    return (one - other).square().mean()


def _replay(
    before: Snapshot,
    data: NormalisedPoses,
    batches: list[list[int]],
    modes: list[bool],
    rates: list[float],
    loss: Loss,
    kept: Sequence[Tensor | None] | None,
) -> list[Tensor]:
    """Make the steps once more.

    Args:
        before: where they begin.
        data: the poses.
        batches: the batches, in order.
        modes: whether the network was in training mode in each call.
        rates: the learning rate of each step.
        loss: that is descended.
        kept: where gradients of earlier batches stay, those that are there at the beginning.

    Returns:
        The weights at the end.
    """
    network = WatchedNetwork(Log())
    weights = list(network.parameters())
    momenta = [momentum.clone() for momentum in before.momenta]
    with torch.no_grad():
        for weight, value in zip(weights, before.weights, strict=True):
            weight.copy_(value)
        for buffer, value in zip(network.buffers(), before.buffers, strict=True):
            buffer.copy_(value)
    total = list(kept or ())
    for batch, mode, rate in zip(batches, modes, rates, strict=False):
        network.train(mode)
        poses = data.batch(batch)
        with torch.enable_grad():
            made = loss(network(poses["joint_2d"]), poses["joint_3d"])
            gradients: Sequence[Tensor] = torch.autograd.grad(made, weights)
        if total:
            pairs = zip(gradients, total, strict=True)
            gradients = [new if old is None else old + new for new, old in pairs]
            total = list(gradients)
        with torch.no_grad():
            for number, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
                momenta[number] = MOMENTUM * momenta[number] + gradient
                weight.sub_(rate * momenta[number])
    return [weight.detach() for weight in weights]
