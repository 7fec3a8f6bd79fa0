"""What the person does: smooth sequences of joint angles.

A sequence interpolates smoothly between key poses, which are drawn from activities such as walking
or sitting; rhythms, such as the swing of a walk or a wave, are added. Every angle always stays
within its joint's limits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from data_stubs.human.anatomy import FREEDOMS, JOINT_LIMITS, SIDES

Accept = Callable[[Float[Tensor, "pose freedom"], Int[Tensor, " pose"]], Bool[Tensor, " pose"]]
"""Tells for each pose (joint angles in degrees) of each person (an index) if it is accepted."""


@dataclass(frozen=True)
class Activity:
    """The range of the key poses of one activity.

    Args:
        ranges: lowest and highest angle in degrees, by joint angle; without ``left`` or ``right``
            in its name a range holds for both sides, each of which is drawn on its own.
        rhythms: (amplitude in degrees, phase in turns) by joint angle, with its side.
    """

    ranges: dict[str, tuple[float, float]]
    rhythms: dict[str, tuple[float, float]] = field(default_factory=dict)


_AT_EASE: dict[str, tuple[float, float]] = {
    "heading": (-60, 60),
    "pelvis pitch": (-4, 10),
    "spine flexion": (-4, 20),
    "spine lean": (-10, 10),
    "spine twist": (-18, 18),
    "neck flexion": (-14, 20),
    "neck lean": (-10, 10),
    "neck twist": (-55, 55),
    "shoulder flexion": (-35, 75),
    "shoulder spread": (2, 70),
    "shoulder turn": (-20, 55),
    "elbow flexion": (5, 95),
    "forearm turn": (-50, 50),
    "wrist flexion": (-20, 30),
    "wrist tilt": (-10, 12),
    "hip flexion": (-10, 22),
    "hip spread": (4, 20),
    "hip turn": (-14, 2),
    "knee flexion": (0, 25),
    "ankle flexion": (-6, 8),
}

_STRIDE = {
    "left hip flexion": (26.0, 0.0),
    "right hip flexion": (26.0, 0.5),
    "left knee flexion": (25.0, 0.15),
    "right knee flexion": (25.0, 0.65),
    "left shoulder flexion": (24.0, 0.5),
    "right shoulder flexion": (24.0, 0.0),
    "left elbow flexion": (8.0, 0.5),
    "right elbow flexion": (8.0, 0.0),
    "spine twist": (6.0, 0.5),
}

ACTIVITIES: dict[str, Activity] = {
    "standing": Activity({}),
    "walking": Activity(
        {"hip flexion": (4, 12), "knee flexion": (24, 34), "elbow flexion": (10, 50)}, _STRIDE
    ),
    "crouching": Activity(
        {
            "pelvis pitch": (5, 20),
            "spine flexion": (5, 30),
            "hip flexion": (85, 110),
            "hip spread": (10, 26),
            "knee flexion": (100, 130),
            "ankle flexion": (5, 24),
            "shoulder flexion": (0, 75),
            "elbow flexion": (5, 80),
        }
    ),
    "sitting": Activity(
        {
            "pelvis pitch": (-12, 5),
            "spine flexion": (0, 28),
            "hip flexion": (70, 95),
            "hip spread": (6, 20),
            "knee flexion": (70, 100),
            "shoulder flexion": (5, 60),
            "shoulder turn": (0, 60),
            "elbow flexion": (20, 100),
        }
    ),
    "reaching with one hand": Activity(
        {
            "left shoulder flexion": (35, 110),
            "left shoulder spread": (-15, 60),
            "left elbow flexion": (0, 45),
            "spine flexion": (0, 25),
            "spine twist": (-24, 20),
        }
    ),
    "reaching down": Activity(
        {
            "spine flexion": (15, 42),
            "pelvis pitch": (5, 30),
            "knee flexion": (5, 40),
            "hip flexion": (10, 35),
            "shoulder flexion": (20, 95),
            "elbow flexion": (0, 40),
        }
    ),
    "waving": Activity(
        {
            "left shoulder flexion": (-10, 50),
            "left shoulder spread": (55, 95),
            "left shoulder turn": (-45, 10),
            "left elbow flexion": (30, 90),
        },
        {"left elbow flexion": (26.0, 0.0), "left wrist tilt": (12.0, 0.2)},
    ),
    "arms in front": Activity(
        {
            "shoulder flexion": (25, 95),
            "shoulder spread": (-15, 30),
            "shoulder turn": (0, 75),
            "elbow flexion": (10, 110),
        }
    ),
    "arms spread": Activity(
        {
            "shoulder flexion": (-20, 60),
            "shoulder spread": (35, 95),
            "shoulder turn": (-30, 50),
            "elbow flexion": (0, 90),
        }
    ),
    "lunging": Activity(
        {
            "left hip flexion": (45, 80),
            "left knee flexion": (40, 90),
            "right hip flexion": (-18, 5),
            "right knee flexion": (0, 40),
            "hip spread": (4, 20),
            "shoulder flexion": (-20, 90),
            "shoulder spread": (0, 60),
            "elbow flexion": (5, 90),
        }
    ),
    "kicking": Activity(
        {
            "left hip flexion": (30, 75),
            "left hip spread": (0, 30),
            "left knee flexion": (0, 50),
            "shoulder spread": (5, 80),
        }
    ),
    "boxing": Activity(
        {
            "shoulder flexion": (30, 80),
            "shoulder spread": (-10, 35),
            "shoulder turn": (10, 60),
            "elbow flexion": (35, 125),
            "spine twist": (-28, 28),
            "hip spread": (8, 25),
            "knee flexion": (10, 40),
        },
        {
            "left elbow flexion": (25.0, 0.0),
            "right elbow flexion": (25.0, 0.5),
            "left shoulder flexion": (15.0, 0.5),
            "right shoulder flexion": (15.0, 0.0),
        },
    ),
}

_LOW = torch.tensor([float(low) for low, _ in JOINT_LIMITS.values()])
_HIGH = torch.tensor([float(high) for _, high in JOINT_LIMITS.values()])


def _mirrored_name(name: str) -> str:
    if "left" in name:
        return name.replace("left", "right")
    return name.replace("right", "left")


_MIRRORED = torch.tensor([FREEDOMS.index(_mirrored_name(name)) for name in FREEDOMS])
_MIRROR_SIGN = torch.tensor(
    [-1.0 if name in ("heading", "spine lean", "spine twist", "neck lean", "neck twist") else 1.0
     for name in FREEDOMS]
)  # fmt: skip


def mirror_angles(angles: Float[Tensor, "*batch freedom"]) -> Float[Tensor, "*batch freedom"]:
    """Mirror a pose: left and right are swapped, and twists change their sign."""
    return angles[..., _MIRRORED] * _MIRROR_SIGN


def _ranges(activity: Activity) -> list[tuple[float, float]]:
    chosen: list[tuple[float, float]] = []
    for name in FREEDOMS:
        shared = name.removeprefix(SIDES[0] + " ").removeprefix(SIDES[1] + " ")
        options = (activity.ranges.get(name), activity.ranges.get(shared))
        chosen.append(next((r for r in options if r is not None), _AT_EASE[shared]))
    return chosen


def _rhythms(activity: Activity) -> list[tuple[float, float]]:
    return [activity.rhythms.get(name, (0.0, 0.0)) for name in FREEDOMS]


NEUTRAL = torch.tensor(
    [
        {"shoulder spread": 12.0, "elbow flexion": 25.0, "shoulder turn": 15.0}.get(
            name.removeprefix("left ").removeprefix("right "), 0.0
        )
        for name in FREEDOMS
    ]
)
"""A relaxed upright pose, in degrees."""

_CANDIDATES = 12
_KEYS_PER_ACTIVITY = 3


def _first_accepted(
    candidates: Float[Tensor, "person key candidate freedom"], accept: Accept
) -> Float[Tensor, "person key freedom"]:
    """Return the first accepted candidate for each key, or else the neutral pose."""
    persons, keys, tries, _ = candidates.shape
    person = torch.arange(persons).repeat_interleave(keys * tries)
    accepted = accept(candidates.flatten(0, 2), person).view(persons, keys, tries)
    first = accepted.int().argmax(dim=2, keepdim=True)
    chosen = candidates.take_along_dim(first.unsqueeze(-1), dim=2).squeeze(2)
    return torch.where(accepted.any(dim=2, keepdim=True), chosen, NEUTRAL)


def move(
    n_persons: int,
    n_frames: int,
    seconds_per_frame: float,
    generator: torch.Generator,
    accept: Accept,
    activities: Mapping[str, Activity] = ACTIVITIES,
) -> Float[Tensor, "person frame freedom"]:
    """Draw one sequence of joint angles for each person.

    Args:
        n_persons: how many sequences.
        n_frames: frames in each.
        seconds_per_frame: time between two frames.
        generator: the only source of randomness.
        accept: which poses to accept. Key poses are drawn until one is accepted; where a pose in
            between is not, the whole sequence is moved towards the neutral pose until all are.
        activities: what people can do.

    Returns:
        Joint angles in degrees, in the order of ``FREEDOMS``, within ``JOINT_LIMITS``.
    """
    seconds_per_key = 0.8 + 0.7 * torch.rand(n_persons, generator=generator)
    n_keys = math.ceil(n_frames * seconds_per_frame / 0.8) + 2
    runs = math.ceil(n_keys / _KEYS_PER_ACTIVITY)
    activity = torch.randint(len(activities), (n_persons, runs), generator=generator)
    activity = activity.repeat_interleave(_KEYS_PER_ACTIVITY, dim=1)[:, :n_keys]
    swapped = torch.rand(n_persons, 1, 1, generator=generator) < 0.5

    ranges = torch.tensor([_ranges(one) for one in activities.values()])
    low, high = ranges[activity].unsqueeze(2).unbind(-1)
    drawn = torch.rand(n_persons, n_keys, _CANDIDATES, len(FREEDOMS), generator=generator)
    candidates = low + (high - low) * drawn
    candidates = torch.where(swapped.unsqueeze(-1), mirror_angles(candidates), candidates)
    keys = _first_accepted(candidates, accept)

    rhythms = torch.tensor([_rhythms(one) for one in activities.values()])
    amplitude, phase = rhythms[activity].unbind(-1)
    swing = torch.stack((amplitude, amplitude), dim=-1)
    turn = 2 * math.pi * phase
    swing = swing * torch.stack((turn.cos(), turn.sin()), dim=-1)
    swing_mirrored = swing[..., _MIRRORED, :] * _MIRROR_SIGN.unsqueeze(-1)
    swing = torch.where(swapped.unsqueeze(-1), swing_mirrored, swing)

    time = torch.arange(n_frames) * seconds_per_frame
    position = time / seconds_per_key.unsqueeze(1)
    before = position.floor().long()
    # A smooth step never overshoots, so the angles between two keys stay within the limits.
    step = (position - before).unsqueeze(-1)
    step = step * step * (3 - 2 * step)
    person = torch.arange(n_persons).unsqueeze(1)
    angles = torch.lerp(keys[person, before], keys[person, before + 1], step)
    swing = torch.lerp(swing[person, before], swing[person, before + 1], step.unsqueeze(-1))
    tempo = 0.5 + 0.6 * torch.rand(n_persons, 1, 1, generator=generator)
    beat = 2 * math.pi * tempo * time.view(1, -1, 1)
    angles = angles + swing[..., 0] * beat.sin() + swing[..., 1] * beat.cos()
    angles = angles.clamp(_LOW, _HIGH)
    return _calm_down(angles, accept)


def _calm_down(
    angles: Float[Tensor, "person frame freedom"], accept: Accept
) -> Float[Tensor, "person frame freedom"]:
    """Move each sequence towards the neutral pose, only as far as ``accept`` requires."""
    persons, frames, _ = angles.shape
    person = torch.arange(persons).repeat_interleave(frames)
    fraction = torch.ones(persons)
    for less in torch.linspace(0.9, 0, 10).tolist():
        calmed = torch.lerp(NEUTRAL, angles, fraction.view(-1, 1, 1))
        accepted = accept(calmed.flatten(0, 1), person).view(persons, frames).all(dim=1)
        if accepted.all():
            break
        fraction = torch.where(accepted, fraction, torch.tensor(less))
    return torch.lerp(NEUTRAL, angles, fraction.view(-1, 1, 1))
