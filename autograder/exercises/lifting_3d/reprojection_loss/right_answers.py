"""Right answers to `reprojection_loss`, written in other ways than the solution."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


def _seen(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    if rotation is not None:
        joints = joints @ rotation.mT
    if translation is not None:
        joints = joints + translation[:, None]
    return focal[:, None] * joints[..., :2] / -joints[..., 2:]


@RIGHT.answer
def mean_of_two_means(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> Tensor:
    first = (_seen(joints, focal_1) - observed_1).norm(dim=-1).mean()
    second = (_seen(joints, focal_2, rotation, translation) - observed_2).norm(dim=-1).mean()
    return 0.5 * (first + second)


@RIGHT.answer
def pairwise(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> Tensor:
    moved = torch.baddbmm(translation[:, None], joints, rotation.mT)
    views = torch.cat((_seen(joints, focal_1), _seen(moved, focal_2)))
    observed = torch.cat((observed_1, observed_2))
    return functional.pairwise_distance(views, observed, eps=0.0).mean()


@RIGHT.answer
def root_where_there_is_one(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> Tensor:
    first = (_seen(joints, focal_1) - observed_1).square().sum(-1)
    second = (_seen(joints, focal_2, rotation, translation) - observed_2).square().sum(-1)
    squares = torch.cat((first, second))
    is_off = squares > 0
    return torch.where(is_off, squares.where(is_off, 1).sqrt(), 0).mean()


@RIGHT.answer
def only_what_is_off(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> Tensor:
    first = observed_1 - _seen(joints, focal_1)
    second = observed_2 - _seen(joints, focal_2, rotation, translation)
    squares = torch.stack((first, second)).pow(2).sum(dim=-1)
    return squares[squares > 0].sqrt().sum() / squares.numel()


@RIGHT.answer
def complex_modulus(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> Tensor:
    first = _seen(joints, focal_1) - observed_1
    second = _seen(joints, focal_2, rotation, translation) - observed_2
    return torch.view_as_complex(torch.stack((first, second))).abs().mean()


@RIGHT.answer
def distances_of_single_points(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> Tensor:
    views = torch.stack((_seen(joints, focal_1), _seen(joints, focal_2, rotation, translation)), 1)
    observed = torch.stack((observed_1, observed_2), 1)
    mode = "donot_use_mm_for_euclid_dist"
    distance = torch.cdist(views[..., None, :], observed[..., None, :], compute_mode=mode)
    return distance.sum() / (2 * joints.shape[0] * joints.shape[1])


@RIGHT.answer
def rows_of_a_matrix(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> Tensor:
    def off(points: Tensor, focal: Tensor, observed: Tensor) -> Tensor:
        across, depth = points[..., :2], points[..., 2:]
        return (across * focal.unsqueeze(1) / depth + observed).reshape(-1, 2)

    moved = torch.einsum("bij,bkj->bki", rotation, joints) + translation.unsqueeze(1)
    both = off(joints, focal_1, observed_1), off(moved, focal_2, observed_2)
    return sum(torch.linalg.norm(rows, dim=1).mean() for rows in both) / 2


@RIGHT.answer
def both_views_as_one_batch(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> Tensor:
    eye = torch.eye(3, dtype=joints.dtype, device=joints.device).expand_as(rotation)
    turns = torch.cat((eye, rotation))
    shifts = torch.cat((torch.zeros_like(translation), translation))
    views = _seen(joints.repeat(2, 1, 1), torch.cat((focal_1, focal_2)), turns, shifts)
    return (views - torch.cat((observed_1, observed_2))).norm(p=2, dim=2).mean()


@RIGHT.answer
def double_inside(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> Tensor:
    parts = (observed_1, focal_1, observed_2, focal_2, rotation, translation)
    exact = mean_of_two_means(joints.double(), *(part.double() for part in parts))
    return exact.to(joints.dtype)


@RIGHT.answer
def larger_taken_out(
    joints: Tensor,
    observed_1: Tensor,
    focal_1: Tensor,
    observed_2: Tensor,
    focal_2: Tensor,
    rotation: Tensor,
    translation: Tensor,
) -> Tensor:
    # The distance is the larger difference times a root that is never one of 0.
    first = _seen(joints, focal_1) - observed_1
    second = _seen(joints, focal_2, rotation, translation) - observed_2
    off = torch.cat((first, second)).abs()
    larger = off.amax(-1)
    ratio = off.amin(-1) / torch.where(larger > 0, larger, 1)
    return (larger * (1 + ratio.square()).sqrt()).mean()
