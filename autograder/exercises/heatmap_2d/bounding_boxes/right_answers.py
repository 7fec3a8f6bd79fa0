"""Right answers to `bounding_boxes`, written in other ways than the solution."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def four_columns(poses: Tensor) -> Tensor:
    x, y = poses[..., 0], poses[..., 1]
    return torch.stack((x.amin(1), y.amin(1), x.amax(1), y.amax(1)), dim=1)


@RIGHT.answer
def values_of_min_and_max(poses: Tensor) -> Tensor:
    return torch.hstack((poses.min(dim=1).values, poses.max(dim=1)[0]))


@RIGHT.answer
def stacked_and_flattened(poses: Tensor) -> Tensor:
    return torch.stack((poses.amin(1), poses.amax(1)), dim=1).flatten(1)


@RIGHT.answer
def negated(poses: Tensor) -> Tensor:
    return torch.cat((-(-poses).amax(-2), poses.amax(-2)), -1)


@RIGHT.answer
def sorted_joints(poses: Tensor) -> Tensor:
    ordered = poses.sort(dim=1).values
    return torch.cat((ordered[:, 0], ordered[:, -1]), dim=1)


@RIGHT.answer
def aminmax(poses: Tensor) -> Tensor:
    low, high = torch.aminmax(poses, dim=1)
    return torch.cat([low, high], 1)


@RIGHT.answer
def written_into_place(poses: Tensor) -> Tensor:
    boxes = torch.empty(poses.shape[0], 4)
    boxes[:, :2] = poses.amin(dim=1)
    boxes[:, 2:] = poses.amax(dim=1)
    return boxes


@RIGHT.answer
def quantiles(poses: Tensor) -> Tensor:
    ends = torch.quantile(poses, torch.tensor([0.0, 1.0]), dim=1)
    return torch.cat(tuple(ends), dim=-1)
