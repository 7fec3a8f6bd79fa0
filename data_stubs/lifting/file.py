"""Synthetic files for lifting, in the layout of CS763's Lab 7.

Each file is a pickle of a dict of float32 arrays: ``joint_2d_1`` (N, 15, 2), ``joint_3d``
(N, 15, 3) and ``focal_len_1`` (N, 2), and where there are two views ``joint_2d_2`` (N, 15, 2),
``rot`` (N, 9), a rotation's rows one after the other, ``transl`` (N, 3) and ``focal_len_2`` (N, 2).
No two files show the same person.

A note at the start of the pickle records what the file was written for; reading drops it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from data_stubs.array_pickle import (
    AFTER_BYTES,
    BEGINNING_OF_A_DICT,
    ENDING_OF_A_DICT,
    before_bytes,
    beginning,
    key,
    note_of,
)
from data_stubs.lifting.scenes import Part, check_request, join, pose_blocks
from poselab.datasets.lifting import TwoViews
from poselab.files import replacing
from poselab.skeletons import LIFTING

FILE_NAMES: dict[Part, str] = {
    "training": "data_train_lift.pkl",
    "test": "data_test_lift.pkl",
    "two_views": "data_train.pkl",
}
GENERATOR = "data_stubs.lifting"
GENERATOR_VERSION = 1
"""Increased whenever the same seed gives other poses, so that cached files are rewritten."""

_TYPE = np.dtype("<f4")


def _layout(n_poses: int, two_views: bool) -> dict[str, tuple[int, ...]]:
    joints = len(LIFTING)
    one_view: dict[str, tuple[int, ...]] = {
        "joint_2d_1": (n_poses, joints, 2),
        "joint_3d": (n_poses, joints, 3),
        "focal_len_1": (n_poses, 2),
    }
    if not two_views:
        return one_view
    return {
        **one_view,
        "joint_2d_2": (n_poses, joints, 2),
        "rot": (n_poses, 9),
        "transl": (n_poses, 3),
        "focal_len_2": (n_poses, 2),
    }


def write_poses(
    path: str | Path, poses: TwoViews, two_views: bool, note: dict[str, Any] | None = None
) -> None:
    """Write poses in the lab's layout, replacing what is at ``path``.

    The file appears only when it is complete.

    Args:
        path: the file to write; its folder is created if necessary.
        poses: the poses.
        two_views: whether to write what the second camera sees, too.
        note: where the poses are from.
    """
    arrays = {
        "joint_2d_1": poses.joint_2d_1,
        "joint_3d": poses.joint_3d,
        "focal_len_1": poses.focal_1,
        "joint_2d_2": poses.joint_2d_2,
        "rot": poses.rotation,
        "transl": poses.translation,
        "focal_len_2": poses.focal_2,
    }
    with replacing(Path(path)) as unfinished, unfinished.open("wb") as file:
        file.write(beginning(json.dumps(note)) + BEGINNING_OF_A_DICT)
        for name, shape in _layout(len(poses), two_views).items():
            values = arrays[name].numpy().astype(_TYPE)
            file.write(key(name) + before_bytes(shape, _TYPE))
            file.write(values.tobytes() + AFTER_BYTES)
        file.write(ENDING_OF_A_DICT)


def _note(n_poses: int, seed: int, part: Part) -> dict[str, str | int]:
    return {
        "generator": GENERATOR,
        "generator_version": GENERATOR_VERSION,
        "n_poses": n_poses,
        "seed": seed,
        "part": part,
    }


def write_lifting(path: str | Path, n_poses: int, seed: int, part: Part = "training") -> None:
    """Write a synthetic file, replacing what is at ``path``, with a progress bar.

    The file appears only when it is complete. The same arguments give the same bytes.

    Args:
        path: the file to write; its folder is created if necessary.
        n_poses: how many poses.
        seed: another number gives other people, poses and cameras.
        part: ``"two_views"`` has two views, the others have one.

    Raises:
        ValueError: ``n_poses`` is below 1, ``seed`` is negative or ``part`` is unknown.
    """
    check_request(n_poses, seed, part)
    path = Path(path)
    blocks = []
    with tqdm(total=n_poses, unit="pose", desc=f"writing {path.name}") as bar:
        for poses in pose_blocks(n_poses, seed, part):
            blocks.append(poses)
            bar.update(len(poses))
    write_poses(path, join(blocks), part == "two_views", _note(n_poses, seed, part))


class UnexpectedFileError(ValueError):
    """The file at the path is not the data set that was asked for."""


def check_lifting(path: str | Path, n_poses: int, seed: int, part: Part = "training") -> None:
    """Check, by note and size, that ``path`` holds the data set that ``write_lifting`` writes.

    Args:
        path: the file.
        n_poses: how many poses it should hold.
        seed: the seed it should be written for.
        part: the part it should hold.

    Raises:
        UnexpectedFileError: the file is cut short or holds something else.
    """
    path = Path(path)
    expected = _note(n_poses, seed, part)
    n_bytes = len(beginning(json.dumps(expected)) + BEGINNING_OF_A_DICT + ENDING_OF_A_DICT)
    for name, shape in _layout(n_poses, part == "two_views").items():
        values = int(np.prod(shape, dtype=np.int64)) * _TYPE.itemsize
        n_bytes += len(key(name) + before_bytes(shape, _TYPE) + AFTER_BYTES) + values
    with path.open("rb") as file:
        found = _read_note(file.read(1024))
    size = path.stat().st_size
    differing = [name for name, value in expected.items() if (found or {}).get(name) != value]
    reason = None
    if size == 0 or (found is not None and not differing and size < n_bytes):
        reason = "it is cut short"
    elif found is None:
        reason = "data_stubs.lifting did not write it"
    elif differing:
        name = differing[0]
        reason = f"its {name} is {found.get(name)}, expected {expected[name]}"
    elif size > n_bytes:
        reason = "something follows the data"
    if reason is not None:
        raise UnexpectedFileError(
            f"{path} is not the synthetic data set of {n_poses} poses with seed {seed}: {reason}; "
            "delete it to have it written again, or choose another folder"
        )


def _read_note(start: bytes) -> dict[str, Any] | None:
    """Return what the file says it was written for; ``None`` if it is not one of ours."""
    try:
        note = json.loads(note_of(start) or "null")
    except json.JSONDecodeError:
        return None
    return note if isinstance(note, dict) and note.get("generator") == GENERATOR else None


def _ensure(path: Path, n_poses: int, seed: int, part: Part) -> None:
    if path.exists():
        check_lifting(path, n_poses, seed, part)
    else:
        write_lifting(path, n_poses, seed, part)


def _folder(folder: str | Path | None, kind: str, seed: int) -> Path:
    if folder is not None:
        return Path(folder)
    root = Path(os.environ.get("POSELAB_DATA") or Path.home() / ".cache" / "poselab")
    return root / f"{kind}-seed-{seed}-v{GENERATOR_VERSION}"


def ensure_lifting(
    folder: str | Path | None = None,
    *,
    poses: int = 50_000,
    test_poses: int = 5_000,
    seed: int = 0,
) -> Path:
    """Return the folder of synthetic poses in one view, and write what does not exist yet.

    Args:
        folder: where ``data_train_lift.pkl`` and ``data_test_lift.pkl`` are or will be written. By
            default each size and seed has its own folder in ``$POSELAB_DATA`` or, if that is not
            set, in ``~/.cache/poselab``.
        poses: how many poses for training.
        test_poses: how many poses for the test, of other people.
        seed: another number gives other people, poses and cameras.

    Returns:
        The folder of the two files.

    Raises:
        UnexpectedFileError: there already is a file, but it is not this data set.
        ValueError: ``poses`` or ``test_poses`` is below 1, or ``seed`` is negative.
    """
    for n_poses in (poses, test_poses):
        check_request(n_poses, seed)
    folder = _folder(folder, f"lifting-{poses}-and-{test_poses}-poses", seed)
    _ensure(folder / FILE_NAMES["training"], poses, seed, "training")
    _ensure(folder / FILE_NAMES["test"], test_poses, seed, "test")
    return folder


def ensure_two_views(
    folder: str | Path | None = None, *, poses: int = 50_000, seed: int = 0
) -> Path:
    """Return the path of synthetic poses in two views, and write the file if it does not exist yet.

    Args:
        folder: where ``data_train.pkl`` is or will be written. By default each size and seed has
            its own folder in ``$POSELAB_DATA`` or, if that is not set, in ``~/.cache/poselab``.
        poses: how many poses; their people are in no other file.
        seed: another number gives other people, poses and cameras.

    Returns:
        The path of ``data_train.pkl``.

    Raises:
        UnexpectedFileError: there already is a file, but it is not this data set.
        ValueError: ``poses`` is below 1 or ``seed`` is negative.
    """
    check_request(poses, seed)
    path = _folder(folder, f"lifting-{poses}-poses-two-views", seed) / FILE_NAMES["two_views"]
    _ensure(path, poses, seed, "two_views")
    return path
