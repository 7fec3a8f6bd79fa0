"""COCO's annotations of rendered scenes: segmentation, box, area and keypoints of each person."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from contourpy import FillType, contour_generator
from jaxtyping import Bool
from PIL import Image

from data_stubs.coco.scenes import Scenes
from poselab.skeletons import COCO

PERSON = 1
"""The id of COCO's category person."""

SMALL = 32 * 32
"""The area in pixels below which COCO calls a thing small; small people have no keypoints."""
TINY = 60
"""The area in pixels below which a person is not annotated."""

_JPEG_QUALITY = 90

CATEGORY: dict[str, Any] = {
    "supercategory": "person",
    "id": PERSON,
    "name": "person",
    "keypoints": [joint.replace("-", "_") for joint in COCO.joints],
    "skeleton": [[start + 1, end + 1] for start, end in COCO.bone_indices],
}
"""The entry of person in ``categories``; its skeleton counts keypoints from 1."""


@dataclass(frozen=True)
class AnnotatedImage:
    """One image of the data set.

    Args:
        jpeg: the file's content.
        size: height and width in pixels.
        annotations: COCO's entries, without the ids of image and annotation.
    """

    jpeg: bytes
    size: tuple[int, int]
    annotations: list[dict[str, Any]]

    @property
    def n_people(self) -> int:
        """How many people have at least one keypoint."""
        return sum(entry["num_keypoints"] > 0 for entry in self.annotations)


def annotate(scenes: Scenes) -> list[AnnotatedImage]:
    """Encode images as JPEG and annotate the people that they show.

    Args:
        scenes: images with all that is known of them.

    Returns:
        One entry for each image. Its people come first, then its crowd as a single annotation.
    """
    people = (~scenes.crowd).nonzero().flatten().tolist()
    crowd = scenes.crowd.nonzero().flatten().numpy()
    annotated = []
    for image, owner, keypoints in zip(
        scenes.images, scenes.owner.numpy(), scenes.keypoints.numpy(), strict=True
    ):
        entries = [_person(owner == person, keypoints[person]) for person in people]
        entries.append(_crowd(np.isin(owner, crowd)))
        file = io.BytesIO()
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=_JPEG_QUALITY)
        annotated.append(
            AnnotatedImage(file.getvalue(), owner.shape, [entry for entry in entries if entry])
        )
    return annotated


def _person(mask: np.ndarray, keypoints: np.ndarray) -> dict[str, Any] | None:
    """Return the annotation of one person; ``None`` if next to nothing of them can be seen."""
    area = int(mask.sum())
    if area < TINY:
        return None
    # COCO's annotators clicked on whole pixels.
    labels = keypoints.round().astype(int)
    if area < SMALL:
        labels = np.zeros_like(labels)
    return {
        "segmentation": polygons(mask),
        "num_keypoints": int((labels[:, 2] > 0).sum()),
        "area": float(area),
        "iscrowd": 0,
        "keypoints": labels.flatten().tolist(),
        "bbox": bounding_box(mask),
        "category_id": PERSON,
    }


def _crowd(mask: np.ndarray) -> dict[str, Any] | None:
    """Return the annotation of all people of a crowd, who have no keypoints."""
    area = int(mask.sum())
    if area < TINY:
        return None
    return {
        "segmentation": {"counts": run_lengths(mask), "size": list(mask.shape)},
        "num_keypoints": 0,
        "area": float(area),
        "iscrowd": 1,
        "keypoints": [0] * (3 * len(COCO)),
        "bbox": bounding_box(mask),
        "category_id": PERSON,
    }


def bounding_box(mask: Bool[np.ndarray, "height width"]) -> list[float]:
    """Return x, y, width and height of the smallest box around a mask, in pixels.

    Args:
        mask: at least one of its pixels is set.

    Returns:
        The box; the first pixel reaches from 0 to 1, as everywhere in COCO's boxes and polygons.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    y, x = rows[0], columns[0]
    return [float(x), float(y), float(columns[-1] + 1 - x), float(rows[-1] + 1 - y)]


def run_lengths(mask: Bool[np.ndarray, "height width"]) -> list[int]:
    """Return the lengths of the runs of equal pixels, column by column, beginning with zeros."""
    pixels = mask.flatten(order="F")
    ends = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    runs = np.diff(np.concatenate(([0], ends, [len(pixels)]))).tolist()
    return [0, *runs] if pixels[0] else runs


def polygons(mask: Bool[np.ndarray, "height width"]) -> list[list[float]]:
    """Outline a mask by polygons that do not overlap.

    COCO's polygons have no holes, their union is the mask. So a mask that has a hole is cut in two
    through the hole's middle.

    Args:
        mask: at least one of its pixels is set.

    Returns:
        For each polygon x and y of its corners in turn, in pixels; the first pixel reaches from 0
        to 1.
    """
    x, y, width, height = (int(number) for number in bounding_box(mask))
    outlines = _outlines(mask[y : y + height, x : x + width])
    return [(outline + np.array([x, y])).flatten().tolist() for outline in outlines]


def _outlines(mask: np.ndarray) -> list[np.ndarray]:
    """Return the corners of each polygon."""
    height, width = mask.shape
    # The first pixel's centre is at 0.5; the row and the column before it are padding.
    components = contour_generator(
        np.arange(width + 2) - 0.5,
        np.arange(height + 2) - 0.5,
        np.pad(mask.astype(float), 1),
        fill_type=FillType.OuterOffset,
    ).filled(0.5, np.inf)
    outlines = []
    for points, offsets in zip(*components, strict=True):
        if len(offsets) > 2:
            hole = points[offsets[1] : offsets[2], 0]
            cut = round((hole.min() + hole.max()) / 2)
            right = [outline + np.array([cut, 0]) for outline in _outlines(mask[:, cut:])]
            return _outlines(mask[:, :cut]) + right
        outlines.append(_corners(points))
    return outlines


def _corners(ring: np.ndarray) -> np.ndarray:
    """Return a closed line's points, each once, but for those where it goes straight on."""
    points = ring[:-1]
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turns = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return points[np.abs(turns) > 1e-9]
