"""VGG's original YouTube Pose: a ``.mat`` file of labels, and the frames beside it.

The file holds one struct array ``data`` with an entry for each video. Two of its fields are read:
``locs`` (2, 7, n), the joints in pixels of the cropped frames, counted from 1 as MATLAB does; and
``imgPath``, the n frames' paths, seen from the file's folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from poselab.datasets.egocap import DatasetError
from poselab.skeletons import UPPER_BODY

Video = tuple[UInt8[np.ndarray, "frame 64 64 3"], Float32[np.ndarray, "frame 7 2"]]


def load_videos(path: Path, size: tuple[int, int]) -> Iterator[Video]:
    """The videos of a ``.mat`` file, one at a time, with frames and poses scaled to ``size``.

    Args:
        path: the ``.mat`` file.
        size: (height, width) in pixels that every frame is squeezed to.

    Yields:
        Frames (frame, height, width, 3) and poses (frame, 7, 2) in pixels of these frames.

    Raises:
        ModuleNotFoundError: scipy is not installed.
        FileNotFoundError: a frame that the file names is missing.
        DatasetError: the file or a frame is damaged, or the file holds something else.
    """
    for number, entry in enumerate(_entries(path)):
        place = f"{path}, video {number + 1}"
        locs = np.asarray(getattr(entry, "locs", None))
        if locs.dtype.kind not in "fiu" or locs.shape[:2] != (2, len(UPPER_BODY)) or locs.ndim != 3:
            raise DatasetError(
                f"{place}: its locs are {locs.dtype} {locs.shape}, but must be numbers "
                f"(2, {len(UPPER_BODY)}, frames)."
            )
        paths = np.atleast_1d(np.asarray(getattr(entry, "imgPath", ())))
        if len(paths) != locs.shape[2] or not all(isinstance(name, str) for name in paths):
            raise DatasetError(
                f"{place}: its imgPath must name one frame for each of its {locs.shape[2]} poses, "
                f"but names {len(paths)}."
            )
        frames, poses = [], locs.transpose(2, 1, 0).astype(np.float32)
        for name, pose in zip(paths, poses, strict=True):
            frame, scale = _read_frame(path.parent / name, size)
            frames.append(frame)
            # MATLAB's first pixel has its centre at 1; here it is at 0, and scaling keeps borders.
            pose[:] = (pose - 0.5) * scale - 0.5
        if not np.isfinite(poses).all():
            raise DatasetError(f"{place}: some of its locs are no numbers.")
        yield np.stack(frames), poses


def _entries(path: Path) -> np.ndarray:
    try:
        from scipy.io import loadmat
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"Reading {path.name} takes scipy, which is not installed: run `pip install scipy`."
        ) from None
    try:
        content = loadmat(path, squeeze_me=True, struct_as_record=False, variable_names=["data"])
    except NotImplementedError as error:
        raise DatasetError(
            f"{path} is a MATLAB 7.3 file: save it again in MATLAB with `save -v7`."
        ) from error
    except Exception as error:
        # A damaged file fails wherever its bytes lead the reader.
        raise DatasetError(
            f"{path} is cut short, damaged or no .mat file: download or make it again."
        ) from error
    data = np.atleast_1d(content.get("data", ()))
    if len(data) == 0 or any(not hasattr(entry, "_fieldnames") for entry in data):
        raise DatasetError(f"{path} is not YouTube Pose: it holds no struct array 'data'.")
    return data


def _read_frame(path: Path, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A frame squeezed to ``size``, and the factors (x, y) it was scaled by."""
    try:
        with Image.open(path) as picture:
            scale = np.array([size[1] / picture.width, size[0] / picture.height], np.float32)
            # Every pixel becomes the mean of those that it covers.
            small = picture.convert("RGB").resize(size[::-1], Image.Resampling.BOX)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"There is no frame at {path}: the frames belong beside the .mat file, where it says."
        ) from None
    except (OSError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{path} is no picture that can be read.") from error
    return np.asarray(small), scale
