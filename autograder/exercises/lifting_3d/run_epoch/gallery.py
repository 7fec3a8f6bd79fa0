"""What the gallery shows of `run_epoch`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def not_written(epoch_no: int, data: Any, model: nn.Module, *others: Any) -> Any:
    """The cell as it was handed out."""
    raise NotImplementedError


def keyed_as_in_the_file(
    epoch_no: int,
    data: Any,
    model: nn.Module,
    optimiser: Any,
    scheduler: Any,
    batch_size: int = 64,
    split: str = "train",
) -> Any:
    """The batch is asked for a key that it does not have."""
    batch = data.batch(torch.arange(batch_size) % len(data))
    return model(batch["joint_2d_1"])


SHOWN = (
    "mean_of_batch_means",
    "error_of_normalised_poses",
    "last_batch_dropped",
    "optimiser_rebuilt",
    "gradients_accumulate",
    "scheduler_steps_for_each_batch",
    "left_in_evaluation_mode",
    not_written,
    keyed_as_in_the_file,
)
