"""Poses on their images. Left joints are blue, right ones orange, head and neck white."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from numpy.typing import NDArray
from torch import Tensor

from poselab.coordinates import to_pixels
from poselab.datasets import EgoCapDataset
from poselab.plots.figure import SIDE_COLOURS, Picture, Styles, numbers, set_title, styles_of
from poselab.skeletons import EGOCAP, Skeleton


def plot_pose(
    image: Tensor,
    pose_01: Float[Tensor, "*batch joint 2"],
    skeleton: Skeleton = EGOCAP,
    *,
    visible: Bool[Tensor, "*batch joint"] | None = None,
    titles: Sequence[str] | str | None = None,
) -> Picture:
    """The pose drawn on its image, or a row of images with theirs.

    Args:
        image: (3, height, width) or (B, 3, height, width), normalised floats or uint8.
        pose_01: (joint, 2) or (B, joint, 2), in 0..1.
        skeleton: joints and bones.
        visible: which joints to draw; all by default.
        titles: one for each image.

    Returns:
        A figure with up to four images a row.
    """
    images, poses = _batched(image, 3), _batched(pose_01, 2)
    shown = torch.ones(poses.shape[:2], dtype=torch.bool) if visible is None else visible.cpu() > 0
    shown = _batched(shown, 1)
    titles = [titles] if isinstance(titles, str) else titles or [""] * len(images)
    columns = min(len(images), 4)
    rows = -(-len(images) // columns)
    width = 5.0 if len(images) == 1 else 3.2
    figure = Picture(width * columns, 0.82 * width * rows + 0.35)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(images) :]:
        axes.remove()
    for axes, one, pose, seen, title in zip(grid, images, poses, shown, titles, strict=False):
        show_image(axes, one)
        _draw_pose(axes, to_pixels(pose, image_size(one)), skeleton, seen)
        set_title(axes, title)
    side_legend(figure)
    return figure


def plot_predictions(
    images: Float[Tensor, "sample 3 height width"],
    target_01: Float[Tensor, "sample joint 2"],
    predictions_01: Mapping[str, Float[Tensor, "sample joint 2"]],
    skeleton: Skeleton = EGOCAP,
    *,
    styles: Styles | None = None,
) -> Picture:
    """Several methods' predictions side by side, a row for each image.

    The first column is the truth. In the methods' columns the truth is a thin dotted line.

    Args:
        images: normalised floats or uint8.
        target_01: the true poses in 0..1.
        predictions_01: method's name -> its poses in 0..1.
        skeleton: joints and bones.
        styles: a method's name -> how it looks in all figures; its colour and its symbol are put
            into its column's title. Without them titles are plain.

    Returns:
        A figure with a row for each image and a column for the truth and for each method.
    """
    columns = {"true pose": target_01, **predictions_01}
    figure = Picture(2.9 * len(columns), 2.38 * len(images) + 0.5)
    grid = figure.subplots(len(images), len(columns), squeeze=False)
    poses = {name: _batched(each, 2) for name, each in columns.items()}
    for sample, image in enumerate(images):
        true_px = to_pixels(poses["true pose"][sample], image_size(image))
        everywhere = torch.ones(len(true_px), dtype=torch.bool)
        for axes, (name, each) in zip(grid[sample], poses.items(), strict=True):
            show_image(axes, image)
            if name != "true pose":
                _draw_thin(axes, true_px, skeleton)
            _draw_pose(axes, to_pixels(each[sample], image_size(image)), skeleton, everywhere)
            style = (styles or {}).get(name) if sample == 0 else None
            set_title(axes, name if sample == 0 else "", style)
    side_legend(figure, _TRUTH)
    return figure


_TRUTH = Line2D([], [], color="black", ls=":", lw=1.2, label="true pose")


def plot_worst(
    data: EgoCapDataset,
    predictions_01: Mapping[str, Float[Tensor, "sample joint 2"]],
    errors_px: Mapping[str, Float[Tensor, " sample"]],
    *,
    n_images: int = 4,
    styles: Styles | None = None,
) -> Picture:
    """The images on which each method errs most: a row for each method, its worst image first.

    Args:
        data: the images and their true poses.
        predictions_01: method's name -> its poses in 0..1, for all of ``data``.
        errors_px: method's name -> the error of each image, in pixels.
        n_images: how many images of each method.
        styles: a method's name -> how it looks in all figures.

    Returns:
        A figure with the images' errors above them. The truth is a thin dotted line.
    """
    n_images = min(n_images, len(data))
    figure = Picture(2.9 * n_images + 0.4, 2.55 * len(predictions_01) + 0.4)
    grid = figure.subplots(len(predictions_01), n_images, squeeze=False)
    looks = styles_of(predictions_01, styles)
    for panels, (name, poses_01) in zip(grid, predictions_01.items(), strict=True):
        worst = errors_px[name].detach().cpu().topk(n_images).indices
        batch = data.batch(worst)
        everywhere = torch.ones(poses_01.shape[1], dtype=torch.bool)
        for axes, image, truth, index in zip(
            panels, batch["img"], batch["pose_2d"], worst.tolist(), strict=True
        ):
            size = image_size(image)
            show_image(axes, image)
            _draw_thin(axes, to_pixels(truth, size), data.skeleton)
            pose_px = to_pixels(poses_01[index].detach().cpu(), size)
            _draw_pose(axes, pose_px, data.skeleton, everywhere)
            error = f"image {index}: {float(errors_px[name][index]):.1f} px"
            is_first = axes is panels[0]
            set_title(axes, f"{name}, {error}" if is_first else error, looks[name])
    side_legend(figure, _TRUTH)
    return figure


def _batched(tensor: Tensor, n_dims: int) -> Tensor:
    tensor = tensor.detach().cpu()
    return tensor[None] if tensor.ndim == n_dims else tensor


def image_size(image: Tensor) -> tuple[int, int]:
    """(height, width) in pixels of an image or of several, channels first."""
    return image.shape[-2], image.shape[-1]


def image_array(image: Tensor) -> NDArray[np.float64]:
    """An array (height, width, 3) in 0..1 from a tensor (3, height, width), normalised or uint8."""
    image = image.detach().cpu()
    channels = image / 255 if image.dtype == torch.uint8 else EgoCapDataset.denormalise(image)
    return numbers(channels.movedim(0, -1))


def show_image(axes: Axes, image: Tensor | NDArray[np.float64]) -> None:
    """Draw an image, a tensor (3, height, width) or an array (height, width, 3), without axes."""
    picture = image_array(image) if isinstance(image, Tensor) else image
    axes.imshow(picture, interpolation="bilinear")
    axes.set_axis_off()
    # Looking for room above labels that are not there takes longer than drawing the image.
    axes.set_title("", y=1)
    # A joint outside the image must not move its edges.
    axes.autoscale(False)


def _draw_pose(axes: Axes, pose_px: Tensor, skeleton: Skeleton, seen: Tensor) -> None:
    positions = numbers(pose_px)
    outlined = [Stroke(linewidth=4.2, foreground="#000000b0"), Normal()]
    bones = [bone for bone in skeleton.bone_indices if seen[bone[0]] and seen[bone[1]]]
    joints = [index for index in range(len(skeleton)) if seen[index]]
    # One line for each side, not for each bone: drawing takes as long as there are lines.
    for side, colour in SIDE_COLOURS.items():
        x, y = _joined(positions, [bone for bone in bones if _bone_side(skeleton, *bone) == side])
        axes.plot(x, y, color=colour, lw=2.2, solid_capstyle="round", path_effects=outlined)
    for side, colour in SIDE_COLOURS.items():
        mine = [index for index in joints if skeleton.side(skeleton.joints[index]) == side]
        axes.plot(*positions[mine].T, "o", color=colour, ms=4.4, mec="black", mew=0.8)


def _draw_thin(axes: Axes, pose_px: Tensor, skeleton: Skeleton) -> None:
    outlined = [Stroke(linewidth=2.4, foreground="#00000090"), Normal()]
    x, y = _joined(numbers(pose_px), skeleton.bone_indices)
    axes.plot(x, y, color="white", lw=1.2, ls=":", path_effects=outlined)


def _joined(
    positions: NDArray[np.float64], bones: Sequence[tuple[int, int]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both ends of every bone and a gap, as one line."""
    ends = np.full((len(bones), 3, 2), np.nan)
    ends[:, :2] = positions[np.array(bones, dtype=int).reshape(-1, 2)]
    x, y = ends.reshape(-1, 2).T
    return x, y


def _bone_side(skeleton: Skeleton, start: int, end: int) -> str:
    sides = {skeleton.side(skeleton.joints[index]) for index in (start, end)}
    if {"left", "right"} <= sides:
        return "middle"
    return next((side for side in ("left", "right") if side in sides), "middle")


def side_legend(figure: Figure, *more: Line2D) -> None:
    """Say below a figure which colour is which side, and what ``more`` lines are."""
    handles = [
        Line2D([], [], color=colour, lw=4, marker="o", mec="black", mew=0.8, ms=6, label=label)
        for colour, label in (
            (SIDE_COLOURS["left"], "the body's left"),
            (SIDE_COLOURS["right"], "the body's right"),
        )
    ]
    handles += more
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9.5
    )
