"""Keypoints that may be hidden or missing, what a transformer looks at, and results by keypoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from torch import Tensor

from poselab.plots.figure import (
    INK,
    SIDE_COLOURS,
    Picture,
    colour_of,
    label_axes,
    numbers,
    set_title,
)
from poselab.plots.poses import show_image, side_legend
from poselab.skeletons import COCO, Skeleton

_COLUMNS = 4


def plot_keypoints(
    images: Tensor,
    keypoints: Float[Tensor, "image keypoint 3"],
    skeleton: Skeleton = COCO,
    *,
    titles: Sequence[str] = (),
) -> Picture:
    """Images with their keypoints: filled where one can be seen, hollow where it is hidden.

    Args:
        images: (image, 3, height, width), normalised floats in -1..1 or uint8.
        keypoints: (x, y) in pixels and v; those with v = 0 are not drawn.
        skeleton: names the keypoints and joins them.
        titles: one for each image.

    Returns:
        A figure with four images a row.
    """
    figure, grid = _grid(len(images))
    for number, axes in enumerate(grid):
        _show(axes, images[number])
        _draw(axes, keypoints[number], skeleton)
        set_title(axes, titles[number] if titles else "")
    side_legend(
        figure,
        *(
            Line2D([], [], ls="", marker="o", ms=6, mec=INK, mfc=fill, label=label)
            for fill, label in ((INK, "visible"), ("none", "labelled, but hidden"))
        ),
    )
    return figure


def plot_found(
    images: Tensor,
    predicted: Float[Tensor, "image keypoint 2"],
    found: Bool[Tensor, "image keypoint"],
    keypoints: Float[Tensor, "image keypoint 3"],
    skeleton: Skeleton = COCO,
    *,
    titles: Sequence[str] = (),
) -> Picture:
    """Predicted keypoints beside what is wrong with them.

    A thin line joins a prediction to where the keypoint is. A cross marks a keypoint that is said
    to be there and is not; a ring marks one that is there and is said not to be.

    Args:
        images: (image, 3, height, width), normalised floats in -1..1 or uint8.
        predicted: (x, y) in pixels.
        found: which keypoints are said to be present.
        keypoints: the truth: (x, y) in pixels and v.
        skeleton: names the keypoints and joins them.
        titles: one for each image.

    Returns:
        A figure with four images a row.
    """
    figure, grid = _grid(len(images))
    wrong, missed = colour_of(3), colour_of(4)
    for number, axes in enumerate(grid):
        _show(axes, images[number])
        there, said = keypoints[number, :, 2] > 0, found[number]
        target, guess = numbers(keypoints[number, :, :2]), numbers(predicted[number])
        for joint in (there & said).nonzero().flatten().tolist():
            colour = SIDE_COLOURS[skeleton.side(skeleton.joints[joint])]
            ends = np.stack((guess[joint], target[joint]))
            axes.plot(*ends.T, color="white", lw=1)
            axes.plot(*guess[joint], "o", color=colour, ms=4.4, mec="black", mew=0.8)
        for joint in (said & ~there).nonzero().flatten().tolist():
            axes.plot(*guess[joint], "x", color=wrong, ms=6, mew=2)
        for joint in (there & ~said).nonzero().flatten().tolist():
            axes.plot(*target[joint], "o", mfc="none", mec=missed, ms=8, mew=1.6)
        set_title(axes, titles[number] if titles else "")
    side_legend(
        figure,
        Line2D([], [], color=wrong, ls="", marker="x", ms=7, mew=2, label="not there"),
        Line2D([], [], color=missed, ls="", marker="o", mfc="none", ms=8, label="overlooked"),
    )
    return figure


def plot_attention(
    image: Tensor,
    weights: Float[Tensor, "map row column"],
    token: tuple[int, int],
    titles: Sequence[str],
    *,
    measure: str = "% of its attention",
) -> Picture:
    """How much one token looks at all others, over the image.

    Args:
        image: (3, height, width), normalised floats in -1..1 or uint8.
        weights: of the token's attention, one map for each head or layer; each sums to 1.
        token: the row and the column of the token that looks; it is framed.
        titles: one for each map.
        measure: what the maps show, in per cent, beside the colours.

    Returns:
        A figure with the image, and then the maps, each bright where the most weight is.
    """
    rows, columns = weights.shape[1:]
    figure, grid = _grid(len(weights) + 1, below=0.45)
    height, width = image.shape[-2:]
    high, wide = height / rows, width / columns
    for number, axes in enumerate(grid):
        _show(axes, image)
        corner = (token[1] * wide - 0.5, token[0] * high - 0.5)
        axes.add_patch(Rectangle(corner, wide, high, fill=False, ec="white", lw=1.8))
        if number:
            values = numbers(weights[number - 1])
            extent = (-0.5, width - 0.5, height - 0.5, -0.5)
            shown = axes.imshow(
                100 * values,
                cmap="magma",
                alpha=0.72,
                extent=extent,
                vmin=0,
                vmax=100 * values.max(),
            )
            set_title(axes, titles[number - 1])
            figure.colorbar(shown, ax=axes, orientation="horizontal", shrink=0.85, label=measure)
    return figure


def plot_by_keypoint(
    results: Mapping[str, Float[Tensor, " keypoint"]],
    measure: str,
    skeleton: Skeleton = COCO,
) -> Picture:
    """One number for each keypoint and method, as dots on one scale from 0 to 1.

    One row of numbers alone is dark, as something that is no method's; several have the colours and
    the markers of methods in the order in which they come.

    Args:
        results: method's name -> a number for each keypoint; NaN where there is none.
        measure: what the numbers are.
        skeleton: names the keypoints.

    Returns:
        The figure.
    """
    figure = Picture(9.6, 3.6)
    axes = figure.subplots()
    markers = "osD^vP*"
    for number, (name, values) in enumerate(results.items()):
        mean = float(np.nanmean(numbers(values)))
        axes.plot(
            numbers(values), markers[number % len(markers)], ms=6, ls="-", lw=0.6,
            color=INK if len(results) == 1 else colour_of(number),
            label=f"{name}: {mean:.2f} on average",
        )  # fmt: skip
    names = [joint.replace("-", "\n", 1) for joint in skeleton.joints]
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(0, 1.02)
    label_axes(axes, "", measure, grid="y")
    axes.tick_params(axis="x", labelsize=8)
    # Above the axes: below, there may be lines anywhere.
    axes.legend(
        frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0
    )
    return figure


def plot_best_epoch(
    training: Sequence[float], validation: Sequence[float], best: int, title: str = ""
) -> Picture:
    """The losses of a training after each epoch, and the epoch whose weights are kept.

    Args:
        training: the mean loss of each epoch.
        validation: the loss on the validation set after each epoch.
        best: the index of the epoch whose weights are kept.
        title: above the curves.

    Returns:
        The figure.
    """
    figure = Picture(6.4, 3.4)
    axes = figure.subplots()
    epochs = np.arange(1, len(validation) + 1)
    colour = colour_of(0)
    axes.plot(epochs, training, "o-", color=colour, lw=2, ms=5, label="training")
    axes.plot(epochs, validation, "o--", color=colour, mfc="w", lw=1.5, ms=5, label="validation")
    axes.axvline(best + 1, color=INK, lw=1, ls=":")
    axes.annotate(
        f"kept: epoch {best + 1}", (best + 1, 1), (4, -12), xycoords=("data", "axes fraction"),
        textcoords="offset points", fontsize=9, color=INK,
    )  # fmt: skip
    axes.set_xticks(epochs)
    label_axes(axes, "epoch", "loss", title, "y")
    axes.set_ylim(0, 1.1 * max(*training, *validation))
    axes.legend(frameon=False, loc="lower left")
    return figure


def _grid(count: int, below: float = 0.0) -> tuple[Picture, Sequence[Axes]]:
    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    figure = Picture(2.6 * columns, (2.75 + below) * rows + 0.35)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[count:]:
        axes.remove()
    return figure, list(grid[:count])


def _show(axes: Axes, image: Tensor) -> None:
    """Show an image that is normalised as vision transformers want it, or bytes."""
    pixels = image.detach().cpu()
    channels = pixels / 255 if not pixels.is_floating_point() else (pixels + 1) / 2
    show_image(axes, numbers(channels.movedim(0, -1)).clip(0, 1))


def _draw(axes: Axes, keypoints: Tensor, skeleton: Skeleton) -> None:
    points, v = numbers(keypoints[:, :2]), numbers(keypoints[:, 2])
    for start, end in skeleton.bone_indices:
        if v[start] and v[end]:
            axes.plot(*points[[start, end]].T, color="white", lw=1.2, alpha=0.8)
    for joint, name in enumerate(skeleton.joints):
        if v[joint]:
            colour = SIDE_COLOURS[skeleton.side(name)]
            inside, rim = (colour, "black") if v[joint] == 2 else ("none", colour)
            axes.plot(*points[joint], "o", ms=5, mew=1.2, mfc=inside, mec=rim)
