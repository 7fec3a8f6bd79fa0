"""Sliders above a picture that follows them.

Only core widgets, in the interface that ipywidgets 7 (Colab) and 8 share. Where no widgets can be
shown, as in a saved notebook on GitHub, the picture of the sliders' first positions is shown.
"""

from __future__ import annotations

import base64
import html
import io
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import PIL.Image
from ipywidgets import HTML, FloatSlider, Image, Layout, VBox
from matplotlib.artist import Artist

from poselab.plots.figure import Picture

WIDE = {"width": "28em"}
"""The layout of every slider."""


class Drawn(Protocol):
    """What an explorer shows: a figure, or anything else that is one."""

    def png(self) -> bytes:
        """The bytes of a PNG file."""

    def alternative_text(self) -> str:
        """What it shows, in words."""


class MovingPicture:
    """A figure of which little changes: its axes are drawn once, and then only what moves.

    Laying out a figure and drawing its axes takes half a second of processor time, too long for a
    slider; an image and some lines take a few hundredths.

    Args:
        figure: with everything in it.
        moving: what may change, the topmost last. Change it with ``set_data`` and the like, then
            ask for the picture.
    """

    def __init__(self, figure: Picture, moving: Sequence[Artist]) -> None:
        self._figure = figure
        self._moving = moving
        self._still: Any = None
        for artist in moving:
            # Whatever is animated is left out when the figure as a whole is drawn.
            artist.set_animated(True)

    def forget_axes(self) -> None:
        """Draw everything anew next time, because limits of axes have changed."""
        self._still = None

    def alternative_text(self) -> str:
        """What the figure shows, in words."""
        return self._figure.alternative_text()

    def png(self) -> bytes:
        """The figure as it is now, as the bytes of a PNG file."""
        canvas: Any = self._figure.canvas
        if self._still is None:
            canvas.draw()
            # The layout stays, or the axes would move while a slider does.
            self._figure.set_layout_engine("none")
            self._still = canvas.copy_from_bbox(self._figure.bbox)
        else:
            canvas.restore_region(self._still)
        for artist in self._moving:
            self._figure.draw_artist(artist)
        stream = io.BytesIO()
        # Hardly compressed: it is sent once and not kept.
        pixels = PIL.Image.fromarray(np.asarray(canvas.buffer_rgba()))
        pixels.convert("RGB").save(stream, format="png", compress_level=1)
        return stream.getvalue()


class Explorer(VBox):  # type: ignore[misc]
    """Sliders above a picture that follows them.

    Args:
        sliders: argument name -> its slider.
        draw: called with the sliders' values by name; returns the picture, a figure or a
            :class:`MovingPicture` that it keeps.

    An error in ``draw`` is raised when the explorer is made. Later, when a slider moves, it is also
    shown in place of the picture: front-ends hide what a callback raises.
    """

    def __init__(self, sliders: Mapping[str, FloatSlider], draw: Callable[..., Drawn]) -> None:
        self.sliders = dict(sliders)
        self._draw = draw
        first = self._drawn()
        self.picture = Image(value=first.png(), format="png", layout=Layout(max_width="100%"))
        self.message = HTML(layout=Layout(display="none"))
        self._first_picture = self.picture.value
        self._first_words = first.alternative_text()
        for slider in self.sliders.values():
            slider.observe(self._redraw, names="value")
        super().__init__([*self.sliders.values(), self.message, self.picture])

    def _drawn(self) -> Drawn:
        return self._draw(**{name: slider.value for name, slider in self.sliders.items()})

    def _redraw(self, _change: Any) -> None:
        try:
            self.picture.value = self._drawn().png()
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
        display(bundle, raw=True, metadata={"image/png": {"alt": self._first_words}})


def slider(label: str, value: float, low: float, high: float) -> FloatSlider:
    """A slider from ``low`` to ``high`` in steps of 0.1."""
    return FloatSlider(
        value=value, min=low, max=high, step=0.1, description=label, readout_format=".1f",
        layout=WIDE,
    )  # fmt: skip
