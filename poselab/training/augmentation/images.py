"""More training data from the data there is."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from poselab.coordinates import to_01, to_pixels
from poselab.datasets import DeviceDict, EgoCapDataset
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


def rotate(batch: DeviceDict, degrees: float = 15.0) -> DeviceDict:
    """Turn each image about its centre by an angle of its own, and its pose with it.

    The angles are drawn evenly from -``degrees`` to ``degrees``. What comes in from beyond the edge
    has the data set's mean colour; a joint that leaves the image gets a position outside 0..1.

    Args:
        batch: ``img`` (B, 3, height, width), normalised, and ``pose_2d`` (B, joint, 2) in 0..1.
            Where it is there, ``pose_3d`` (B, joint, 3) is turned about the camera's axis. Other
            entries are kept as they are.
        degrees: the largest angle.

    Returns:
        A new dictionary; ``batch`` is left alone.
    """
    img = batch["img"]
    angle = math.radians(degrees) * _uneven((len(img),), img)
    turn = _rotation(angle)
    rotated = DeviceDict(batch)
    rotated["img"] = _turned(img, turn)
    size = (img.shape[-2], img.shape[-1])
    pose_px = to_pixels(batch["pose_2d"], size)
    centre = to_pixels(torch.full_like(pose_px[:1, :1], 0.5), size)
    # Each position is a row: it is multiplied by the transposed matrix.
    rotated["pose_2d"] = to_01((pose_px - centre) @ turn.mT.to(pose_px) + centre, size)
    if "pose_3d" in batch:
        pose_3d = batch["pose_3d"]
        across = pose_3d[..., :2] @ turn.mT.to(pose_3d)
        rotated["pose_3d"] = torch.cat([across, pose_3d[..., 2:]], dim=-1)
    return rotated


def jitter_colour(batch: DeviceDict, strength: float = 0.3) -> DeviceDict:
    """Make each image brighter or darker, and each of its channels a little on its own.

    An image's brightness is multiplied by a factor between 1 - ``strength`` and 1 + ``strength``,
    and each channel by another one, half as far from 1. Poses stay as they are.

    Args:
        batch: ``img`` (B, 3, height, width), normalised; other entries are kept as they are.
        strength: 0 changes nothing; less than 1.

    Returns:
        A new dictionary; ``batch`` is left alone.
    """
    img = batch["img"]
    brightness = 1 + strength * _uneven((len(img), 1, 1, 1), img)
    colour = 1 + strength / 2 * _uneven((len(img), 3, 1, 1), img)
    jittered = DeviceDict(batch)
    jittered["img"] = _normalised(EgoCapDataset.denormalise(img) * brightness * colour)
    return jittered


def jitter_gamma(batch: DeviceDict, largest: float = 1.5) -> DeviceDict:
    """Raise each image's channels, in 0..1, to a power of its own: other contrasts, same pose.

    Black and white stay what they are. The exponents lie between 1 / ``largest``, which lights up
    what is dark, and ``largest``, which darkens it; either is as likely as the other.

    Args:
        batch: ``img`` (B, 3, height, width), normalised; other entries are kept as they are.
        largest: the largest exponent; 1 changes nothing.

    Returns:
        A new dictionary; ``batch`` is left alone.
    """
    img = batch["img"]
    exponent = (math.log(largest) * _uneven((len(img), 1, 1, 1), img)).exp()
    jittered = DeviceDict(batch)
    jittered["img"] = _normalised(EgoCapDataset.denormalise(img) ** exponent)
    return jittered


def _uneven(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Numbers drawn evenly from -1..1 on the CPU, so that they are the same on every device."""
    return (2 * torch.rand(shape) - 1).to(like)


def _rotation(angle: Float[Tensor, " batch"]) -> Float[Tensor, "batch 2 2"]:
    """Matrices that turn (x, y), y down, clockwise as one looks at the image."""
    cosine, sine = angle.cos(), angle.sin()
    return torch.stack([cosine, -sine, sine, cosine], dim=-1).unflatten(-1, (2, 2))


def _turned(
    img: Float[Tensor, "batch 3 height width"], turn: Float[Tensor, "batch 2 2"]
) -> Float[Tensor, "batch 3 height width"]:
    """Images turned about their centres."""
    height, width = img.shape[-2:]
    # grid_sample asks where each pixel comes from, hence the inverse, and measures from -1 to 1
    # along both sides, hence the aspect ratio.
    half = torch.tensor([width - 1, height - 1]).to(turn) / 2
    back = turn.mT * half / half[:, None]
    place = F.affine_grid(F.pad(back, (0, 1)), [len(img), 3, height, width], align_corners=True)
    return F.grid_sample(img, place, align_corners=True)


def _normalised(channels_01: Tensor) -> Tensor:
    return EgoCapDataset.normalise(255 * channels_01.clamp(0, 1))


def _where(chosen: torch.Tensor, if_chosen: object, otherwise: object) -> object:
    if if_chosen is otherwise:
        return otherwise
    assert isinstance(if_chosen, torch.Tensor) and isinstance(otherwise, torch.Tensor)
    shape = (-1,) + (1,) * (otherwise.ndim - 1)
    return torch.where(chosen.to(otherwise.device).reshape(shape), if_chosen, otherwise)
