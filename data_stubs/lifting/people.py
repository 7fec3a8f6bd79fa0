"""What the people of the lifting data sets do, and where their joints are."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from data_stubs.human.anatomy import (
    SIDES,
    BodyPose,
    Proportions,
    locate_joints,
    pose_body,
)
from data_stubs.human.motion import ACTIVITIES, Activity, move
from data_stubs.human.touch import touch_trunk

FRAMES_PER_PERSON = 8
_SECONDS_PER_FRAME = 0.6
"""So long that the poses of one person differ: most are of another key pose than the last."""

_ACTIVITIES = {
    **ACTIVITIES,
    "raising both arms": Activity(
        {
            "shoulder flexion": (110, 150),
            "shoulder spread": (-5, 35),
            "elbow flexion": (0, 60),
            "knee flexion": (0, 35),
        }
    ),
    "stretching sideways": Activity(
        {
            "left shoulder spread": (80, 118),
            "left elbow flexion": (0, 70),
            "spine lean": (-20, 10),
            "hip spread": (5, 30),
        }
    ),
    "star jump": Activity(
        {"shoulder spread": (60, 118), "elbow flexion": (0, 30), "hip spread": (20, 38)}
    ),
    "bending down": Activity(
        {
            "pelvis pitch": (25, 50),
            "spine flexion": (30, 58),
            "neck flexion": (-25, 20),
            "knee flexion": (5, 60),
            "hip flexion": (30, 70),
            "shoulder flexion": (30, 120),
            "elbow flexion": (0, 60),
        }
    ),
    "kneeling": Activity(
        {
            "left hip flexion": (75, 105),
            "left knee flexion": (80, 110),
            "right hip flexion": (-15, 15),
            "right knee flexion": (75, 115),
            "shoulder flexion": (-20, 90),
            "elbow flexion": (5, 110),
        }
    ),
    "sitting on the floor": Activity(
        {
            "pelvis pitch": (-20, 5),
            "spine flexion": (0, 40),
            "hip flexion": (75, 112),
            "hip spread": (2, 35),
            "knee flexion": (0, 100),
            "shoulder flexion": (-40, 70),
            "elbow flexion": (0, 100),
        }
    ),
    "on the telephone": Activity(
        {
            "left shoulder flexion": (10, 50),
            "left shoulder spread": (10, 55),
            "left elbow flexion": (115, 143),
            "spine twist": (-25, 25),
        }
    ),
}

_ARMS = tuple(f"{side}-{joint}" for side in SIDES for joint in ("elbow", "wrist"))

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

    def accept(angles: Tensor, index: Int[Tensor, " pose"]) -> Bool[Tensor, " pose"]:
        measures = person[index]
        pose = pose_body(angles, measures)
        arms = locate_joints(pose, measures, _ARMS)
        # Where the elbow and the wrist are free, the forearm's middle may still be inside.
        middles = arms.unflatten(1, (2, 2)).mean(dim=2)
        return ~touch_trunk(torch.cat((arms, middles), dim=1), pose, measures).any(dim=1)

    angles = move(
        len(person), FRAMES_PER_PERSON, _SECONDS_PER_FRAME, generator, accept, _ACTIVITIES
    )  # fmt: skip
    measures = person[torch.arange(len(person)).repeat_interleave(FRAMES_PER_PERSON)]
    return pose_body(angles.flatten(0, 1), measures), measures


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
