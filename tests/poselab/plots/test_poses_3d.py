from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from poselab.plots.figure import GREY
from poselab.plots.poses_3d import on_the_floor, plot_lifted, plot_poses_3d
from poselab.plots.trials import plot_trials
from poselab.skeletons import LIFTING
from tests.poselab.plots.reading import texts


def poses(number: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return 0.2 * torch.randn(number, 15, 3, generator=generator) + torch.tensor([0.0, 0.0, -1.0])


def lines(axes: object) -> list[np.ndarray]:
    return [np.stack(line.get_data_3d(), axis=-1) for line in axes.lines]  # type: ignore[attr-defined]


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
    truth, mine = plot_poses_3d(target, {"mine": target + 0.1}).axes
    start, end = LIFTING.bone_indices[0]
    bone = on_the_floor(target)[[start, end]]
    assert any(np.allclose(line, bone) for line in lines(truth) if len(line) == 2)
    moved = bone + np.array([0.1, -0.1, 0.1])
    assert any(np.allclose(line, moved) for line in lines(mine) if len(line) == 2)
    dotted = [line for line in mine.lines if line.get_color() == GREY]
    assert len(dotted) == len(LIFTING.bones)
    assert all(line.get_linestyle() == ":" for line in dotted)


def test_a_pose_is_seen_from_the_side_that_was_asked_for() -> None:
    figure = plot_poses_3d(poses(1)[0], {}, azimuth=33, elevation=-12)
    (axes,) = figure.axes
    assert (axes.azim, axes.elev) == (33, -12)


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
