from __future__ import annotations

import io

import torch
from PIL import Image
from torch import Tensor, nn

from poselab.datasets import DeviceDict
from poselab.plots.clips import animate_clip, plot_clip, plot_clip_predictions, watch_clip


def noise() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (10, 64, 64, 3), generator=generator, dtype=torch.uint8)
    return frames, 63 * torch.rand(10, 7, 2, generator=generator)


def test_pictures_of_clips() -> None:
    frames, pose = noise()
    assert [axes.get_title() for axes in plot_clip(frames, pose).axes] == [
        "frame 0", "frame 3", "frame 6", "frame 9",
    ]  # fmt: skip
    both = plot_clip_predictions(frames[:2], pose[:2], {"LSTM": pose[:2] + 1})
    assert [axes.get_title() for axes in both.axes] == ["true pose", "LSTM", "", ""]
    both = plot_clip_predictions(frames[:2], pose[:2], {"LSTM": pose[:2] + 1}, [3, 5])
    titles = [axes.get_title() for axes in both.axes]
    assert titles == ["frame 3: true pose", "LSTM", "frame 5", ""]


def test_a_single_frame_is_accepted() -> None:
    frames, pose = noise()
    assert len(plot_clip(frames[2], pose[2]).axes) == 1
    assert [axes.get_title() for axes in plot_clip(frames, pose, 7).axes] == ["frame 7"]
    # A clip that is shorter than ten frames has fewer to show.
    assert len(plot_clip(frames[:5], pose[:5]).axes) == 2
    one = plot_clip_predictions(frames[2], pose[2], {"LSTM": pose[2] + 1}, 2)
    assert [axes.get_title() for axes in one.axes] == ["frame 2: true pose", "LSTM"]
    x, y = pose[2].T
    drawn = {tuple(xy) for line in one.axes[0].lines for xy in line.get_xydata() if xy[0] == xy[0]}
    assert {(round(float(a), 3), round(float(b), 3)) for a, b in drawn} == {
        (round(float(a), 3), round(float(b), 3)) for a, b in zip(x, y, strict=True)
    }


def test_an_animation_has_every_frame() -> None:
    frames, pose = noise()
    moving = animate_clip(frames, pose, {"LSTM": pose})
    with Image.open(io.BytesIO(moving.data)) as image:
        assert image.format == "GIF" and image.n_frames == 10


class Centre(nn.Module):
    """All joints at a position that is learned."""

    def __init__(self) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.tensor([10.0, 20.0]))

    def forward(self, frames: Tensor) -> Tensor:
        return self.position.expand(*frames.shape[:2], 7, 2)


def test_a_watched_clip_is_drawn_with_the_weights_of_the_moment() -> None:
    frames, pose = noise()
    model = Centre()
    draw = watch_clip(model, DeviceDict(frames=frames, pose=pose))
    first = draw()
    with torch.no_grad():
        model.position += 30
    seen = [
        {tuple(xy) for line in figure.axes[0].lines for xy in line.get_xydata() if xy[0] == xy[0]}
        for figure in (first, draw())
    ]
    assert seen == [{(10.0, 20.0)}, {(40.0, 50.0)}]
