"""The clips that models are scored on, which no student has seen."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from autograder.files import write_atomically
from autograder.manifest import Model


@dataclass(frozen=True)
class HeldOut:
    """Clips and their labels.

    Args:
        frames: (clip, 10, 64, 64, 3) uint8.
        poses: (clip, 10, 7, 2) float32, pixels.
    """

    frames: NDArray[np.uint8]
    poses: NDArray[np.float32]


def held_out_clips(model: Model, seed: int, folder: Path) -> HeldOut:
    """Clips of people and rooms that are in no student's file, spread evenly over the videos.

    A video's clips overlap: a part of them says as much as all, in a fraction of the time.

    Args:
        model: how many videos and clips.
        seed: draws them; a secret, because students have the code that makes clips.
        folder: where the chosen clips are kept for the next time.
    """
    from data_stubs.youtube.file import GENERATOR_VERSION

    name = f"{model.n_videos}-videos-{model.n_clips}-clips-seed-{seed}-v{GENERATOR_VERSION}"
    path = folder / f"{name}.safetensors"
    if not path.is_file():
        chosen = _draw(model, seed)
        write_atomically(path, safetensors.numpy.save(vars(chosen)))
    tensors = safetensors.numpy.load_file(path)
    return HeldOut(tensors["frames"], tensors["poses"])


def _draw(model: Model, seed: int) -> HeldOut:
    from data_stubs.youtube.file import ensure_youtube
    from poselab.datasets.youtube import load_clips

    # All clips take six times as much room as those that are chosen.
    with tempfile.TemporaryDirectory() as folder:
        clips = load_clips(
            ensure_youtube(model.n_videos, seed=seed, folder=folder, part="held_out")
        )
    count = min(model.n_clips, len(clips.frames))
    chosen = np.linspace(0, len(clips.frames) - 1, count).round().astype(int)
    return HeldOut(clips.frames.numpy()[chosen], clips.poses.numpy()[chosen])
