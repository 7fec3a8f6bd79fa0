"""rnn_video's model: clips of raw video frames in, joints in pixels out.

The model is one ONNX file that holds whatever it needs, normalisation and weights included:

====== ================ ======= =======================
input  ``input_frames`` uint8   (batch, 10, 64, 64, 3)
output ``joint_pos``    float32 (batch, 10, 7, 2)
====== ================ ======= =======================

The batch is free, frames are RGB, joints stand in the order of ``poselab.skeletons.UPPER_BODY`` as
(x, y) in pixels, the centre of the first pixel at 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poselab.models.specification import (
    Arrays,
    BrokenError,
    ModelSpec,
    NamedCheck,
    TensorSpec,
)

INPUT_NAME = "input_frames"
OUTPUT_NAME = "joint_pos"
CLIP = (10, 64, 64, 3)
"""One clip: frames, rows, columns, channels; bytes from 0 to 255."""
POSES = (10, 7, 2)
"""Its poses: frames, joints, (x, y) in pixels."""

_SEED = 20
_PLAIN = (0, 127, 128, 255)
_STEPS = range(125, 131)
_TEXTURES = 8
_TOLERANCE = 1e-3


def example_clips(count: int) -> Arrays:
    """Clips of coloured tiles and noise that move a little, always the same ones.

    Args:
        count: how many clips.

    Returns:
        ``input_frames``: (count, 10, 64, 64, 3) uint8.
    """
    random = np.random.default_rng(_SEED)
    frames, rows, columns, channels = CLIP
    tiles = random.integers(0, 256, (count, rows // 8, columns // 8, channels))
    still = tiles.repeat(8, axis=1).repeat(8, axis=2)
    moving = np.stack([np.roll(still, shift, axis=2) for shift in range(frames)], axis=1)
    noise = random.integers(-20, 21, moving.shape)
    return {INPUT_NAME: (moving + noise).clip(0, 255).astype(np.uint8)}


def _clips_of_bytes() -> Arrays:
    """Clips of one colour; then textures in which a patch is made brighter step by step."""
    clips = [np.full(CLIP, level, np.uint8) for level in _PLAIN]
    random = np.random.default_rng(_SEED)
    for texture in example_clips(_TEXTURES)[INPUT_NAME]:
        row, column = random.integers(8, 33, 2)
        for level in _STEPS:
            clip = texture.copy()
            clip[:, row : row + 24, column : column + 24] = level
            clips.append(clip)
    return {INPUT_NAME: np.stack(clips)}


def _judge_bytes(outputs: Arrays) -> str:
    """Bytes from 0 to 255 are brightnesses, and frames of one colour do no harm."""
    poses = outputs[OUTPUT_NAME]
    for level, pose in zip(_PLAIN, poses, strict=False):
        if not np.isfinite(pose).all():
            raise BrokenError(
                f"For frames that are {level} everywhere some outputs are NaN or infinite; a frame "
                "whose standard deviation is 0 must be normalised to 0."
            )
    if _jumps_at_128(poses[len(_PLAIN) :]):
        raise BrokenError(
            "The poses jump where a brightness goes from 127 to 128, so the model reads bytes "
            "above 127 as negative numbers; convert the frames to float from uint8, not int8."
        )
    return "Bytes from 0 to 255 are read correctly, and constant frames do no harm."


def _jumps_at_128(poses: NDArray[np.float32]) -> bool:
    """Whether one step of brightness does much more from 127 to 128 than just before and after.

    Taken as signed numbers, 127 and 128 are 255 steps apart. A model may jump anywhere, if it looks
    for a maximum, say; but not in most textures at this very level.
    """
    by_level = poses.astype(np.float64).reshape(_TEXTURES, len(_STEPS), *POSES)
    steps = np.abs(np.diff(by_level, axis=1)).max(axis=(2, 3, 4))
    middle = _STEPS.index(127)
    others = np.delete(steps, middle, axis=1).max(axis=1)
    jumps = steps[:, middle] > np.maximum(10 * others, 10 * _TOLERANCE)
    return bool(jumps.mean() > 0.7)


SPEC = ModelSpec(
    file="my_model.onnx",
    inputs=(TensorSpec(INPUT_NAME, "uint8", CLIP),),
    outputs=(TensorSpec(OUTPUT_NAME, "float32", POSES),),
    examples=example_clips,
    sample="clip",
    unit="px",
    tolerance=_TOLERANCE,
    checks=(NamedCheck("bytes", _clips_of_bytes, _judge_bytes),),
)
"""What students hand in."""
