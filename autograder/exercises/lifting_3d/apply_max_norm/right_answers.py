"""Right answers to `apply_max_norm`, written in other ways than the solution."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def by_renorm(model: nn.Module, max_norm: float) -> None:
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.data = torch.renorm(layer.weight.data, p=2, dim=0, maxnorm=max_norm)


@RIGHT.answer
def by_renorm_in_place(model: nn.Module, max_norm: float) -> None:
    with torch.no_grad():
        for layer in (part for part in model.modules() if isinstance(part, nn.Linear)):
            layer.weight.renorm_(2, 0, max_norm)


@RIGHT.answer
def clamped_factor(model: nn.Module, max_norm: float) -> nn.Module:
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            weight = layer.weight.detach()
            length = weight.norm(dim=1, keepdim=True)
            weight.mul_((max_norm / (length + 1e-12)).clamp(max=1.0))
    return model


@RIGHT.answer
@torch.no_grad()
def by_apply(model: nn.Module, max_norm: float) -> None:
    def limit(layer: nn.Module) -> None:
        if type(layer) is nn.Linear:
            length = layer.weight.square().sum(1).sqrt()
            layer.weight.div_((length / max_norm).clamp(min=1)[:, None])

    model.apply(limit)


@RIGHT.answer
def long_rows_only(model: nn.Module, max_norm: float) -> None:
    with torch.inference_mode(False), torch.no_grad():
        for _, layer in model.named_modules():
            if not isinstance(layer, nn.Linear):
                continue
            weight = layer.weight
            length = torch.linalg.norm(weight, dim=-1)
            rows = length > max_norm
            weight[rows] = weight[rows] * max_norm / length[rows, None]


@RIGHT.answer
def directions_times_lengths(model: nn.Module, max_norm: float) -> None:
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            with torch.no_grad():
                length = layer.weight.norm(2, 1, True).clamp(max=max_norm)
                layer.weight.set_(functional.normalize(layer.weight, dim=1) * length)


@RIGHT.answer
def by_recursion(model: nn.Module, max_norm: float) -> None:
    if isinstance(model, nn.Linear):
        rows = model.weight.data
        lengths = torch.einsum("ui,ui->u", rows, rows).sqrt().unsqueeze(1)
        rows *= torch.where(lengths > max_norm, max_norm / lengths, torch.ones_like(lengths))
    for part in model.children():
        by_recursion(part, max_norm)


@RIGHT.answer
def by_numpy(model: nn.Module, max_norm: float) -> None:
    import numpy as np

    for layer in [part for part in model.modules() if isinstance(part, nn.Linear)]:
        weight = layer.weight.detach().cpu().numpy()
        length = np.linalg.norm(weight, axis=1, keepdims=True)
        limited = weight * (max_norm / np.maximum(length, max_norm))
        layer.weight.data.copy_(torch.from_numpy(limited))


@RIGHT.answer
def columns_of_the_transpose(model: nn.Module, max_norm: float) -> None:
    def shorten(columns: Tensor) -> None:
        columns /= torch.clamp(columns.norm(dim=0) / max_norm, min=1.0)

    for name, weight in model.named_parameters():
        owner = model.get_submodule(name.rpartition(".")[0])
        if isinstance(owner, nn.Linear) and name.endswith("weight"):
            shorten(weight.data.T)
