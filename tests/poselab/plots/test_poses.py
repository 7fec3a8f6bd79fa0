from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes

from poselab.coordinates import to_pixels
from poselab.datasets import DeviceDict
from poselab.plots.figure import SIDE_COLOURS, styles_of
from poselab.plots.poses import plot_pose, plot_predictions, plot_worst
from poselab.skeletons import EGOCAP, Skeleton
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


def test_columns_have_their_methods_symbol_and_colour() -> None:
    styles = styles_of(["a"])
    pose = pose_of()[None]
    picture = plot_predictions(dark_image()[None], pose, {"a": pose, "b": pose}, styles=styles)
    truth, first, second = (axes.title for axes in picture.axes)
    assert first.get_text() == f"{styles['a'].symbol} a" and first.get_color() == styles["a"].colour
    assert (truth.get_text(), second.get_text()) == ("true pose", "b")


class FewImages:
    """Stands for a data set."""

    skeleton: Skeleton = EGOCAP

    def __init__(self, poses: torch.Tensor) -> None:
        self.poses = poses

    def __len__(self) -> int:
        return len(self.poses)

    def batch(self, indices: torch.Tensor) -> DeviceDict:
        images = dark_image().expand(len(indices), 3, 128, 160)
        return DeviceDict(img=images, pose_2d=self.poses[indices])


def test_the_worst_images_come_first_each_methods_own() -> None:
    truth = torch.stack([pose_of(seed) for seed in range(5)])
    errors = {"a": torch.tensor([1.0, 5, 2, 4, 3]), "b": torch.tensor([9.0, 1, 1, 1, 8])}
    predictions = {name: truth + 0.01 for name in errors}
    picture = plot_worst(FewImages(truth), predictions, errors, n_images=2)  # type: ignore[arg-type]
    titles = [axes.get_title() for axes in picture.axes]
    assert [title.split(" ", 1)[1] for title in titles] == [
        "a, image 1: 5.0 px",
        "image 3: 4.0 px",
        "b, image 0: 9.0 px",
        "image 4: 8.0 px",
    ]
    assert set(joints_of(picture.axes[1])) == {
        tuple(p) for p in to_pixels(truth[3] + 0.01, (128, 160)).double().numpy()
    }
    whole = plot_worst(FewImages(truth), predictions, errors, n_images=99)  # type: ignore[arg-type]
    assert len(whole.axes) == 10
