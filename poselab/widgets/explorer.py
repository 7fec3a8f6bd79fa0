"""Sliders above a picture that follows them.

Only core widgets, in the interface that ipywidgets 7 (Colab) and 8 share. Where no widgets can be
shown, as in a saved notebook on GitHub, the picture of the sliders' first positions is shown.
"""

from __future__ import annotations

import base64
import html
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets import HTML, FloatSlider, Image, Layout, VBox

from poselab.plots.figure import Picture

WIDE = {"width": "28em"}
"""The layout of every slider."""


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
        self._first_words = self._words
        for slider in self.sliders.values():
            slider.observe(self._redraw, names="value")
        super().__init__([*self.sliders.values(), self.message, self.picture])

    def _drawn(self) -> bytes:
        picture = self._draw(**{name: slider.value for name, slider in self.sliders.items()})
        self._words = picture.alternative_text()
        return picture.png()

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
        display(bundle, raw=True, metadata={"image/png": {"alt": self._first_words}})


def slider(label: str, value: float, low: float, high: float) -> FloatSlider:
    """A slider from ``low`` to ``high`` in steps of 0.1."""
    return FloatSlider(
        value=value, min=low, max=high, step=0.1, description=label, readout_format=".1f",
        layout=WIDE,
    )  # fmt: skip
