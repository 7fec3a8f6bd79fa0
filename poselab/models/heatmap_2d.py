"""heatmap_2d's model, for its leaderboard: raw images in, joints in pixels out.

The model is one ONNX file that holds whatever it needs, normalisation and weights included, and the
step from heat maps to positions as well:

====== ============= ======= =====================
input  ``images``    uint8   (batch, 3, 128, 160)
output ``joint_pos`` float32 (batch, 18, 2)
====== ============= ======= =====================

The batch is free, images are RGB, joints stand in the order of ``poselab.skeletons.EGOCAP`` as
(x, y) in pixels of the image, the centre of the first pixel at 0.
"""

from __future__ import annotations

import numpy as np

from poselab.models.specification import Arrays, ModelSpec, TensorSpec

INPUT_NAME = "images"
OUTPUT_NAME = "joint_pos"
IMAGE = (3, 128, 160)
"""One image: channels, rows, columns; bytes from 0 to 255."""
POSE = (18, 2)
"""Its pose: joints, (x, y) in pixels."""

_SEED = 21


def example_images(count: int) -> Arrays:
    """Images of coloured tiles and noise, always the same ones.

    Args:
        count: how many images.

    Returns:
        ``images``: (count, 3, 128, 160) uint8.
    """
    random = np.random.default_rng(_SEED)
    channels, rows, columns = IMAGE
    tiles = random.integers(0, 256, (count, channels, rows // 16, columns // 16))
    noise = random.integers(-20, 21, (count, *IMAGE))
    images = tiles.repeat(16, axis=2).repeat(16, axis=3) + noise
    return {INPUT_NAME: images.clip(0, 255).astype(np.uint8)}


SPEC = ModelSpec(
    file="heatmap_2d.onnx",
    inputs=(TensorSpec(INPUT_NAME, "uint8", IMAGE),),
    outputs=(TensorSpec(OUTPUT_NAME, "float32", POSE),),
    examples=example_images,
    sample="image",
    unit="px",
)
"""What students submit, if they like to."""
