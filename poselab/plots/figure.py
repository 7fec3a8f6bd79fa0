"""What all figures share: their class, their colours, how axes look.

A figure is not registered with pyplot, so that none is shown twice and none is left open. As a
cell's last line it is shown, elsewhere ``display(figure)`` shows it and ``figure.savefig(path)``
saves it.
"""

from __future__ import annotations

import base64
import io
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from poselab.plots.alternative_text import alternative_text
from poselab.profiles import VARIABLE

METHOD_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#33373d")
"""Told apart by people with every kind of colour vision (Okabe and Ito), and nearly black."""

SIDE_COLOURS = {"left": "#4cb3ff", "right": "#ff9d3c", "middle": "#ffffff"}
"""Joints on the body's left are blue, those on its right are orange, head and neck are white."""

INK = METHOD_COLOURS[-1]
GREY = "#6a7078"


class Style(NamedTuple):
    """How a method looks in every figure: colour and marker, so that neither has to suffice.

    Args:
        colour: of its lines, its markers and its name.
        marker: one of matplotlib's.
        symbol: the character that looks like the marker, for titles.
    """

    colour: str
    marker: str
    symbol: str


METHOD_STYLES = (
    Style("#0072b2", "o", "●"),
    Style("#d55e00", "s", "■"),
    Style("#8020d0", "^", "▲"),
    Style("#e69f00", "D", "◆"),
    Style("#56b4e9", "v", "▼"),
    Style("#33373d", "P", "+"),
)
"""No two of them are a red and a green, and each is as dark as text may be pale."""

BASELINE = "mean pose"
"""What looks at no image: always grey, whatever it is compared with."""

BASELINE_STYLE = Style("#6a7078", "x", "\N{MULTIPLICATION SIGN}")

Styles = Mapping[str, Style]
"""A method's name -> how it looks."""


def styles_of(names: Iterable[str], known: Styles | None = None) -> dict[str, Style]:
    """A style for each method.

    Args:
        names: the methods' names; they get styles in this order, and the mean pose its own.
        known: styles that stay as they are.

    Returns:
        The known styles and those of the other names, which differ as long as there are any left.
    """
    styles = dict(known or {})
    for name in dict.fromkeys(names):
        if name not in styles:
            taken = set(styles.values())
            free = [style for style in METHOD_STYLES if style not in taken] or METHOD_STYLES
            styles[name] = BASELINE_STYLE if name == BASELINE else free[0]
    return styles


class Picture(Figure):
    """A figure that a notebook shows, whether or not pyplot has been set up."""

    description = ""
    """What a person would say of it, before what its titles and labels say; for screen readers."""

    def __init__(self, width: float, height: float) -> None:
        # In smoke tests nobody looks closely: half the size, and no search for the best layout.
        smoke = os.environ.get(VARIABLE) == "smoke"
        super().__init__(figsize=(width, height), dpi=50 if smoke else 100, facecolor="white")
        if not smoke:
            self.set_layout_engine("constrained", w_pad=0.06, h_pad=0.08)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        return self.png()

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """The picture with its alternative text, where nbconvert looks for one."""
        picture = base64.b64encode(self.png()).decode("ascii")
        return {"image/png": picture}, {"image/png": {"alt": self.alternative_text()}}

    def alternative_text(self) -> str:
        """What the figure shows, in words, for readers who do not see it."""
        return alternative_text(self, self.description)

    def png(self) -> bytes:
        """The figure as the bytes of a PNG file."""
        stream = io.BytesIO()
        # Without the version of matplotlib, which would change the file though not the picture.
        self.savefig(stream, format="png", metadata={"Software": None})
        return stream.getvalue()


def colour_of(number: int) -> str:
    """The colour of the method with this number."""
    return METHOD_COLOURS[number % len(METHOD_COLOURS)]


def numbers(tensor: Tensor) -> NDArray[np.float64]:
    """The values as an array in the CPU's memory."""
    return tensor.detach().cpu().double().numpy()


def set_title(axes: Axes, text: str, style: Style | None = None) -> None:
    """A title at a fixed height: looking for room above labels takes longer than drawing.

    Args:
        axes: what it is the title of.
        text: the title; of a method if ``style`` is given, whose symbol and colour it then has.
        style: how that method looks in all figures.
    """
    text = f"{style.symbol} {text}" if style is not None and text else text
    colour = INK if style is None else style.colour
    axes.set_title(text, fontsize=11, color=colour, pad=5, y=1)


def label_axes(
    axes: Axes, x: str, y: str = "", title: str = "", grid: Literal["x", "y", "both"] = "both"
) -> None:
    """Name both axes with their units; no frame above and on the right, and a faint grid.

    Args:
        axes: the axes of a diagram.
        x: what is along the width, with its unit.
        y: what is along the height.
        title: above the diagram.
        grid: across which axes to draw it.
    """
    set_title(axes, title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#b6bbc2")
    axes.tick_params(colors=INK, labelsize=9)
    axes.set_axisbelow(True)
    axes.grid(axis=grid, color="#e6e8eb", lw=0.8)


def in_notebook() -> bool:
    """Whether this is a notebook's kernel, which can show a figure and exchange it later."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
