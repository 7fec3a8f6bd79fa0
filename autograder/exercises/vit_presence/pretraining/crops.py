"""Crops of people, with the part of the body and the depth of every cell.

The renderer knows what each pixel shows, so these labels cost nothing. The people are in no data
set of the course: their scenes are another part of the synthetic COCO's randomness.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float16, Float32, UInt8
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm.auto import tqdm

from data_stubs.coco.scenes import SCENES_VERSION, Scenes, scene_blocks
from data_stubs.human.flesh import PARTS
from data_stubs.rows import Rows
from poselab.datasets.crops import Region, crop_image, region_around, to_crop
from poselab.files import replacing
from poselab.skeletons import COCO

PART = 3
"""Which part of the synthetic COCO's randomness the scenes are drawn from."""
CELL = 4
"""Pixels of a crop along a side of a cell, which has one label."""
_SMALLEST = 1024
"""The fewest pixels that a person covers in the image."""
_CROPS_PER_FILE = 2000
_LABELS_VERSION = 2
"""Increased whenever the same scenes give other labels."""

_FACE = ("nose", "eye", "ear")

BACKGROUND, SOMEBODY_ELSE = 0, 1
"""Classes of cells that do not show the person whom the crop is of."""

_MERGED = {
    **dict.fromkeys(("hair", "face", "nose", "left eye", "right eye"), "head"),
    **dict.fromkeys(("belly", "chest", "left girdle", "right girdle"), "trunk"),
    **{
        f"{side} {part}": f"{side} {whole}"
        for side in ("left", "right")
        for part, whole in (
            ("palm", "hand"), ("fingers", "hand"), ("thumb", "hand"),
            ("shoe", "foot"), ("instep", "foot"),
        )
    },
}  # fmt: skip
BODY = tuple(dict.fromkeys(_MERGED.get(part, part) for part in PARTS))
"""The parts of a body that are told apart; their classes follow the two above."""
N_CLASSES = 2 + len(BODY)
MIRRORED = (
    BACKGROUND,
    SOMEBODY_ELSE,
    *(
        2 + BODY.index({"left": "right", "right": "left"}.get(side, side) + rest)
        for side, rest in ((name.split(" ")[0], name[len(name.split(" ")[0]) :]) for name in BODY)
    ),
)
"""The class of each class's partner on the body's other side."""

JOINTS = tuple(joint for joint in COCO.joints if joint.split("-")[-1] not in _FACE)
"""The keypoints where limbs begin, bend and end."""
MIRRORED_JOINTS = tuple(
    JOINTS.index(COCO.joints[COCO.mirrored[COCO.index(joint)]]) for joint in JOINTS
)
"""The index of each joint's partner on the body's other side."""

_CLASS_OF_PART = np.array([2 + BODY.index(_MERGED.get(part, part)) for part in PARTS], np.uint8)


@dataclass(frozen=True)
class LabelledCrops(Rows):
    """Crops of people and what each cell of ``CELL`` by ``CELL`` pixels shows.

    Args:
        images: RGB, channels first.
        classes: ``BACKGROUND``, ``SOMEBODY_ELSE``, or 2 + the index in ``BODY``.
        depths: how much farther from the camera the surface is than the person's median surface, in
            metres; 0 where somebody or something else is seen.
        joints: the joints of the limbs: (x, y) in pixels of the crop, and 1 where an image shows
            where the joint is, else 0 for all three.
    """

    images: UInt8[Tensor, "crop 3 height width"]
    classes: UInt8[Tensor, "crop row column"]
    depths: Float16[Tensor, "crop row column"]
    joints: Float32[Tensor, "crop joint 3"]

    def __len__(self) -> int:
        return len(self.images)


def _shrunk(
    labels: np.ndarray, region: Region, cells: tuple[int, int], outside: float
) -> np.ndarray:
    """What the middle of each cell of a region shows."""
    x, y, wide, high = region
    height, width = labels.shape
    column = np.floor(x + (np.arange(cells[1]) + 0.5) * wide / cells[1]).astype(int)
    row = np.floor(y + (np.arange(cells[0]) + 0.5) * high / cells[0]).astype(int)
    inside = ((row >= 0) & (row < height))[:, None] & ((column >= 0) & (column < width))
    cut = labels[np.ix_(row.clip(0, height - 1), column.clip(0, width - 1))]
    return np.where(inside, cut, outside)


def _crops_of(
    scenes: Scenes, size: tuple[int, int], generator: np.random.Generator
) -> Iterator[tuple[np.ndarray, ...]]:
    """Cut out everybody who is large enough: the image, the classes, the depths, the joints."""
    cells = (size[0] // CELL, size[1] // CELL)
    people = int((~scenes.crowd).sum())
    images = scenes.images.permute(0, 2, 3, 1).numpy()
    limbs = [COCO.index(joint) for joint in JOINTS]
    owners, parts, distances, keypoints = (
        tensor.numpy()
        for tensor in (scenes.owner, scenes.part, scenes.distance, scenes.keypoints[:, :, limbs])
    )
    for image, owner, part, distance, labels in zip(
        images, owners, parts, distances, keypoints, strict=True
    ):
        for person in range(people):
            mask = owner == person
            if mask.sum() < _SMALLEST:
                continue
            rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
            x, y = float(columns[0]), float(rows[0])
            box = (x, y, columns[-1] + 1 - x, rows[-1] + 1 - y)
            # Boxes are never exact: show the person larger or smaller, and off the middle.
            x, y, wide, high = region_around(box, size, margin=generator.uniform(1.05, 1.5))
            shift_x, shift_y = generator.uniform(-0.07, 0.07, 2)
            region = (x + shift_x * wide, y + shift_y * high, wide, high)
            classes = np.where(mask, _CLASS_OF_PART[part], np.where(owner >= 0, 1, 0))
            depths = np.where(mask, distance - np.median(distance[mask]), 0)
            yield (
                crop_image(image, region, size).transpose(2, 0, 1),
                _shrunk(classes, region, cells, BACKGROUND).astype(np.uint8),
                _shrunk(depths, region, cells, 0).astype(np.float16),
                _labelled(labels[person], region, size),
            )


def _labelled(keypoints: np.ndarray, region: Region, size: tuple[int, int]) -> np.ndarray:
    """Joints in a crop's pixels."""
    present = keypoints[:, 2:] > 0
    inside = np.concatenate((to_crop(keypoints[:, :2], region, size), present), axis=1)
    return np.where(present, inside, 0).astype(np.float32)


def ensure_crops(n_crops: int, size: tuple[int, int], seed: int) -> LabelledCrops:
    """Return labelled crops, and draw those that were not drawn before, with a progress bar.

    They are kept below ``$POSELAB_DATA`` or, if that is not set, ``~/.cache/poselab``, a few
    thousand in a file: a run that was stopped goes on with the next file.

    Args:
        n_crops: how many crops, a multiple of 2000.
        size: height and width in pixels.
        seed: another number gives other people and scenes.

    Returns:
        The crops.

    Raises:
        ValueError: ``n_crops`` is no multiple of 2000.
    """
    if n_crops % _CROPS_PER_FILE:
        raise ValueError(f"n_crops is {n_crops}; it must be a multiple of {_CROPS_PER_FILE}")
    root = Path(os.environ.get("POSELAB_DATA") or Path.home() / ".cache" / "poselab")
    name = f"people-{size[0]}x{size[1]}-px-seed-{seed}-v{SCENES_VERSION}.{_LABELS_VERSION}"
    numbers = range(n_crops // _CROPS_PER_FILE)
    paths = [root / name / f"crops-{number:03d}.safetensors" for number in numbers]
    with tqdm(total=n_crops, unit="crop", desc="drawing people") as bar:
        for number, path in enumerate(paths):
            if not path.exists():
                crops = _draw(number, size, seed, bar)
                with replacing(path) as unfinished:
                    save_file({f.name: getattr(crops, f.name) for f in fields(crops)}, unfinished)
            else:
                bar.update(_CROPS_PER_FILE)
    loaded = [load_file(path) for path in paths]
    return LabelledCrops(
        **{f.name: torch.cat([file[f.name] for file in loaded]) for f in fields(LabelledCrops)}
    )


_BLOCKS_PER_FILE = 1000
"""More than the blocks that a file's crops come from, so that no two files share any."""


def _draw(number: int, size: tuple[int, int], seed: int, bar: tqdm) -> LabelledCrops:
    """Draw the crops of one file."""
    generator = np.random.default_rng([seed, number])
    drawn: list[tuple[np.ndarray, ...]] = []
    for scenes in scene_blocks(seed, PART, first=number * _BLOCKS_PER_FILE):
        before = len(drawn)
        drawn += _crops_of(scenes, size, generator)
        del drawn[_CROPS_PER_FILE:]
        bar.update(len(drawn) - before)
        if len(drawn) == _CROPS_PER_FILE:
            break
    return LabelledCrops(
        *(
            torch.from_numpy(np.ascontiguousarray(np.stack(column)))
            for column in zip(*drawn, strict=True)
        )
    )
