"""The target beside yours: what was expected, what came, and where the two differ.

The target is blue, yours is vermilion; red and blue in a difference are too high and too low.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from torch import Tensor

from poselab.plots.figure import GREY, INK, METHOD_COLOURS, Picture, label_axes, numbers, set_title

TARGET_COLOUR, YOUR_COLOUR = METHOD_COLOURS[:2]
_MOST_MAPS = 4
_BAD_COLOUR = "#9aa0a6"


def compare_maps(target: Tensor, yours: Tensor, *, names: Sequence[str] = ()) -> Picture:
    """Maps beside each other, and their difference where their shapes agree.

    Args:
        target: maps (..., height, width).
        yours: the same; a shape of its own is drawn as it is.
        names: one for each map; at most four maps are drawn.

    Returns:
        A figure with a row for each map. Its columns are the target, yours and, where the shapes
        agree, yours minus the target.
    """
    expected, came = _maps(target), _maps(yours)
    comparable = expected.shape == came.shape
    # A target of zeros has no height of its own: a heat map's peak is 1.
    high, low = float(expected.max()) or 1.0, min(float(expected.min()), 0.0)
    scale = Normalize(low, high)
    shapes = ("", "") if comparable else (_shape(target), _shape(yours))
    columns = [
        ("target" + shapes[0], expected, scale, "magma"),
        ("yours" + shapes[1], came, scale, "magma"),
    ]
    if comparable:
        difference = came - expected
        # At least a tenth of the map's height: rounding is not worth a colour.
        reach = np.abs(difference[np.isfinite(difference)]).max(initial=0.1 * abs(high))
        columns.append(("yours - target", difference, Normalize(-reach, reach), "RdBu_r"))
    rows = max(len(expected), len(came))
    figure = Picture(2.75 * len(columns) + 0.6, 2.0 * rows + 0.6)
    grid = figure.subplots(rows, len(columns), squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for column, (heading, maps, norm, colours) in zip(grid.T, columns, strict=True):
        for axes, one in zip(column, maps, strict=False):
            axes.set_axis_on()
            # A long table would be a thin stripe with square pixels.
            is_long = not 0.4 < one.shape[0] / one.shape[1] < 2.5
            shown = colormaps[colours].with_extremes(bad=_BAD_COLOUR)
            axes.imshow(one, norm=norm, cmap=shown, aspect="auto" if is_long else "equal")
            axes.tick_params(labelsize=7.5, colors=GREY, length=2)
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        column[len(maps) - 1].set_xlabel("column", fontsize=8.5, color=GREY)
        set_title(column[0], heading)
    for row, axes in enumerate(grid[: len(expected), 0]):
        axes.set_ylabel("\n".join([*names[row : row + 1], "row"]), fontsize=8.5, color=GREY)
    for beside, (*_, norm, colours) in ((grid[:, :2], columns[0]), (grid[:, 2:], columns[-1])):
        if beside.size:
            bar = figure.colorbar(
                ScalarMappable(norm, colours), ax=beside, shrink=0.8, aspect=18, pad=0.02
            )
            bar.ax.tick_params(labelsize=8)
    if not np.isfinite(came).all():
        figure.supxlabel("grey: NaN or infinite", fontsize=9, color=INK)
    return figure


def compare_positions(
    target: Float[Tensor, "*batch 2"],
    yours: Tensor,
    *,
    size: tuple[int, int] | None = None,
    background: Float[Tensor, "height width"] | None = None,
    title: str = "",
) -> Picture:
    """Positions in one picture, each of yours joined with its target.

    Args:
        target: positions (x, y) in pixels.
        yours: the same; without a last axis of two nothing is drawn of it.
        size: (height, width) of the map they are in; by default as large as they need.
        background: a map to lie behind them, of that size.
        title: a line above everything.

    Returns:
        A figure with the targets as numbered circles and yours as crosses.
    """
    expected = numbers(target).reshape(-1, 2)
    has_positions = yours.ndim > 0 and yours.shape[-1] == 2
    came = numbers(yours).reshape(-1, 2) if has_positions else np.empty((0, 2))
    same_shape = target.shape == yours.shape
    shapes = ("", "") if same_shape else (_shape(target), _shape(yours))
    figure = Picture(6.0, 4.6)
    axes = figure.subplots()
    n_bad = int((~np.isfinite(came).all(-1)).sum())
    notes = [title, f"{n_bad} of yours are NaN or infinite" if n_bad else ""]
    label_axes(axes, "x (pixels)", "y (pixels)", "\n".join(filter(None, notes)))
    if background is not None:
        axes.imshow(numbers(background), cmap="Greys", alpha=0.6)
        axes.grid(False)
        size = background.shape[0], background.shape[1]
    if same_shape:
        for start, end in zip(expected, came, strict=True):
            axes.plot(*zip(start, end, strict=True), color=_BAD_COLOUR, lw=1.2, zorder=1)
    axes.plot(
        *expected.T, "o", ms=11, mfc="none", mec=TARGET_COLOUR, mew=2.2, label="target" + shapes[0]
    )
    axes.plot(*came.T, "x", ms=7, color=YOUR_COLOUR, mew=2.2, label="yours" + shapes[1])
    for number, (x, y) in enumerate(expected):
        axes.annotate(
            str(number), (x, y), xytext=(7, 5), textcoords="offset points", fontsize=8, color=INK
        )
    finite = np.concatenate([expected, came[np.isfinite(came).all(-1)]])
    height, width = size or (finite[:, 1].max() + 2, finite[:, 0].max() + 2)
    low_x, low_y = np.minimum(finite.min(0), 0)
    high_x, high_y = np.maximum(finite.max(0), (width - 1, height - 1))
    axes.set_xlim(low_x - 0.7, high_x + 0.7)
    axes.set_ylim(high_y + 0.7, low_y - 0.7)
    axes.set_aspect("equal")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def compare_curves(
    thresholds: Float[Tensor, " threshold"],
    target: Float[Tensor, " threshold"],
    yours: Float[Tensor, " threshold"],
    *,
    title: str = "",
) -> Picture:
    """Two accuracy curves.

    Args:
        thresholds: in the poses' unit, in any order.
        target: the fraction of poses within each threshold.
        yours: the same.
        title: above the curves.

    Returns:
        A figure with both curves over the thresholds.
    """
    order = thresholds.cpu().argsort()
    figure = Picture(5.5, 3.2)
    axes = figure.subplots()
    for values, colour, label, style in (
        (target, TARGET_COLOUR, "target", "o-"),
        (yours, YOUR_COLOUR, "yours", "x--"),
    ):
        x, y = numbers(thresholds)[order], numbers(values)[order]
        axes.plot(x, y, style, color=colour, lw=2, mew=2, label=label)
    axes.margins(0.06)
    label_axes(axes, "threshold (the poses' unit)", "fraction of poses", title)
    axes.legend(frameon=False)
    return figure


def compare_numbers(target: Tensor, yours: Tensor) -> Picture:
    """Two numbers as bars; of tensors with several values, their means."""
    figure = Picture(5.5, 1.7)
    axes = figure.subplots()
    values = np.array([numbers(target).mean(), numbers(yours).mean()])
    lengths = np.where(np.isfinite(values), values, 0)
    bars = axes.barh(["target", "yours"], lengths, color=[TARGET_COLOUR, YOUR_COLOUR])
    axes.bar_label(bars, labels=[f"{value:.4g}" for value in values], padding=4)
    axes.margins(x=0.2)
    axes.invert_yaxis()
    label_axes(axes, "mean of all values" if target.ndim else "value", grid="x")
    return figure


def _maps(tensor: Tensor) -> NDArray[np.float64]:
    size = tensor.shape[-2:] if tensor.ndim > 1 else (1, tensor.numel())
    return numbers(tensor.reshape(-1, *size)[:_MOST_MAPS])


def _shape(tensor: Tensor) -> str:
    return "  (" + ", ".join(map(str, tensor.shape)) + ")"
