"""Curves: how trainings went, how accurate models are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray
from torch import Tensor

from poselab.plots.figure import INK, Picture, colour_of, in_notebook, label_axes, numbers
from poselab.skeletons import EGOCAP, UPPER_BODY, Skeleton
from poselab.training.history import History

_LIVE_SECONDS = 2.0
"""Drawing takes a few tenths of a second; no more often than this."""


def plot_histories(*histories: History) -> Picture:
    """The losses and the errors of one training, or of several for comparison.

    Where the loss on the validation set was recorded, both losses are shown as they are. Otherwise
    methods may have losses in different units: of several trainings, each loss is shown relative
    to its own first step. The errors share their axes.
    """
    figure = Picture(9.6, 3.3)
    left, right = figure.subplots(1, 2)
    has_validation = any(history.validation_losses for history in histories)
    is_relative = len(histories) > 1 and not has_validation
    for number, history in enumerate(histories):
        colour = colour_of(number)
        losses = np.asarray(history.losses)
        losses = losses / losses[0] if is_relative else losses
        steps = np.arange(1, len(losses) + 1) * len(history.errors) / max(len(losses), 1)
        epochs = np.arange(1, len(history.errors) + 1)
        if len(histories) == 1:
            left.plot(steps, losses, color=colour, lw=0.7, alpha=0.3)
        marker = "o" if len(steps) < 30 else None
        left.plot(steps, _smooth(losses, history.weights), color=colour, lw=2, marker=marker, ms=4)
        if history.validation_losses:
            left.plot(epochs, history.validation_losses, "s--", color=colour, lw=1.5, ms=4)
        last = f": {history.error:.2f} {history.unit}" if history.errors else ""
        right.plot(
            epochs, history.errors, "o-", color=colour, lw=2, ms=5, label=history.name + last
        )
    label_axes(left, "epoch", "relative to its first step" if is_relative else "loss", "loss", "y")
    label_axes(right, "epoch", f"error ({histories[0].unit})", "error on the validation set", "y")
    n_epochs = max(max(len(history.errors), history.n_epochs, 1) for history in histories)
    for axes in (left, right):
        axes.set_xlim(0, 1.05 * n_epochs)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _start_at_zero(right)
    if has_validation:
        _start_at_zero(left)
        styles = {"training": "-", "validation": "--"}
        left.legend(
            [Line2D([], [], color=INK, ls=ls) for ls in styles.values()], styles, frameon=False
        )
    else:
        _set_log_scale(left)
    right.legend(frameon=False, loc="best")
    return figure


class LiveCurves:
    """Curves that are redrawn in place as a training goes on; in a notebook only.

    Pass a new one to each training: ``train(..., on_epoch=LiveCurves())``.

    Args:
        more: draw further pictures below the curves, such as a prediction.
    """

    def __init__(self, *more: Callable[[], Picture]) -> None:
        self._more = more
        self._handles: list[Any] = []
        self._drawn_at = -_LIVE_SECONDS

    def __call__(self, history: History) -> None:
        """Draw anew, unless that was done a moment ago and more will come."""
        is_last = len(history.errors) >= history.n_epochs
        is_early = time.monotonic() - self._drawn_at < _LIVE_SECONDS
        if not in_notebook() or (is_early and not is_last):
            return
        from IPython.display import display

        pictures = [plot_histories(history), *(draw() for draw in self._more)]
        if not self._handles:
            self._handles = [display(picture, display_id=True) for picture in pictures]
        else:
            for handle, picture in zip(self._handles, pictures, strict=True):
                handle.update(picture)
        self._drawn_at = time.monotonic()


def plot_accuracy(
    thresholds: Float[Tensor, " threshold"],
    accuracy: Float[Tensor, "joint threshold"],
    title: str = "accuracy",
    skeleton: Skeleton = UPPER_BODY,
) -> Picture:
    """The accuracy curve of every joint: one colour a part of the body, dashes on its left.

    Args:
        thresholds: in pixels.
        accuracy: the fraction of poses whose joint is within each threshold.
        title: above the curves.
        skeleton: names the joints.

    Returns:
        A figure with the fraction of poses, from 0 to 1, over the distance in pixels.
    """
    figure = Picture(6.4, 4.2)
    axes = figure.subplots()
    parts = list(dict.fromkeys(_part_of(joint) for joint in skeleton.joints))
    for joint, curve in zip(skeleton.joints, numbers(accuracy), strict=True):
        style = "--" if skeleton.side(joint) == "left" else "-"
        colour = colour_of(parts.index(_part_of(joint)))
        label = joint.replace("-", " ")
        axes.plot(numbers(thresholds), curve, style, color=colour, lw=1.8, label=label)
    axes.set_xlim(float(thresholds.min()), float(thresholds.max()))
    axes.set_ylim(0, 1.04)
    label_axes(axes, "within this distance (pixels)", "fraction of poses", title)
    axes.legend(fontsize=9, frameon=False, loc="lower right")
    return figure


def plot_joint_errors(
    errors_px: Mapping[str, Float[Tensor, " joint"]], skeleton: Skeleton = EGOCAP
) -> Picture:
    """Each joint's mean error, one colour for each method.

    Args:
        errors_px: method's name -> mean error of every joint, in pixels.
        skeleton: names the joints.

    Returns:
        A figure with a row for each joint, and the errors in pixels on the horizontal axis.
    """
    figure = Picture(7.6, 0.27 * len(skeleton) + 1.1)
    axes = figure.subplots()
    rows = np.arange(len(skeleton))
    for number, (name, values) in enumerate(errors_px.items()):
        colour = colour_of(number)
        axes.plot(numbers(values), rows, "o", color=colour, ms=7, alpha=0.85, label=name)
    axes.set_yticks(rows, [joint.replace("-", " ") for joint in skeleton.joints])
    axes.set_ylim(len(skeleton) - 0.5, -0.5)
    axes.set_xlim(left=0)
    label_axes(axes, "mean error on the validation set (pixels)")
    figure.legend(loc="outside upper center", ncols=len(errors_px), frameon=False)
    return figure


def _part_of(joint: str) -> str:
    return joint.removeprefix("left-").removeprefix("right-")


def _start_at_zero(axes: Axes) -> None:
    """From zero to some way above the highest point."""
    values = np.concatenate([[0.0], *(np.asarray(line.get_ydata()) for line in axes.lines)])
    axes.set_ylim(0, 1.12 * float(values.max()) or 1)


def _set_log_scale(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _smooth(
    values: NDArray[np.float64], weights: Sequence[float] | None = None
) -> NDArray[np.float64]:
    """A running mean over a fortieth of the curve, over what there is of it near the ends.

    Args:
        values: the curve.
        weights: how much each value counts; by default all count alike.

    Returns:
        A curve of the same length.
    """
    width = len(values) // 40
    window = np.ones(2 * width + 1)
    if not width:
        return values
    counted = np.ones_like(values) if weights is None else np.asarray(weights, dtype=float)
    sums, counts = (np.convolve(each, window) for each in (values * counted, counted))
    return (sums / counts)[width : width + len(values)]
