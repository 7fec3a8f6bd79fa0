"""Right answers to `accuracy_curve`, written in other ways than the solution."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def joints_first(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    joints = predicted.shape[-2]
    distance = (predicted - target).norm(dim=-1).movedim(-1, 0).reshape(joints, -1)
    return (distance[:, None] <= thresholds[:, None]).to(predicted).mean(-1)


@RIGHT.answer
def squares_compared(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    squared = ((predicted - target) ** 2).sum(-1)
    within = squared.unsqueeze(-1) <= thresholds**2
    axes = tuple(range(within.dim() - 2))
    fractions = within.type_as(predicted)
    return fractions.mean(dim=axes) if axes else fractions


@RIGHT.answer
def counted_and_divided(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    distance = torch.sqrt(torch.sum(torch.square(target - predicted), dim=-1))
    poses = distance.reshape(-1, distance.shape[-1])
    within = (poses[:, :, None] <= thresholds[None, None, :]).sum(0)
    return (within.double() / poses.shape[0]).to(predicted.dtype)


@RIGHT.answer
def complement_of_the_far_ones(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    distance = torch.linalg.norm((predicted - target)[None], axis=-1).flatten(0, -2)
    far = torch.gt(distance[..., None], thresholds)
    return 1 - far.to(predicted.dtype).mean(0)


@RIGHT.answer
def searched_in_sorted_distances(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    distance = (predicted - target).pow(2).sum(-1).sqrt()
    rows = distance.reshape(-1, distance.shape[-1]).T.sort().values.contiguous()
    asked = thresholds.expand(len(rows), -1).contiguous()
    within = torch.searchsorted(rows, asked, right=True)
    return within.to(predicted.dtype) / rows.shape[1]


@RIGHT.answer
def stepped(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    dx, dy = (predicted - target).unbind(-1)
    spare = thresholds - torch.hypot(dx, dy)[..., None]
    steps = torch.heaviside(spare, torch.ones((), dtype=spare.dtype, device=spare.device))
    return steps[None].flatten(0, -3).mean(0).to(predicted.dtype)


@RIGHT.answer
def complex_modulus(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    distance = torch.view_as_complex((predicted - target).contiguous()).abs()
    within = torch.where(distance[..., None] <= thresholds, 1.0, 0.0).to(predicted.dtype)
    return within.reshape(-1, *within.shape[-2:]).mean(0)


@RIGHT.answer
def einsum(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    difference = predicted - target
    distance = torch.einsum("...c,...c->...", difference, difference).sqrt()
    within = (distance[..., None] <= thresholds).to(predicted.dtype)
    return torch.einsum("...jt->jt", within) / (distance.numel() // distance.shape[-1])


@RIGHT.answer
def pairwise_distance(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    distance = functional.pairwise_distance(predicted, target, eps=0.0)
    within = distance.view(-1, distance.shape[-1], 1).le(thresholds.view(1, 1, -1))
    return within.to(dtype=predicted.dtype).mean(dim=0)


@RIGHT.answer
def distances_by_cdist(predicted: Tensor, target: Tensor, thresholds: Tensor) -> Tensor:
    here, there = predicted.reshape(-1, 1, 2), target.reshape(-1, 1, 2)
    distance = torch.cdist(here, there, compute_mode="donot_use_mm_for_euclid_dist")
    within = (distance.reshape(-1, predicted.shape[-2], 1) <= thresholds).to(predicted.dtype)
    return within.mean(0)


@RIGHT.answer
class Curve:
    """A class, in float64 and back."""

    def __new__(  # type: ignore[misc]
        cls, predicted: Tensor, target: Tensor, thresholds: Tensor
    ) -> Tensor:
        return counted_and_divided(predicted.double(), target.double(), thresholds.double()).to(
            predicted.dtype
        )
