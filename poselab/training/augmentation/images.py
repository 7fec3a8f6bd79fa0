"""More training data from the data there is."""

from __future__ import annotations

import torch

from poselab.datasets import DeviceDict
from poselab.skeletons import Skeleton


def flip_left_right(batch: DeviceDict, skeleton: Skeleton) -> DeviceDict:
    """The mirror image of a mini-batch, or of a single sample.

    In a mirror a position ``x`` in 0..1 becomes ``1 - x``, and a left hand becomes a right hand:
    the joints trade names with their partners on the other side. Flipping twice changes nothing.

    Args:
        batch: ``img`` (..., 3, height, width) and ``pose_2d`` (..., joint, 2) in 0..1. Where they
            are there, ``pose_3d`` (..., joint, 3) is mirrored at the camera's plane x = 0, and
            ``visible`` (..., joint) is renamed along. Other entries are kept as they are.
        skeleton: says which joint is which one's partner.

    Returns:
        A new dictionary; ``batch`` is left alone.
    """
    partner = list(skeleton.mirrored)
    flipped = DeviceDict(batch)
    flipped["img"] = batch["img"].flip(-1)
    x, y = batch["pose_2d"][..., partner, :].unbind(-1)
    flipped["pose_2d"] = torch.stack([1 - x, y], dim=-1)
    if "pose_3d" in batch:
        x, y, z = batch["pose_3d"][..., partner, :].unbind(-1)
        flipped["pose_3d"] = torch.stack([-x, y, z], dim=-1)
    if "visible" in batch:
        flipped["visible"] = batch["visible"][..., partner]
    return flipped


def flip_some_left_right(
    batch: DeviceDict, skeleton: Skeleton, fraction: float = 0.5
) -> DeviceDict:
    """A mini-batch of which each sample is flipped with the probability ``fraction``.

    As ``augment`` of :func:`poselab.training.loop.train`, it doubles the training data. The choice
    comes from torch's global generator, which ``train`` seeds.
    """
    chosen = torch.rand(len(batch["img"])) < fraction
    flipped = flip_left_right(batch, skeleton)
    return DeviceDict({key: _where(chosen, flipped[key], value) for key, value in batch.items()})


def _where(chosen: torch.Tensor, if_chosen: object, otherwise: object) -> object:
    if if_chosen is otherwise:
        return otherwise
    assert isinstance(if_chosen, torch.Tensor) and isinstance(otherwise, torch.Tensor)
    shape = (-1,) + (1,) * (otherwise.ndim - 1)
    return torch.where(chosen.to(otherwise.device).reshape(shape), if_chosen, otherwise)
