from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes

from data_stubs.lifting.scenes import draw_two_views
from poselab.plots.figure import SIDE_COLOURS
from poselab.plots.two_views import plot_from_the_side, plot_two_views
from poselab.skeletons import LIFTING
from tests.poselab.plots.reading import has_colour, texts

VIEWS = draw_two_views(8, seed=0)


def joints_of(axes: Axes) -> set[tuple[float, float]]:
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    return {(x, y) for line in marks for x, y in np.round(line.get_xydata(), 6)}


def rounded(points: torch.Tensor) -> set[tuple[float, float]]:
    return {tuple(point) for point in np.round(points.double().numpy(), 6)}


def test_both_images_and_the_view_from_the_side_show_their_joints() -> None:
    figure = plot_two_views(VIEWS.joint_2d_1[0], VIEWS.joint_2d_2[0], VIEWS.joint_3d[0])
    first, second, beside = figure.axes
    assert joints_of(first) == rounded(VIEWS.joint_2d_1[0])
    assert joints_of(second) == rounded(VIEWS.joint_2d_2[0])
    depth_and_height = VIEWS.joint_3d[0][:, [2, 1]] * torch.tensor([-1.0, 1.0])
    assert joints_of(beside) == rounded(depth_and_height)
    # y is up, and what is far away is on the right.
    for axes in figure.axes:
        assert axes.get_ylim()[0] < axes.get_ylim()[1]
        assert axes.get_xlim()[0] < axes.get_xlim()[1]


def test_left_and_right_have_their_colours() -> None:
    figure = plot_two_views(VIEWS.joint_2d_1[0], VIEWS.joint_2d_2[0], VIEWS.joint_3d[0])
    assert all(has_colour(figure, SIDE_COLOURS[side]) for side in ("left", "right"))
    lines = [line for line in figure.axes[0].lines if line.get_marker() != "o"]
    assert sum(int(np.isnan(line.get_xydata()[:, 0]).sum()) for line in lines) == len(LIFTING.bones)


def test_predictions_share_their_frame_and_lie_on_the_true_skeleton() -> None:
    target = VIEWS.joint_3d[:2]
    shown = {"right": target, "wrong": target + torch.tensor([0.0, 0.0, -0.7])}
    figure = plot_from_the_side(shown, target, captions=["one", "two"])
    assert "right" in texts(figure) and "true skeleton" in texts(figure)
    assert [axes.get_ylabel() for axes in figure.axes[::2]] == [
        "one\nY (same unit)", "two\nY (same unit)",
    ]  # fmt: skip
    for row in range(2):
        right, wrong = figure.axes[2 * row : 2 * row + 2]
        assert right.get_xlim() == wrong.get_xlim() and right.get_ylim() == wrong.get_ylim()
        dotted = [line for line in wrong.lines if line.get_linestyle() == ":"]
        true = np.round(dotted[0].get_xydata(), 6)
        assert joints_of(right) == {tuple(p) for p in true if not np.isnan(p).any()}
        low, high = wrong.get_xlim()
        assert all(low < x < high for x, _ in joints_of(right) | joints_of(wrong))
