"""Right answers to `run_epoch`, written in other ways than the solution."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler

from autograder.exercises.bank import RightAnswers
from poselab.datasets.lifting import NormalisedPoses

RIGHT = RightAnswers()


def _mpjpe(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).reshape(len(a), -1, 3).norm(dim=-1).mean(1)


@RIGHT.answer
def two_branches(
    epoch_no: int,
    data: NormalisedPoses,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler,
    batch_size: int = 64,
    split: str = "train",
) -> tuple[float, float]:
    loss_function = nn.MSELoss()
    total_loss, total_error, n = 0.0, 0.0, 0
    if split == "train":
        model.train()
        indices = torch.from_numpy(np.random.permutation(len(data)))
        for start in range(0, len(indices), batch_size):
            batch = data.batch(indices[start : start + batch_size])
            optimiser.zero_grad()
            output = model(batch["joint_2d"])
            loss = loss_function(output, batch["joint_3d"])
            loss.backward()
            optimiser.step()
            with torch.no_grad():
                a = data.statistics_3d.restore(output)
                b = data.statistics_3d.restore(batch["joint_3d"])
                total_error += float(_mpjpe(a, b).sum())
            total_loss += float(loss) * len(output)
            n += len(output)
        scheduler.step()
        return total_loss / n, total_error / n
    mode = model.training
    model.eval()
    with torch.no_grad():
        for start in range(0, len(data), batch_size):
            batch = data.batch(range(start, min(start + batch_size, len(data))))
            output = model(batch["joint_2d"])
            loss = loss_function(output, batch["joint_3d"])
            a = data.statistics_3d.restore(output)
            b = data.statistics_3d.restore(batch["joint_3d"])
            total_error += float(_mpjpe(a, b).sum())
            total_loss += float(loss) * len(output)
            n += len(output)
    model.train(mode)
    return total_loss / n, total_error / n


@RIGHT.answer
def all_results_kept(
    epoch_no: int,
    data: NormalisedPoses,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler,
    batch_size: int = 64,
    split: str = "train",
) -> tuple[float, float]:
    training = split == "train"
    order = list(range(len(data)))
    if training:
        random.shuffle(order)
    modes = [module.training for module in model.modules()]
    model.train(training)
    predicted, target = [], []
    for at in range(0, len(order), batch_size):
        batch = data.batch(order[at : at + batch_size])
        with torch.set_grad_enabled(training):
            out = model(batch["joint_2d"])
        if training:
            model.zero_grad()
            (out - batch["joint_3d"]).pow(2).mean().backward()
            optimiser.step()
        predicted.append(out.detach())
        target.append(batch["joint_3d"])
    if training:
        scheduler.step()
    else:
        for module, mode in zip(model.modules(), modes, strict=True):
            module.training = mode
    a, b = torch.cat(predicted), torch.cat(target)
    loss = nn.functional.mse_loss(a, b).item()
    restore = data.statistics_3d.restore
    return loss, _mpjpe(restore(a), restore(b)).mean().item()


@RIGHT.answer
def samplers(
    epoch_no: int,
    data: NormalisedPoses,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler,
    batch_size: int = 64,
    split: str = "train",
) -> tuple[float, float]:
    train = split == "train"
    sampler: Any = RandomSampler(data) if train else SequentialSampler(data)
    before = model.training
    model.train() if train else model.eval()
    sums = torch.zeros(2, dtype=torch.float64)
    for indices in BatchSampler(sampler, batch_size, drop_last=False):
        batch = data.batch(indices)
        if train:
            out = model(batch["joint_2d"])
            loss = nn.functional.mse_loss(out, batch["joint_3d"])
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
        else:
            with torch.inference_mode():
                out = model(batch["joint_2d"])
                loss = nn.functional.mse_loss(out, batch["joint_3d"])
        std = data.statistics_3d.std.reshape(-1)
        error = _mpjpe(out.detach() * std, batch["joint_3d"] * std)
        sums += torch.tensor([loss.item() * len(indices), error.sum().item()])
    if train:
        scheduler.step()
    model.train(before)
    loss_mean, error_mean = (sums / len(data)).tolist()
    return loss_mean, error_mean


@RIGHT.answer
def loader_of_indices(
    epoch_no: int,
    data: NormalisedPoses,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler,
    batch_size: int = 64,
    split: str = "train",
) -> tuple[float, float]:
    is_train = split == "train"
    loader: Any = DataLoader(range(len(data)), batch_size, shuffle=is_train)  # type: ignore[arg-type]
    was = model.training
    model.train(is_train)
    loss_sum = error_sum = 0.0
    with torch.enable_grad() if is_train else torch.no_grad():
        for indices in loader:
            batch = data.batch(indices)
            x, y = batch["joint_2d"], batch["joint_3d"]
            p = model(x)
            squared = (p - y).square().mean(dim=1)
            if is_train:
                optimiser.zero_grad(set_to_none=False)
                squared.mean().backward()
                optimiser.step()
            loss_sum += squared.sum().item()
            restored = data.statistics_3d.restore(torch.stack([p.detach(), y]))
            error_sum += _mpjpe(*restored).sum().item()
    if not is_train:
        model.train(was)
    if is_train:
        scheduler.step()
    return loss_sum / len(data), error_sum / len(data)


@RIGHT.answer
def weighted_means(
    epoch_no: int,
    data: NormalisedPoses,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler,
    batch_size: int = 64,
    split: str = "train",
) -> tuple[float, float]:
    train, mode = split == "train", model.training
    generator = torch.Generator().manual_seed(epoch_no + 1)
    order = torch.randperm(len(data), generator=generator) if train else torch.arange(len(data))
    model.train(train)
    rows = []
    for indices in order.split(batch_size):
        batch = data.batch(indices)
        with torch.set_grad_enabled(train):
            predicted = model.forward(batch["joint_2d"])
            loss = nn.functional.mse_loss(predicted, batch["joint_3d"])
        if train:
            for parameter in model.parameters():
                parameter.grad = None
            loss.backward()
            optimiser.step()
        a, b = (data.statistics_3d.restore(p.detach()) for p in (predicted, batch["joint_3d"]))
        rows.append((len(indices), loss.item(), _mpjpe(a, b).mean().item()))
    model.train(mode) if not train else scheduler.step()
    weights, losses, errors = np.array(rows).T
    return float(np.average(losses, weights=weights)), float(np.average(errors, weights=weights))


@RIGHT.answer
def with_a_closure(
    epoch_no: int,
    data: NormalisedPoses,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler,
    batch_size: int = 64,
    split: str = "train",
) -> tuple[float, float]:
    totals = [0.0, 0.0]

    def measure(indices: Tensor) -> Tensor:
        batch = data.batch(indices)
        out = model(batch["joint_2d"])
        loss = nn.functional.mse_loss(out, batch["joint_3d"])
        scale = data.statistics_3d.std.flatten()
        totals[0] += loss.item() * len(indices)
        totals[1] += _mpjpe(out.detach() * scale, batch["joint_3d"] * scale).sum().item()
        return loss

    if split != "train":
        mode = model.training
        model.eval()
        with torch.no_grad():
            for indices in torch.arange(len(data)).split(batch_size):
                measure(indices)
        model.train(mode)
    else:
        model.train()
        for indices in torch.randperm(len(data)).split(batch_size):

            def closure(indices: Tensor = indices) -> Tensor:
                optimiser.zero_grad()
                loss = measure(indices)
                loss.backward()
                return loss

            optimiser.step(closure)  # type: ignore[arg-type]
        scheduler.step()
    return totals[0] / len(data), totals[1] / len(data)


def _batches(data: NormalisedPoses, order: Tensor, size: int) -> Iterator[dict[str, Tensor]]:
    whole = data.batch(order)
    for at in range(0, len(data), size):
        yield {name: values[at : at + size] for name, values in whole.items()}


@RIGHT.answer
def cut_from_one_large_batch(
    epoch_no: int,
    data: NormalisedPoses,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler,
    batch_size: int = 64,
    split: str = "train",
) -> tuple[float, float]:
    """The data are fetched once."""
    train, mode = split == "train", model.training
    order = torch.rand(len(data)).argsort() if train else torch.arange(len(data))
    model.train(train)
    losses, errors = [], []
    for batch in _batches(data, order, batch_size):
        with torch.set_grad_enabled(train):
            out = model(batch["joint_2d"])
            loss = (out - batch["joint_3d"]).square().mean(1)
        if train:
            optimiser.zero_grad()
            loss.mean().backward()
            optimiser.step()
        losses.append(loss.detach())
        near, true = map(data.statistics_3d.restore, (out.detach(), batch["joint_3d"]))
        errors.append(_mpjpe(near, true))
    model.train(train or mode)
    if train:
        scheduler.step()
    return torch.cat(losses).mean().item(), torch.cat(errors).mean().item()


@RIGHT.answer
class Epoch:
    """A class that is called like a function; running means."""

    def __new__(  # type: ignore[misc]
        cls,
        epoch_no: int,
        data: NormalisedPoses,
        model: nn.Module,
        optimiser: Optimizer,
        scheduler: LRScheduler,
        batch_size: int = 64,
        split: str = "train",
    ) -> tuple[float, float]:
        loss_mean = error_mean = 0.0
        n, mode = 0, model.training
        train = split == "train"
        model.train(train)
        order = torch.randperm(len(data)) if train else torch.arange(len(data) - 1, -1, -1)
        for indices in torch.split(order, batch_size):
            batch = data.batch(indices)
            with torch.set_grad_enabled(train):
                out = model(batch["joint_2d"])
                loss = nn.functional.mse_loss(out, batch["joint_3d"])
                if train:
                    optimiser.zero_grad()
                    loss.backward()
                    optimiser.step()
            k = len(indices)
            n += k
            near = data.statistics_3d.restore(out.detach())
            error = _mpjpe(near, data.poses.joint_3d[indices].flatten(1)).mean()
            loss_mean += (loss.item() - loss_mean) * k / n
            error_mean += (error.item() - error_mean) * k / n
        if train:
            scheduler.step()
        else:
            model.train(mode)
        return loss_mean, error_mean
