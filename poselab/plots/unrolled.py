"""A recurrent network unrolled in time: the same layers, drawn once for each frame."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from poselab.plots.figure import GREY, INK, METHOD_COLOURS, Picture

_ROWS = (("CNN", METHOD_COLOURS[5]), ("LSTM", METHOD_COLOURS[4]), ("linear", METHOD_COLOURS[2]))
"""From the frame below to the pose above; a colour is a layer, whose weights are the same."""
_BETWEEN = ("frame {}", "features", "h", "pose {}")
_SIZE = (1.25, 0.62)
_STEP = (2.5, 1.25)


def plot_unrolled(n_steps: int = 4) -> Picture:
    """Frames below, poses above, and the LSTM's state handed on from left to right.

    Args:
        n_steps: how many frames are drawn; the last is labelled as the tenth.

    Returns:
        A figure of boxes and arrows; boxes of one colour are one layer.

    Raises:
        ValueError: fewer than two steps are asked for.
    """
    if n_steps < 2:
        raise ValueError(f"n_steps is {n_steps}, but a state is handed on between at least 2.")
    figure = Picture(2.1 * n_steps + 1.2, 4.3)
    axes = figure.subplots()
    names = [str(number) for number in range(n_steps - 1)] + ["9"]
    for column, name in enumerate(names):
        x = column * _STEP[0]
        _draw_column(axes, x, name)
        if column:
            _hand_on(axes, x - _STEP[0], x, gap=column == n_steps - 1 and n_steps < 10)
    _start(axes)
    axes.set_xlim(-2.1, (n_steps - 1) * _STEP[0] + 1.0)
    axes.set_ylim(-1.15, 3 * _STEP[1] + 0.1)
    axes.set_axis_off()
    return figure


def _draw_column(axes: Axes, x: float, name: str) -> None:
    for row, (label, colour) in enumerate(_ROWS):
        y = row * _STEP[1]
        axes.add_patch(
            FancyBboxPatch(
                (x - _SIZE[0] / 2, y - _SIZE[1] / 2), *_SIZE,
                boxstyle="round,pad=0,rounding_size=0.12", fc=f"{colour}55", ec=colour, lw=1.6,
            )
        )  # fmt: skip
        axes.text(x, y, label, ha="center", va="center", fontsize=11, color=INK)
    for row, text in enumerate(_BETWEEN):
        below, above = (row - 1) * _STEP[1] + _SIZE[1] / 2, row * _STEP[1] - _SIZE[1] / 2
        if row == 0:
            below = above - 0.36
        if row == len(_ROWS):
            above = below + 0.36
        _arrow(axes, (x, below), (x, above))
        text = text.format(name)
        if row == 0:
            axes.text(x, below - 0.08, text, ha="center", va="top", fontsize=10.5, color=INK)
        elif row == len(_ROWS):
            axes.text(x, above + 0.05, text, ha="center", va="bottom", fontsize=10.5, color=INK)
        else:
            middle = (below + above) / 2
            axes.text(x + 0.1, middle, text, ha="left", va="center", fontsize=9.5, color=GREY)


def _hand_on(axes: Axes, left: float, right: float, gap: bool) -> None:
    start, end = left + _SIZE[0] / 2, right - _SIZE[0] / 2
    _arrow(axes, (start, _STEP[1]), (end, _STEP[1]))
    text = "h, c  ..." if gap else "h, c"
    axes.text((start + end) / 2, _STEP[1] + 0.1, text, ha="center", fontsize=10, color=INK)


def _start(axes: Axes) -> None:
    """What the first step is given: a state of zeros."""
    end = -_SIZE[0] / 2
    _arrow(axes, (end - 0.7, _STEP[1]), (end, _STEP[1]))
    axes.text(end - 0.75, _STEP[1], "zeros", ha="right", va="center", fontsize=10, color=INK)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, color=INK, lw=1.3,
                        shrinkA=0, shrinkB=0)
    )  # fmt: skip
