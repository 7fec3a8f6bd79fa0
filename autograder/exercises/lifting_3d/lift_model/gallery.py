"""What the gallery shows of `LiftModel`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class NotWritten(nn.Module):
    """The cell as it was handed out."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__()
        # TODO
        raise NotImplementedError


class PlainPerceptron(nn.Module):
    """Two hidden layers and nothing else."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__()
        self.first = nn.Linear(30, hidden_layer)
        self.second = nn.Linear(hidden_layer, hidden_layer)
        self.last = nn.Linear(hidden_layer, output_nodes)

    def forward(self, joint_2d: Tensor) -> Tensor:
        y: Tensor = self.last(torch.relu(self.second(torch.relu(self.first(joint_2d)))))
        return y


SHOWN = (
    "residual_missing",
    "activation_after_the_sum",
    "normalised_at_the_input",
    "blocks_shared",
    "hidden_in_training_mode",
    "dropout_never_off",
    "dropout_ignored",
    "dropout_after_the_addition",
    NotWritten,
    PlainPerceptron,
)
