"""Sliders that call a student's function and draw what comes back.

Only core widgets, in the interface that ipywidgets 7 (Colab) and 8 share. Where no widgets can be
shown, as in a saved notebook on GitHub, the picture of the sliders' first positions is shown.
"""

from __future__ import annotations

import base64
import html
import inspect
import math
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from ipywidgets import HTML, FloatLogSlider, FloatSlider, Image, Layout, VBox
from numpy.typing import NDArray
from torch import Tensor

from poselab.plots.poses import Picture

_BETAS = tuple(float(beta) for beta in np.logspace(-2, 2, 41))
_BACKGROUND = -6.0
"""The logit far from both peaks: low, yet there are a thousand such pixels."""
_PEAK_WIDTH = 2.0
_HARD_COLOUR = "#56b4e9"
_SOFT_COLOUR = "#e69f00"


class Explorer(VBox):  # type: ignore[misc]
    """Sliders above a picture that follows them.

    Args:
        sliders: argument name -> its slider.
        draw: called with the sliders' values by name; returns the picture.

    An error in ``draw`` is raised when the explorer is made. Later, when a slider moves, it is also
    shown in place of the picture: front-ends hide what a callback raises.
    """

    def __init__(self, sliders: Mapping[str, FloatSlider], draw: Callable[..., Picture]) -> None:
        self.sliders = dict(sliders)
        self._draw = draw
        self.picture = Image(value=self._drawn(), format="png", layout=Layout(max_width="100%"))
        self.message = HTML(layout=Layout(display="none"))
        self._first_picture = self.picture.value
        for slider in self.sliders.values():
            slider.observe(self._redraw, names="value")
        super().__init__([*self.sliders.values(), self.message, self.picture])

    def _drawn(self) -> bytes:
        return self._draw(**{name: slider.value for name, slider in self.sliders.items()}).png()

    def _redraw(self, _change: Any) -> None:
        try:
            self.picture.value = self._drawn()
        except Exception as error:
            trace = "".join(traceback.format_exception(error))
            self.message.value = (
                f'<b style="color: #b00020">{html.escape(f"{type(error).__name__}: {error}")}</b>'
                f"<pre>{html.escape(trace)}</pre>"
            )
            self.message.layout.display = ""
            self.picture.layout.display = "none"
            raise
        self.message.value = ""
        self.message.layout.display = "none"
        self.picture.layout.display = ""

    def _ipython_display_(self, **_options: Any) -> None:
        """Show the widget, and beside it the still picture for readers that know no widgets.

        Of the forms in one output a front-end shows the richest it knows; ipympl does the same.
        """
        from IPython.display import display

        bundle = {
            "text/plain": f"A picture with sliders for {', '.join(self.sliders)}",
            "image/png": base64.b64encode(self._first_picture).decode("ascii"),
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.model_id,
            },
        }
        display(bundle, raw=True)


def explore_heatmap(
    render: Callable[[Tensor, tuple[int, int], float], Tensor], size: tuple[int, int] = (32, 40)
) -> Explorer:
    """Sliders for the place and the sigma of one heat map.

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
            "x": _slider("x", round(0.3 * width, 1), 0, width - 1),
            "y": _slider("y", round(0.6 * height, 1), 0, height - 1),
            "sigma": _slider("sigma", 3.0, 0.5, 8.0),
        },
        draw,
    )


def explore_soft_argmax(
    soft_argmax: Callable[..., Tensor], size: tuple[int, int] = (32, 40)
) -> Explorer:
    """Sliders for beta, on a map with two peaks: where is the soft-argmax, where the hard one?

    Args:
        soft_argmax: ``soft_argmax(logits, beta=...)``, logits (1, 1, height, width); returns the
            place (1, 1, 2) in pixels of the map. ``soft_argmax_2d`` is meant.
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

    def place(logits: NDArray[np.float64], beta: float) -> tuple[float, float]:
        pose = soft_argmax(torch.from_numpy(logits).float()[None, None], beta=beta)
        x, y = _values(pose, (1, 1, 2), name).ravel()
        return float(x), float(y)

    def draw(beta: float, second_peak: float) -> Picture:
        logits = np.maximum(_hill(size, first, 0.0), _hill(size, second, second_peak))
        path = np.array([place(logits, each) for each in _BETAS])
        return _draw_soft_argmax(logits, first, place(logits, beta), beta, path)

    return Explorer(
        {
            "beta": FloatLogSlider(
                value=1.0, base=10, min=-2, max=2, step=0.02, description="beta",
                readout_format=".2f", layout=Layout(width="28em"),
            ),
            "second_peak": _slider("2nd peak", -0.5, -4.0, -0.1),
        },
        draw,
    )  # fmt: skip


def _slider(label: str, value: float, low: float, high: float) -> FloatSlider:
    return FloatSlider(
        value=value, min=low, max=high, step=0.1, description=label, readout_format=".1f",
        layout=Layout(width="28em"),
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


def _draw_heatmap(heatmap: NDArray[np.float64], x: float, y: float, sigma: float) -> Picture:
    figure = Picture(8.6, 3.3)
    left, right = figure.subplots(1, 2)
    shown = left.imshow(heatmap, cmap="magma", vmin=0, vmax=1)
    left.axhline(round(y), color="white", lw=0.8, ls=":")
    left.plot(x, y, "+", color="#4cb3ff", ms=13, mew=1.6)
    left.set_title(f"joint at ({x:.1f}, {y:.1f}), sigma {sigma:.1f}", fontsize=11)
    left.set_xlabel("x (pixels)")
    left.set_ylabel("y (pixels)")
    figure.colorbar(shown, ax=left, shrink=0.8, aspect=18, pad=0.02).ax.tick_params(labelsize=8)

    row = heatmap[round(y)]
    right.axvspan(x - sigma, x + sigma, color="#4cb3ff", alpha=0.15, lw=0)
    right.axvline(x, color="#4cb3ff", lw=1)
    right.plot(np.arange(len(row)), row, "o-", color="#b5367a", ms=3.5, lw=1.2)
    right.text(
        x, 1.06, "x ± sigma", ha="center", va="bottom", fontsize=8.5, color="#1f7fc4",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip
    right.set_xlim(-0.5, len(row) - 0.5)
    right.set_ylim(min(0.0, float(row.min())), max(1.2, 1.05 * float(row.max())))
    right.set_title(f"the map's row {round(y)} (dotted line)", fontsize=11)
    right.set_xlabel("x (pixels)")
    right.spines[["top", "right"]].set_visible(False)
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
    shown = left.imshow(logits, cmap="magma")
    left.plot(*path.T, color="white", lw=1, alpha=0.7)
    left.plot(*hard, "s", ms=11, mfc="none", mec=_HARD_COLOUR, mew=2, label="hard argmax")
    left.plot(*soft, "X", ms=10, mfc=_SOFT_COLOUR, mec="black", mew=0.8, label="soft-argmax")
    left.set_xlim(-0.5, logits.shape[1] - 0.5)
    left.set_ylim(logits.shape[0] - 0.5, -0.5)
    left.set_title(f"logits; soft-argmax at beta {beta:.2f}", fontsize=11)
    left.set_xlabel("x (pixels)")
    left.set_ylabel("y (pixels)")
    left.legend(fontsize=8.5, loc="lower left", framealpha=0.85)
    figure.colorbar(shown, ax=left, shrink=0.8, aspect=18, pad=0.02).ax.tick_params(labelsize=8)

    distances = [math.dist(point, hard) for point in path]
    right.plot(_BETAS, distances, color="#8a9099", lw=1.6)
    right.plot(beta, math.dist(soft, hard), "X", ms=10, mfc=_SOFT_COLOUR, mec="black", mew=0.8)
    right.axhline(0, color=_HARD_COLOUR, lw=2)
    right.set_xscale("log")
    right.set_ylim(bottom=-0.3)
    right.set_title("from the soft-argmax to the hard one", fontsize=11)
    right.set_xlabel("beta")
    right.set_ylabel("pixels")
    right.spines[["top", "right"]].set_visible(False)
    return figure
