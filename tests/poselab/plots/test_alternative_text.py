"""What a figure says to readers who do not see it."""

from __future__ import annotations

import base64

from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure

from poselab.plots.alternative_text import MOST_PANELS, alternative_text
from poselab.plots.figure import Picture, label_axes


def test_titles_axes_and_legends_are_said() -> None:
    figure = Picture(4, 3)
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], label="soft-argmax")
    left.legend()
    label_axes(left, "epoch", "error (pixels)", "it falls")
    figure.colorbar(right.imshow([[0, 1]]), ax=right)
    assert figure.alternative_text() == (
        "Figure with 2 panels. it falls: error (pixels) over epoch (soft-argmax)."
    )


def test_what_a_person_says_comes_first() -> None:
    figure = Picture(4, 3)
    figure.description = "A pose\n on a picture."
    figure.subplots().set_xlabel("x (pixels)")
    assert figure.alternative_text() == "A pose on a picture. Figure with 1 panel. x (pixels)."


def test_a_grid_of_panels_is_not_read_out() -> None:
    figure = Figure()
    for number, axes in enumerate(figure.subplots(3, 4).ravel()):
        axes.set_title(f"sample {number}")
    words = alternative_text(figure)
    assert f"sample {MOST_PANELS - 1}" in words and f"sample {MOST_PANELS}" not in words
    assert f"And {12 - MOST_PANELS} more panels of the kind." in words


def test_a_notebook_gets_the_picture_and_its_words() -> None:
    figure = Picture(4, 3)
    figure.subplots().set_title("one")
    data, metadata = DisplayFormatter().format(figure)
    assert base64.b64decode(data["image/png"]) == figure.png()
    assert metadata["image/png"] == {"alt": "Figure with 1 panel. one."}
    assert "text/plain" in data
