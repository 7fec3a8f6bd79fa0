from __future__ import annotations

import numpy as np
import torch

from poselab.plots.figure import INK, colour_of
from poselab.plots.keypoints import (
    plot_attention,
    plot_best_epoch,
    plot_by_keypoint,
    plot_found,
    plot_keypoints,
)
from poselab.skeletons import COCO

IMAGES = torch.zeros(2, 3, 32, 32, dtype=torch.uint8)


def keypoints() -> torch.Tensor:
    made = torch.zeros(2, 17, 3)
    made[0, 5] = torch.tensor([4.0, 6.0, 2.0])
    made[0, 7] = torch.tensor([9.0, 12.0, 1.0])
    return made


def markers(axes: object, marker: str) -> list[tuple[float, float]]:
    return [
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in axes.get_lines()  # type: ignore[attr-defined]
        if line.get_marker() == marker
    ]


def test_only_labelled_keypoints_are_drawn_and_hidden_ones_are_hollow() -> None:
    figure = plot_keypoints(IMAGES, keypoints(), titles=("first", "second"))
    first, second = figure.axes
    assert markers(first, "o") == [(4, 6), (9, 12)] and not markers(second, "o")
    fills = [line.get_markerfacecolor() for line in first.get_lines() if line.get_marker() == "o"]
    assert fills[0] != "none" and fills[1] == "none"
    assert [axes.get_title() for axes in figure.axes] == ["first", "second"]


def test_what_is_not_there_and_what_is_overlooked_are_told_apart() -> None:
    predicted = torch.full((2, 17, 2), 20.0)
    said = torch.zeros(2, 17, dtype=torch.bool)
    said[0, 5] = said[1, 0] = True
    figure = plot_found(IMAGES, predicted, said, keypoints())
    first, second = figure.axes
    assert markers(first, "o") == [(20, 20), (9, 12)]  # found, and overlooked where it is
    assert not markers(first, "x") and markers(second, "x") == [(20, 20)]


def test_attention_lies_over_the_image_cell_by_cell() -> None:
    weights = torch.zeros(1, 2, 4)
    weights[0, 1, 3] = 0.5
    figure = plot_attention(IMAGES[0], weights, (1, 0), ["last block"])
    image, shown, bar = figure.axes
    assert bar.get_xlabel() == "% of its attention"
    (frame,) = shown.patches
    assert frame.get_xy() == (-0.5, 15.5) and (frame.get_width(), frame.get_height()) == (8, 16)
    heat = shown.images[-1]
    np.testing.assert_array_equal(heat.get_array(), 100 * weights[0])
    assert heat.get_clim() == (0, 50)
    assert heat.get_extent() == [-0.5, 31.5, 31.5, -0.5]
    assert shown.get_title() == "last block" and len(image.images) == 1


def test_each_keypoint_has_its_number_and_a_method_its_mean() -> None:
    values = torch.linspace(0, 1, 17)
    values[3] = torch.nan
    figure = plot_by_keypoint({"mine": values, "yours": torch.ones(17)}, "PCK")
    (axes,) = figure.axes
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), values)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["mine: 0.52 on average", "yours: 1.00 on average"]
    assert len(axes.get_xticklabels()) == len(COCO)


def test_numbers_of_no_method_have_no_methods_colour() -> None:
    (axes,) = plot_by_keypoint({"present": torch.ones(17)}, "fraction of people").axes
    assert axes.get_lines()[0].get_color() == INK
    (axes,) = plot_by_keypoint({"mine": torch.ones(17), "yours": torch.ones(17)}, "PCK").axes
    assert [line.get_color() for line in axes.get_lines()] == [colour_of(0), colour_of(1)]
    assert [line.get_marker() for line in axes.get_lines()] == ["o", "s"]


def test_the_epoch_that_is_kept_is_marked() -> None:
    figure = plot_best_epoch([3.0, 2.0, 1.0], [3.0, 2.5, 2.7], 1)
    (axes,) = figure.axes
    assert axes.texts[0].get_text() == "kept: epoch 2" and axes.texts[0].xy[0] == 2
    training, validation = axes.get_lines()[:2]
    assert training.get_color() == validation.get_color()  # one method
    assert training.get_linestyle() != validation.get_linestyle()
