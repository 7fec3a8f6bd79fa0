"""Right answers to `cal_mpjpe`, written in other ways than the solution."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def by_hand(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    a, b = pose_1.reshape(len(pose_1), -1, 3), pose_2.reshape(len(pose_2), -1, 3)
    distance = ((a - b) ** 2).sum(-1).sqrt()
    return distance.mean() if avg else distance.mean(-1)


@RIGHT.answer
def norm_where_flat(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    if pose_1.dim() == 2:
        pose_1 = pose_1.unflatten(1, (-1, 3))
        pose_2 = pose_2.unflatten(1, (-1, 3))
    error = torch.norm(pose_1 - pose_2, dim=2)
    error = error.mean(dim=1)
    if avg:
        error = error.mean()
    return error


@RIGHT.answer
def joints_in_one_row(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    distance = functional.pairwise_distance(pose_1.reshape(-1, 3), pose_2.reshape(-1, 3), eps=0.0)
    return distance.mean() if avg else distance.view(pose_1.shape[0], -1).mean(1)


@RIGHT.answer
def every_third_column(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    d = (pose_1 - pose_2).flatten(1)
    x, y, z = d[:, 0::3], d[:, 1::3], d[:, 2::3]
    error = torch.hypot(torch.hypot(x, y), z).mean(1)
    return torch.mean(error) if avg else error


@RIGHT.answer
def einsum(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    d = (pose_2 - pose_1).reshape(pose_1.shape[0], pose_1[0].numel() // 3, 3)
    distance = torch.einsum("njc,njc->nj", d, d).sqrt()
    error = torch.einsum("nj->n", distance) / distance.shape[1]
    return error.sum() / len(error) if avg else error


@RIGHT.answer
def cdist_of_single_joints(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    a, b = (p.contiguous().view(-1, 1, 3) for p in (pose_1, pose_2))
    mode = "donot_use_mm_for_euclid_dist"
    distance = torch.cdist(a, b, compute_mode=mode).reshape(len(pose_1), -1)
    return distance.mean(dim=(0, 1) if avg else 1)


@RIGHT.answer
def scaled_first(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    # The largest coordinate is taken out, so that no square overflows.
    d = (pose_1 - pose_2).abs().reshape(len(pose_1), -1, 3)
    largest = d.amax(-1, keepdim=True)
    ratio = d / largest.where(largest > 0, 1)
    error = (largest[..., 0] * ratio.square().sum(-1).sqrt()).mean(-1)
    return error if not avg else error.mean()


@RIGHT.answer
def in_float64_and_back(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    d = pose_1.double().sub(pose_2.double()).reshape(pose_1.size(0), -1, 3)
    error = d.pow(2).sum(2).pow(0.5).mean(1)
    return (error.mean() if avg else error).to(pose_1.dtype)


@RIGHT.answer
class Mpjpe:
    """A class that is called like a function."""

    def __new__(cls, pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:  # type: ignore[misc]
        d = torch.stack((pose_1.flatten(1), -pose_2.flatten(1))).sum(0)
        error = d.unfold(1, 3, 3).norm(dim=-1).mean(-1)
        return error.mean() if avg else error


@RIGHT.answer
def average_pooling(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    squares = (pose_1 - pose_2).square().flatten(1)[:, None]
    error = (3 * functional.avg_pool1d(squares, 3)).sqrt().mean((1, 2))
    return error.mean() if avg else error
