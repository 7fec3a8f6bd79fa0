"""Training on clips, and their pictures."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.utils.data import Dataset

from poselab.datasets import DeviceDict
from poselab.plots.clips import (
    animate_clip,
    plot_accuracy,
    plot_clip,
    plot_clip_histories,
    plot_clip_predictions,
)
from poselab.profiles import Profile
from poselab.skeletons import UPPER_BODY
from poselab.training.augmentation.clips import mirror_some, reframe
from poselab.training.clip_loop import predict_clips, train_on_clips
from poselab.widgets.clips import scrub_clip

PROFILE = Profile(
    "smoke",
    torch.device("cpu"),
    0,
    {"epochs": 3, "clips_per_epoch": 80, "batch_size": 8, "learning_rate": 1.5},
)


class Spots(Dataset[DeviceDict]):
    """Clips whose brightness tells where all joints are."""

    def __len__(self) -> int:
        return 20

    def __getitem__(self, index: int) -> DeviceDict:
        if not 0 <= index < 20:
            raise IndexError(index)
        level = 10 * index + torch.arange(10, dtype=torch.uint8)
        frames = level[:, None, None, None].expand(10, 64, 64, 3).contiguous()
        pose = (31.5 + 0.1 * level.float())[:, None, None].expand(10, 7, 2)
        return DeviceDict(frames=frames, pose=pose)


class Level(nn.Module):
    """A line through the brightness."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(1, 14)

    def forward(self, frames: Tensor) -> Tensor:
        level = frames.float().mean(dim=(2, 3, 4))[..., None] / 100
        return 32 + 16 * self.line(level).unflatten(-1, (7, 2))


def distance(predicted: Tensor, target: Tensor) -> Tensor:
    return (predicted - target).norm(dim=-1).mean()


def test_training_learns_and_repeats() -> None:
    histories = []
    for _ in range(2):
        torch.manual_seed(0)
        model = Level()
        before = distance(*predict_clips(model, Spots(), PROFILE))
        history = train_on_clips(
            model, Spots(), Spots(), PROFILE, loss=l1_loss, error=distance, watch=None
        )
        histories.append(history)
    assert history.errors[-1] < 0.8 * before
    assert len(history.losses) == len(history.validation_losses) == len(history.seconds) == 3
    assert history.errors == histories[0].errors
    predicted, target = predict_clips(model, Spots(), PROFILE)
    assert predicted.shape == target.shape == (20, 10, 7, 2)
    assert float(distance(predicted, target)) == pytest.approx(history.errors[-1])


@pytest.mark.parametrize(
    ("forward", "says"),
    [
        (lambda frames: frames.float().mean(dim=(2, 3, 4)), "shape .*, not a tensor of shape"),
        (lambda frames: None, "not a NoneType"),
        (lambda frames: torch.zeros(len(frames), 10, 7, 2), "No gradient flows"),
    ],
)
def test_what_is_no_pose(forward: object, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Level()
    monkeypatch.setattr(model, "forward", forward)
    with pytest.raises(TypeError, match=says):
        train_on_clips(model, Spots(), Spots(), PROFILE, loss=l1_loss, error=distance)


def test_an_infinite_loss_is_told() -> None:
    with pytest.raises(FloatingPointError, match="'fast' became nan in epoch 1"):
        train_on_clips(
            Level(), Spots(), Spots(), PROFILE, loss=lambda a, b: (a * torch.nan).sum(),
            error=distance, name="fast",
        )  # fmt: skip


def test_mirrored_clips_show_what_their_names_say() -> None:
    frames = torch.zeros(40, 10, 64, 64, 3, dtype=torch.uint8)
    pose = torch.randint(0, 64, (40, 10, 7, 2), generator=torch.Generator().manual_seed(0)).float()
    wrist = UPPER_BODY.index("right-wrist")
    for clip in range(40):
        for frame in range(10):
            x, y = pose[clip, frame, wrist].long()
            frames[clip, frame, y, x] = 255
    before = DeviceDict(frames=frames.clone(), pose=pose.clone())
    mirrored = mirror_some(before, torch.Generator().manual_seed(1))
    assert torch.equal(before["frames"], frames) and torch.equal(before["pose"], pose)
    changed = (mirrored["frames"] != frames).flatten(1).any(dim=1)
    assert 10 < int(changed.sum()) < 30
    left = UPPER_BODY.index("left-wrist")
    for clip in range(40):
        joint = left if changed[clip] else wrist
        for frame in range(10):
            x, y = mirrored["pose"][clip, frame, joint].long()
            assert mirrored["frames"][clip, frame, y, x, 0] == 255


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
    thresholds = torch.linspace(0, 20, 5)
    axes = plot_accuracy(thresholds, torch.rand(7, 5), "good").axes[0]
    assert [line.get_label() for line in axes.lines] == [
        joint.replace("-", " ") for joint in UPPER_BODY.joints
    ]
    assert axes.get_title() == "good"


def test_curves_of_trainings() -> None:
    history = train_on_clips(Level(), Spots(), Spots(), PROFILE, loss=l1_loss, error=distance)
    left, right = plot_clip_histories(history).axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), history.losses)
    np.testing.assert_allclose(left.lines[1].get_ydata(), history.validation_losses)
    np.testing.assert_allclose(right.lines[0].get_ydata(), history.errors)


def test_an_animation_has_every_frame() -> None:
    frames, pose = noise()
    moving = animate_clip(frames, {"truth": pose, "LSTM": pose})
    with Image.open(io.BytesIO(moving.data)) as image:
        assert image.format == "GIF" and image.n_frames == 10


def test_the_scrubber_follows_its_slider() -> None:
    frames, pose = noise()
    widget = scrub_clip(frames, pose, {"LSTM": pose + 3})
    first = widget.picture.value
    widget.sliders["frame"].value = 7
    assert widget.picture.value != first
    assert widget.sliders["frame"].max == 9


def test_reframing_moves_the_picture_and_its_joints_alike() -> None:
    """A bright spot at a joint is at that joint afterwards, whatever was done to the clip."""
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    spot = 255 * torch.exp(-((columns - 40) ** 2 + (rows - 22) ** 2) / 18)
    frames = spot.to(torch.uint8)[None, None, :, :, None].expand(16, 10, 64, 64, 3).contiguous()
    pose = torch.tensor([40.0, 22.0]).expand(16, 10, 7, 2).contiguous()
    before = DeviceDict(frames=frames.clone(), pose=pose.clone())

    moved = reframe(before, torch.Generator().manual_seed(3))

    light = moved["frames"][..., 0].float()
    light = light / light.sum((2, 3), keepdim=True)
    seen = torch.stack([(light * columns).sum((2, 3)), (light * rows).sum((2, 3))], -1)
    torch.testing.assert_close(seen, moved["pose"][:, :, 0], rtol=0, atol=0.1)
    assert torch.equal(before["frames"], frames) and torch.equal(before["pose"], pose)
    # Each clip moves in its own way, by as much as is allowed and no more.
    travelled = (moved["pose"][:, 0, 0] - pose[:, 0, 0]).abs()
    assert travelled.amax(0).min() > 2
    assert travelled.amax() < 4 / 0.85 + 0.15 / 0.85 * 31.5 + 1e-3
    assert moved["pose"][:, :, 0].std(1).max() < 1e-4
