from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import proj3d
from torch import Tensor

from poselab.plots.figure import GREY, INK, colour_of
from poselab.plots.poses_3d import on_the_floor, plot_lifted, plot_poses_3d
from poselab.plots.trials import plot_trials
from poselab.skeletons import LIFTING
from tests.poselab.plots.reading import texts


def poses(number: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return 0.2 * torch.randn(number, 15, 3, generator=generator) + torch.tensor([0.0, 0.0, -1.0])


def lines(axes: object) -> list[np.ndarray]:
    return [np.stack(line.get_data_3d(), axis=-1) for line in axes.lines]  # type: ignore[attr-defined]


def segments(axes: object, zorder: int) -> list[np.ndarray]:
    """The lines of the collection with this place in the order of drawing."""
    (lines,) = (each for each in axes.collections if each.get_zorder() == zorder)  # type: ignore[attr-defined]
    return [np.asarray(line) for line in lines.get_segments()]


def test_depth_is_away_from_the_camera_and_y_is_up() -> None:
    ahead, left_of_it, above = on_the_floor(
        torch.tensor([[0.0, 0.0, -2.0], [-1.0, 0.0, -2.0], [0.0, 1.0, -2.0]])
    )
    assert ahead.tolist() == [0, 2, 0]
    assert left_of_it.tolist() == [-1, 2, 0]
    assert above.tolist() == [0, 2, 1]


def test_a_row_has_the_input_the_truth_each_method_and_the_camera() -> None:
    target = poses()
    figure = plot_lifted(target[..., :2], target, {"mine": target + 0.1}, titles=["a", "b"])
    assert [axes.get_title() for axes in figure.axes] == [
        "input", "true pose", "mine", "camera", "", "", "", "",
    ]  # fmt: skip
    assert [axes.get_ylabel() for axes in figure.axes][::4] == ["a", "b"]
    assert "the body's left" in texts(figure) and "true pose" in texts(figure)


def test_bones_are_where_the_pose_is_and_the_truth_is_dotted_behind() -> None:
    target = poses(1)[0]
    truth, mine = plot_poses_3d(target, {"mine": target + 0.1}, azimuth=-90, elevation=0).axes
    on_image = target[list(LIFTING.bone_indices[0]), :2].numpy()
    (middle,) = (target.amax(dim=0) + target.amin(dim=0))[None, :2].numpy() / 2
    assert any(np.allclose(bone, on_image - middle, atol=1e-6) for bone in segments(truth, 3))
    moved = on_image - middle + 0.1
    assert any(np.allclose(bone, moved, atol=1e-6) for bone in segments(mine, 3))
    (dotted,) = (lines for lines in mine.collections if lines.get_zorder() == 2)
    assert dotted.get_visible() and len(segments(mine, 2)) == len(LIFTING.bones)
    assert any(np.allclose(bone, on_image - middle, atol=1e-6) for bone in segments(mine, 2))
    assert to_hex(dotted.get_edgecolor()[0]) == GREY and dotted.get_linestyle() != [(0, None)]
    (dotted,) = (lines for lines in truth.collections if lines.get_zorder() == 2)
    assert not dotted.get_visible()


@pytest.mark.parametrize(("azimuth", "elevation"), [(-90, 0), (33, -12), (140, 75), (-180, 90)])
def test_a_pose_is_seen_as_matplotlib_would_show_it_without_perspective(
    azimuth: float, elevation: float
) -> None:
    (axes,) = plot_poses_3d(poses(1)[0], {}, azimuth=azimuth, elevation=elevation).axes
    solid = Figure().add_subplot(projection="3d", proj_type="ortho")
    for limits in (solid.set_xlim, solid.set_ylim, solid.set_zlim):
        limits(-1, 1)
    solid.set_box_aspect((1, 1, 1))
    solid.view_init(elev=elevation, azim=azimuth)
    points = on_the_floor(poses(1)[0])
    x, y, depth = proj3d.proj_transform(*points.T, solid.get_proj())
    mine = axes.collections[-1].get_offsets()
    order = np.argsort(-np.asarray(depth))
    for ours, theirs in zip(mine.T, (x, y), strict=True):
        theirs = np.asarray(theirs)[order]
        slope, start = np.polyfit(ours, theirs, 1)
        np.testing.assert_allclose(slope * ours + start, theirs, atol=1e-6)
        assert slope > 0


def test_what_is_near_is_drawn_over_what_is_far() -> None:
    for azimuth, first in ((-90, "far"), (90, "near")):
        pose = poses(1)[0]
        pose[:, 2] = -1.0 - 0.01 * torch.arange(15)  # joint 0 is nearest to the camera
        (axes,) = plot_poses_3d(pose, {}, azimuth=azimuth, elevation=0).axes
        drawn = axes.collections[-1].get_offsets()[0]
        farthest = on_the_floor(pose)[-1 if first == "far" else 0]
        assert abs(drawn[1] + (pose[:, 1].max() + pose[:, 1].min()) / 2 - farthest[2]) < 1e-6


def test_the_camera_is_at_the_origin() -> None:
    target = poses(1)
    camera = plot_lifted(target[..., :2], target, {}).axes[-1]
    assert sum(bool((line[0] == 0).all()) for line in lines(camera)) >= 5


def test_each_trial_is_a_dot_and_their_mean_a_line() -> None:
    groups = {"blocks": {"1": [3.0, 5.0, 4.0], "2": [2.0, 2.0, 5.0]}, "dropout": {"0": [1.0]}}
    first, second = plot_trials(groups, "error (mm)").axes
    assert [sorted(line.get_ydata()) for line in first.lines] == [
        [3, 4, 5], [4, 4], [2, 2, 5], [3, 3],
    ]  # fmt: skip
    assert [label.get_text() for label in first.get_xticklabels()] == ["1", "2"]
    assert (first.get_xlabel(), first.get_ylabel()) == ("blocks", "error (mm)")
    assert second.get_ylabel() == "" and first.get_ylim()[0] == 0
    assert first.get_ylim()[1] > 5


def test_the_standard_network_has_one_colour_and_marker_in_all_groups() -> None:
    groups = {"blocks": {"1": [3.0], "2": [2.0]}, "dropout": {"0": [1.0], "0.1": [2.0]}}
    figure = plot_trials(groups, "error (mm)", {"blocks": "2", "dropout": "0.1"}, "8 epochs")
    styles = [
        [(line.get_color(), line.get_marker()) for line in axes.lines[::2]] for axes in figure.axes
    ]
    standard, other = (colour_of(0), "o"), (INK, "D")
    assert styles == [[other, standard], [other, standard]]
    assert "the standard network | one thing changed" in texts(figure)
    assert figure.get_suptitle() == "8 epochs"
