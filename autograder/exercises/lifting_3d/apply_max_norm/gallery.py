"""What the gallery shows of `apply_max_norm`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import nn


def loop_over_units(model: nn.Module, max_norm: float) -> None:
    """Right, one unit at a time."""
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                for row in layer.weight:
                    if row.norm() > max_norm:
                        row.mul_(max_norm / row.norm())


SHOWN = (
    "columns_limited",
    "nothing_changed",
    "changed_while_recording",
    "nested_layers_left_out",
    "zeros_become_nan",
    "every_matrix_limited",
    "parameters_replaced",
    loop_over_units,
)
