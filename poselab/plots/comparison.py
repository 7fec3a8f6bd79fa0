"""The target beside yours: what was expected, what came, and where the two differ.

The target is blue, yours is vermilion; red and blue in a difference are too high and too low.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator, NullLocator
from numpy.typing import NDArray
from torch import Tensor

from poselab.plots.figure import GREY, INK, METHOD_COLOURS, Picture, label_axes, numbers, set_title

TARGET_COLOUR, YOUR_COLOUR = METHOD_COLOURS[:2]
_TARGET: dict[str, Any] = {"ms": 11, "mfc": "none", "mec": TARGET_COLOUR, "mew": 2.2}
_YOURS: dict[str, Any] = {"ms": 7, "color": YOUR_COLOUR, "mew": 2.2}
"""A ring and a cross: both are seen where one lies on the other."""

VISIBLE = 0.02
"""Of what a picture spans, the smallest difference that is seen in it."""

_MOST_VALUES = 40
_MOST_MAPS = 4
_MAP_WIDTH = 2.15
_LONGEST_NAME = 18
_BAD_COLOUR = "#9aa0a6"


def compare_maps(target: Tensor, yours: Tensor, *, names: Sequence[str] = ()) -> Picture:
    """Maps beside each other, and their difference where their shapes agree.

    Args:
        target: maps (..., height, width).
        yours: the same; a shape of its own is drawn as it is.
        names: one for each map; at most four maps are drawn.

    Returns:
        A figure with a row for each map. Its columns are the target, yours and, where the shapes
        agree, yours minus the target. A ring is where the two differ most.
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
    difference = came - expected if comparable else np.zeros(0)
    reach = np.abs(difference[np.isfinite(difference)]).max(initial=0.0)
    if comparable:
        # At least a tenth of the map's height: rounding is not worth a colour.
        around_zero = Normalize(*(np.array([-1, 1]) * max(reach, 0.1 * abs(high))))
        columns.append(("yours - target", difference, around_zero, "RdBu_r"))
    rows = max(len(expected), len(came))
    height, width = expected.shape[-2:]
    names = [_folded(name) for name in names]
    lines = max((name.count("\n") + 1 for name in names), default=0)
    grid = _Grid(rows, len(columns), height / width, lines)
    for row in range(rows):
        for place, (_, maps, *_rest) in enumerate(columns):
            if row < len(maps):
                grid.axes(row, place)  # in the order in which they are read
    for place, (heading, maps, norm, colours) in enumerate(columns):
        for row, one in enumerate(maps):
            axes = grid.axes(row, place)
            shown = colormaps[colours].with_extremes(bad=_BAD_COLOUR)
            # A long table would be a thin stripe with square pixels.
            axes.imshow(one, norm=norm, cmap=shown, aspect="auto")
            axes.tick_params(labelsize=7.5, colors=GREY, length=2)
            # Ticks at the edges alone: they are what takes time to draw.
            is_last = row == len(maps) - 1
            for axis, there in (
                (axes.xaxis, is_last),
                (axes.yaxis, place == 0 or not comparable),
            ):
                axis.set_major_locator(MaxNLocator(5, integer=True) if there else NullLocator())
            if is_last:
                axes.set_xlabel("column", fontsize=8.5, color=GREY)
            if comparable and reach > VISIBLE * (high - low):
                worst = np.abs(np.nan_to_num(difference[row], nan=np.inf))
                y, x = np.argwhere(worst == worst.max())[0]
                for edge, thickness in ((INK, 2.6), ("white", 1.2)):
                    axes.plot(x, y, "o", ms=11, mfc="none", mec=edge, mew=thickness)
        set_title(grid.axes(0, place), heading)
    for row in range(len(expected)):
        label = "\n".join([*names[row : row + 1], "row"])
        grid.axes(row, 0).set_ylabel(label, fontsize=8.5, color=GREY)
    grid.colour_bar(1, ScalarMappable(columns[0][2], columns[0][3]), "value")
    if comparable:
        grid.colour_bar(2, ScalarMappable(*columns[2][2:]), "difference")
    if not np.isfinite(came).all():
        grid.figure.supxlabel("grey: NaN or infinite", fontsize=9, color=INK)
    return grid.figure


def _folded(name: str) -> str:
    """A name that has room beside a map: a long one has a line for each of its parts."""
    return name.replace(", ", ",\n") if len(name) > _LONGEST_NAME else name


class _Grid:
    """Axes in rows and columns with room for two colour bars, at fixed places, in inches.

    To look for the best layout takes three times as long as to draw.

    Args:
        rows: of the grid.
        columns: of the grid, two or three.
        shape: height over width of what is drawn in each.
        lines: how many lines of a name there are beside the label of a row's axis.
    """

    def __init__(self, rows: int, columns: int, shape: float, lines: int) -> None:
        self.width, self.height = _MAP_WIDTH, min(max(_MAP_WIDTH * shape, 1.1), 2.6)
        if not 0.4 < shape < 2.5:
            self.height = 1.9
        self.left, self.bottom = 0.6 + 0.15 * lines, 0.62
        self.rows = rows
        # Beside the second column and the third there is a bar.
        places = [self.left, self.left + self.width + 0.2, self.left + 2 * self.width + 1.15]
        self.places = places[:columns]
        size = (
            self.places[-1] + self.width + 0.95 - (0.0 if columns == 3 else 0.1),
            self.bottom + rows * (self.height + 0.15) + 0.25,
        )
        self.figure = Picture(*size)
        self.figure.set_layout_engine(None)
        self.size = size
        self.known: dict[tuple[int, int], Axes] = {}

    def axes(self, row: int, column: int) -> Axes:
        """The axes at a place of the grid."""
        if (row, column) not in self.known:
            y = self.bottom + (self.rows - 1 - row) * (self.height + 0.15)
            self.known[row, column] = self._at(self.places[column], y, self.width, self.height)
        return self.known[row, column]

    def colour_bar(self, column: int, colours: ScalarMappable, label: str) -> None:
        """A colour bar on the right of a column."""
        height = self.rows * (self.height + 0.15) - 0.15
        x = self.places[column] + self.width + 0.1
        bar = self.figure.colorbar(colours, cax=self._at(x, self.bottom, 0.09, height))
        bar.ax.tick_params(labelsize=7.5, colors=GREY)
        bar.ax.yaxis.set_major_locator(MaxNLocator(5))
        bar.set_label(label, fontsize=8.5, color=GREY)

    def _at(self, x: float, y: float, width: float, height: float) -> Axes:
        across, up = self.size
        return self.figure.add_axes((x / across, y / up, width / across, height / up))


def compare_positions(
    target: Float[Tensor, "*batch 2"],
    yours: Tensor,
    *,
    size: tuple[int, int] | None = None,
    background: Float[Tensor, "height width"] | None = None,
    title: str = "",
    unit: str = "pixels",
) -> Picture:
    """Positions in one picture, each of yours joined with its target.

    Args:
        target: positions (x, y) in pixels.
        yours: the same; without a last axis of two nothing is drawn of it.
        size: (height, width) of the map they are in, in pixels; by default as large as they need.
        background: a map to lie behind them, of that size.
        title: a line above everything.
        unit: of the positions.

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
    label_axes(axes, f"x ({unit})", f"y ({unit})", "\n".join(filter(None, notes)))
    if background is not None:
        axes.imshow(numbers(background), cmap="Greys", alpha=0.6)
        axes.grid(False)
        size = background.shape[0], background.shape[1]
    if same_shape:
        for start, end in zip(expected, came, strict=True):
            axes.plot(*zip(start, end, strict=True), color=_BAD_COLOUR, lw=1.2, zorder=1)
    axes.plot(*expected.T, "o", **_TARGET, label="target" + shapes[0])
    axes.plot(*came.T, "x", **_YOURS, label="yours" + shapes[1])
    _number(axes, expected)
    finite = np.concatenate([expected, came[np.isfinite(came).all(-1)]])
    if unit == "pixels":
        height, width = size or (finite[:, 1].max() + 2, finite[:, 0].max() + 2)
        low, high, room = np.minimum(finite.min(0), 0), (width - 1, height - 1), 0.7
    else:
        low, high, room = finite.min(0), finite.max(0), 0.1 * np.ptp(finite, axis=0).max() or 1.0
    low_x, low_y = low
    high_x, high_y = np.maximum(finite.max(0), high)
    axes.set_xlim(low_x - room, high_x + room)
    axes.set_ylim(high_y + room, low_y - room)
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
    for values, label, style, look in (
        (target, "target", "o-", {**_TARGET, "color": TARGET_COLOUR}),
        (yours, "yours", "x--", _YOURS),
    ):
        x, y = numbers(thresholds)[order], numbers(values)[order]
        axes.plot(x, y, style, lw=2, label=label, **look)
    axes.margins(0.06)
    label_axes(axes, "threshold (the poses' unit)", "fraction of poses", title)
    axes.legend(frameon=False)
    return figure


def compare_values(
    target: Float[Tensor, " n"], yours: Float[Tensor, " n"], *, axis: str = "index", title: str = ""
) -> Picture:
    """Values in a row, each of yours above or below its target.

    Args:
        target: the values.
        yours: the same.
        axis: what they are counted by.
        title: above everything.

    Returns:
        A figure of at most 40 values: those around the one that is furthest off.
    """
    expected, came = numbers(target), numbers(yours)
    off = np.abs(np.nan_to_num(came - expected, nan=np.inf))
    worst = int(np.flatnonzero(off == off.max())[0])
    first = max(0, min(worst - _MOST_VALUES // 2, len(expected) - _MOST_VALUES))
    places = np.arange(first, min(first + _MOST_VALUES, len(expected)))
    figure = Picture(6.0, 2.9)
    axes = figure.subplots()
    axes.vlines(places, expected[places], came[places], color=_BAD_COLOUR, lw=1.2, zorder=1)
    axes.plot(places, expected[places], "o", **_TARGET, label="target")
    axes.plot(places, came[places], "x", **_YOURS, label="yours")
    n_bad = int((~np.isfinite(came)).sum())
    notes = [title, f"{n_bad} of yours are NaN or infinite" if n_bad else ""]
    label_axes(axes, axis, "value", "\n".join(filter(None, notes)), grid="y")
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.margins(0.06, 0.12)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def compare_poses_3d(
    target: Float[Tensor, "joint 3"], yours: Float[Tensor, "joint 3"], *, title: str = ""
) -> Picture:
    """Joints in space seen from two sides, each of yours joined with its target.

    Args:
        target: positions (x, y, z).
        yours: the same.
        title: above everything.

    Returns:
        A figure with y over x and z over x, both in the unit of the poses.
    """
    expected, came = numbers(target), numbers(yours)
    figure = Picture(7.0, 3.6)
    for axes, up, name in zip(figure.subplots(1, 2), (1, 2), "yz", strict=True):
        for start, end in zip(expected[:, [0, up]], came[:, [0, up]], strict=True):
            axes.plot(*zip(start, end, strict=True), color=_BAD_COLOUR, lw=1.2, zorder=1)
        axes.plot(*expected[:, [0, up]].T, "o", **_TARGET, label="target")
        axes.plot(*came[:, [0, up]].T, "x", **_YOURS, label="yours")
        label_axes(axes, "x (the poses' unit)", f"{name} (the poses' unit)", title)
        _number(axes, expected[:, [0, up]])
        axes.margins(0.12)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure


def compare_numbers(target: Tensor, yours: Tensor) -> Picture:
    """Two numbers as bars; of tensors with several values, their means."""
    figure = Picture(5.5, 1.7)
    axes = figure.subplots()
    values = np.array([numbers(target).mean(), numbers(yours).mean()])
    lengths = np.where(np.isfinite(values), values, 0)
    colours = [TARGET_COLOUR, YOUR_COLOUR]
    bars = axes.barh(["target", "yours"], lengths, color=colours, hatch=["", "//"], ec="white")
    axes.bar_label(bars, labels=[f"{value:.4g}" for value in values], padding=4)
    axes.margins(x=0.2)
    axes.invert_yaxis()
    label_axes(axes, "mean of all values" if target.ndim else "value", grid="x")
    return figure


def _number(axes: Axes, positions: NDArray[np.float64]) -> None:
    for number, (x, y) in enumerate(positions):
        axes.annotate(
            str(number), (x, y), xytext=(7, 5), textcoords="offset points", fontsize=8, color=INK
        )


def _maps(tensor: Tensor) -> NDArray[np.float64]:
    size = tensor.shape[-2:] if tensor.ndim > 1 else (1, tensor.numel())
    return numbers(tensor.reshape(-1, *size)[:_MOST_MAPS])


def _shape(tensor: Tensor) -> str:
    return "  (" + ", ".join(map(str, tensor.shape)) + ")"
