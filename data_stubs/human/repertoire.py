"""What people do where a whole body is seen, whatever it does: from standing to star jumps."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from data_stubs.human.anatomy import SIDES, BodyPose, Proportions, locate_joints, pose_body
from data_stubs.human.motion import ACTIVITIES, Activity, move
from data_stubs.human.touch import touch_trunk

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


def act_freely(
    person: Proportions, n_frames: int, seconds_per_frame: float, generator: torch.Generator
) -> tuple[BodyPose, Proportions]:
    """Draw what people do: everyday activities, sports, and what is done near the floor.

    Args:
        person: body measurements, one row per person.
        n_frames: how many poses of each person.
        seconds_per_frame: the time between two of them.
        generator: the only source of randomness.

    Returns:
        The bodies in the world, and the measurements, one row per pose; the poses of one person are
        consecutive. No forearm is inside the trunk.
    """

    def accept(angles: Tensor, index: Int[Tensor, " pose"]) -> Bool[Tensor, " pose"]:
        measures = person[index]
        pose = pose_body(angles, measures)
        arms = locate_joints(pose, measures, _ARMS)
        # Where the elbow and the wrist are free, the forearm's middle may still be inside.
        middles = arms.unflatten(1, (2, 2)).mean(dim=2)
        return ~touch_trunk(torch.cat((arms, middles), dim=1), pose, measures).any(dim=1)

    angles = move(len(person), n_frames, seconds_per_frame, generator, accept, _ACTIVITIES)
    measures = person[torch.arange(len(person)).repeat_interleave(n_frames)]
    return pose_body(angles.flatten(0, 1), measures), measures
