"""What the gallery shows of `training_step`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

from typing import Any

from torch import nn


def not_written(model: nn.Module, batch: Any, loss_function: Any, optimiser: Any) -> Any:
    """The cell as it was handed out."""
    raise NotImplementedError


def whole_batch_as_input(model: nn.Module, batch: Any, loss_function: Any, optimiser: Any) -> Any:
    """The model is given the dictionary."""
    model.train()
    optimiser.zero_grad()
    loss = loss_function(model(batch), batch["pose"])
    loss.backward()
    optimiser.step()
    return loss.item()


SHOWN = (
    "step_before_backward",
    "cleared_before_the_step",
    "optimiser_rebuilt",
    "gradients_clipped",
    "tensor_returned",
    "loss_times_the_clips",
    "gradients_pile_up",
    "cleared_after_the_step_alone",
    "training_mode_not_set",
    not_written,
    whole_batch_as_input,
)
