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

from poselab.plots.figure import (
    BASELINE,
    INK,
    Picture,
    Styles,
    colour_of,
    in_notebook,
    label_axes,
    numbers,
    styles_of,
)
from poselab.skeletons import EGOCAP, UPPER_BODY, Skeleton
from poselab.training.history import History

_LIVE_SECONDS = 2.0
"""Drawing takes a few tenths of a second; no more often than this."""

_MOST_FOR_ALL_TICKS = 200.0
"""Up to this ratio, 2 and 5 have room on a logarithmic axis beside the powers of ten."""


def plot_histories(*histories: History, styles: Styles | None = None) -> Picture:
    """The losses and the errors of one training, or of several for comparison.

    Where the loss on the validation set was recorded, both losses are shown as they are. Otherwise
    methods may have losses in different units: of several trainings, each curve of losses is
    divided by its own first value, so that all begin at 1. The errors share their axes.

    Args:
        histories: one for each training.
        styles: a method's name -> how it looks in all figures; by default as they come.

    Returns:
        A figure with the losses on the left and the errors on the right, over the epochs.
    """
    figure = Picture(9.6, 3.3)
    left, right = figure.subplots(1, 2)
    has_validation = any(history.validation_losses for history in histories)
    is_relative = len(histories) > 1 and not has_validation
    # By their order and not by their names, which need not differ.
    fresh = styles_of(f"training {number}" for number in range(len(histories))).values()
    for history, other in zip(histories, fresh, strict=True):
        style = (styles or {}).get(history.name, other)
        colour = style.colour
        losses = np.asarray(history.losses)
        smooth = _smooth(losses, history.weights)
        smooth = smooth / smooth[0] if is_relative else smooth
        steps = np.arange(1, len(losses) + 1) * len(history.errors) / max(len(losses), 1)
        epochs = np.arange(1, len(history.errors) + 1)
        if len(histories) == 1:
            left.plot(steps, losses, color=colour, lw=0.7, alpha=0.3)
        # Curves of many steps have a marker now and then, so that colour is not all they have.
        spacing = max(len(steps) // 12, 1)
        few = len(steps) < 30 or len(histories) > 1
        marker = style.marker if few else None
        left.plot(steps, smooth, color=colour, lw=2, marker=marker, ms=4, markevery=spacing)
        if history.validation_losses:
            left.plot(epochs, history.validation_losses, "s--", color=colour, lw=1.5, ms=4)
        right.plot(
            epochs, history.errors, ls="-", marker=style.marker, color=colour, lw=2, ms=5,
            label=_result(history),
        )  # fmt: skip
    label_axes(left, "epoch", "relative to its start" if is_relative else "loss", "loss", "y")
    label_axes(right, "epoch", f"error ({histories[0].unit})", "error on the validation set", "y")
    n_epochs = max(max(len(history.errors), history.n_epochs, 1) for history in histories)
    for axes in (left, right):
        axes.set_xlim(0, 1.05 * n_epochs)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _start_at_zero(right)
    if has_validation:
        _start_at_zero(left)
        lines = {"training": "-", "validation": "--"}
        left.legend(
            [Line2D([], [], color=INK, ls=ls) for ls in lines.values()], lines, frameon=False
        )
    else:
        _set_log_scale(left)
    right.legend(frameon=False, loc="best")
    return figure


def _result(history: History) -> str:
    """A training's name with what it reached, and after how long: a short one says that it is."""
    if not history.errors:
        return history.name
    n_epochs = len(history.errors)
    epochs = "1 epoch" if n_epochs == 1 else f"{n_epochs} epochs"
    return f"{history.name}: {history.error:.2f} {history.unit} after {epochs}"


class LiveCurves:
    """Curves that are redrawn in place as a training goes on; in a notebook only.

    Pass a new one to each training: ``train(..., on_epoch=LiveCurves())``.

    Args:
        more: draw further pictures below the curves, such as a prediction.
        styles: a method's name -> how it looks in all figures.
    """

    def __init__(self, *more: Callable[[], Picture], styles: Styles | None = None) -> None:
        self._more = more
        self._styles = styles
        self._handles: list[Any] = []
        self._drawn_at = -_LIVE_SECONDS

    def __call__(self, history: History) -> None:
        """Draw anew, unless that was done a moment ago and more will come."""
        is_last = len(history.errors) >= history.n_epochs
        is_early = time.monotonic() - self._drawn_at < _LIVE_SECONDS
        if not in_notebook() or (is_early and not is_last):
            return
        from IPython.display import display

        pictures = [plot_histories(history, styles=self._styles), *(draw() for draw in self._more)]
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
    errors_px: Mapping[str, Float[Tensor, " joint"]],
    skeleton: Skeleton = EGOCAP,
    *,
    styles: Styles | None = None,
) -> Picture:
    """Each joint's mean error, one colour and marker for each method.

    The mean pose does not stretch the axis: where its error is beyond the right edge, an arrow
    points there and says how large it is.

    Args:
        errors_px: method's name -> mean error of every joint, in pixels.
        skeleton: names the joints.
        styles: a method's name -> how it looks in all figures; by default as they come.

    Returns:
        A figure with a row for each joint, and the errors in pixels on the horizontal axis.
    """
    figure = Picture(7.6, 0.27 * len(skeleton) + 1.1)
    axes = figure.subplots()
    rows = np.arange(len(skeleton))
    looks = styles_of(errors_px, styles)
    edge = _edge({name: numbers(values) for name, values in errors_px.items()})
    for name, values in errors_px.items():
        colour, marker, _ = looks[name]
        shown = numbers(values)
        far = shown > edge
        shown[far] = np.nan
        axes.plot(shown, rows, ls="", marker=marker, color=colour, ms=7, alpha=0.85, label=name)
        for row, error in zip(rows[far], numbers(values)[far], strict=True):
            axes.text(
                edge, row, f"{error:.0f} →", color=colour, fontsize=9, ha="right", va="center"
            )
    axes.set_yticks(rows, [joint.replace("-", " ") for joint in skeleton.joints])
    axes.set_ylim(len(skeleton) - 0.5, -0.5)
    axes.set_xlim(0, edge)
    label_axes(axes, "mean error on the validation set (pixels)")
    figure.legend(loc="outside upper center", ncols=len(errors_px), frameon=False)
    return figure


def plot_error_fractions(
    errors_px: Mapping[str, Float[Tensor, " image"]], *, styles: Styles | None = None
) -> Picture:
    """Which fraction of the images stays within an error: the higher a curve, the better.

    Args:
        errors_px: method's name -> error of every image, in pixels.
        styles: a method's name -> how it looks in all figures; by default as they come.

    Returns:
        A figure with the errors in pixels on the horizontal axis. It ends with the methods' largest
        error, wherever the mean pose may end.
    """
    figure = Picture(6.4, 3.8)
    axes = figure.subplots()
    looks = styles_of(errors_px, styles)
    values = {name: np.sort(numbers(errors)) for name, errors in errors_px.items()}
    edge = _edge(values)
    for name, errors in values.items():
        colour, marker, _ = looks[name]
        label = name if errors[0] < edge else f"{name} (beyond the right edge)"
        fractions = np.arange(1, len(errors) + 1) / len(errors)
        axes.plot(
            errors, fractions, color=colour, lw=1.8, label=label, marker=marker, ms=5,
            markevery=max(len(errors) // 8, 1),
        )  # fmt: skip
    axes.set_xlim(0, edge)
    axes.set_ylim(0, 1.02)
    label_axes(axes, "error of an image (pixels)", "fraction of images")
    axes.legend(frameon=False, loc="lower right")
    return figure


def _edge(errors: Mapping[str, NDArray[np.float64]]) -> float:
    """Where an axis of errors ends: beyond all methods, with no regard to the mean pose."""
    methods = {name: values for name, values in errors.items() if name != BASELINE}
    return 1.12 * max(float(values.max()) for values in (methods or errors).values()) or 1.0


def _part_of(joint: str) -> str:
    return joint.removeprefix("left-").removeprefix("right-")


def _start_at_zero(axes: Axes) -> None:
    """From zero to some way above the highest point."""
    values = np.concatenate([[0.0], *(np.asarray(line.get_ydata()) for line in axes.lines)])
    axes.set_ylim(0, 1.12 * float(values.max()) or 1)


def _set_log_scale(axes: Axes) -> None:
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    is_narrow = high < _MOST_FOR_ALL_TICKS * low
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if is_narrow else (1,)))
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
