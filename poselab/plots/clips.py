"""Pictures of clips: frames with their poses, accuracy curves, trainings, animations."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from PIL import Image as PillowImage
from torch import Tensor

from poselab.coordinates import to_01
from poselab.datasets.device_dict import DeviceDict
from poselab.plots.poses import METHOD_COLOURS, Picture, plot_pose, plot_predictions
from poselab.skeletons import UPPER_BODY

if TYPE_CHECKING:
    from poselab.training.clip_loop import ClipHistory

_LIVE_SECONDS = 2.0
"""Drawing takes a few tenths of a second; no more often than this."""

_JOINT_COLOURS = ("#33373d", "#d55e00", "#0072b2", "#e69f00", "#56b4e9", "#cc79a7", "#009e73")


def plot_clip(
    frames: UInt8[Tensor, "frame height width 3"],
    pose_px: Float[Tensor, "frame joint 2"],
    every: int = 3,
) -> Picture:
    """Some frames of a clip in a row, each with its pose.

    Args:
        frames: the clip, channels last as in the file.
        pose_px: its poses in pixels.
        every: which frames: 3 shows the first, the fourth...
    """
    images = frames[::every].movedim(-1, -3)
    titles = [f"frame {number}" for number in range(0, len(frames), every)]
    return plot_pose(images, to_01(pose_px[::every], _size(images)), UPPER_BODY, titles=titles)


def plot_clip_predictions(
    frames: UInt8[Tensor, "frame height width 3"],
    target_px: Float[Tensor, "frame joint 2"],
    predictions_px: Mapping[str, Float[Tensor, "frame joint 2"]],
) -> Picture:
    """Several models' predictions side by side, a row for each frame, the truth first."""
    images = frames.movedim(-1, -3)
    size = _size(images)
    predictions = {name: to_01(each, size) for name, each in predictions_px.items()}
    return plot_predictions(images, to_01(target_px, size), predictions, UPPER_BODY)


def plot_accuracy(
    thresholds: Float[Tensor, " threshold"],
    accuracy: Float[Tensor, "joint threshold"],
    title: str = "",
) -> Picture:
    """The accuracy curve of every joint.

    Args:
        thresholds: in pixels.
        accuracy: the share of poses whose joint is within each threshold.
        title: above the picture.
    """
    figure = Picture(6.4, 4.2)
    axes = figure.subplots()
    for joint, curve, colour in zip(UPPER_BODY.joints, accuracy, _JOINT_COLOURS, strict=True):
        style = "--" if joint.startswith("left") else "-"
        label = joint.replace("-", " ")
        axes.plot(thresholds.cpu(), curve.cpu(), style, color=colour, lw=1.8, label=label)
    axes.set_xlim(float(thresholds.min()), float(thresholds.max()))
    axes.set_ylim(0, 1.02)
    _label(axes, title or "accuracy", "within this many pixels", "share of frames")
    axes.legend(fontsize=9, frameon=False, loc="lower right")
    return figure


def plot_clip_histories(*histories: ClipHistory) -> Picture:
    """Losses on both parts and errors in pixels of one or more trainings."""
    figure = Picture(9.6, 3.3)
    _draw_curves(figure.subplots(1, 2), histories)
    return figure


def animate_clip(
    frames: UInt8[Tensor, "frame height width 3"],
    predictions_px: Mapping[str, Float[Tensor, "frame joint 2"]],
    seconds: float = 0.25,
) -> Any:
    """The clip as a moving picture (GIF), the poses of each model drawn on it side by side.

    Args:
        frames: the clip, channels last.
        predictions_px: name -> poses in pixels; the truth can be one of them.
        seconds: how long each frame is shown.
    """
    from IPython.display import Image

    size = _size(frames.movedim(-1, -3))
    names = list(predictions_px)
    stills = []
    for number, frame in enumerate(frames):
        images = frame.movedim(-1, 0).expand(len(names), 3, *size)
        poses = torch.stack([to_01(predictions_px[name][number], size) for name in names])
        png = plot_pose(images, poses, UPPER_BODY, titles=names).png()
        stills.append(PillowImage.open(io.BytesIO(png)).convert("RGB"))
    stream = io.BytesIO()
    stills[0].save(
        stream, "GIF", save_all=True, append_images=stills[1:], duration=1000 * seconds, loop=0
    )
    return Image(data=stream.getvalue(), format="gif")


class LiveTraining:
    """Curves, and a prediction on a few frames, redrawn in place as a training goes on.

    Args:
        n_epochs: how many there will be.
        clip: the clip whose prediction is drawn, if any.
    """

    def __init__(self, n_epochs: int, clip: DeviceDict | None) -> None:
        self._n_epochs = n_epochs
        self._clip = clip
        self._handles: list[Any] = []
        self._drawn_at = -_LIVE_SECONDS

    def show(self, history: ClipHistory, predicted: Tensor | None) -> None:
        """Draw anew, unless that was done a moment ago and more will come."""
        is_last = len(history.errors) == self._n_epochs
        if not is_last and time.monotonic() - self._drawn_at < _LIVE_SECONDS:
            return
        pictures = [plot_clip_histories(history)]
        if self._clip is not None and predicted is not None:
            frames = self._clip["frames"].movedim(-1, -3)[[0, 4, 9]]
            poses = to_01(predicted[[0, 4, 9]], _size(frames))
            titles = [f"prediction, frame {number}" for number in (0, 4, 9)]
            pictures.append(plot_pose(frames, poses, UPPER_BODY, titles=titles))
        self._display(pictures)
        self._drawn_at = time.monotonic()

    def _display(self, pictures: Sequence[Picture]) -> None:
        from IPython import get_ipython
        from IPython.display import display

        if getattr(get_ipython(), "kernel", None) is None:
            return
        if self._handles:
            for handle, picture in zip(self._handles, pictures, strict=True):
                handle.update(picture)
        else:
            self._handles = [display(picture, display_id=True) for picture in pictures]


def _draw_curves(grid: Sequence[Axes], histories: Sequence[ClipHistory]) -> None:
    left, right = grid
    for history, colour in zip(histories, METHOD_COLOURS, strict=False):
        epochs = range(1, len(history.errors) + 1)
        left.plot(
            epochs, history.losses, "o-", ms=3, color=colour, label=f"{history.name}: training"
        )
        left.plot(
            epochs, history.validation_losses, "o--", ms=3, color=colour,
            label=f"{history.name}: validation",
        )  # fmt: skip
        last = f"{history.name}: {history.errors[-1]:.2f} px"
        right.plot(epochs, history.errors, "o-", ms=3, color=colour, label=last)
    for axes in (left, right):
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=8.5, frameon=False)
    _label(left, "loss", "epoch", "")
    _label(right, "error on the validation videos", "epoch", "pixels")


def _label(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e6e8eb", lw=0.8)


def _size(images: Tensor) -> tuple[int, int]:
    return images.shape[-2], images.shape[-1]
