"""Right answers to `joint_error`, written in other ways than the solution."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from autograder.exercises.bank import RightAnswers

Size = tuple[int, int]
RIGHT = RightAnswers()


@RIGHT.answer
def vector_norm(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    distance = torch.linalg.vector_norm(predicted - target, dim=-1)
    if visible is None:
        return distance.mean()
    weight = visible.to(distance)
    return distance[weight > 0].sum() / weight.sum().clamp(min=1)


@RIGHT.answer
def pairwise(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    distance = functional.pairwise_distance(
        predicted.reshape(-1, 2), target.reshape(-1, 2), eps=0.0
    )
    if visible is not None:
        distance = distance[visible.reshape(-1).bool()]
    return distance.mean() if len(distance) else predicted.new_zeros(())


@RIGHT.answer
def hypot(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    dx, dy = (predicted - target).unbind(-1)
    distance = torch.hypot(dx, dy)
    if visible is None:
        visible = torch.ones_like(distance)
    return torch.where(visible > 0, distance, 0).sum() / visible.sum().clamp(min=1)


@RIGHT.answer
def root_of_einsum(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    difference = target - predicted
    distance = torch.einsum("bjc,bjc->bj", difference, difference).sqrt()
    mask = torch.ones_like(distance) if visible is None else visible.type_as(distance)
    return torch.nan_to_num((distance.nan_to_num() * mask).sum() / mask.sum(), nan=0.0)


@RIGHT.answer
def complex_modulus(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    distance = torch.view_as_complex((predicted - target).contiguous()).abs()
    if visible is None:
        return distance.mean()
    seen = visible.bool()
    return distance[seen].sum() / max(int(seen.sum()), 1)


@RIGHT.answer
def mean_of_numbers(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    distance = (predicted - target).square().sum(-1).sqrt()
    if visible is not None:
        distance = distance.masked_fill(visible == 0, torch.nan)
    return distance.nanmean().nan_to_num(0.0)


@RIGHT.answer
def cdist_of_single_points(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    distance = torch.cdist(
        predicted[:, :, None], target[:, :, None], compute_mode="donot_use_mm_for_euclid_dist"
    )[..., 0, 0]
    weight = torch.ones_like(distance) if visible is None else visible.to(distance.dtype)
    distance[weight == 0] = 0
    return torch.tensordot(distance, weight) / weight.sum().clip(1)


@RIGHT.answer
class Error:
    """A class, in float64 and back."""

    def __new__(  # type: ignore[misc]
        cls, predicted: Tensor, target: Tensor, visible: Tensor | None = None
    ) -> Tensor:
        return vector_norm(predicted.double(), target.double(), visible).to(predicted.dtype)


@RIGHT.answer
def roots_of_powers(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    squared = functional.mse_loss(predicted, target, reduction="none").sum(-1)
    seen = squared.new_ones(squared.shape).bool() if visible is None else visible.bool()
    chosen = squared[seen] ** 0.5
    return chosen.sum() / max(chosen.numel(), 1)


@RIGHT.answer
def scaled_roots(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    # The larger coordinate is taken out, so that no square overflows and no root is one of 0.
    seen = predicted.new_ones(predicted.shape[:2]) if visible is None else visible
    difference = (predicted - target).abs().masked_fill(seen[..., None] == 0, 0)
    larger = difference.amax(-1)
    ratio = difference.amin(-1) / larger.where(larger > 0, 1)
    return (larger * (1 + ratio**2).sqrt() / (seen != 0).sum().clamp(min=1)).sum()


@RIGHT.answer
def weights_that_add_up_to_one(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    difference = predicted - target
    weights = torch.ones_like(difference[..., 0])
    if visible is not None:
        weights = (visible != 0).to(weights)
        difference = torch.where(visible.bool().unsqueeze(-1), difference, 0)
    weights = weights / weights.sum().clamp_min(1)
    return torch.einsum("bj,bj->", torch.linalg.norm(difference, dim=-1), weights)
