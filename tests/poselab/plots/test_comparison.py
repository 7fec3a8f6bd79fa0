from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from poselab.plots.comparison import (
    TARGET_COLOUR,
    YOUR_COLOUR,
    compare_curves,
    compare_maps,
    compare_numbers,
    compare_poses_3d,
    compare_positions,
    compare_values,
)
from tests.poselab.plots.reading import has_colour, pixels, texts


def test_target_and_yours_and_the_difference() -> None:
    target = torch.rand(3, 8, 12)
    picture = compare_maps(target, target.flip(-1), names=["a", "b", "c"])
    shown = [axes.images[0].get_array() for axes in picture.axes if axes.images]
    assert len(shown) == 9
    np.testing.assert_allclose(shown[2], (target.flip(-1) - target)[0], atol=1e-6)
    norms = {id(axes.images[0].norm) for axes in picture.axes[:2]}
    assert len(norms) == 1, "target and yours share their colours"


def test_another_shape_has_no_difference_and_is_named() -> None:
    picture = compare_maps(torch.rand(1, 8, 12), torch.rand(1, 12, 8))
    assert "target  (1, 8, 12)" in texts(picture) and "yours  (1, 12, 8)" in texts(picture)
    assert "yours - target" not in texts(picture)


@pytest.mark.parametrize(
    "yours",
    [
        torch.full((2, 8, 12), torch.nan),
        torch.rand(3),
        torch.tensor(1.0),
        torch.rand(2, 8, 12) > 0.5,
        torch.rand(1, 2, 8, 12, dtype=torch.float64),
        torch.zeros(2, 8, 12, requires_grad=True),
    ],
)
def test_whatever_came_is_drawn(yours: torch.Tensor) -> None:
    assert len(pixels(compare_maps(torch.rand(2, 8, 12), yours))) > 100
    assert len(pixels(compare_positions(torch.rand(2, 3, 2), yours))) > 100


def test_positions_are_joined_with_their_targets() -> None:
    target = torch.tensor([[[1.0, 2.0], [5.0, 3.0]]])
    picture = compare_positions(target, target.flip(-1), size=(6, 9))
    lines = [line.get_xydata().tolist() for line in picture.axes[0].lines]
    assert [[1.0, 2.0], [2.0, 1.0]] in lines and [[5.0, 3.0], [3.0, 5.0]] in lines
    assert picture.axes[0].get_xlim() == (-0.7, 8.7)
    assert picture.axes[0].get_ylim() == (5.7, -0.7)


def test_a_map_behind_positions_sets_the_axes() -> None:
    picture = compare_positions(torch.rand(3, 2), torch.rand(3, 2), background=torch.rand(8, 12))
    axes = picture.axes[0]
    assert axes.get_xlim() == (-0.7, 11.7) and axes.get_ylim() == (7.7, -0.7)
    assert axes.images[0].get_array().shape == (8, 12)
    assert [text.get_text() for text in axes.texts] == ["0", "1", "2"]


def test_curves_are_drawn_by_their_thresholds() -> None:
    thresholds = torch.tensor([5.0, 1.0, 3.0])
    picture = compare_curves(thresholds, thresholds / 5, thresholds / 10, title="joint 2")
    target, yours = picture.axes[0].lines
    np.testing.assert_allclose(target.get_xydata(), [[1, 0.2], [3, 0.6], [5, 1]], atol=1e-6)
    np.testing.assert_allclose(yours.get_ydata(), [0.1, 0.3, 0.5], atol=1e-6)
    assert "joint 2" in texts(picture)


@pytest.mark.parametrize("yours", [torch.tensor(3.0), torch.tensor(torch.nan)])
def test_numbers_are_bars_with_their_values(yours: torch.Tensor) -> None:
    picture = compare_numbers(torch.tensor(2.5), yours)
    assert "2.5" in texts(picture) and f"{float(yours):.4g}" in texts(picture)
    assert len(picture.axes[0].patches) == 2


def test_target_and_yours_have_the_same_colours_everywhere() -> None:
    maps, points = torch.rand(1, 8, 12), torch.tensor([[2.0, 3.0], [5.0, 1.0]])
    pictures = (
        compare_positions(points, points + 2),
        compare_curves(points[0], points[0] / 5, points[1] / 5),
        compare_numbers(points, points + 1),
    )
    for picture in pictures:
        assert has_colour(picture, TARGET_COLOUR) and has_colour(picture, YOUR_COLOUR)
    assert len(pixels(compare_maps(maps, maps))) > 100


def test_target_and_yours_are_told_apart_without_red_and_green() -> None:
    (red, green, blue), (your_red, _, your_blue) = to_rgb(TARGET_COLOUR), to_rgb(YOUR_COLOUR)
    assert blue > max(red, green) and your_red > your_blue


def test_maps_differ_most_at_the_ring_and_nowhere_where_they_do_not() -> None:
    target = torch.zeros(1, 6, 9)
    yours = target.clone()
    yours[0, 4, 7] = 1
    with_rings = compare_maps(target, yours)
    for axes in with_rings.axes[:3]:
        assert {(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines} == {(7, 4)}
    assert not any(axes.lines for axes in compare_maps(yours, yours).axes)


def test_maps_name_their_axes_and_colours() -> None:
    picture = compare_maps(torch.rand(2, 8, 12), torch.rand(2, 8, 12), names=["joint 0", "joint 1"])
    labels = {axes.get_ylabel() for axes in picture.axes} | {a.get_xlabel() for a in picture.axes}
    assert {"joint 0\nrow", "joint 1\nrow", "column", "value", "difference"} <= labels


def test_values_are_joined_with_their_targets() -> None:
    target = torch.arange(100.0)
    yours = target.clone()
    yours[70] = 0
    picture = compare_values(target, yours, axis="keypoint", title="image 3")
    (axes,) = picture.axes
    shown, crosses = axes.lines
    assert len(shown.get_xdata()) == 40 and 70 in shown.get_xdata()
    assert float(crosses.get_ydata()[list(crosses.get_xdata()).index(70)]) == 0
    assert axes.get_xlabel() == "keypoint" and "image 3" in texts(picture)
    yours[3] = torch.nan
    assert "1 of yours are NaN or infinite" in texts(compare_values(target, yours))


def test_poses_are_seen_from_two_sides() -> None:
    target = torch.rand(5, 3)
    picture = compare_poses_3d(target, target + 1, title="pose 2")
    assert [axes.get_ylabel()[0] for axes in picture.axes] == ["y", "z"]
    front, side = (axes.lines[-2].get_xydata() for axes in picture.axes)
    np.testing.assert_allclose(front, target[:, [0, 1]], atol=1e-6)
    np.testing.assert_allclose(side, target[:, [0, 2]], atol=1e-6)


def test_positions_in_another_unit_say_so_and_fill_the_picture() -> None:
    target = torch.tensor([[0.1, 0.2], [0.3, 0.6]])
    axes = compare_positions(target, target, unit="metres").axes[0]
    assert axes.get_xlabel() == "x (metres)"
    assert axes.get_xlim()[1] < 0.5 and axes.get_ylim()[0] < 0.7


def test_long_names_of_maps_do_not_overlap() -> None:
    maps = torch.rand(3, 4, 6)
    names = [f"sample 0, frame 0, channel {number}" for number in range(3)]
    picture = compare_maps(maps, maps.flip(-1), names=names)
    picture.draw_without_rendering()
    named = [axes.yaxis.label for axes in picture.axes if "channel" in axes.get_ylabel()]
    boxes = [label.get_window_extent() for label in named]
    assert len(boxes) == len(names)
    assert all(picture.bbox.x0 <= box.x0 for box in boxes)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
