"""The held-out poses of lifting_3d, chosen such that all draws are equally difficult.

The unit is the camera's distance, so that people who are near have larger errors, and so have those
who point at the camera. Each pose is chosen among some of different people, such that all draws
have the same mixture of sizes, positions, depths, and distances from the mean pose.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from autograder.exercises.matched import FILE_NAME, Matching, Mixture
from data_stubs.lifting.file import GENERATOR_VERSION
from data_stubs.lifting.scenes import draw_poses
from poselab.datasets.lifting import LiftingPoses
from poselab.skeletons import LIFTING

VERSION = 10 * GENERATOR_VERSION + 1
"""Goes up whenever the same seed gives other poses."""

_CANDIDATES = 3
"""How many poses each one is chosen among."""
_MIXTURE_SEED, _MIXTURE_POSES = 7, 16384
_PATH = Path(__file__).with_name(FILE_NAME)

_POSITIONS = [f"{axis} of {joint}" for joint in LIFTING.joints for axis in "xyz"]
FEATURES = (
    *_POSITIONS,
    *(f"{position}, from the mean and squared" for position in _POSITIONS),
    *(f"distance of {joint} from the mean pose" for joint in LIFTING.joints),
    *(f"depth of {joint}, from the pelvis" for joint in LIFTING.joints),
    "size in the image",
    "size in the image, squared",
)
"""What is the same in all draws."""


def features(
    poses: LiftingPoses, mean: Float[np.ndarray, "joint 3"]
) -> Float[np.ndarray, "pose feature"]:
    """What decides how difficult a pose is.

    Args:
        poses: some poses.
        mean: the mean pose over all of them.

    Returns:
        :data:`FEATURES` of each.
    """
    joints = poses.joint_3d.double().numpy()
    away = joints - mean
    size = poses.joint_2d.double().norm(dim=-1).mean(dim=1, keepdim=True).numpy()
    return np.concatenate(
        (
            joints.reshape(len(joints), -1),
            np.square(away).reshape(len(joints), -1),
            np.linalg.norm(away, axis=-1),
            np.abs(joints[..., 2] + 1),
            size,
            np.square(size),
        ),
        axis=1,
    )


def mixture() -> Mixture:
    """What all draws have in common."""
    return Mixture.read(_PATH, FEATURES, GENERATOR_VERSION)


def mean_pose() -> Float[np.ndarray, "joint 3"]:
    """The mean of all draws' poses, in the camera's distance."""
    return np.reshape([mixture().means[name] for name in _POSITIONS], (-1, 3))


def measure_mixture() -> Mixture:
    """The mixture of many poses, to be stored in ``mixture.json``."""
    poses = draw_poses(_MIXTURE_POSES, _MIXTURE_SEED, "held_out")
    mean = poses.joint_3d.double().mean(dim=0).numpy()
    return Mixture.measured(features(poses, mean), FEATURES, GENERATOR_VERSION)


def draw_matched_poses(count: int, seed: int) -> LiftingPoses:
    """Poses of people who are in no student's file.

    Args:
        count: how many.
        seed: draws them.

    Returns:
        The poses.
    """
    drawn = draw_poses(_CANDIDATES * count, seed, "held_out")
    # Those that are next to each other are of one person.
    candidates = features(drawn, mean_pose()).reshape(_CANDIDATES, count, -1).swapaxes(0, 1)
    matching = Matching(mixture())
    best = torch.tensor([matching.choose(some) for some in candidates])
    return drawn[best * count + torch.arange(count)]
