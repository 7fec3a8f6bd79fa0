"""Synthetic YouTube Pose: ``youtube_train_data.pkl`` in the layout of the real file.

The file is a pickle of (data, labels): data (N, 10, 64, 64, 3) holds the bytes 0 to 255 of N clips
of ten frames, which the usual edition labels int8; labels float32 (N, 10, 7, 2) are (x, y) in
pixels. The 100 frames of each video give 91 clips of consecutive frames and 82 clips of every other
frame; the clips of the first kind of all videos come first, then those of the second. No two videos
show the same person or room.

A note at the start of the pickle records what the file was written for; reading drops it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import numpy as np
from PIL import Image
from tqdm.auto import tqdm

from data_stubs.array_pickle import (
    AFTER_BYTES,
    ENDING_OF_A_PAIR,
    before_bytes,
    beginning,
    note_of,
)
from data_stubs.youtube.scenes import FRAMES_PER_VIDEO, SIZE, Video, youtube_videos
from poselab.files import replacing
from poselab.skeletons import UPPER_BODY

Edition = Literal["int8", "uint8"]
Part = Literal["students", "held_out"]

FILE_NAME = "youtube_train_data.pkl"
GENERATOR = "data_stubs.youtube"
GENERATOR_VERSION = 3
"""Increased whenever the same seed gives other frames, so that cached files are rewritten."""

FRAMES_PER_CLIP = 10
STRIDES = (1, 2)


def clips_per_video(stride: int) -> int:
    """Return how many clips one video gives whose frames are ``stride`` apart."""
    return FRAMES_PER_VIDEO - stride * (FRAMES_PER_CLIP - 1)


def _layout(n_videos: int, edition: Edition) -> tuple[tuple[tuple[int, ...], np.dtype], ...]:
    """Return the shape and dtype of both arrays."""
    n_clips = n_videos * sum(map(clips_per_video, STRIDES))
    return (
        ((n_clips, FRAMES_PER_CLIP, SIZE, SIZE, 3), np.dtype(edition)),
        ((n_clips, FRAMES_PER_CLIP, len(UPPER_BODY), 2), np.dtype("<f4")),
    )


def _note(n_videos: int, seed: int, edition: Edition, part: Part) -> dict[str, str | int]:
    return {
        "generator": GENERATOR,
        "generator_version": GENERATOR_VERSION,
        "n_videos": n_videos,
        "seed": seed,
        "edition": edition,
        "part": part,
    }


def _check_request(n_videos: int, seed: int, edition: str, part: str) -> None:
    for name, number, lowest in (("n_videos", n_videos, 1), ("seed", seed, 0)):
        if number < lowest:
            raise ValueError(f"{name} is {number}; it must be at least {lowest}")
    for name, word, known in (
        ("edition", edition, get_args(Edition)),
        ("part", part, get_args(Part)),
    ):
        if word not in known:
            raise ValueError(f"{name} is {word!r}; it must be one of {', '.join(known)}")


def write_youtube(
    path: str | Path,
    n_videos: int,
    seed: int,
    edition: Edition = "int8",
    part: Part = "students",
) -> None:
    """Write a synthetic YouTube Pose file, replacing what is at ``path``, with a progress bar.

    The file appears only when it is complete. Each video takes 21 MB on disk and 1.2 MB in memory.
    The same arguments give the same bytes.

    Args:
        path: the file to write; its folder is created if necessary.
        n_videos: how many videos of 100 frames; the real data set has 50.
        seed: another number gives other people, rooms and motion.
        edition: the dtype that the bytes are labelled with.
        part: ``"students"``, or ``"held_out"`` for videos whose people and rooms are in no
            students' file, whatever the two seeds are.

    Raises:
        ValueError: ``n_videos`` is below 1, ``seed`` is negative, or ``edition`` or ``part`` is
            unknown.
    """
    _check_request(n_videos, seed, edition, part)
    path = Path(path)
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        _write(file, n_videos, seed, edition, part, f"writing {path.name}")


def _write(
    file: BinaryIO, n_videos: int, seed: int, edition: Edition, part: Part, title: str
) -> None:
    (data_shape, data_type), (label_shape, label_type) = _layout(n_videos, edition)
    file.write(beginning(json.dumps(_note(n_videos, seed, edition, part))))
    file.write(before_bytes(data_shape, data_type))
    videos: list[Video] = []
    with tqdm(total=n_videos, unit="video", desc=title) as bar:
        for video in youtube_videos(n_videos, seed, get_args(Part).index(part)):
            file.writelines(_clips(video.frames.numpy(), STRIDES[0]))
            videos.append(video)
            bar.update()
    for stride in STRIDES[1:]:
        for video in videos:
            file.writelines(_clips(video.frames.numpy(), stride))
    file.write(AFTER_BYTES + before_bytes(label_shape, label_type))
    for stride in STRIDES:
        for video in videos:
            file.writelines(_clips(video.poses.numpy().astype(label_type), stride))
    file.write(AFTER_BYTES + ENDING_OF_A_PAIR)


def _clips(of_frames: np.ndarray, stride: int) -> Iterator[bytes]:
    for first in range(clips_per_video(stride)):
        yield of_frames[first : first + stride * FRAMES_PER_CLIP : stride].tobytes()


class UnexpectedFileError(ValueError):
    """The file at the path is not the data set that was asked for."""


def check_youtube(
    path: str | Path,
    n_videos: int,
    seed: int,
    edition: Edition = "int8",
    part: Part = "students",
) -> None:
    """Check, by note and size, that ``path`` holds the data set that ``write_youtube`` writes.

    Args:
        path: the file.
        n_videos: how many videos it should hold.
        seed: the seed it should be written for.
        edition: the dtype it should be labelled with.
        part: the part it should hold.

    Raises:
        UnexpectedFileError: the file is cut short or holds something else.
    """
    path = Path(path)
    expected = _note(n_videos, seed, edition, part)
    start = beginning(json.dumps(expected))
    n_bytes = len(start) + len(ENDING_OF_A_PAIR)
    for shape, dtype in _layout(n_videos, edition):
        n_values = int(np.prod(shape, dtype=np.int64))
        n_bytes += len(before_bytes(shape, dtype)) + n_values * dtype.itemsize + len(AFTER_BYTES)
    with path.open("rb") as file:
        found = _read_note(file.read(1024))
    reason = None
    if found is None:
        reason = "data_stubs.youtube.file did not write it"
    else:
        for name, value in expected.items():
            if found.get(name) != value:
                reason = f"its {name} is {found.get(name)}, expected {value}"
                break
    if path.stat().st_size == 0 or (reason is None and path.stat().st_size < n_bytes):
        reason = "it is cut short"
    elif reason is None and path.stat().st_size > n_bytes:
        reason = "something follows the data"
    if reason is not None:
        raise UnexpectedFileError(
            f"{path} is not the synthetic YouTube Pose of {n_videos} videos with seed {seed}: "
            f"{reason}; delete it to have it written again, or choose another folder"
        )


def _read_note(start: bytes) -> dict[str, Any] | None:
    """Return what the file says it was written for; ``None`` if it is not one of ours."""
    try:
        note = json.loads(note_of(start) or "null")
    except json.JSONDecodeError:
        return None
    return note if isinstance(note, dict) and note.get("generator") == GENERATOR else None


def ensure_youtube(
    n_videos: int, seed: int = 0, folder: str | Path | None = None, part: Part = "students"
) -> Path:
    """Return the path of a synthetic YouTube Pose file, and write it if it does not exist yet.

    Args:
        n_videos: how many videos of 100 frames, each of which gives 173 clips.
        seed: another number gives other people, rooms and motion.
        folder: where ``youtube_train_data.pkl`` is or will be written. By default each size, seed
            and part has its own folder in ``$POSELAB_DATA`` or, if that is not set, in
            ``~/.cache/poselab``.
        part: ``"students"``, or ``"held_out"`` for people and rooms that are in no students' file.

    Returns:
        The path of ``youtube_train_data.pkl``.

    Raises:
        UnexpectedFileError: there already is a file, but it is not this data set.
        ValueError: ``n_videos`` is below 1, ``seed`` is negative or ``part`` is unknown.
    """
    _check_request(n_videos, seed, "int8", part)
    if folder is None:
        root = Path(os.environ.get("POSELAB_DATA") or Path.home() / ".cache" / "poselab")
        folder = root / f"youtube-{n_videos}-videos-seed-{seed}-{part}-v{GENERATOR_VERSION}"
    path = Path(folder) / FILE_NAME
    if path.exists():
        check_youtube(path, n_videos, seed, part=part)
    else:
        write_youtube(path, n_videos, seed, part=part)
    return path


_ENLARGEMENT = (8, 6)
"""Pixels of a VGG frame per pixel of ours, along x and y: shoulders are 100 pixels wide."""


def write_vgg_mat(path: str | Path, n_videos: int, seed: int) -> None:
    """Write the same videos as ``write_youtube`` in the layout of VGG's original data set.

    That layout is a ``.mat`` file with a struct array ``data`` (1, ``n_videos``), whose ``imgPath``
    names frames in a folder beside it. The frames are enlarged without loss, so that both layouts
    hold the same clips. VGG drew frames at random from longer videos; these are evenly spaced.

    Args:
        path: the ``.mat`` file to write; the frames go into a folder of the same name.
        n_videos: how many videos of 100 frames; the real data set has 50.
        seed: another number gives other people, rooms and motion.

    Raises:
        ValueError: ``n_videos`` is below 1 or ``seed`` is negative.
        ModuleNotFoundError: scipy is not installed.
    """
    _check_request(n_videos, seed, "uint8", "students")
    try:
        from scipy.io import savemat
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "Writing a .mat file needs scipy, which is not installed: run `pip install scipy`."
        ) from None
    path = Path(path)
    factors = np.array(_ENLARGEMENT)
    names = np.array([joint.replace("-", " ").capitalize() for joint in UPPER_BODY.joints], object)
    entries = []
    for number, video in enumerate(
        youtube_videos(n_videos, seed, get_args(Part).index("students"))
    ):
        video_name = f"synthetic_{number + 1:03}"
        folder = path.with_suffix("") / video_name
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / f"{frame + 1:06}.png" for frame in range(FRAMES_PER_VIDEO)]
        for file, frame in zip(files, video.frames.numpy(), strict=True):
            large = frame.repeat(factors[1], axis=0).repeat(factors[0], axis=1)
            Image.fromarray(large).save(file, compress_level=1)
        # The borders are at -0.5 here and at 0.5 there, because MATLAB counts from 1.
        locs = (video.poses.numpy().astype(np.float64) + 0.5) * factors + 0.5
        width, height = (SIZE * factors).tolist()
        entries.append(
            {
                "url": "",
                "videoname": video_name,
                "locs": locs.transpose(2, 1, 0),
                "frameids": np.arange(1.0, FRAMES_PER_VIDEO + 1)[None],
                "label_names": names[None],
                "crop": np.array([[1.0, 1.0, width, height]]),
                "scale": 1.0,
                "imgPath": np.array(
                    [file.relative_to(path.parent).as_posix() for file in files], object
                )[None],
                "origRes": np.array([[float(height), float(width)]]),
                "isYouTubeSubset": 1.0,
            }
        )
    data = np.empty((1, n_videos), dtype=[(name, object) for name in entries[0]])
    data[0] = [tuple(entry.values()) for entry in entries]
    with replacing(path) as unfinished:
        savemat(unfinished, {"data": data}, do_compression=True)
