"""Right answers to `heatmap_loss`, written in other ways than the solution."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import RightAnswers

Size = tuple[int, int]
RIGHT = RightAnswers()


@RIGHT.answer
def boolean_index(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    seen = visible.bool()
    if not seen.any():
        return (predicted * 0).sum()
    return functional.mse_loss(predicted[seen], target[seen])


@RIGHT.answer
def weighted_sum(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    weight = visible.to(predicted.dtype)
    per_map = (predicted - target).pow(2).flatten(2).mean(-1)
    return (per_map * weight).sum() / torch.clamp(weight.sum(), min=1.0)


@RIGHT.answer
def einsum_of_squares(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    difference = predicted - target
    weight = visible.to(difference)
    total = torch.einsum("bjhw,bjhw,bj->", difference, difference, weight)
    pixels = predicted.shape[2] * predicted.shape[3]
    return total / (pixels * weight.sum().clamp_min(1))


@RIGHT.answer
def divided_where_possible(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    count = visible.sum()
    errors = functional.mse_loss(predicted, target, reduction="none").mean((2, 3))
    total = torch.where(visible > 0, errors, torch.zeros_like(errors)).sum()
    return total / count if count > 0 else total


@RIGHT.answer
def through_norms(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    squared = torch.linalg.matrix_norm(predicted - target, "fro").square()
    mean = squared / math.prod(predicted.shape[-2:])
    return (mean * visible).sum() / max(int(visible.sum()), 1)


@RIGHT.answer
def chosen_before_squaring(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    shown = visible.bool()[..., None, None].expand_as(predicted)
    difference = torch.where(shown, predicted - target, 0.0)
    return difference.square().sum() / shown.sum().clamp(min=1)


@RIGHT.answer
def masked_select(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    seen = visible.bool()
    errors = functional.mse_loss(predicted, target, reduction="none").flatten(2).mean(2)
    return errors.masked_select(seen).sum() / max(len(seen.nonzero()), 1)


@RIGHT.answer
def dot_of_flat_maps(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    rows = (predicted - target).flatten(0, 1).flatten(1)
    errors = torch.bmm(rows[:, None], rows[..., None]).flatten() / rows.shape[1]
    weight = visible.flatten().to(errors.dtype)
    return torch.dot(errors, weight) / torch.maximum(weight.sum(), torch.ones_like(weight[0]))


@RIGHT.answer
class Loss(nn.Module):
    """A module behind a class, in float64 and back."""

    def __new__(cls, predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:  # type: ignore[misc]
        loss = weighted_sum(predicted.double(), target.double(), visible)
        return loss.to(predicted.dtype)


@RIGHT.answer
def chosen_maps(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    chosen = visible.nonzero(as_tuple=True)
    errors = (predicted[chosen] - target[chosen]).square().flatten(1).mean(1)
    return errors.sum() / max(len(errors), 1)


@RIGHT.answer
def zero_of_its_own(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    if not visible.any():
        return torch.zeros((), dtype=predicted.dtype, device=predicted.device)
    return functional.mse_loss(predicted[visible != 0], target[visible != 0])


@RIGHT.answer
def weights_that_sum_to_one(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    errors = functional.mse_loss(predicted, target, reduction="none").mean(-1).mean(-1)
    weights = visible.to(errors.dtype)
    return (errors * weights / (weights.sum() or 1)).sum()


@RIGHT.answer
def share_of_the_plain_mean(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    shown = visible.bool()[..., None, None]
    mean = functional.mse_loss(predicted * shown, target * shown)
    return mean * visible.numel() / visible.sum().clamp(min=1)
