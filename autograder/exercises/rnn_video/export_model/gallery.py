"""What the gallery shows of `export_model`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import nn


def no_mode_at_all(model: nn.Module, path: str) -> None:
    """The names are missing, and the mode is forgotten."""
    example = torch.zeros(1, 10, 64, 64, 3, dtype=torch.uint8)
    torch.onnx.export(model.eval(), (example,), path, verbose=False, dynamo=True)


SHOWN = (
    "batch_fixed",
    "weights_beside_the_file",
    "left_in_evaluation_mode",
    no_mode_at_all,
)
