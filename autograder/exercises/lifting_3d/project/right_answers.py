"""Right answers to `project`, written in other ways than the solution."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def columns(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    points = joints.transpose(1, 2)
    if rotation is not None:
        points = torch.bmm(rotation, points)
    if translation is not None:
        points = points + translation.unsqueeze(2)
    x, y, z = points.unbind(dim=1)
    fx, fy = focal[:, 0, None], focal[:, 1, None]
    return torch.stack((-fx * x / z, -fy * y / z), dim=2)


@RIGHT.answer
def einsum(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    if rotation is not None:
        joints = torch.einsum("bik,bjk->bji", rotation, joints)
    if translation is not None:
        joints = joints + translation[:, None, :]
    return torch.einsum("bc,bjc->bjc", focal, joints[..., :2] / joints[..., 2:].neg())


@RIGHT.answer
def homogeneous(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    # One 3 x 4 matrix for each camera, and a fourth coordinate of 1.
    batch = len(joints)
    if rotation is None:
        rotation = torch.eye(3, dtype=joints.dtype, device=joints.device).expand(batch, 3, 3)
    if translation is None:
        translation = joints.new_zeros(batch, 3)
    intrinsic = torch.diag_embed(torch.cat((focal, -torch.ones_like(focal[:, :1])), dim=1))
    camera = intrinsic @ torch.cat((rotation, translation[:, :, None]), dim=2)
    points = torch.cat((joints, torch.ones_like(joints[..., :1])), dim=2) @ camera.mT
    return points[..., :2] / points[..., 2:]


@RIGHT.answer
def broadcast_product(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    moved = joints
    if rotation is not None:
        moved = (rotation.unsqueeze(1) * moved.unsqueeze(2)).sum(dim=-1)
    moved = moved if translation is None else moved + translation.unsqueeze(-2)
    depth = -moved[:, :, 2]
    return torch.stack([focal[:, i : i + 1] * moved[:, :, i] / depth for i in (0, 1)], dim=-1)


@RIGHT.answer
def each_coordinate(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    x, y, z = (joints[..., axis] for axis in range(3))
    if rotation is not None:
        rows = rotation[:, :, :, None].unbind(dim=1)
        x, y, z = (row[:, 0] * x + row[:, 1] * y + row[:, 2] * z for row in rows)
    if translation is not None:
        x, y, z = x + translation[:, :1], y + translation[:, 1:2], z + translation[:, 2:]
    return focal.unsqueeze(1) * torch.stack((x, y), dim=-1) / z.abs().unsqueeze(-1)


@RIGHT.answer
def inverse_depth(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    if rotation is not None:
        joints = torch.matmul(joints, rotation.permute(0, 2, 1))
    if translation is not None:
        joints = torch.add(joints, translation.reshape(-1, 1, 3))
    return joints[..., :2].mul(joints[..., 2:].reciprocal()).mul(focal.reshape(-1, 1, 2)).neg()


@RIGHT.answer
def added_in_the_product(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    if rotation is None:
        rotation = torch.eye(3).to(joints).repeat(len(joints), 1, 1)
    if translation is None:
        translation = torch.zeros_like(joints[:, 0])
    points = torch.baddbmm(translation.unsqueeze(1), joints, rotation.mT)
    across, depth = points.split((2, 1), dim=-1)
    return across / (-depth / focal.unsqueeze(1))


@RIGHT.answer
def flat_batch(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    batch, count, _ = joints.shape
    points = joints.reshape(-1, 3, 1)
    if rotation is not None:
        points = rotation.repeat_interleave(count, dim=0) @ points
    points = points[..., 0]
    if translation is not None:
        points = points + translation.repeat_interleave(count, dim=0)
    lengths = focal.repeat_interleave(count, dim=0)
    return (lengths * points[:, :2] / -points[:, 2:3]).reshape(batch, count, 2)


@RIGHT.answer
def double_inside(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    exact = joints.double()
    if rotation is not None:
        exact = exact @ rotation.double().transpose(-1, -2)
    if translation is not None:
        exact = exact + translation.double()[:, None]
    return (focal.double()[:, None] * exact[..., :-1] / -exact[..., -1:]).to(joints.dtype)


@RIGHT.answer
def vmapped(
    joints: Tensor, focal: Tensor, rotation: Tensor | None = None, translation: Tensor | None = None
) -> Tensor:
    def one(points: Tensor, lengths: Tensor, turn: Tensor, shift: Tensor) -> Tensor:
        points = points @ turn.T + shift
        return lengths * points[:, :2] / -points[:, 2:]

    eye = torch.eye(3, dtype=joints.dtype, device=joints.device)
    turns = eye.expand(len(joints), 3, 3) if rotation is None else rotation
    shifts = torch.zeros_like(joints[:, 0]) if translation is None else translation
    return torch.vmap(one)(joints, focal, turns, shifts)
