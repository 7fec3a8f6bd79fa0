from __future__ import annotations

import numpy as np
import pytest
import torch

from poselab.plots.overlays import overlay_heatmaps


def maps(row: int, column: int) -> torch.Tensor:
    made = torch.zeros(2, 5, 6)
    made[0, row, column] = made[1, 0, 0] = 255.0
    return made


@pytest.mark.parametrize(
    ("red_and_green", "truth", "prediction", "both"),
    [
        (True, (0, 1, 0), (1, 0, 0), (1, 1, 0)),
        (False, (0, 0.45, 1), (1, 0.55, 0), (1, 1, 1)),
    ],
)
def test_what_agrees_has_the_colour_of_both(
    red_and_green: bool, truth: object, prediction: object, both: object
) -> None:
    figure = overlay_heatmaps(maps(1, 2), 2 * maps(3, 4) - 5, red_and_green=red_and_green)
    *panels, bar = figure.axes
    assert bar.get_ylabel() == "fraction of the peak"
    true, found, overlay = (axes.images[0].get_array() for axes in panels)
    assert true[1, 2] == 1 and true[3, 4] == 0
    assert found[3, 4] == 1 and found.min() == 0
    np.testing.assert_allclose(overlay[1, 2], truth)
    np.testing.assert_allclose(overlay[3, 4], prediction)
    np.testing.assert_allclose(overlay[0, 0], both)
    assert not overlay[4, 0].any()
    said = figure.axes[2].get_title()
    assert ("yellow" in said) == red_and_green and ("white" in said) != red_and_green


def test_red_and_green_are_not_the_default() -> None:
    assert "white" in overlay_heatmaps(maps(1, 2), maps(1, 2)).axes[2].get_title()


def test_maps_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must both be \(joint, height, width\)"):
        overlay_heatmaps(torch.zeros(2, 4, 4), torch.zeros(2, 5, 4))
