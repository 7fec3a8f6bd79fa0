"""The loop as rnn_video uses it: clips drawn at random, mirrored and moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.utils.data import Dataset

from autograder.exercises.catalogue import solution_functions
from autograder.manifest import COURSE_ROOT
from poselab.datasets import DeviceDict
from poselab.profiles import Profile
from poselab.training.augmentation.clips import mirror_some, reframe
from poselab.training.history import History
from poselab.training.loop import predict_all, train

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


def objective(model: nn.Module, batch: DeviceDict) -> Tensor:
    return l1_loss(model(batch["frames"]), batch["pose"])


def predict(model: nn.Module, batch: DeviceDict) -> Tensor:
    return model(batch["frames"])


def train_on_clips(model: nn.Module, **options: Any) -> History:
    options = {"objective": objective, "samples_per_epoch": 80, **options}
    return train(
        model, predict=predict, train_set=Spots(), validation_set=Spots(), profile=PROFILE,
        error=distance, target="pose", validation_loss=l1_loss, max_gradient_norm=5.0,
        augment=lambda batch: reframe(mirror_some(batch)), **options,
    )  # fmt: skip


def test_training_learns_and_repeats() -> None:
    histories = []
    for _ in range(2):
        torch.manual_seed(0)
        model = Level()
        before = distance(*predict_all(model, predict, Spots(), PROFILE, target="pose"))
        histories.append(train_on_clips(model))
    history = histories[-1]
    assert history.errors[-1] < 0.8 * before
    assert len(history.errors) == len(history.validation_losses) == len(history.seconds) == 3
    assert len(history.losses) == 3 * 10
    assert history.errors == histories[0].errors
    predicted, target = predict_all(model, predict, Spots(), PROFILE, target="pose")
    assert predicted.shape == target.shape == (20, 10, 7, 2)
    assert float(distance(predicted, target)) == pytest.approx(history.errors[-1])


def test_the_step_that_students_write_gives_the_same_weights_to_the_bit() -> None:
    source = COURSE_ROOT / "solutions/rnn_video/rnn_video.py"
    step = solution_functions(source)["training_step"]
    trained = []
    for options in ({}, {"objective": l1_loss, "step": step}):
        torch.manual_seed(0)
        model = Level()
        history = train_on_clips(model, **options)
        trained.append((history.losses, history.errors, model.state_dict()))
    (losses, errors, weights), by_students = trained
    assert by_students[:2] == (losses, errors)
    assert all(torch.equal(weights[key], by_students[2][key]) for key in weights)


def test_an_interrupted_training_goes_on_to_the_bit(tmp_path: Path) -> None:
    def stop(_history: History) -> None:
        raise KeyboardInterrupt

    models = []
    for interrupted in (False, True):
        torch.manual_seed(0)
        model = Level()
        folder = tmp_path / str(interrupted)
        if interrupted:
            with pytest.raises(KeyboardInterrupt):
                train_on_clips(model, checkpoint_folder=folder, on_epoch=stop)
            torch.manual_seed(7)
            model = Level()
        history = train_on_clips(model, checkpoint_folder=folder)
        models.append((history.losses, history.validation_losses, model.state_dict()))
    (losses, validation_losses, weights), resumed = models
    assert resumed[:2] == (losses, validation_losses)
    assert all(torch.equal(weights[key], resumed[2][key]) for key in weights)


@pytest.mark.parametrize(
    ("forward", "says"),
    [
        (lambda frames: frames.float().mean(dim=(2, 3, 4)), "shape .*, but what came is a tensor"),
        (lambda frames: None, "what came is a NoneType"),
        (lambda frames: torch.zeros(len(frames), 10, 7, 2), "No gradient flows"),
    ],
)
def test_what_is_no_pose(forward: object, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Level()
    monkeypatch.setattr(model, "forward", forward)
    with pytest.raises(TypeError, match=says):
        train_on_clips(model)


def test_an_infinite_loss_is_told() -> None:
    with pytest.raises(FloatingPointError, match="'fast' became nan in epoch 1"):
        train_on_clips(Level(), objective=lambda m, b: objective(m, b) * torch.nan, name="fast")
