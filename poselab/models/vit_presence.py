"""vit_presence's model: crops of people in; heat maps, and which keypoints are present, out.

The model is one ONNX file that holds whatever it needs, weights included:

====== ============ ======= ======================
input  ``image``    float32 (batch, 3, size, size)
output ``heatmaps`` float32 (batch, 17, map, map)
output ``presence`` float32 (batch, 17)
====== ============ ======= ======================

The batch is free. The size is 96 or 224, as the file declares it; a crop's bytes x are normalised
to (x / 255 - 0.5) / 0.5. Maps have any stride that divides the size, 1 included, and keypoints
stand in the order of ``poselab.skeletons.COCO``. A keypoint's position is the place of its map's
maximum, the first in reading order if there are several: the centre of cell i at stride s lies at
(i + 0.5) * s - 0.5 pixels. ``presence`` holds probabilities from 0 to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poselab.models.specification import (
    Arrays,
    BrokenError,
    ModelLimits,
    ModelSpec,
    NamedCheck,
    Size,
    TensorSpec,
)

INPUT_NAME = "image"
HEATMAPS_NAME = "heatmaps"
PRESENCE_NAME = "presence"
SIZES = (96, 224)
"""Heights and widths that images may have, in pixels."""

_KEYPOINTS = 17
_SEED = 40
_TILES = 8
_PLAIN = (-1.0, 0.0, 1.0)
_ROUNDING = 1e-4


def example_images(count: int, size: int) -> Arrays:
    """Images of coloured tiles and noise, always the same ones.

    Args:
        count: how many images.
        size: their height and width in pixels, one of :data:`SIZES`.

    Returns:
        ``image``: (count, 3, size, size) float32 from -1 to 1.
    """
    # Drawn one by one, so that the first ones are the same for any count.
    images = [_tiled(np.random.default_rng((_SEED, n)), size) for n in range(count)]
    return {INPUT_NAME: np.stack(images)}


def _tiled(random: np.random.Generator, size: int) -> NDArray[np.float32]:
    tiles = random.uniform(-1, 1, (3, _TILES, _TILES))
    image = tiles.repeat(size // _TILES, axis=1).repeat(size // _TILES, axis=2)
    return (image + random.normal(0, 0.1, image.shape)).clip(-1, 1).astype(np.float32)


def _images_of_all_kinds(size: int) -> Arrays:
    """Black, grey and white, and then ordinary ones."""
    plain = [np.full((3, size, size), level, np.float32) for level in _PLAIN]
    return {INPUT_NAME: np.concatenate([np.stack(plain), example_images(5, size)[INPUT_NAME]])}


def _judge_probabilities(outputs: Arrays) -> str:
    """Presence is a probability, and images of one colour do no harm."""
    if not all(np.isfinite(array).all() for array in outputs.values()):
        raise BrokenError(
            "For images of one colour some outputs are NaN or infinite; look for a division by 0."
        )
    require_probabilities(outputs[PRESENCE_NAME])
    return "Presence is between 0 and 1."


def require_probabilities(presence: NDArray[np.float32]) -> None:
    """Refuse what cannot be a probability.

    Args:
        presence: finite numbers of any shape.

    Raises:
        BrokenError: one is below 0 or above 1, by more than rounding.
    """
    low, high = float(presence.min(initial=0)), float(presence.max(initial=1))
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        wrong = low if low < -_ROUNDING else high
        raise BrokenError(
            f"{PRESENCE_NAME} must hold probabilities from 0 to 1, but holds {wrong:.3g}; apply "
            "the sigmoid before you export."
        )


SPEC = ModelSpec(
    file="pose_vit.onnx",
    inputs=(TensorSpec(INPUT_NAME, "float32", (3, "size", "size")),),
    outputs=(
        TensorSpec(HEATMAPS_NAME, "float32", (_KEYPOINTS, "map", "map"), kept="peaks"),
        TensorSpec(PRESENCE_NAME, "float32", (_KEYPOINTS,)),
    ),
    sizes=(Size("size", SIZES), Size("map", divides="size")),
    examples=example_images,
    sample="image",
    # Features as large as the image, for a few images at a time, have to fit into the memory.
    at_once=4,
    limits=ModelLimits(seconds_a_sample=0.5),
    checks=(NamedCheck("probabilities", _images_of_all_kinds, _judge_probabilities),),
)
"""What students hand in."""
