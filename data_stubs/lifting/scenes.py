"""The content of the synthetic lifting data sets: people in all kinds of poses, filmed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

import torch

from data_stubs.blocks import block_generator, in_order
from data_stubs.lifting.people import FRAMES_PER_PERSON, act
from data_stubs.lifting.views import film, first_view
from poselab.datasets.lifting import LiftingPoses, TwoViews
from poselab.skeletons import LIFTING

Part = Literal["training", "test", "two_views", "held_out"]
"""No two parts have a person in common, whatever their seeds are."""

_PEOPLE_PER_BLOCK = 128
POSES_PER_BLOCK = FRAMES_PER_PERSON * _PEOPLE_PER_BLOCK


def check_request(n_poses: int, seed: int, part: str = "training") -> None:
    """Raise an error unless poses can be drawn for these arguments.

    Args:
        n_poses: how many poses.
        seed: the data set's seed.
        part: the part of the data set.

    Raises:
        ValueError: ``n_poses`` is below 1, ``seed`` is negative or ``part`` is unknown.
    """
    for name, number, lowest in (("poses", n_poses, 1), ("seed", seed, 0)):
        if number < lowest:
            raise ValueError(f"{name} is {number}; it must be at least {lowest}")
    if part not in get_args(Part):
        raise ValueError(f"part is {part!r}; it must be one of {', '.join(get_args(Part))}")


def pose_blocks(n_poses: int, seed: int, part: Part) -> Iterator[TwoViews]:
    """Draw the first ``n_poses`` poses of one part in order, a block at a time.

    Args:
        n_poses: how many poses.
        seed: another number gives other people, poses and cameras.
        part: which part of the data set.

    Yields:
        The next poses; all people of a block are in no other block.

    Raises:
        ValueError: ``n_poses`` is below 1, ``seed`` is negative or ``part`` is unknown.
    """
    check_request(n_poses, seed, part)

    def work(block: int) -> TwoViews:
        generator = block_generator(seed, get_args(Part).index(part), block)
        joints = act(_PEOPLE_PER_BLOCK, ("pelvis", *LIFTING.joints), generator)
        return film(joints[:, 1:], joints[:, 0], generator)

    missing = n_poses
    for poses in in_order(work, range(-(-n_poses // POSES_PER_BLOCK))):
        yield poses[:missing]
        missing -= len(poses)


def draw_two_views(n_poses: int, seed: int, part: Part = "two_views") -> TwoViews:
    """Draw poses and what two cameras see of them.

    Args:
        n_poses: how many poses.
        seed: another number gives other people, poses and cameras.
        part: which part of the data set.

    Returns:
        The poses; the same arguments give the same ones.

    Raises:
        ValueError: ``n_poses`` is below 1, ``seed`` is negative or ``part`` is unknown.
    """
    return join(list(pose_blocks(n_poses, seed, part)))


def draw_poses(n_poses: int, seed: int, part: Part = "training") -> LiftingPoses:
    """Draw poses and what one camera sees of them.

    Args:
        n_poses: how many poses.
        seed: another number gives other people, poses and cameras.
        part: which part of the data set.

    Returns:
        The poses; the same arguments give the same ones.

    Raises:
        ValueError: ``n_poses`` is below 1, ``seed`` is negative or ``part`` is unknown.
    """
    return first_view(draw_two_views(n_poses, seed, part))


def join(blocks: list[TwoViews]) -> TwoViews:
    """Join blocks of poses into one."""
    return TwoViews(
        **{name: torch.cat([getattr(block, name) for block in blocks]) for name in vars(blocks[0])}
    )
