"""The colours of each palette stay apart for people with every kind of colour vision."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from poselab.plots.figure import BASELINE_STYLE, METHOD_COLOURS, METHOD_STYLES, SIDE_COLOURS
from poselab.plots.poses_3d import SIDES_ON_WHITE
from tests.poselab.plots.colour_vision import SIMULATED, distance, simulate

APART = 15
"""Lines and markers of this distance are told apart at a glance: six times what is just visible."""

PALETTES = {
    "methods": METHOD_COLOURS,
    "methods in all figures": (*(style.colour for style in METHOD_STYLES), BASELINE_STYLE.colour),
    "sides": tuple(SIDE_COLOURS.values()),
    "sides on white": tuple(SIDES_ON_WHITE.values()),
}


def nearest(palette: tuple[str, ...], vision: str) -> tuple[float, str, str]:
    return min((distance(a, b, vision), a, b) for a, b in combinations(palette, 2))


@pytest.mark.parametrize("vision", SIMULATED)
@pytest.mark.parametrize("palette", PALETTES)
def test_colours_stay_apart(palette: str, vision: str) -> None:
    assert nearest(PALETTES[palette], vision)[0] > APART, nearest(PALETTES[palette], vision)


@pytest.mark.parametrize(
    ("pair", "vision"),
    [
        (("#ff0000", "#008000"), "protanopia"),
        (("#d62728", "#2ca02c"), "deuteranopia"),
        (("#1f77b4", "#9467bd"), "protanopia"),
    ],
)
def test_a_pair_that_some_cannot_tell_apart_is_found(pair: tuple[str, str], vision: str) -> None:
    assert nearest(pair, "normal")[0] > APART > nearest(pair, vision)[0]


def test_the_simulation() -> None:
    grey = np.full((4, 3), 0.5)
    for vision in SIMULATED:
        assert np.allclose(simulate(grey, vision), grey, atol=1e-3)  # greys stay as they are
    assert distance("#ffffff", "#000000") == pytest.approx(100, abs=0.1)
    assert distance("#ff0000", "#00ff00") == pytest.approx(170.6, abs=0.5)
