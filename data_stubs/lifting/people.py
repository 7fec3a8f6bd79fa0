"""What the people of the lifting data sets do, and where their joints are."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from data_stubs.human.anatomy import BodyPose, Proportions, locate_joints
from data_stubs.human.repertoire import act_freely

FRAMES_PER_PERSON = 8
_SECONDS_PER_FRAME = 0.6
"""So long that the poses of one person differ: most are of another key pose than the last."""

# (segment, (y, z) in its frame as fractions of the body height): joints of this assignment's
# skeletons that lie in the body's middle.
_MIDDLE: dict[str, tuple[str, tuple[float, float]]] = {
    "pelvis": ("pelvis", (0.0, 0.0)),
    "spine": ("chest", (0.0, 0.0)),
    "thorax": ("neck", (0.0, 0.0)),
    "neck": ("head", (0.0, 0.0)),
    "nose": ("head", (0.037, 0.062)),
    "head-top": ("head", (0.116, 0.0)),
}


def locate(
    pose: BodyPose, person: Proportions, names: Iterable[str]
) -> Float[Tensor, "frame joint 3"]:
    """Return the positions of joints of ``LIFTING`` and ``HUMAN36M`` in the world.

    Args:
        pose: the bodies.
        person: body measurements, one row per frame.
        names: joints of the two skeletons. ``thorax`` is where the neck begins and ``neck`` where
            the head begins, which ``data_stubs.human`` calls ``neck`` and the head's origin.

    Returns:
        Positions (frame, joint, 3) in metres, in the order of ``names``.
    """
    zero = torch.zeros_like(person.height)
    columns = []
    for name in names:
        if name in _MIDDLE:
            segment, (up, ahead) = _MIDDLE[name]
            offset = torch.stack((zero, up * person.height, ahead * person.height), dim=-1)
            columns.append(pose.to_world(segment, offset))
        else:
            columns.append(locate_joints(pose, person, (name,))[:, 0])
    return torch.stack(columns, dim=1)


def perform(person: Proportions, generator: torch.Generator) -> tuple[BodyPose, Proportions]:
    """Draw what people do, ``FRAMES_PER_PERSON`` poses each.

    Args:
        person: body measurements, one row per person.
        generator: the only source of randomness.

    Returns:
        The bodies in the world, and the measurements, one row per pose; the poses of one person are
        consecutive.
    """
    return act_freely(person, FRAMES_PER_PERSON, _SECONDS_PER_FRAME, generator)


def act(
    n_people: int, names: Iterable[str], generator: torch.Generator
) -> Float[Tensor, "frame joint 3"]:
    """Draw people and what they do, ``FRAMES_PER_PERSON`` poses each.

    Args:
        n_people: how many people, each with other proportions.
        names: which joints to locate.
        generator: the only source of randomness.

    Returns:
        Positions (``FRAMES_PER_PERSON * n_people``, joint, 3) in the world, in metres, y up; the
        poses of one person are consecutive.
    """
    pose, measures = perform(Proportions.draw(n_people, generator), generator)
    return locate(pose, measures, names)
