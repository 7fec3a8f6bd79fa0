from __future__ import annotations

import numpy as np
import pytest
import torch

from poselab.coordinates import to_pixels
from poselab.plots.figure import SIDE_COLOURS
from poselab.plots.heatmaps import plot_heatmaps
from poselab.skeletons import EGOCAP
from tests.poselab.plots.reading import dark_image, has_colour, texts


def test_heat_maps_glow_in_their_sides_colour_and_state_their_range() -> None:
    maps = torch.zeros(18, 32, 40)
    maps[:, 10:14, 20:24] = 0.25
    maps[EGOCAP.index("head")] = 0
    picture = plot_heatmaps(dark_image(), maps, joints=("head", "left-wrist", "right-toe"))
    assert "left wrist" in texts(picture) and "0 to 0.25" in texts(picture)
    assert has_colour(picture, SIDE_COLOURS["left"]) and has_colour(picture, SIDE_COLOURS["right"])


def test_a_heat_maps_corner_pixel_is_centred_on_the_images() -> None:
    picture = plot_heatmaps(dark_image(), torch.rand(18, 32, 40), joints=("head",))
    left, right, bottom, top = picture.axes[1].images[1].get_extent()
    step_x, step_y = 159 / 39, 127 / 31
    np.testing.assert_allclose(
        (left, right, bottom, top),
        (-step_x / 2, 159 + step_x / 2, 127 + step_y / 2, -step_y / 2),
    )


def test_heat_maps_of_a_batch_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be \(18, height, width\), not \(2, 18, 32, 40\)"):
        plot_heatmaps(dark_image(), torch.zeros(2, 18, 32, 40))


def test_crosses_mark_the_true_positions_on_their_maps() -> None:
    pose = torch.rand(18, 2)
    picture = plot_heatmaps(dark_image(), torch.rand(18, 32, 40), pose_01=pose, joints=("neck",))
    (cross,) = picture.axes[1].lines
    expected = to_pixels(pose[EGOCAP.index("neck")], (128, 160)).double().numpy()
    np.testing.assert_allclose(cross.get_xydata(), expected[None], rtol=1e-6)
    assert sum(len(line.get_xydata()) for line in picture.axes[0].lines) == 18
    assert "true position" in texts(picture)
    assert not plot_heatmaps(dark_image(), torch.rand(18, 32, 40)).axes[1].lines
