"""Right answers to `training_step`, written in other ways than the solution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from autograder.exercises.bank import RightAnswers
from poselab.datasets import DeviceDict

RIGHT = RightAnswers()
Loss = Callable[[Tensor, Tensor], Tensor]


@RIGHT.answer
def cleared_first(
    model: nn.Module, batch: DeviceDict, loss_function: Loss, optimiser: Optimizer
) -> float:
    optimiser.zero_grad()
    model.train()
    frames, target = batch["frames"], batch["pose"]
    predicted = model(frames)
    loss = loss_function(predicted, target)
    loss.backward()
    optimiser.step()
    return float(loss)


@RIGHT.answer
def zeros_instead_of_none(
    model: nn.Module, batch: DeviceDict, loss_function: Loss, optimiser: Optimizer
) -> float:
    model.train(True)
    loss = loss_function(model.forward(batch["frames"]), batch["pose"])
    value = loss.item()
    optimiser.zero_grad(set_to_none=False)
    torch.autograd.backward(loss)
    optimiser.step()
    return value


@RIGHT.answer
def each_gradient_by_itself(
    model: nn.Module, batch: DeviceDict, loss_function: Loss, optimiser: Optimizer
) -> float:
    for module in model.modules():
        module.training = True
    for weight in model.parameters():
        weight.grad = None
    loss = loss_function(model(batch["frames"]), batch["pose"])
    loss.backward()
    optimiser.step()
    (value,) = loss.detach().cpu().reshape(1).tolist()
    return value


@RIGHT.answer
def cleared_before_and_after(
    model: nn.Module, batch: DeviceDict, loss_function: Loss, optimiser: Optimizer
) -> float:
    was_training = model.training
    model.zero_grad()
    model.train()
    with torch.enable_grad():
        loss = loss_function(model(batch["frames"]), batch["pose"])
    loss.backward()
    optimiser.step()
    model.zero_grad()
    model.train(was_training)
    return float(loss.detach().numpy())


@RIGHT.answer
def gradients_asked_for(
    model: nn.Module, batch: DeviceDict, loss_function: Loss, optimiser: Optimizer
) -> float:
    """They are put where the optimiser looks for them."""
    model.train()
    weights = list(model.parameters())
    loss = loss_function(model(batch["frames"]), batch["pose"])
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = gradient
    optimiser.step()
    return loss.item()


@RIGHT.answer
def with_a_closure(
    model: nn.Module, batch: DeviceDict, loss_function: Loss, optimiser: Optimizer
) -> float:
    model.train()

    def closure() -> Any:
        optimiser.zero_grad()
        loss = loss_function(model(batch["frames"]), batch["pose"])
        loss.backward()
        return loss

    return float(optimiser.step(closure))


@RIGHT.answer
def moved_to_the_device_again(
    model: nn.Module, batch: DeviceDict, loss_function: Loss, optimiser: Optimizer
) -> float:
    """The frames become floats as well, which changes none of their values."""
    batch = batch.to(next(model.parameters()).device)
    model.train()
    for group in optimiser.param_groups:
        for weight in group["params"]:
            if weight.grad is not None:
                weight.grad.zero_()
    loss = loss_function(model(batch["frames"].float()), batch["pose"]).mean()
    loss.backward()
    optimiser.step()
    model.eval()
    return loss.item()


@RIGHT.answer
def measured_twice(
    model: nn.Module, batch: DeviceDict, loss_function: Loss, optimiser: Optimizer
) -> float:
    """The loss function is called a second time, without a graph."""
    model.train()
    optimiser.zero_grad()
    predicted = model(batch["frames"])
    loss_function(predicted, batch["pose"]).backward()
    with torch.no_grad():
        told = loss_function(predicted, batch["pose"])
    optimiser.step()
    return told.item()


@RIGHT.answer
def looks_at_the_outcome(
    model: nn.Module, batch: DeviceDict, loss_function: Loss, optimiser: Optimizer
) -> float:
    """After the step it is measured what it was good for; that is only printed."""
    model.train()
    optimiser.zero_grad()
    loss = loss_function(model(batch["frames"]), batch["pose"])
    loss.backward()
    optimiser.step()
    model.eval()
    with torch.no_grad():
        after = loss_function(model(batch["frames"]), batch["pose"])
    print(f"{loss.item():.3f} -> {after.item():.3f}")
    return loss.item()
