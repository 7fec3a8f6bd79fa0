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
from poselab.plots.figure import Picture
from poselab.plots.poses import image_size, plot_pose, plot_predictions
from poselab.skeletons import UPPER_BODY


def plot_clip(
    frames: UInt8[Tensor, "frame height width 3"],
    pose_px: Float[Tensor, "frame joint 2"],
    shown: Sequence[int] = (0, 3, 6, 9),
) -> Picture:
    """Some frames of a clip in a row, each with its pose.

    Args:
        frames: the clip, channels last as in the file.
        pose_px: its poses in pixels.
        shown: the frames' indices.

    Returns:
        A figure with up to four frames a row, each below its number.
    """
    images = frames[list(shown)].movedim(-1, -3)
    poses = to_01(pose_px[list(shown)], image_size(images))
    return plot_pose(images, poses, UPPER_BODY, titles=[f"frame {number}" for number in shown])


def plot_clip_predictions(
    frames: UInt8[Tensor, "frame height width 3"],
    target_px: Float[Tensor, "frame joint 2"],
    predictions_px: Mapping[str, Float[Tensor, "frame joint 2"]],
) -> Picture:
    """Several models' predictions side by side, a row for each frame, the truth first.

    Args:
        frames: the clip, channels last.
        target_px: its true poses in pixels.
        predictions_px: name -> the predicted poses in pixels.

    Returns:
        A figure with a row for each frame and a column for the truth and for each model.
    """
    images = frames.movedim(-1, -3)
    size = image_size(images)
    predictions = {name: to_01(each, size) for name, each in predictions_px.items()}
    return plot_predictions(images, to_01(target_px, size), predictions, UPPER_BODY)


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
    predictions_px: Mapping[str, Float[Tensor, "frame joint 2"]],
    seconds: float = 0.25,
) -> Any:
    """The clip as a moving picture (GIF), the poses of each model drawn on it side by side.

    Args:
        frames: the clip, channels last.
        predictions_px: name -> poses in pixels; the truth can be one of them.
        seconds: how long each frame is shown.

    Returns:
        An ``IPython.display.Image`` that holds the GIF, which repeats for ever.
    """
    from IPython.display import Image

    size = image_size(frames.movedim(-1, -3))
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
