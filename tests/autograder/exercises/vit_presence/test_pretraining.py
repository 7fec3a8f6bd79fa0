"""The pretraining's labels are right, and a stopped training ends like a whole one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from autograder.exercises.vit_presence.pretraining import crops as crops_module
from autograder.exercises.vit_presence.pretraining import train as train_module
from autograder.exercises.vit_presence.pretraining.crops import (
    BODY,
    CELL,
    JOINTS,
    MIRRORED,
    N_CLASSES,
    LabelledCrops,
    ensure_crops,
)
from autograder.exercises.vit_presence.pretraining.network import into_patches
from autograder.exercises.vit_presence.pretraining.recipe import Method, Recipe
from autograder.exercises.vit_presence.pretraining.train import pretrain
from poselab.datasets.crops import to_crop

TINY = Recipe(image_size=(32, 48), width=12, depth=1, n_crops=8, steps=4, batch_size=4)


@pytest.fixture(autouse=True)
def few_crops(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(crops_module, "_CROPS_PER_FILE", 4)
    monkeypatch.setattr(train_module, "_STEPS_PER_CHECKPOINT", 2)
    monkeypatch.setenv("POSELAB_DATA", str(tmp_path))


def test_left_and_right_are_exchanged_in_a_mirror() -> None:
    assert sorted(MIRRORED) == list(range(N_CLASSES))
    assert [MIRRORED[each] for each in MIRRORED] == list(range(N_CLASSES))
    assert MIRRORED[2 + BODY.index("left shin")] == 2 + BODY.index("right shin")
    assert MIRRORED[2 + BODY.index("trunk")] == 2 + BODY.index("trunk")


def test_cells_show_what_the_image_shows_there() -> None:
    labels = np.arange(6 * 8).reshape(6, 8)
    region = (-1.0, 1.5, 8.0, 4.0)
    shrunk = crops_module._shrunk(labels, region, (2, 4), -9)
    for row in range(2):
        for column in range(4):
            x, y = -1 + (column + 0.5) * 2, 1.5 + (row + 0.5) * 2
            inside = 0 <= x < 8 and 0 <= y < 6
            assert shrunk[row, column] == (labels[int(y), int(x)] if inside else -9)
            # The cell's middle is where the crop's pixels say it is.
            middle = to_crop(np.array([x - 0.5, y - 0.5]), region, (2 * CELL, 4 * CELL))
            np.testing.assert_allclose(
                middle, [CELL * (column + 0.5) - 0.5, CELL * (row + 0.5) - 0.5]
            )


def test_crops_show_people_and_are_drawn_once() -> None:
    drawn = ensure_crops(8, (32, 48), 0)
    assert drawn.images.shape == (8, 3, 32, 48) and drawn.classes.shape == (8, 8, 12)
    person = drawn.classes >= 2
    assert (person.float().mean((1, 2)) > 0.03).all()
    assert (drawn.depths[~person] == 0).all()
    assert drawn.depths[person].float().abs().max() < 2
    assert len(drawn.classes.unique()) > 8
    x, y, shown = drawn.joints.unbind(-1)
    assert set(shown.unique().tolist()) == {0, 1}
    assert not x[shown == 0].any() and not y[shown == 0].any()
    # They are in the image, so that few are far outside the crop.
    assert ((x[shown == 1] > -3) & (x[shown == 1] < 51)).all()
    again = ensure_crops(8, (32, 48), 0)
    assert all(torch.equal(getattr(drawn, f), getattr(again, f)) for f in vars(drawn))
    assert not torch.equal(drawn.images, ensure_crops(8, (32, 48), 1).images)


def test_a_mirrored_crop_has_mirrored_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "rand", lambda *size, **_: torch.zeros(*size))
    monkeypatch.setattr(torch, "randn", lambda *size, **_: torch.zeros(*size))
    classes = torch.zeros(1, 2, 3, dtype=torch.uint8)
    classes[0, 1, 0] = 2 + BODY.index("left foot")
    depths = torch.zeros(1, 2, 3, dtype=torch.float16)
    depths[0, 1, 0] = 0.5
    images = torch.zeros(1, 3, 8, 12, dtype=torch.uint8)
    images[..., 0] = 255
    joints = torch.zeros(1, len(JOINTS), 3)
    joints[0, JOINTS.index("left-ankle")] = torch.tensor([2.0, 5.0, 1.0])
    mirrored = train_module._augmented(
        LabelledCrops(images, classes, depths, joints), torch.Generator()
    )
    assert mirrored[3][0, JOINTS.index("right-ankle")].tolist() == [9, 5, 1]
    assert mirrored[3].count_nonzero() == 3
    assert mirrored[0][0, 0, 0, -1] == 1 and mirrored[0][0, 0, 0, 0] == -1
    assert mirrored[1][0, 1, 2] == 2 + BODY.index("right foot")
    assert mirrored[2][0, 1, 2] == 0.5


@pytest.mark.parametrize("method", ["dense", "masked", "both", "joints"])
def test_a_stopped_training_ends_like_a_whole_one(
    method: Method, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(**{**vars(TINY), "method": method})
    whole = pretrain(recipe, tmp_path / "whole.pt")

    batches = train_module._batches

    def stopped(recipe: Recipe, first: int) -> object:
        for number, batch in enumerate(batches(recipe, first)):
            if number == 3:
                raise KeyboardInterrupt
            yield batch

    monkeypatch.setattr(train_module, "_batches", stopped)
    with pytest.raises(KeyboardInterrupt):
        pretrain(recipe, tmp_path / "stopped.pt")
    monkeypatch.setattr(train_module, "_batches", batches)
    resumed = pretrain(recipe, tmp_path / "stopped.pt")
    for name, values in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], values, atol=0, rtol=0)
    other = Recipe(**{**vars(recipe), "seed": 1})
    with pytest.raises(ValueError, match="written by a training with another recipe"):
        pretrain(other, tmp_path / "whole.pt")


def test_every_parameter_of_the_encoder_learns(tmp_path: Path) -> None:
    torch.manual_seed(TINY.seed)
    before = train_module.Pretraining(TINY).encoder.state_dict()
    after = pretrain(TINY, tmp_path / "state.pt").state_dict()
    assert all(not torch.equal(before[name], after[name]) for name in after)


def test_patches_come_row_by_row() -> None:
    images = torch.arange(2 * 3 * 4 * 6.0).view(2, 3, 4, 6)
    patches = into_patches(images, 2)
    assert patches.shape == (2, 6, 12)
    torch.testing.assert_close(patches[1, 4], images[1, :, 2:4, 2:4].flatten())
    assert Recipe().digest != TINY.digest
