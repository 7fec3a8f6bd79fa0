"""Clips: frames in a row with their poses, predictions side by side, animations."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float, UInt8
from PIL import Image as PillowImage
from torch import Tensor, nn

from poselab.coordinates import to_01
from poselab.datasets.device_dict import DeviceDict
from poselab.plots.figure import Picture, set_title
from poselab.plots.poses import image_size, plot_pose, plot_predictions
from poselab.skeletons import UPPER_BODY

Frames = UInt8[Tensor, "frame height width 3"] | UInt8[Tensor, "height width 3"]
"""Frames of a clip, channels last as in the file, or a single one."""

Poses = Float[Tensor, "frame joint 2"] | Float[Tensor, "joint 2"]
"""Poses in pixels, as many as there are frames."""


def plot_clip(frames: Frames, pose_px: Poses, shown: Sequence[int] | int = (0, 3, 6, 9)) -> Picture:
    """Some frames of a clip in a row, each with its pose, or a single frame.

    Args:
        frames: the clip, or one frame of it.
        pose_px: its poses in pixels.
        shown: the frames' indices, or the only one's; left aside where there is a single frame.

    Returns:
        A figure with up to four frames a row, each below its number.
    """
    if frames.ndim == 3:
        image = frames.movedim(-1, -3)
        return plot_pose(image, to_01(pose_px, image_size(image)), UPPER_BODY)
    chosen = [shown] if isinstance(shown, int) else [one for one in shown if one < len(frames)]
    images = frames[chosen].movedim(-1, -3)
    poses = to_01(pose_px[chosen], image_size(images))
    return plot_pose(images, poses, UPPER_BODY, titles=[f"frame {number}" for number in chosen])


def plot_clip_predictions(
    frames: Frames,
    target_px: Poses,
    predictions_px: Mapping[str, Poses],
    frame_numbers: Sequence[int] | int | None = None,
) -> Picture:
    """Several models' predictions side by side, a row for each frame, the truth first.

    Args:
        frames: the clip, some frames, or a single one.
        target_px: their true poses in pixels.
        predictions_px: name -> the predicted poses in pixels.
        frame_numbers: which frames of their clips these are; told beside them.

    Returns:
        A figure with a row for each frame and a column for the truth and for each model.
    """
    images, target = _several(frames, 3).movedim(-1, -3), _several(target_px, 2)
    size = image_size(images)
    predictions = {name: to_01(_several(p, 2), size) for name, p in predictions_px.items()}
    figure = plot_predictions(images, to_01(target, size), predictions, UPPER_BODY)
    numbers = [frame_numbers] if isinstance(frame_numbers, int) else frame_numbers or ()
    first_column = figure.axes[:: len(predictions) + 1]
    for axes, number in zip(first_column, numbers, strict=False):
        title = axes.get_title()
        set_title(axes, f"frame {number}: {title}" if title else f"frame {number}")
    return figure


def _several(tensor: Tensor, n_dims_of_one: int) -> Tensor:
    return tensor[None] if tensor.ndim == n_dims_of_one else tensor


def watch_clip(model: nn.Module, clip: DeviceDict) -> Callable[[], Picture]:
    """What ``LiveCurves`` calls to draw a model's prediction as its training goes on.

    Args:
        model: raw frames (batch, frame, height, width, 3) -> poses in pixels.
        clip: ``frames`` of one clip.

    Returns:
        Draws the prediction of the weights of that moment.
    """

    @torch.no_grad()
    def draw() -> Picture:
        device = next(model.parameters()).device
        poses = model.eval()(clip["frames"][None].to(device))[0]
        return plot_clip(clip["frames"], poses.cpu())

    return draw


def animate_clip(
    frames: UInt8[Tensor, "frame height width 3"],
    target_px: Float[Tensor, "frame joint 2"],
    predictions_px: Mapping[str, Float[Tensor, "frame joint 2"]],
    seconds: float = 0.25,
) -> Any:
    """The clip as a moving picture (GIF): the truth and each model side by side, frame by frame.

    Args:
        frames: the clip, channels last.
        target_px: its true poses in pixels.
        predictions_px: name -> the predicted poses in pixels.
        seconds: how long each frame is shown.

    Returns:
        An ``IPython.display.Image`` that holds the GIF, which repeats for ever.
    """
    from IPython.display import Image

    stills = []
    for number, frame in enumerate(frames):
        shown = {name: poses[number] for name, poses in predictions_px.items()}
        png = plot_clip_predictions(frame, target_px[number], shown, number).png()
        stills.append(PillowImage.open(io.BytesIO(png)).convert("RGB"))
    stream = io.BytesIO()
    stills[0].save(
        stream, "GIF", save_all=True, append_images=stills[1:], duration=1000 * seconds, loop=0
    )
    return Image(data=stream.getvalue(), format="gif")
