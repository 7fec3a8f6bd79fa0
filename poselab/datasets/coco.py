"""COCO keypoints: crops of single people with 17 keypoints, each labelled as visible or hidden.

The files are those of COCO 2017 (``person_keypoints_train2017.json`` and the folder ``train2017``).
``data_stubs`` writes synthetic ones in the same layout, so only the paths differ.
"""

from __future__ import annotations

import json
import math
import struct
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int, Int64, UInt8
from PIL import Image
from torch import Tensor
from tqdm.auto import tqdm

from poselab.datasets.crops import Region, crop_image, region_around, to_crop
from poselab.datasets.errors import DatasetError
from poselab.datasets.packed import check_unpacked
from poselab.skeletons import COCO

VIT_MEAN = (0.5, 0.5, 0.5)
VIT_STD = (0.5, 0.5, 0.5)
"""What the pretrained ``vit-base-patch16-224`` was trained with: ``image_mean`` and ``image_std``
of its ``preprocessor_config.json``."""

CROWD = "crowd"
NO_KEYPOINTS = "no keypoints"
BAD_KEYPOINTS = "keypoints are not 17 times x, y and v"
NO_BOX = "box without an area"
UNKNOWN_IMAGE = "image id unknown"
MISSING_IMAGE = "image file missing"
UNREADABLE_IMAGE = "image file unreadable"
OTHER_SIZE = "image of another size than annotated"
INCOMPLETE = "annotation incomplete"
OUTSIDE = "keypoint outside the image, now v = 0"
"""The keys of ``Crops.skipped``."""

_SMALLEST_BOX = 0.01
"""In square pixels."""
_READABLE = ("JPEG", "PNG")
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError)
"""What Pillow raises where an image is no image or is cut short."""


@dataclass(frozen=True)
class Crops:
    """Crops of people, one for each annotation.

    Args:
        images: RGB; what lies outside the original image is grey.
        keypoints: x and y in pixels of the crop and v: 0 not labelled, 1 labelled but hidden, 2
            visible. (0, 0, 0) where v is 0. A keypoint may lie outside the crop.
        annotation: the annotations' ids.
        image: the ids of the original images; several crops may be of one image.
        box: x, y, width and height of what the crop shows, in pixels of the original image; x and y
            are at the edges of pixels, so the crop's pixel i is at x + (i + 0.5) * width / W - 0.5.
        area: the person's area in pixels of the original image, as annotated.
        skipped: how many annotations were left out, by reason, and how many keypoints were outside
            their image.
    """

    images: UInt8[Tensor, "crop 3 height width"]
    keypoints: Float32[Tensor, "crop 17 3"]
    annotation: Int64[Tensor, " crop"]
    image: Int64[Tensor, " crop"]
    box: Float32[Tensor, "crop 4"]
    area: Float32[Tensor, " crop"]
    skipped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(
        self, chosen: slice | Sequence[int] | Int[Tensor, " n"] | Bool[Tensor, " crop"]
    ) -> Crops:
        """Select crops by a slice, by indices, or by a mask; ``skipped`` stays as it is."""
        if not isinstance(chosen, slice):
            chosen = torch.as_tensor(chosen)
            if chosen.dim() != 1:
                raise TypeError("Select crops by a slice, indices or a mask: crops[3:4] is one.")
            if chosen.numel() == 0:
                chosen = chosen.long()
        tensors = ("images", "keypoints", "annotation", "image", "box", "area")
        return replace(self, **{name: getattr(self, name)[chosen] for name in tensors})

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the crops in pixels."""
        return (self.images.shape[2], self.images.shape[3])

    def to_image(self, points: Float[Tensor, "crop point 2"]) -> Float[Tensor, "crop point 2"]:
        """Convert positions in the crops to positions in the original images.

        Args:
            points: (x, y) in pixels of each crop.

        Returns:
            (x, y) in pixels of its original image, with the dtype and the device of ``points``.
        """
        height, width = self.size
        corner, extent = self.box.to(points).unsqueeze(1).split(2, dim=-1)
        return (points + 0.5) * extent / points.new_tensor([width, height]) + corner - 0.5


def normalise_images(
    images: UInt8[Tensor, "*batch 3 height width"],
) -> Float32[Tensor, "*batch 3 height width"]:
    """Normalise images as ``vit-base-patch16-224`` wants them: 0 to 255 becomes -1 to 1.

    Args:
        images: RGB, channels first.

    Returns:
        (images / 255 - mean) / std, where mean and std are 0.5.
    """
    mean, std = (
        torch.tensor(values, device=images.device).view(3, 1, 1) for values in (VIT_MEAN, VIT_STD)
    )
    return (images.float() / 255 - mean) / std


def load_coco(
    annotations: str | Path,
    images: str | Path,
    size: tuple[int, int] = (224, 224),
    count: int | None = None,
    seed: int = 0,
    margin: float = 1.25,
) -> Crops:
    """Load crops of people who have keypoints, with a progress bar.

    Crowds and people without keypoints are no training poses, and real files have a few entries
    that are no use: they are left out and counted in ``skipped``.

    Args:
        annotations: the JSON file, ``person_keypoints_train2017.json`` or the like.
        images: the folder of its images.
        size: (height, width) of the crops in pixels.
        count: how many people; all of them by default. With the same seed, fewer people are the
            first of more, in whatever order the file has them. ``skipped`` counts the images that
            are missing or unreadable only until there are ``count`` people.
        seed: draws the order of the people.
        margin: how much wider and higher than a person's box their crop is at least.

    Returns:
        The crops.

    Raises:
        FileNotFoundError: there is no file at ``annotations`` or no folder at ``images``.
        DatasetError: the file does not hold COCO's keypoints, or no crop is left.
        ValueError: ``size``, ``count`` or ``margin`` is not positive.
    """
    if min(size) < 1 or not (margin > 0 and math.isfinite(margin)):
        raise ValueError(f"size is {size} and margin {margin}, but both must be positive.")
    if count is not None and count < 1:
        raise ValueError(f"count is {count}, but must be at least 1.")
    annotations, images = Path(annotations), Path(images)
    skipped: Counter[str] = Counter()
    people = sorted(
        _people(_read(annotations, images), skipped),
        key=lambda person: _turn(person.annotation, seed),
    )
    wanted = len(people) if count is None else min(count, len(people))
    crops = _load(people, wanted, images, size, margin, skipped)
    if not crops:
        reasons = ", ".join(f"{reason} ({n})" for reason, n in skipped.items())
        raise DatasetError(
            f"{annotations} and {images} give no crop of a person: "
            f"{reasons or 'the file annotates nobody'}."
        )
    if count is not None and len(crops) < count:
        warnings.warn(
            f"{annotations} has only {len(crops)} people who can be loaded, not {count}: "
            "all of them are taken.",
            stacklevel=2,
        )
    return _together(crops, skipped)


@dataclass(frozen=True)
class _Person:
    """An annotation that may become a crop.

    Args:
        annotation: its id.
        image: the image's id.
        file_name: of the image.
        size: (height, width) of the image as annotated, if it is.
        box: of the person; its sides are finite and above 0.
        keypoints: (17, 3); at least one is labelled.
        area: of the person.
    """

    annotation: int
    image: int
    file_name: str
    size: tuple[int, int] | None
    box: Region
    keypoints: np.ndarray
    area: float


@dataclass(frozen=True)
class _Crop:
    """A crop before it is put together with others."""

    person: _Person
    pixels: np.ndarray
    keypoints: np.ndarray
    region: Region
    n_outside: int


def _turn(annotation: int, seed: int) -> tuple[bytes, int]:
    """Return by what people are sorted: as good as random, and the same whoever else there is."""
    return blake2b(f"{seed} {annotation}".encode(), digest_size=8).digest(), annotation


def _read(annotations: Path, images: Path) -> dict[str, Any]:
    """Read a file and check that it is one of COCO's with keypoints."""
    remedy = "generate a data set with data_stubs.coco.ensure_coco(...), or give your COCO's path."
    if not annotations.is_file():
        raise FileNotFoundError(f"There are no annotations at {annotations}: {remedy}")
    if not images.is_dir():
        raise FileNotFoundError(f"There is no folder of images at {images}: {remedy}")
    try:
        content = json.loads(annotations.read_bytes())
    except (ValueError, RecursionError) as error:
        check_unpacked(annotations)
        raise DatasetError(
            f"{annotations} is cut short or no JSON file: download or generate it again."
        ) from error
    reason = _what_is_missing(content)
    if reason is not None:
        raise DatasetError(f"{annotations} does not hold COCO's keypoints: {reason}.")
    return content


def _what_is_missing(content: Any) -> str | None:
    """Return why a file does not hold COCO's keypoints, if it does not."""
    if not isinstance(content, dict):
        return f"it holds a {type(content).__name__}, but must hold an object"
    for name in ("images", "annotations", "categories"):
        entries = content.get(name)
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            return f"its {name} must be a list of objects"
    people = [entry for entry in content["categories"] if entry.get("name") == "person"]
    if not people:
        return "it has no category person"
    if any("keypoints" not in entry for entry in people):
        return "its category person has no keypoints; take the file person_keypoints_..."
    expected = [joint.replace("-", "_") for joint in COCO.joints]
    if any(entry["keypoints"] != expected for entry in people):
        return "its category person has other keypoints than COCO's 17"
    return None


def _people(content: dict[str, Any], skipped: Counter[str]) -> Iterator[_Person]:
    """Yield the people who have keypoints, and count the others by what is wrong with them."""
    images = {entry["id"]: entry for entry in content["images"] if _is_id(entry.get("id"))}
    categories = [entry for entry in content["categories"] if entry.get("name") == "person"]
    ids = [entry.get("id") for entry in categories]
    for entry in content["annotations"]:
        if entry.get("category_id") in ids:
            person = _person(entry, images)
            if isinstance(person, str):
                skipped[person] += 1
            else:
                yield person


def _person(entry: dict[str, Any], images: Mapping[int, dict[str, Any]]) -> _Person | str:
    """Return a person, or the reason why they are left out."""
    if entry.get("iscrowd"):
        return CROWD
    if entry.get("num_keypoints") == 0 or "keypoints" not in entry:
        return NO_KEYPOINTS
    keypoints = _numbers(entry["keypoints"], 3 * len(COCO))
    if keypoints is None or not np.isin(keypoints[2::3], (0, 1, 2)).all():
        return BAD_KEYPOINTS
    if not keypoints[2::3].any():
        return NO_KEYPOINTS
    box = _numbers(entry.get("bbox"), 4)
    if box is None or min(box[2:]) <= 0:
        return NO_BOX
    if not _is_id(entry.get("id")) or not _is_id(entry.get("image_id")):
        return INCOMPLETE
    image = images.get(entry["image_id"])
    if image is None:
        return UNKNOWN_IMAGE
    if not isinstance(image.get("file_name"), str):
        return MISSING_IMAGE
    size = _numbers([image.get("height"), image.get("width")], 2)
    area = _numbers([entry.get("area")], 1)
    x, y, width, height = box.tolist()
    return _Person(
        annotation=entry["id"],
        image=entry["image_id"],
        file_name=image["file_name"],
        size=None if size is None else (int(size[0]), int(size[1])),
        box=(x, y, width, height),
        keypoints=keypoints.reshape(-1, 3),
        area=width * height if area is None else float(area[0]),
    )


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and abs(value) < 2**63


def _numbers(values: Any, n: int) -> np.ndarray | None:
    """Return a list as an array if it holds ``n`` finite numbers."""
    if not isinstance(values, list) or len(values) != n:
        return None
    if not all(isinstance(value, int | float) and abs(value) < 1e9 for value in values):
        return None
    return np.array(values, dtype=np.float64)


def _load(
    people: Sequence[_Person],
    wanted: int,
    folder: Path,
    size: tuple[int, int],
    margin: float,
    skipped: Counter[str],
) -> list[_Crop]:
    """Load the first ``wanted`` people who can be loaded, and each image once for all of them."""
    together: dict[int, list[int]] = {}
    for position, person in enumerate(people[:wanted]):
        together.setdefault(person.image, []).append(position)
    ready: dict[int, _Crop | str] = {}
    crops: list[_Crop] = []
    with tqdm(total=wanted, unit="person", desc=f"reading {folder.name}") as bar:
        for position, person in enumerate(people):
            if len(crops) == wanted:
                break
            if position not in ready:
                image = _open(folder / person.file_name)
                for other in together.pop(person.image, [position]):
                    ready[other] = _crop(people[other], image, size, margin)
            crop = ready.pop(position)
            if isinstance(crop, str):
                skipped[crop] += 1
                continue
            if crop.n_outside:
                skipped[OUTSIDE] += crop.n_outside
            crops.append(crop)
            bar.update()
    return crops


def _open(path: Path) -> np.ndarray | str:
    """Return an image as RGB, or the reason why it cannot be read."""
    try:
        # As COCO's annotators saw it: its orientation in EXIF does not count.
        with Image.open(path, formats=_READABLE) as image:
            return np.asarray(image.convert("RGB"))
    except (FileNotFoundError, NotADirectoryError):
        return MISSING_IMAGE
    except _DAMAGED:
        return UNREADABLE_IMAGE


def _crop(
    person: _Person, image: np.ndarray | str, size: tuple[int, int], margin: float
) -> _Crop | str:
    """Cut a person out of their image, or return the reason why they are left out."""
    if isinstance(image, str):
        return image
    height, width = image.shape[:2]
    if person.size is not None and person.size != (height, width):
        return OTHER_SIZE
    x, y, wide, high = person.box
    left, top = max(x, 0.0), max(y, 0.0)
    wide, high = min(x + wide, width) - left, min(y + high, height) - top
    # Pillow cannot enlarge what is next to nothing.
    if min(wide, high) <= 0 or wide * high < _SMALLEST_BOX:
        return NO_BOX
    position, v = person.keypoints[:, :2], person.keypoints[:, 2]
    inside = ((position >= -0.5) & (position < np.array([width, height]) - 0.5)).all(axis=1)
    labelled = (v > 0) & inside
    if not labelled.any():
        return NO_KEYPOINTS
    region = region_around((left, top, wide, high), size, margin)
    keypoints = np.column_stack((to_crop(position, region, size), v))
    return _Crop(
        person=person,
        pixels=crop_image(image, region, size),
        keypoints=np.where(labelled[:, None], keypoints, 0),
        region=region,
        n_outside=int(((v > 0) & ~inside).sum()),
    )


def _together(crops: Sequence[_Crop], skipped: Mapping[str, int]) -> Crops:
    height, width = crops[0].pixels.shape[:2]
    images = torch.empty(len(crops), 3, height, width, dtype=torch.uint8)
    for image, crop in zip(images, crops, strict=True):
        image.copy_(torch.tensor(crop.pixels).permute(2, 0, 1))
    return Crops(
        images=images,
        keypoints=torch.from_numpy(np.stack([crop.keypoints for crop in crops])).float(),
        annotation=torch.tensor([crop.person.annotation for crop in crops]),
        image=torch.tensor([crop.person.image for crop in crops]),
        box=torch.tensor([crop.region for crop in crops], dtype=torch.float32),
        area=torch.tensor([crop.person.area for crop in crops], dtype=torch.float32),
        skipped=dict(skipped),
    )
