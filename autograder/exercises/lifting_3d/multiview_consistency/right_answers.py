"""Right answers to `multiview_consistency`, written in other ways than the solution."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def columns(joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor) -> Tensor:
    moved = torch.bmm(rotation, joints_1.transpose(1, 2)) + translation.unsqueeze(2)
    return (moved - joints_2.transpose(1, 2)).norm(dim=1).mean()


@RIGHT.answer
def einsum(joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor) -> Tensor:
    moved = torch.einsum("bij,bkj->bki", rotation, joints_1)
    difference = joints_2 - moved - translation.reshape(-1, 1, 3)
    return torch.linalg.norm(difference, ord=2, dim=2).mean()


@RIGHT.answer
def in_the_first_frame(
    joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor
) -> Tensor:
    # The other way round the distances are the same: a rotation keeps lengths.
    back = (joints_2 - translation[:, None]) @ rotation
    return torch.linalg.vector_norm(back - joints_1, dim=-1).mean()


@RIGHT.answer
def pairwise(joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor) -> Tensor:
    moved = torch.baddbmm(translation[:, None], joints_1, rotation.mT)
    return functional.pairwise_distance(moved, joints_2, eps=0.0).mean()


@RIGHT.answer
def root_where_there_is_one(
    joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor
) -> Tensor:
    squares = (joints_1 @ rotation.mT + translation[:, None] - joints_2).square().sum(-1)
    is_off = squares > 0
    return torch.where(is_off, squares.where(is_off, 1).sqrt(), 0).mean()


@RIGHT.answer
def only_what_is_off(
    joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor
) -> Tensor:
    moved = (rotation[:, None] @ joints_1[..., None]).squeeze(-1) + translation.unsqueeze(-2)
    squares = functional.mse_loss(moved, joints_2, reduction="none").sum(-1).flatten()
    return squares[squares.nonzero()].sqrt().sum() / len(squares)


@RIGHT.answer
def distances_of_single_points(
    joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor
) -> Tensor:
    moved = joints_1.matmul(rotation.transpose(-2, -1)).add(translation[:, None, :])
    mode = "donot_use_mm_for_euclid_dist"
    distance = torch.cdist(moved.unsqueeze(2), joints_2.unsqueeze(2), compute_mode=mode)
    return distance.mean()


@RIGHT.answer
def each_coordinate(
    joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor
) -> Tensor:
    moved = (rotation.unsqueeze(1) * joints_1.unsqueeze(2)).sum(-1) + translation.unsqueeze(1)
    dx, dy, dz = (moved - joints_2).unbind(-1)
    flat = torch.view_as_complex(torch.stack((dx, dy), dim=-1)).abs()
    return torch.view_as_complex(torch.stack((flat, dz), dim=-1)).abs().mean()


@RIGHT.answer
def homogeneous(
    joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor
) -> Tensor:
    motion = torch.cat((rotation, translation[:, :, None]), dim=2)
    points = torch.cat((joints_1, torch.ones_like(joints_1[..., :1])), dim=2)
    return torch.linalg.vector_norm((points @ motion.mT - joints_2).reshape(-1, 3), dim=1).mean()


@RIGHT.answer
def double_inside(
    joints_1: Tensor, joints_2: Tensor, rotation: Tensor, translation: Tensor
) -> Tensor:
    exact = in_the_first_frame(
        joints_1.double(), joints_2.double(), rotation.double(), translation.double()
    )
    return exact.to(joints_1.dtype)
