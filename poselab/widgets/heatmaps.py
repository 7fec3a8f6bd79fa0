"""Sliders for one heat map and for the soft-argmax, drawn with a student's function."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from ipywidgets import FloatLogSlider
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from numpy.typing import NDArray
from torch import Tensor

from poselab.plots.figure import METHOD_COLOURS, SIDE_COLOURS, Picture, label_axes, set_title
from poselab.widgets.explorer import WIDE, Explorer, slider

_BETAS = tuple(float(beta) for beta in np.logspace(-2, 2, 41))
_BACKGROUND = -6.0
"""The logit far from both peaks: low, yet there are a thousand such pixels."""
_PEAK_WIDTH = 2.0
_JOINT_COLOUR = SIDE_COLOURS["left"]
_SOFT_COLOUR, _HARD_COLOUR = METHOD_COLOURS[4:6]


def explore_heatmap(
    render: Callable[[Tensor, tuple[int, int], float], Tensor], size: tuple[int, int] = (32, 40)
) -> Explorer:
    """Sliders for the position and the sigma of one heat map.

    Args:
        render: ``render(joint, size, sigma)``, the joint's (x, y) in pixels as a tensor (2,);
            returns the map (height, width). ``gaussian_heatmap`` is meant.
        size: the map's (height, width) in pixels.

    Returns:
        The widget; ``sliders["x"]``, ``["y"]`` and ``["sigma"]`` can be set, and
        ``picture.value`` is the PNG.
    """
    height, width = size
    name = _name_of(render)

    def draw(x: float, y: float, sigma: float) -> Picture:
        heatmap = _values(render(torch.tensor([x, y]), size, sigma), size, name)
        return _draw_heatmap(heatmap, x, y, sigma)

    return Explorer(
        {
            "x": slider("x", round(0.3 * width, 1), 0, width - 1),
            "y": slider("y", round(0.6 * height, 1), 0, height - 1),
            "sigma": slider("sigma", 3.0, 0.5, 8.0),
        },
        draw,
    )


def explore_soft_argmax(
    soft_argmax: Callable[..., Tensor], size: tuple[int, int] = (32, 40)
) -> Explorer:
    """Sliders for beta, on a map with two peaks: where is the soft-argmax, where the hard one?

    Args:
        soft_argmax: ``soft_argmax(logits, beta=...)``, logits (1, 1, height, width); returns the
            position (1, 1, 2) in pixels of the map. ``soft_argmax_2d`` is meant.
        size: the map's (height, width) in pixels, 12 at least.

    Returns:
        The widget; ``sliders["beta"]`` and ``["second_peak"]``, the second peak's logit where the
        first one's is 0, can be set; ``picture.value`` is the PNG.
    """
    height, width = size
    # Not on one line with the centre, so that the way from there to the peak is bent.
    first = (round(0.25 * width), round(0.25 * height))
    second = (round(0.8 * width), round(0.3 * height))
    name = _name_of(soft_argmax)

    def position(logits: NDArray[np.float64], beta: float) -> tuple[float, float]:
        pose = soft_argmax(torch.from_numpy(logits).float()[None, None], beta=beta)
        x, y = _values(pose, (1, 1, 2), name).ravel()
        return float(x), float(y)

    def draw(beta: float, second_peak: float) -> Picture:
        logits = np.maximum(_hill(size, first, 0.0), _hill(size, second, second_peak))
        path = np.array([position(logits, each) for each in _BETAS])
        return _draw_soft_argmax(logits, first, position(logits, beta), beta, path)

    return Explorer(
        {
            "beta": FloatLogSlider(
                value=1.0, base=10, min=-2, max=2, step=0.02, description="beta",
                readout_format=".2f", layout=WIDE,
            ),
            "second_peak": slider("2nd peak", -0.5, -4.0, -0.1),
        },
        draw,
    )  # fmt: skip


def _name_of(function: Callable[..., Any]) -> str:
    return str(getattr(inspect.unwrap(function), "__name__", type(function).__name__))


def _values(result: object, shape: tuple[int, ...], name: str) -> NDArray[np.float64]:
    if not isinstance(result, Tensor):
        raise TypeError(f"{name} must return a tensor, but it returned a {type(result).__name__}.")
    if tuple(result.shape) != shape:
        raise TypeError(
            f"{name} must return a tensor of shape {shape}, but its shape is {tuple(result.shape)}."
        )
    return result.detach().cpu().double().numpy()


def _hill(size: tuple[int, int], top: tuple[int, int], height: float) -> NDArray[np.float64]:
    """A paraboloid of logits on a flat ground."""
    rows, columns = np.indices(size)
    squared = (columns - top[0]) ** 2 + (rows - top[1]) ** 2
    return np.maximum(height - squared / (2 * _PEAK_WIDTH**2), _BACKGROUND)


def _show_map(
    axes: Axes, values: NDArray[np.float64], title: str, scale: Normalize | None = None
) -> None:
    shown = axes.imshow(values, cmap="magma", norm=scale)
    set_title(axes, title)
    axes.set_xlabel("x (pixels)")
    axes.set_ylabel("y (pixels)")
    bar = axes.figure.colorbar(shown, ax=axes, shrink=0.8, aspect=18, pad=0.02)
    bar.ax.tick_params(labelsize=8)


def _draw_heatmap(heatmap: NDArray[np.float64], x: float, y: float, sigma: float) -> Picture:
    figure = Picture(8.6, 3.3)
    left, right = figure.subplots(1, 2)
    _show_map(left, heatmap, f"joint at ({x:.1f}, {y:.1f}), sigma {sigma:.1f}", Normalize(0, 1))
    left.axhline(round(y), color="white", lw=0.8, ls=":")
    left.plot(x, y, "+", color=_JOINT_COLOUR, ms=13, mew=1.6)
    row = heatmap[round(y)]
    right.axvspan(x - sigma, x + sigma, color=_JOINT_COLOUR, alpha=0.15, lw=0)
    right.axvline(x, color=_JOINT_COLOUR, lw=1)
    right.plot(np.arange(len(row)), row, "o-", color="#b5367a", ms=3.5, lw=1.2)
    right.text(
        x, 1.06, "x ± sigma", ha="center", va="bottom", fontsize=8.5, color="#1f7fc4",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip
    right.set_xlim(-0.5, len(row) - 0.5)
    right.set_ylim(min(0.0, float(row.min())), max(1.2, 1.05 * float(row.max())))
    label_axes(right, "x (pixels)", "value", f"the map's row {round(y)} (dotted line)")
    return figure


def _draw_soft_argmax(
    logits: NDArray[np.float64],
    hard: tuple[int, int],
    soft: tuple[float, float],
    beta: float,
    path: NDArray[np.float64],
) -> Picture:
    figure = Picture(8.6, 3.5)
    left, right = figure.subplots(1, 2)
    _show_map(left, logits, f"logits; soft-argmax at beta {beta:.2f}")
    left.plot(*path.T, color="white", lw=1, alpha=0.7)
    left.plot(*hard, "s", ms=11, mfc="none", mec=_HARD_COLOUR, mew=2, label="hard argmax")
    left.plot(*soft, "X", ms=10, mfc=_SOFT_COLOUR, mec="black", mew=0.8, label="soft-argmax")
    left.set_xlim(-0.5, logits.shape[1] - 0.5)
    left.set_ylim(logits.shape[0] - 0.5, -0.5)
    left.legend(fontsize=8.5, loc="lower left", framealpha=0.85)

    distances = [math.dist(point, hard) for point in path]
    right.plot(_BETAS, distances, color="#8a9099", lw=1.6)
    right.plot(beta, math.dist(soft, hard), "X", ms=10, mfc=_SOFT_COLOUR, mec="black", mew=0.8)
    right.axhline(0, color=_HARD_COLOUR, lw=2)
    right.set_xscale("log")
    right.set_ylim(bottom=-0.3)
    label_axes(right, "beta", "distance (pixels)", "from the soft-argmax to the hard one")
    return figure
