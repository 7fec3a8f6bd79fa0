"""The held-out clips of rnn_video: one clip of each of many videos, and nothing else is rendered.

The clips of one video say much the same about a model: twenty whole videos are hardly more than
twenty samples. Which frames of a video make the clip is chosen such that all draws have the same
mixture of positions, of distances from the mean pose, and of speeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor

from autograder.exercises.matched import FILE_NAME, Matching, Mixture
from data_stubs.blocks import in_order
from data_stubs.youtube.excerpt import shoot_excerpt
from data_stubs.youtube.file import GENERATOR_VERSION
from data_stubs.youtube.scenes import FRAMES_PER_VIDEO, Scene, direct_scene
from poselab.datasets.youtube import CLIP_LENGTH
from poselab.skeletons import UPPER_BODY

VERSION = 10 * GENERATOR_VERSION + 1
"""Goes up whenever the same seed gives other clips."""

_PART = 1
_CANDIDATES = 24
"""How many clips of a video are looked at."""
_MIXTURE_SEED, _MIXTURE_VIDEOS = 7, 400
_PATH = Path(__file__).with_name(FILE_NAME)

_POSITIONS = [f"{axis} of {joint}" for joint in UPPER_BODY.joints for axis in "xy"]
FEATURES = (
    *_POSITIONS,
    *(f"{position}, squared" for position in _POSITIONS),
    *(f"distance of {joint} from the mean pose" for joint in UPPER_BODY.joints),
    *(f"speed of {joint}" for joint in UPPER_BODY.joints),
)
"""What is the same in all draws."""


def features(
    poses: Float[np.ndarray, "clip frame joint 2"], mean: Float[np.ndarray, "joint 2"]
) -> Float[np.ndarray, "clip feature"]:
    """What decides how difficult a clip is, as far as poses tell.

    Args:
        poses: of the clips, in pixels.
        mean: the mean pose over all videos.

    Returns:
        :data:`FEATURES` of each clip, means over its frames.
    """
    away = poses - mean
    steps = np.linalg.norm(np.diff(poses, axis=1), axis=-1)
    return np.concatenate(
        (
            poses.mean(axis=1).reshape(len(poses), -1),
            np.square(away).mean(axis=1).reshape(len(poses), -1),
            np.linalg.norm(away, axis=-1).mean(axis=1),
            steps.mean(axis=1),
        ),
        axis=1,
    )


def mixture() -> Mixture:
    """What all draws have in common."""
    return Mixture.read(_PATH, FEATURES, GENERATOR_VERSION)


def mean_pose() -> Float[np.ndarray, "joint 2"]:
    """The mean of all draws' poses, in pixels."""
    return np.reshape([mixture().means[name] for name in _POSITIONS], (-1, 2))


def measure_mixture() -> Mixture:
    """The mixture of many videos, to be stored in ``mixture.json``."""
    candidates = _candidates(_MIXTURE_SEED, _MIXTURE_VIDEOS)
    clips = np.concatenate([poses for _, _, poses in candidates])
    return Mixture.measured(features(clips, clips.mean(axis=(0, 1))), FEATURES, GENERATOR_VERSION)


def draw_clips(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Clips of as many videos, whose people and rooms are in no student's file.

    Args:
        count: how many.
        seed: draws them.

    Returns:
        Frames (clip, 10, 64, 64, 3) uint8 and poses (clip, 10, 7, 2) float32, pixels. Half of the
        clips skip every other frame of their videos, as half of the students' do.
    """
    chosen = ((scene, frames) for scene, frames, _ in _chosen(count, seed))
    clips = list(in_order(lambda part: shoot_excerpt(*part), chosen))
    return (
        np.stack([clip.frames.numpy() for clip in clips]),
        np.stack([clip.poses.numpy() for clip in clips]),
    )


def draw_poses(count: int, seed: int) -> Float32[np.ndarray, "clip 10 7 2"]:
    """The poses of :func:`draw_clips` in a fraction of the time, as far as no image is needed.

    Args:
        count: how many clips.
        seed: draws them.

    Returns:
        Poses (clip, 10, 7, 2), pixels: those of the middle of each exposure.
    """
    return np.stack([poses for _, _, poses in _chosen(count, seed)])


def _chosen(
    count: int, seed: int
) -> Iterator[tuple[Scene, Int[Tensor, "10"], Float32[np.ndarray, "10 7 2"]]]:
    """Each video's scene, and the frames and poses that make its clip."""
    mean, matching = mean_pose(), Matching(mixture())
    for scene, frames, poses in _candidates(seed, count):
        best = matching.choose(features(poses, mean))
        yield scene, frames[best], poses[best]


def _candidates(
    seed: int, count: int
) -> Iterator[tuple[Scene, Int[Tensor, "candidate 10"], Float32[np.ndarray, "candidate 10 7 2"]]]:
    """Each video's scene, and the frames and poses of clips of it."""

    def direct(number: int) -> tuple[Scene, Int[Tensor, "candidate 10"], np.ndarray]:
        scene = direct_scene(seed, _PART, number)
        stride = 1 + number % 2
        starts = FRAMES_PER_VIDEO - stride * (CLIP_LENGTH - 1)
        random = np.random.default_rng((seed, number))
        first = torch.from_numpy(random.permutation(starts)[:_CANDIDATES])
        frames = first[:, None] + stride * torch.arange(CLIP_LENGTH)
        poses = scene.at(scene.shot.shutter / 2).poses
        return scene, frames, poses[frames].numpy()

    yield from in_order(direct, range(count))
