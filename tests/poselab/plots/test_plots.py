from __future__ import annotations

import io
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from poselab.coordinates import to_pixels
from poselab.plots.poses import (
    METHOD_COLOURS,
    SIDE_COLOURS,
    Picture,
    plot_heatmaps,
    plot_history,
    plot_joint_errors,
    plot_pose,
    plot_predictions,
    plot_target_and_yours,
)
from poselab.skeletons import EGOCAP
from poselab.training.loop import History


@pytest.fixture(autouse=True)
def no_figure_stays_open() -> Any:
    yield
    assert plt.get_fignums() == []


def pixels(picture: Picture) -> np.ndarray:
    """The drawn picture (height, width, 3)."""
    return imread(io.BytesIO(picture.png()))[..., :3]


def has_colour(picture: Picture, colour: str) -> bool:
    return bool((np.abs(pixels(picture) - to_rgb(colour)).max(-1) < 0.02).sum() > 5)


def texts(picture: Picture) -> str:
    axes = [
        text for a in picture.axes for text in (*a.texts, a.title, a._left_title, a._right_title)
    ]
    legends = [text for legend in picture.legends for text in legend.get_texts()]
    inner = [t for a in picture.axes if a.get_legend() for t in a.get_legend().get_texts()]
    return " | ".join(text.get_text() for text in (*axes, *legends, *inner) if text.get_text())


def dark_image() -> torch.Tensor:
    return torch.zeros(3, 128, 160, dtype=torch.uint8)


def pose_of(seed: int = 0) -> torch.Tensor:
    return 0.1 + 0.8 * torch.rand(18, 2, generator=torch.Generator().manual_seed(seed))


def joints_of(axes: Axes) -> dict[tuple[float, float], object]:
    """Places of markers and their colours."""
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    return {(x, y): line.get_color() for line in marks for x, y in line.get_xydata()}


def bones_of(axes: Axes) -> int:
    """Lines without markers are pairs of places with gaps between them."""
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
    for joint, place in zip(
        EGOCAP.joints, to_pixels(pose, (128, 160)).double().numpy(), strict=True
    ):
        assert at[tuple(place)] == SIDE_COLOURS[EGOCAP.side(joint)]


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


def test_target_and_yours_and_the_difference() -> None:
    target = torch.rand(3, 8, 12)
    picture = plot_target_and_yours(
        target, target.flip(-1), names=["a", "b", "c"], title="mirrored"
    )
    shown = [axes.images[0].get_array() for axes in picture.axes if axes.images]
    assert len(shown) == 9
    np.testing.assert_allclose(shown[2], (target.flip(-1) - target)[0], atol=1e-6)
    norms = {id(axes.images[0].norm) for axes in picture.axes[:2]}
    assert len(norms) == 1, "target and yours share their colours"


def test_another_shape_has_no_difference_and_is_named() -> None:
    picture = plot_target_and_yours(torch.rand(1, 8, 12), torch.rand(1, 12, 8))
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
    assert len(pixels(plot_target_and_yours(torch.rand(2, 8, 12), yours))) > 100
    assert len(pixels(plot_target_and_yours(torch.rand(2, 3, 2), yours, kind="places"))) > 100


def test_places_are_joined_with_their_targets() -> None:
    target = torch.tensor([[[1.0, 2.0], [5.0, 3.0]]])
    picture = plot_target_and_yours(target, target.flip(-1), kind="places", size=(6, 9))
    lines = [line.get_xydata().tolist() for line in picture.axes[0].lines]
    assert [[1.0, 2.0], [2.0, 1.0]] in lines and [[5.0, 3.0], [3.0, 5.0]] in lines
    assert picture.axes[0].get_xlim() == (-0.7, 8.7)
    assert picture.axes[0].get_ylim() == (5.7, -0.7)


def test_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind is 'text'"):
        plot_target_and_yours(torch.zeros(1, 2), torch.zeros(1, 2), kind="text")


def history(name: str, factor: float) -> History:
    losses = [factor * 0.9**step for step in range(40)]
    return History(name, losses, errors=[9.0, 6.0, 5.0, factor], seconds=[1.0] * 4)


def test_one_history_shows_its_loss_as_it_is() -> None:
    picture = plot_history(history("heat maps", 4.0))
    loss, error = picture.axes
    np.testing.assert_allclose(loss.lines[0].get_ydata(), history("", 4.0).losses)
    assert loss.lines[0].get_xdata()[-1] == 4
    np.testing.assert_allclose(error.lines[0].get_xydata(), [[1, 9], [2, 6], [3, 5], [4, 4]])
    assert "heat maps: 4.00 px" in texts(picture)


@pytest.mark.parametrize("n_steps", [1, 2, 3, 100])
def test_a_training_of_any_length_is_drawn(n_steps: int) -> None:
    losses = [float(step + 1) for step in range(n_steps)]
    loss, _ = plot_history(History("short", losses, [4.0], [1.0])).axes
    smooth = loss.lines[-1].get_ydata()
    assert len(smooth) == n_steps
    width = n_steps // 40
    if width:  # inside, the mean of a straight line's neighbours is the line
        np.testing.assert_allclose(smooth[width:-width], losses[width:-width])


def test_several_histories_share_the_pixels_and_not_the_losses() -> None:
    picture = plot_history(history("a", 4.0), history("b", 400.0))
    loss, error = picture.axes
    first, second = (line.get_ydata() for line in loss.lines)
    np.testing.assert_allclose(first, second)
    assert [line.get_ydata()[-1] for line in error.lines] == [4.0, 400.0]
    assert [line.get_color() for line in error.lines] == list(METHOD_COLOURS[:2])
    assert error.get_ylim()[0] == 0


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


def test_joint_errors_name_the_joints_and_the_methods() -> None:
    errors = {"heat maps": torch.arange(18.0), "integral": torch.arange(18.0) / 2}
    picture = plot_joint_errors(errors)
    axes = picture.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()][:3] == [
        "head",
        "neck",
        "left shoulder",
    ]
    np.testing.assert_allclose(axes.lines[1].get_xdata(), np.arange(18) / 2)
    assert "heat maps" in texts(picture) and "integral" in texts(picture)


def test_a_notebook_can_show_it_without_pyplot() -> None:
    shown = plot_pose(dark_image(), pose_of())._repr_png_()
    assert shown.startswith(b"\x89PNG")
    assert shown == plot_pose(dark_image(), pose_of()).png(), "the same call, the same bytes"


def test_titles_stay_inside_the_picture() -> None:
    picture = plot_pose(dark_image(), pose_of(), titles="ÄÅ a title")
    drawn = pixels(picture)
    assert (drawn[0] == 1).all() and (drawn[-1] == 1).all()
