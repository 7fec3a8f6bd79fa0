"""Synthetic COCO keypoints, in folders and files with the names of the real data set.

::

    FOLDER/annotations/person_keypoints_train2017.json
    FOLDER/annotations/person_keypoints_val2017.json
    FOLDER/train2017/000000000001.jpg ...
    FOLDER/val2017/000000000001.jpg ...

The annotations are COCO's: people with 17 keypoints, a box and a segmentation, and crowds without
keypoints. Training and validation show different people. ``info`` of each annotation file records
what it was written for.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count as count_up
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from tqdm.auto import tqdm

from data_stubs.blocks import in_order
from data_stubs.coco.annotations import CATEGORY, AnnotatedImage, annotate
from data_stubs.coco.scenes import IMAGES_PER_BLOCK, make_block

Part = Literal["train2017", "val2017", "held_out"]
"""The parts of the data set, each with people of its own; students see the first two."""

GENERATOR = "data_stubs.coco"
GENERATOR_VERSION = 1
"""Increased whenever the same seed gives other files, so that cached ones are rewritten."""

_END_OF_JPEG = b"\xff\xd9"


class UnexpectedFileError(ValueError):
    """What is in the folder is not the data set that was asked for."""


class CocoPart(NamedTuple):
    """One part of the data set.

    Args:
        annotations: the JSON file.
        images: the folder of the JPEG files.
    """

    annotations: Path
    images: Path


@dataclass(frozen=True)
class CocoFiles:
    """The data set's files.

    Args:
        folder: the folder that holds ``annotations``, ``train2017`` and ``val2017``.
    """

    folder: Path

    @property
    def training(self) -> CocoPart:
        """The annotations and the images for training."""
        return _part_of(self.folder, "train2017")

    @property
    def validation(self) -> CocoPart:
        """The annotations and the images for validation, of other people."""
        return _part_of(self.folder, "val2017")


def _part_of(folder: Path, part: Part) -> CocoPart:
    return CocoPart(folder / "annotations" / f"person_keypoints_{part}.json", folder / part)


def ensure_coco(
    folder: str | Path | None = None, *, count: int, validation_count: int, seed: int = 0
) -> CocoFiles:
    """Return the files of a synthetic data set, and write them if they do not exist yet.

    The folder appears only when it is complete. The same arguments give the same files, and a
    larger data set begins with the images of a smaller one.

    Args:
        folder: the data set's folder, or where it is to be written. By default each size and seed
            has its own folder in ``$POSELAB_DATA`` or, if that is not set, in ``~/.cache/poselab``.
        count: how many people with at least one keypoint there are for training, or a few more:
            images are added until there are that many.
        validation_count: the same for validation.
        seed: another number gives other people, rooms and poses.

    Returns:
        The files.

    Raises:
        UnexpectedFileError: the folder holds something, but not this data set.
        ValueError: ``count`` or ``validation_count`` is below 1, or ``seed`` is negative.
    """
    for name, number, lowest in (
        ("count", count, 1),
        ("validation_count", validation_count, 1),
        ("seed", seed, 0),
    ):
        if number < lowest:
            raise ValueError(f"{name} is {number}; it must be at least {lowest}")
    counts: dict[Part, int] = {"train2017": count, "val2017": validation_count}
    name = f"coco-{count}-and-{validation_count}-people-seed-{seed}-v{GENERATOR_VERSION}"
    return CocoFiles(_ensure(folder, name, counts, seed))


def ensure_held_out(folder: str | Path | None = None, *, count: int, seed: int = 0) -> CocoPart:
    """Return the files of people who are in no students' data set, and write them if need be.

    Args:
        folder: the folder for them, as for :func:`ensure_coco`.
        count: how many people with at least one keypoint, or a few more.
        seed: another number gives other people, rooms and poses.

    Returns:
        The annotations and the folder of the images.

    Raises:
        UnexpectedFileError: the folder holds something, but not these files.
        ValueError: ``count`` is below 1 or ``seed`` is negative.
    """
    for name, number, lowest in (("count", count, 1), ("seed", seed, 0)):
        if number < lowest:
            raise ValueError(f"{name} is {number}; it must be at least {lowest}")
    name = f"coco-{count}-held-out-people-seed-{seed}-v{GENERATOR_VERSION}"
    return _part_of(_ensure(folder, name, {"held_out": count}, seed), "held_out")


def _ensure(folder: str | Path | None, name: str, counts: Mapping[Part, int], seed: int) -> Path:
    if folder is None:
        root = Path(os.environ.get("POSELAB_DATA") or Path.home() / ".cache" / "poselab")
        folder = root / name
    folder = Path(folder)
    if not _is_free(folder):
        _check(folder, counts, seed)
        return folder
    with _making(folder) as unfinished:
        for part, count in counts.items():
            _write(_part_of(unfinished, part), part, count, seed)
    # Where another process was faster, its files are as good if they are the same.
    _check(folder, counts, seed)
    return folder


def _is_free(folder: Path) -> bool:
    """Whether there is nothing at a path but, perhaps, an empty folder."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


@contextmanager
def _making(folder: Path) -> Iterator[Path]:
    """A new folder that becomes ``folder`` when the block ends, if nothing is there by then.

    If the block fails or is interrupted, nothing is left.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{secrets.token_hex(4)}.{folder.name}")
    unfinished.mkdir()
    try:
        yield unfinished
        if _is_free(folder):
            if folder.exists():
                folder.rmdir()
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _work(seed: int, part: Part, block: int) -> list[AnnotatedImage]:
    number = get_args(Part).index(part)
    return annotate(make_block(seed, number, block, IMAGES_PER_BLOCK))


def annotated_images(seed: int, part: Part) -> Iterator[AnnotatedImage]:
    """Render and annotate the images of one part in order, on all processors, for ever.

    Args:
        seed: the data set's seed.
        part: which part; each has people of its own.

    Yields:
        The next image.
    """
    with closing(in_order(lambda block: _work(seed, part, block), count_up())) as blocks:
        for block in blocks:
            yield from block


def _note(part: Part, count: int, seed: int) -> dict[str, str | int]:
    """Return what an annotation file's ``info`` says that it was written for."""
    return {
        "generator": GENERATOR,
        "generator_version": GENERATOR_VERSION,
        "part": part,
        "count": count,
        "seed": seed,
    }


def _write(files: CocoPart, part: Part, count: int, seed: int) -> None:
    """Write one part into a folder that nobody looks at yet."""
    files.images.mkdir()
    files.annotations.parent.mkdir(exist_ok=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    with (
        closing(annotated_images(seed, part)) as drawn,
        tqdm(total=count, unit="person", desc=f"writing {part}") as bar,
    ):
        while bar.n < count:
            image = next(drawn)
            number = len(images) + 1
            name = f"{number:012}.jpg"
            height, width = image.size
            images.append(
                {"license": 1, "file_name": name, "height": height, "width": width, "id": number}
            )
            for annotation in image.annotations:
                more = {"image_id": number, "id": len(annotations) + 1}
                annotations.append(annotation | more)
            (files.images / name).write_bytes(image.jpeg)
            bar.update(min(image.n_people, count - bar.n))
    content = {
        "info": {
            "description": "Synthetic people with COCO's keypoints",
            "version": f"{GENERATOR_VERSION}.0",
            **_note(part, count, seed),
        },
        "licenses": [{"url": "https://opensource.org/license/mit", "id": 1, "name": "MIT License"}],
        "images": images,
        "annotations": annotations,
        "categories": [CATEGORY],
    }
    files.annotations.write_text(json.dumps(content, separators=(",", ":")))


def _check(folder: Path, counts: Mapping[Part, int], seed: int) -> None:
    """Raise ``UnexpectedFileError`` unless the folder holds all files that were asked for."""
    for part, count in counts.items():
        files = _part_of(folder, part)
        at, reason = files.annotations, None
        try:
            content = json.loads(files.annotations.read_text())
            images = [str(image["file_name"]) for image in content["images"]]
            found = dict(content["info"])
        except (FileNotFoundError, NotADirectoryError):
            reason = "is missing"
        except json.JSONDecodeError:
            reason = "is cut short or no JSON"
        except (KeyError, TypeError, ValueError):
            reason = "was not written by data_stubs.coco"
        else:
            reason = _difference(found, _note(part, count, seed))
            if reason is None:
                at, reason = _first_incomplete(files.images, images)
        if reason is not None:
            raise UnexpectedFileError(
                f"{folder} is not the synthetic COCO that was asked for: {at.relative_to(folder)} "
                f"{reason}; delete the folder to have it written again, or choose another one"
            )


def _difference(found: Mapping[str, Any], expected: Mapping[str, Any]) -> str | None:
    """Return the first difference between two notes."""
    if found.get("generator") != GENERATOR:
        return f"was not written by {GENERATOR}"
    for name, value in expected.items():
        if found.get(name) != value:
            return f"says that its {name} is {found.get(name)}, expected {value}"
    return None


def _first_incomplete(folder: Path, names: list[str]) -> tuple[Path, str | None]:
    """Return the first image that is missing or cut short, and which of the two it is."""
    for name in names:
        path = folder / name
        try:
            with path.open("rb") as file:
                file.seek(-len(_END_OF_JPEG), os.SEEK_END)
                if file.read() != _END_OF_JPEG:
                    return path, "is cut short"
        except FileNotFoundError:
            return path, "is missing"
        except OSError:
            return path, "is cut short"
    return folder, None
