"""What people in the synthetic YouTube Pose do and wear.

They stand, walk on the spot or sit, and talk with their hands. Clothes and walls have other hues in
the held-out part than in the students' part, so that no person or room is in both.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from data_stubs.human.anatomy import FREEDOMS
from data_stubs.human.clothing import Surfaces, dress
from data_stubs.human.flesh import PARTS
from data_stubs.human.motion import Activity
from data_stubs.scene.backgrounds import Rooms, furnish

_FACING: dict[str, tuple[float, float]] = {
    "heading": (-25, 25),
    "pelvis pitch": (-3, 5),
    "spine flexion": (-4, 14),
    "spine lean": (-9, 9),
    "spine twist": (-15, 15),
    "neck flexion": (-10, 16),
    "neck lean": (-10, 10),
    "neck twist": (-40, 40),
    "shoulder flexion": (-8, 30),
    "shoulder spread": (4, 25),
    "shoulder turn": (0, 45),
    "elbow flexion": (5, 60),
    "hip flexion": (-2, 4),
    "hip spread": (4, 12),
    "hip turn": (-8, 0),
    "knee flexion": (0, 6),
    "ankle flexion": (-2, 2),
}


def _arms(
    rhythms: dict[str, tuple[float, float]] | None = None, **ranges: tuple[float, float]
) -> Activity:
    """Make an activity of the arms of a person who faces the camera; ``_`` is a space in a name."""
    named = {name.replace("_", " "): limits for name, limits in ranges.items()}
    return Activity(_FACING | named, rhythms or {})


ACTIVITIES: dict[str, Activity] = {
    "resting": _arms(),
    "talking with both hands": _arms(
        {
            "left elbow flexion": (16.0, 0.0),
            "right elbow flexion": (16.0, 0.3),
            "left shoulder spread": (9.0, 0.2),
            "right shoulder spread": (9.0, 0.6),
        },
        shoulder_flexion=(5, 50),
        shoulder_spread=(8, 45),
        shoulder_turn=(-10, 60),
        elbow_flexion=(45, 120),
    ),
    "talking with one hand": _arms(
        {"left elbow flexion": (18.0, 0.0), "left shoulder turn": (12.0, 0.3)},
        left_shoulder_flexion=(5, 60),
        left_shoulder_spread=(8, 60),
        left_shoulder_turn=(-20, 50),
        left_elbow_flexion=(50, 125),
    ),
    "waving": _arms(
        {"left elbow flexion": (26.0, 0.0), "left wrist tilt": (12.0, 0.2)},
        left_shoulder_flexion=(-10, 50),
        left_shoulder_spread=(55, 95),
        left_shoulder_turn=(-45, 10),
        left_elbow_flexion=(35, 95),
    ),
    "raising both arms": _arms(
        shoulder_flexion=(70, 145), shoulder_spread=(10, 55), elbow_flexion=(0, 70)
    ),
    "spreading the arms": _arms(
        shoulder_flexion=(-15, 40),
        shoulder_spread=(45, 100),
        shoulder_turn=(-30, 30),
        elbow_flexion=(0, 80),
    ),
    "clapping": _arms(
        {"left shoulder turn": (16.0, 0.0), "right shoulder turn": (16.0, 0.0)},
        shoulder_flexion=(30, 65),
        shoulder_spread=(0, 20),
        shoulder_turn=(20, 55),
        elbow_flexion=(50, 95),
    ),
    "pointing": _arms(
        left_shoulder_flexion=(20, 90),
        left_shoulder_spread=(20, 80),
        left_shoulder_turn=(-20, 20),
        left_elbow_flexion=(0, 45),
    ),
    "hand at the head": _arms(
        left_shoulder_flexion=(30, 75),
        left_shoulder_spread=(20, 60),
        left_shoulder_turn=(0, 40),
        left_elbow_flexion=(110, 140),
    ),
    "boxing": _arms(
        {
            "left elbow flexion": (25.0, 0.0),
            "right elbow flexion": (25.0, 0.5),
            "left shoulder flexion": (15.0, 0.5),
            "right shoulder flexion": (15.0, 0.0),
        },
        shoulder_flexion=(30, 80),
        shoulder_spread=(0, 40),
        shoulder_turn=(10, 50),
        elbow_flexion=(40, 120),
    ),
    "walking on the spot": _arms(
        {
            "left hip flexion": (22.0, 0.0),
            "right hip flexion": (22.0, 0.5),
            "left knee flexion": (25.0, 0.15),
            "right knee flexion": (25.0, 0.65),
            "left shoulder flexion": (28.0, 0.5),
            "right shoulder flexion": (28.0, 0.0),
            "spine twist": (6.0, 0.5),
        },
        hip_flexion=(6, 12),
        knee_flexion=(26, 34),
        elbow_flexion=(20, 85),
    ),
}

_SEATED = {"hip flexion": 84.0, "hip spread": 10.0, "hip turn": 0.0, "knee flexion": 84.0}


def sit_down(angles: Float[Tensor, "*batch freedom"]) -> Float[Tensor, "*batch freedom"]:
    """Return the same pose, but seated: only the angles of the legs change."""
    seated = angles.clone()
    for side in ("left", "right"):
        for name, angle in _SEATED.items():
            seated[..., FREEDOMS.index(f"{side} {name}")] = angle
    return seated


_HUES = 12
"""The number of sectors of the colour circle; the two parts of the data set have alternate ones."""


def tint(
    n: int, part: int, generator: torch.Generator, saturation: float = 0.85
) -> Float[Tensor, "n 3"]:
    """Draw colours in linear RGB, dark and light, with the hues of ``part``, 0 or 1."""
    sector = torch.randint(_HUES // 2, (n,), generator=generator) * 2 + part
    within, vivid, value = torch.rand(3, n, generator=generator).unbind()
    # A gap between sectors, so that coloured light does not turn one part's hue into the other's.
    hue = (sector + 0.2 + 0.6 * within) / _HUES
    vivid, value = saturation * (0.25 + 0.75 * vivid), 0.03 + 0.72 * value.square()
    channel = (torch.tensor([5.0, 3.0, 1.0]) + 6 * hue.unsqueeze(-1)) % 6
    ramp = torch.minimum(channel, 4 - channel).clamp(0, 1)
    return value.unsqueeze(-1) * (1 - vivid.unsqueeze(-1) * ramp)


_TRIES = 12
_CONTRAST = 0.28


def _standing_out(colours: Float[Tensor, "n 3"], *others: Float[Tensor, "3"]) -> Float[Tensor, "3"]:
    """Return the first of ``colours`` far enough from all ``others``, or else the farthest."""
    # The distance between square roots approximates the distance in sRGB.
    away = torch.stack([(colours.sqrt() - other.sqrt()).norm(dim=-1) for other in others])
    contrast = away.amin(dim=0)
    return colours[contrast.clamp(max=_CONTRAST).argmax()]


def clothe_and_house(part: int, generator: torch.Generator) -> tuple[Surfaces, Rooms]:
    """Draw one person's clothes and their room, in hues of ``part``.

    Walls contrast with skin, and shirts with both, so that the body can be made out.

    Args:
        part: 0 for the students' videos, 1 for the held-out ones.
        generator: the only source of randomness.

    Returns:
        The surfaces of one person, and one room.
    """
    worn = dress(1, generator)
    chest, pelvis, palm = (PARTS.index(name) for name in ("chest", "pelvis", "left palm"))
    skin = worn.colour[0, palm]
    wall = _standing_out(tint(_TRIES, part, generator, saturation=0.5), skin)
    shirt = _standing_out(tint(_TRIES, part, generator), wall, skin)
    stripes, trousers, seam = tint(3, part, generator)
    new = (
        (chest, "colour", shirt), (chest, "second_colour", stripes),
        (pelvis, "colour", trousers), (pelvis, "second_colour", seam),
    )  # fmt: skip
    changed = {}
    for field in ("colour", "second_colour", "end_colour"):
        before = getattr(worn, field)
        after = before.clone()
        for row, name, colour in new:
            after[(before == getattr(worn, name)[0, row]).all(dim=-1)] = colour
        changed[field] = after
    return replace(worn, **changed), _decorate(wall, generator)


_BEHIND_THE_CAMERA = 6.0


def _decorate(wall: Float[Tensor, "3"], generator: torch.Generator) -> Rooms:
    """Draw one room; the wall opposite the camera has the mean colour ``wall``."""
    room = furnish(1, generator)
    high = room.high.clone()
    high[:, 2] = _BEHIND_THE_CAMERA
    grey = room.textures.mean(dim=-1, keepdim=True)
    faded = torch.lerp(room.textures, grey, 0.7)
    mean = faded[0, -1].flatten(0, 1).mean(dim=0)
    return replace(room, high=high, textures=(faded / mean * wall).clamp(0, 1))


def wander(
    n: int, seconds: float, generator: torch.Generator, slowest: float, fastest: float
) -> Float[Tensor, "n three"]:
    """Draw three smooth, independent movements within -1..1, each a sum of three waves.

    Args:
        n: how many moments, evenly spaced.
        seconds: the time from the first to the last.
        generator: the only source of randomness.
        slowest: the lowest frequency, in hertz.
        fastest: the highest frequency, in hertz.

    Returns:
        The movements (n, 3).
    """
    drawn = torch.rand(3, 3, 3, generator=generator)
    frequency = slowest + (fastest - slowest) * drawn[0]
    weight = 0.3 + 0.7 * drawn[1]
    time = torch.linspace(0, seconds, n).view(-1, 1, 1)
    waves = weight * (2 * math.pi * (frequency * time + drawn[2])).sin()
    return waves.sum(dim=-1) / weight.sum(dim=-1)
