from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes

from poselab.coordinates import to_pixels
from poselab.plots.figure import SIDE_COLOURS
from poselab.plots.poses import plot_pose, plot_predictions
from poselab.skeletons import EGOCAP
from tests.poselab.plots.reading import dark_image, pixels, texts


def pose_of(seed: int = 0) -> torch.Tensor:
    return 0.1 + 0.8 * torch.rand(18, 2, generator=torch.Generator().manual_seed(seed))


def joints_of(axes: Axes) -> dict[tuple[float, float], object]:
    """Positions of markers and their colours."""
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    return {(x, y): line.get_color() for line in marks for x, y in line.get_xydata()}


def bones_of(axes: Axes) -> int:
    """Lines without markers are pairs of positions with gaps between them."""
    lines = [line.get_xydata() for line in axes.lines if line.get_marker() != "o"]
    return sum(int(np.isnan(line[:, 0]).sum()) for line in lines)


def test_a_pose_lies_where_it_should_on_its_image() -> None:
    pose = pose_of()
    axes = plot_pose(dark_image(), pose).axes[0]
    assert set(joints_of(axes)) == {tuple(p) for p in to_pixels(pose, (128, 160)).double().numpy()}
    assert bones_of(axes) == len(EGOCAP.bones) == 19
    assert axes.get_xlim() == (-0.5, 159.5) and axes.get_ylim() == (127.5, -0.5)


def test_left_and_right_have_their_colours() -> None:
    pose = pose_of()
    axes = plot_pose(dark_image(), pose).axes[0]
    at = joints_of(axes)
    for joint, position in zip(
        EGOCAP.joints, to_pixels(pose, (128, 160)).double().numpy(), strict=True
    ):
        assert at[tuple(position)] == SIDE_COLOURS[EGOCAP.side(joint)]


def test_hidden_joints_are_not_drawn_nor_are_their_bones() -> None:
    visible = torch.ones(18, dtype=torch.bool)
    visible[EGOCAP.index("left-elbow")] = False
    axes = plot_pose(dark_image(), pose_of(), visible=visible).axes[0]
    assert (len(joints_of(axes)), bones_of(axes)) == (17, 17)


def test_a_batch_is_a_grid_and_a_joint_outside_moves_no_edge() -> None:
    poses = torch.stack([pose_of(seed) for seed in range(6)])
    poses[2, 0] = torch.tensor([3.0, -1.0])
    picture = plot_pose(
        dark_image().expand(6, 3, 128, 160), poses, titles=[f"no. {i}" for i in range(6)]
    )
    assert len(picture.axes) == 6
    assert picture.axes[2].get_xlim() == (-0.5, 159.5)
    assert "no. 5" in texts(picture) and "the body's left" in texts(picture)


def test_uint8_and_normalised_images_look_alike() -> None:
    from poselab.datasets import EgoCapDataset

    raw = torch.randint(0, 256, (3, 128, 160), dtype=torch.uint8)
    first, second = (
        pixels(plot_pose(image, pose_of())) for image in (raw, EgoCapDataset.normalise(raw))
    )
    assert np.abs(first - second).max() < 0.01


def test_predictions_stand_side_by_side() -> None:
    images = dark_image().expand(2, 3, 128, 160)
    target = torch.stack([pose_of(0), pose_of(1)])
    picture = plot_predictions(images, target, {"regression": target + 0.1, "integral": target})
    assert len(picture.axes) == 6
    assert [axes.get_title() for axes in picture.axes] == [
        "true pose",
        "regression",
        "integral",
    ] + [""] * 3
    # Second row, second column: the second image's pose of that method.
    assert set(joints_of(picture.axes[4])) == {
        tuple(p) for p in to_pixels(target[1] + 0.1, (128, 160)).double().numpy()
    }
    assert "true pose" in texts(picture)


def test_a_notebook_can_show_it_without_pyplot() -> None:
    shown = plot_pose(dark_image(), pose_of())._repr_png_()
    assert shown.startswith(b"\x89PNG")
    assert shown == plot_pose(dark_image(), pose_of()).png(), "the same call, the same bytes"


def test_titles_stay_inside_the_picture() -> None:
    picture = plot_pose(dark_image(), pose_of(), titles="ÄÅ a title")
    drawn = pixels(picture)
    assert (drawn[0] == 1).all() and (drawn[-1] == 1).all()
