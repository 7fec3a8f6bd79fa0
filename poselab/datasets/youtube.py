"""YouTube Pose: short clips of people's upper bodies, with seven joints in every frame.

Two forms of the data set can be read: the pickle of clips that courses distribute
(``youtube_train_data.pkl``) and VGG's original, a ``.mat`` file with frames beside it.
``data_stubs`` writes synthetic files in both layouts, so only the path differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64, UInt8
from torch import Tensor
from torch.utils.data import Dataset

from poselab.datasets.device_dict import DeviceDict
from poselab.datasets.errors import DatasetError
from poselab.datasets.restricted_pickle import load_pickle
from poselab.datasets.values import first_not_finite
from poselab.datasets.youtube_mat import Video, load_videos
from poselab.skeletons import UPPER_BODY

CLIP_LENGTH = 10
IMAGE_SIZE = (64, 64)
"""(height, width) of a frame in pixels."""
_STRIDES = (1, 2)


@dataclass(frozen=True)
class Clips:
    """Clips of videos.

    Args:
        frames: RGB, channels last.
        poses: (x, y) in pixels; (0, 0) is the first pixel's centre.
        video_ids: the video that each clip is from; clips of one video may share frames.
    """

    frames: UInt8[Tensor, "clip 10 64 64 3"]
    poses: Float32[Tensor, "clip 10 7 2"]
    video_ids: Int64[Tensor, " clip"]

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, chosen: slice | Int64[Tensor, " n"] | Bool[Tensor, " clip"]) -> Clips:
        """Select clips by a slice, by indices, or by a mask."""
        return Clips(self.frames[chosen], self.poses[chosen], self.video_ids[chosen])


class ClipDataset(Dataset[DeviceDict]):
    """Clips for a ``DataLoader``.

    An item is a :class:`DeviceDict` of ``frames`` uint8 (10, 64, 64, 3), as in the file, and
    ``pose`` float32 (10, 7, 2) in pixels.

    Args:
        clips: the clips that :func:`load_clips` returned, or some of them.
    """

    def __init__(self, clips: Clips) -> None:
        self.clips = clips

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> DeviceDict:
        if not -len(self) <= index < len(self):
            raise IndexError(f"Clip {index} of {len(self)} clips.")
        return DeviceDict(frames=self.clips.frames[index], pose=self.clips.poses[index])

    def __getitems__(self, indices: Sequence[int]) -> list[DeviceDict]:
        """Return the clips at ``indices``; a ``DataLoader`` calls this once per mini-batch."""
        return [self[index] for index in indices]

    def batch(self, indices: Sequence[int] | Tensor | range) -> DeviceDict:
        """Return the clips at ``indices`` as one mini-batch; ``frames`` is (B, 10, 64, 64, 3)."""
        chosen = torch.as_tensor(indices, dtype=torch.long)
        return DeviceDict(frames=self.clips.frames[chosen], pose=self.clips.poses[chosen])


def load_clips(path: str | Path) -> Clips:
    """Load all clips of a file.

    A pickle does not say which video a clip is from, but clips of one video overlap: those that
    share a frame, byte for byte, get the same video id. Ids count up from 0 in order of appearance.

    Args:
        path: a ``.pkl`` with the bytes 0 to 255 labelled as int8 or uint8, or VGG's ``.mat``.

    Returns:
        The clips, in the file's order.

    Raises:
        FileNotFoundError: there is no file at ``path``, or a ``.mat`` names a missing frame.
        UnsafePickleError: the pickle asks for more than arrays; nothing in it was run.
        DatasetError: the file is damaged or holds something other than YouTube Pose.
        ModuleNotFoundError: the file is a ``.mat`` and scipy is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no data set at {path}: generate a synthetic one with "
            "data_stubs.youtube.ensure_youtube(...), or give the path of your "
            "youtube_train_data.pkl."
        )
    if path.suffix == ".mat":
        return _all_clips(load_videos(path, IMAGE_SIZE), path)
    frames, poses = _checked(load_pickle(path), path)
    return Clips(torch.from_numpy(frames), torch.from_numpy(poses), find_videos(frames))


def _checked(content: Any, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Check shapes, types and values, and return frames and poses with their right types."""
    if not isinstance(content, (tuple, list)) or len(content) != 2:
        raise DatasetError(
            f"{path} is not YouTube Pose: it holds a {type(content).__name__}, but must hold a "
            "pair of arrays, the clips and the poses."
        )
    data, labels = content
    n_clips = len(data) if isinstance(data, np.ndarray) and data.shape else 0
    wanted = (
        ("clips", data, ("int8", "uint8"), (n_clips, CLIP_LENGTH, *IMAGE_SIZE, 3)),
        ("poses", labels, ("float32", "float64"), (n_clips, CLIP_LENGTH, len(UPPER_BODY), 2)),
    )
    for name, array, types, shape in wanted:
        fits = isinstance(array, np.ndarray) and array.dtype in types and array.shape == shape
        if not fits or n_clips == 0:
            found = (
                f"{array.dtype} {array.shape}"
                if isinstance(array, np.ndarray)
                else f"a {type(array).__name__}"
            )
            expected = str(shape).replace(f"({n_clips},", "(N,", 1)
            raise DatasetError(
                f"{path} is not YouTube Pose: its {name} are {found}, but must be "
                f"{' or '.join(types)} {expected}."
            )
    index = first_not_finite(labels)
    if index is not None:
        raise DatasetError(f"{path} is not YouTube Pose: the poses of clip {index} are not finite.")
    # The usual edition is labelled int8, but its bytes mean 0 to 255.
    frames = np.ascontiguousarray(data).view(np.uint8)
    return frames, np.ascontiguousarray(labels, dtype=np.float32)


def find_videos(frames: UInt8[np.ndarray, "clip 10 64 64 3"]) -> Int64[Tensor, " clip"]:
    """Find which clips are from the same video: those that share a frame.

    Args:
        frames: clips of frames, uint8 (clip, 10, 64, 64, 3).

    Returns:
        One number per clip, counting up from 0 in order of appearance.
    """
    # A forest: every clip points at an earlier clip of its video, or at itself.
    earlier = list(range(len(frames)))

    def first(clip: int) -> int:
        while earlier[clip] != clip:
            earlier[clip] = earlier[earlier[clip]]
            clip = earlier[clip]
        return clip

    seen: dict[bytes, int] = {}
    for clip, images in enumerate(frames):
        for image in images:
            digest = hashlib.blake2b(image.data, digest_size=16).digest()
            one, other = first(seen.setdefault(digest, clip)), first(clip)
            earlier[max(one, other)] = min(one, other)
    roots = torch.tensor([first(clip) for clip in range(len(frames))])
    return torch.unique(roots, return_inverse=True)[1]


def clip_rows(lengths: Sequence[int]) -> list[tuple[int, slice]]:
    """Where the clips of whole videos are, in the pickle's order: by stride, video, first frame.

    Args:
        lengths: how many frames each video has.

    Returns:
        For each clip its video's number, and its frames in there.
    """
    return [
        (video, slice(first, first + stride * CLIP_LENGTH, stride))
        for stride in _STRIDES
        for video, length in enumerate(lengths)
        for first in range(length - stride * (CLIP_LENGTH - 1))
    ]


def cut_clips(
    frames: Sequence[np.ndarray], poses: Sequence[np.ndarray], rows: Sequence[tuple[int, slice]]
) -> Clips:
    """Some clips of whole videos.

    Args:
        frames: each video's, (frame, 64, 64, 3) uint8.
        poses: each video's, (frame, 7, 2) float32, pixels.
        rows: which clips, as :func:`clip_rows` has them.

    Returns:
        The clips in the order of ``rows``. A clip's ``video_ids`` is its video's index in
        ``frames``.
    """
    return Clips(
        torch.from_numpy(np.stack([frames[video][where] for video, where in rows])),
        torch.from_numpy(np.stack([poses[video][where] for video, where in rows])),
        torch.tensor([video for video, _ in rows]),
    )


def _all_clips(videos: Iterable[Video], path: Path) -> Clips:
    frames, poses = zip(*videos, strict=True)
    rows = clip_rows([len(pictures) for pictures in frames])
    if not rows:
        raise DatasetError(f"{path} holds no video of at least {CLIP_LENGTH} frames.")
    return cut_clips(frames, poses, rows)
