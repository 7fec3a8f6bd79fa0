"""VGG's original YouTube Pose: a ``.mat`` file of labels, and the frames beside it.

The file holds one struct array ``data`` with an entry for each video. Two of its fields are read:
``locs`` (2, 7, n), the joints in pixels of the cropped frames, counted from 1 as in MATLAB; and
``imgPath``, the paths of the n frames, relative to the file's folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from poselab.datasets.errors import DatasetError
from poselab.datasets.packed import check_unpacked
from poselab.datasets.values import first_not_finite
from poselab.skeletons import UPPER_BODY

Video = tuple[UInt8[np.ndarray, "frame 64 64 3"], Float32[np.ndarray, "frame 7 2"]]


def load_videos(path: Path, size: tuple[int, int]) -> Iterator[Video]:
    """Read the videos of a ``.mat`` file, one at a time, with frames and poses scaled to ``size``.

    Args:
        path: the ``.mat`` file.
        size: (height, width) in pixels that every frame is resized to.

    Yields:
        For each video its frames, uint8 (frame, height, width, 3), and its poses, float32
        (frame, 7, 2) as (x, y) in pixels.

    Raises:
        ModuleNotFoundError: scipy is not installed.
        FileNotFoundError: a frame that the file names is missing.
        DatasetError: the file or a frame is damaged, or the file holds something else.
    """
    for number, entry in enumerate(_entries(path)):
        where = f"{path}, video {number + 1}"
        locs = np.asarray(getattr(entry, "locs", None))
        if locs.dtype.kind not in "fiu" or locs.shape[:2] != (2, len(UPPER_BODY)) or locs.ndim != 3:
            raise DatasetError(
                f"{where}: its locs are {locs.dtype} {locs.shape}, but must be numbers "
                f"(2, {len(UPPER_BODY)}, frames)."
            )
        paths = np.atleast_1d(np.asarray(getattr(entry, "imgPath", ())))
        if len(paths) != locs.shape[2] or not all(isinstance(name, str) for name in paths):
            raise DatasetError(
                f"{where}: its imgPath must name one frame for each of its {locs.shape[2]} poses, "
                f"but names {len(paths)}."
            )
        frames, poses = [], locs.transpose(2, 1, 0).astype(np.float32)
        for name, pose in zip(paths, poses, strict=True):
            frame, scale = _read_frame(path.parent / name, size)
            frames.append(frame)
            # The first pixel's centre is at 1 in MATLAB and at 0 here; scaling keeps the borders.
            pose[:] = (pose - 0.5) * scale - 0.5
        index = first_not_finite(poses)
        if index is not None:
            raise DatasetError(f"{where}: the locs of frame {index + 1} are not finite.")
        yield np.stack(frames), poses


def _entries(path: Path) -> np.ndarray:
    try:
        from scipy.io import loadmat
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"Reading {path.name} needs scipy, which is not installed: run `pip install scipy`."
        ) from None
    try:
        content = loadmat(path, squeeze_me=True, struct_as_record=False, variable_names=["data"])
    except NotImplementedError as error:
        raise DatasetError(
            f"{path} is a MATLAB 7.3 file: save it again in MATLAB with `save -v7`."
        ) from error
    except Exception as error:
        # A damaged file can fail anywhere in the reader.
        check_unpacked(path)
        raise DatasetError(
            f"{path} is cut short, damaged or not a .mat file: download or generate it again."
        ) from error
    data = np.atleast_1d(content.get("data", ()))
    if len(data) == 0 or any(not hasattr(entry, "_fieldnames") for entry in data):
        raise DatasetError(f"{path} is not YouTube Pose: it holds no struct array 'data'.")
    return data


def _read_frame(path: Path, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Read a frame, resized to ``size``, and return it with its scale factors (x, y)."""
    try:
        with Image.open(path) as image:
            scale = np.array([size[1] / image.width, size[0] / image.height], np.float32)
            # Every pixel becomes the mean of those that it covers.
            small = image.convert("RGB").resize(size[::-1], Image.Resampling.BOX)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"There is no frame at {path}: put the frames beside the .mat file, at the paths in it."
        ) from None
    except (OSError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{path} is not a readable image.") from error
    return np.asarray(small), scale
