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
from matplotlib.image import AxesImage
from numpy.typing import NDArray
from torch import Tensor

from poselab.plots.figure import METHOD_COLOURS, SIDE_COLOURS, Picture, label_axes, set_title
from poselab.widgets.explorer import WIDE, Explorer, MovingPicture, slider

_BETAS = tuple(float(beta) for beta in np.logspace(-2, 2, 33))
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
    shown = _HeatmapPicture(size)

    def draw(x: float, y: float, sigma: float) -> MovingPicture:
        heatmap = _values(render(torch.tensor([x, y]), size, sigma), size, name)
        return shown.show(heatmap, x, y, sigma)

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

    shown = _SoftArgmaxPicture(size, first)
    paths: dict[float, NDArray[np.float64]] = {}

    def draw(beta: float, second_peak: float) -> MovingPicture:
        logits = np.maximum(_hill(size, first, 0.0), _hill(size, second, second_peak))
        # The path does not change while beta moves.
        if second_peak not in paths:
            paths.clear()
            paths[second_peak] = np.array([position(logits, each) for each in _BETAS])
        return shown.show(logits, position(logits, beta), beta, paths[second_peak])

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
    axes: Axes, size: tuple[int, int], title: str, scale: Normalize, bar: str
) -> AxesImage:
    """An empty map with its colour bar."""
    image = axes.imshow(np.zeros(size), cmap="magma", norm=scale)
    set_title(axes, title)
    axes.set_xlabel("x (pixels)")
    axes.set_ylabel("y (pixels)")
    colours = axes.figure.colorbar(image, ax=axes, shrink=0.8, aspect=18, pad=0.02, label=bar)
    colours.ax.tick_params(labelsize=8)
    return image


class _HeatmapPicture:
    """A heat map with its joint, and the row of pixels through it."""

    def __init__(self, size: tuple[int, int]) -> None:
        figure = Picture(8.6, 3.3)
        left, self._right = figure.subplots(1, 2)
        self._image = _show_map(left, size, " ", Normalize(0, 1), "value")
        self._title = left.title
        self._row_line = left.axhline(0, color="white", lw=0.8, ls=":")
        (self._joint,) = left.plot(0, 0, "+", color=_JOINT_COLOUR, ms=13, mew=1.6)
        right = self._right
        self._band = right.axvspan(0, 1, color=_JOINT_COLOUR, alpha=0.15, lw=0)
        self._centre = right.axvline(0, color=_JOINT_COLOUR, lw=1)
        columns = np.arange(size[1])
        (self._profile,) = right.plot(columns, 0 * columns, "o-", color="#b5367a", ms=3.5, lw=1.2)
        self._label = right.text(
            0, 1.06, "x ± sigma", ha="center", va="bottom", fontsize=8.5, color="#1f7fc4",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5}, clip_on=True,
        )  # fmt: skip
        right.set_xlim(-0.5, size[1] - 0.5)
        right.set_ylim(0.0, 1.2)
        label_axes(right, "x (pixels)", "value", " ")
        moving = (
            self._image, self._row_line, self._joint, self._title,
            self._band, self._centre, self._profile, self._label, right.title,
        )  # fmt: skip
        self._picture = MovingPicture(figure, moving)

    def show(self, heatmap: NDArray[np.float64], x: float, y: float, sigma: float) -> MovingPicture:
        row = heatmap[round(y)]
        self._image.set_data(heatmap)
        self._title.set_text(f"joint at ({x:.1f}, {y:.1f}), sigma {sigma:.1f}")
        self._row_line.set_ydata([round(y)] * 2)
        self._joint.set_data([x], [y])
        self._band.set_bounds(x - sigma, 0, 2 * sigma, 1)
        self._centre.set_xdata([x, x])
        self._profile.set_ydata(row)
        self._label.set_x(x)
        self._right.title.set_text(f"the map's row {round(y)} (dotted line)")
        limits = min(0.0, float(row.min())), max(1.2, 1.05 * float(row.max()))
        if limits != self._right.get_ylim():
            self._right.set_ylim(limits)
            self._picture.forget_axes()
        return self._picture


class _SoftArgmaxPicture:
    """A map of logits with both maxima, and how far they are apart for each beta."""

    def __init__(self, size: tuple[int, int], hard: tuple[int, int]) -> None:
        self._hard = hard
        figure = Picture(8.6, 3.5)
        left, self._right = figure.subplots(1, 2)
        self._image = _show_map(left, size, " ", Normalize(_BACKGROUND, 0.0), "logit")
        self._title = left.title
        (self._path,) = left.plot([], [], color="white", lw=1, alpha=0.7)
        (peak,) = left.plot(
            *hard, "s", ms=11, mfc="none", mec=_HARD_COLOUR, mew=2, label="hard argmax"
        )
        (self._soft,) = left.plot(
            [], [], "X", ms=10, mfc=_SOFT_COLOUR, mec="black", mew=0.8, label="soft-argmax"
        )
        left.set_xlim(-0.5, size[1] - 0.5)
        left.set_ylim(size[0] - 0.5, -0.5)
        legend = left.legend(fontsize=8.5, loc="lower left", framealpha=0.85)

        right = self._right
        (self._curve,) = right.plot(_BETAS, [0.0] * len(_BETAS), color="#8a9099", lw=1.6)
        (self._here,) = right.plot([1], [0], "X", ms=10, mfc=_SOFT_COLOUR, mec="black", mew=0.8)
        right.axhline(0, color=_HARD_COLOUR, lw=2)
        right.set_xscale("log")
        right.set_ylim(-0.3, 0.4 * max(size))
        label_axes(right, "beta", "distance (pixels)", "from the soft-argmax to the hard one")
        moving = (
            self._image, self._path, peak, self._soft, legend, self._title, self._curve, self._here
        )  # fmt: skip
        self._picture = MovingPicture(figure, moving)

    def show(
        self,
        logits: NDArray[np.float64],
        soft: tuple[float, float],
        beta: float,
        path: NDArray[np.float64],
    ) -> MovingPicture:
        self._image.set_data(logits)
        self._title.set_text(f"logits; soft-argmax at beta {beta:.2f}")
        self._path.set_data(*path.T)
        self._soft.set_data([soft[0]], [soft[1]])
        distances = [math.dist(point, self._hard) for point in path]
        self._curve.set_ydata(distances)
        self._here.set_data([beta], [math.dist(soft, self._hard)])
        top = max(
            0.4 * max(logits.shape), 1.05 * max(d for d in [*distances, 0.0] if math.isfinite(d))
        )
        if top != self._right.get_ylim()[1]:
            self._right.set_ylim(-0.3, top)
            self._picture.forget_axes()
        return self._picture
