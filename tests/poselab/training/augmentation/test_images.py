from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poselab.coordinates import to_01, to_pixels
from poselab.datasets import DeviceDict
from poselab.skeletons import EGOCAP
from poselab.training.augmentation.images import flip_left_right, flip_some_left_right


def some_batch(n: int, height: int = 6, width: int = 9, seed: int = 0) -> DeviceDict:
    generator = torch.Generator().manual_seed(seed)
    return DeviceDict(
        img=torch.rand(n, 3, height, width, generator=generator),
        pose_2d=torch.rand(n, 18, 2, generator=generator, dtype=torch.float64),
        pose_3d=torch.randn(n, 18, 3, generator=generator),
        visible=torch.rand(n, 18, generator=generator) < 0.5,
        person=torch.arange(n),
        room="kitchen",
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(1, 7), st.integers(2, 9), st.integers(0, 99))
def test_flipping_twice_changes_nothing(n: int, height: int, width: int, seed: int) -> None:
    batch = some_batch(n, height, width, seed)
    twice = flip_left_right(flip_left_right(batch, EGOCAP), EGOCAP)
    torch.testing.assert_close(twice["pose_2d"], batch["pose_2d"], atol=1e-15, rtol=0)
    for key in ("img", "pose_3d", "visible", "person"):
        assert torch.equal(twice[key], batch[key])


def test_a_left_wrist_becomes_a_right_wrist_on_the_other_side() -> None:
    batch = some_batch(2)
    left, right = EGOCAP.index("left-wrist"), EGOCAP.index("right-wrist")
    batch["pose_2d"][:, left] = torch.tensor([0.2, 0.7], dtype=torch.float64)
    flipped = flip_left_right(batch, EGOCAP)
    expected = torch.tensor([0.8, 0.7], dtype=torch.float64)
    torch.testing.assert_close(flipped["pose_2d"][1, right], expected)
    assert torch.equal(flipped["visible"][:, right], batch["visible"][:, left])
    mirrored = batch["pose_3d"][:, left] * torch.tensor([-1.0, 1.0, 1.0])
    assert torch.equal(flipped["pose_3d"][:, right], mirrored)


def test_head_and_neck_keep_their_names() -> None:
    batch = some_batch(1)
    flipped = flip_left_right(batch, EGOCAP)
    for joint in ("head", "neck"):
        before, after = (b["pose_2d"][0, EGOCAP.index(joint)] for b in (batch, flipped))
        torch.testing.assert_close(after, torch.stack([1 - before[0], before[1]]))


def test_the_joint_stays_on_its_pixel() -> None:
    batch = DeviceDict(img=torch.zeros(1, 3, 128, 160), pose_2d=torch.zeros(1, 18, 2))
    left, right = EGOCAP.index("left-toe"), EGOCAP.index("right-toe")
    batch["img"][0, :, 100, 30] = 1
    batch["pose_2d"][0, left] = to_01(torch.tensor([30.0, 100.0]), (128, 160))
    flipped = flip_left_right(batch, EGOCAP)
    x, y = to_pixels(flipped["pose_2d"][0, right], (128, 160)).round().long()
    assert (int(x), int(y)) == (129, 100)
    assert flipped["img"][0, 0, y, x] == 1


def test_the_batch_itself_is_left_alone() -> None:
    batch, copy = some_batch(2), some_batch(2)
    flip_left_right(batch, EGOCAP)
    flip_some_left_right(batch, EGOCAP)
    assert batch.keys() == copy.keys()
    assert all(torch.equal(batch[k], copy[k]) for k in copy if k != "room")


def test_one_sample_without_a_batch() -> None:
    batch = some_batch(1)
    sample = DeviceDict({key: batch[key][0] for key in ("img", "pose_2d")})
    flipped = flip_left_right(sample, EGOCAP)
    assert torch.equal(flipped["pose_2d"], flip_left_right(batch, EGOCAP)["pose_2d"][0])
    assert torch.equal(flipped["img"], batch["img"][0].flip(-1))


def test_flipping_some_takes_each_sample_whole() -> None:
    torch.manual_seed(0)
    batch = some_batch(200)
    flipped = flip_left_right(batch, EGOCAP)
    some = flip_some_left_right(batch, EGOCAP, fraction=0.25)
    is_flipped = (some["img"] == flipped["img"]).flatten(1).all(1)
    assert 30 <= is_flipped.sum() <= 70
    for key in ("img", "pose_2d", "pose_3d", "visible"):
        for index, flip in enumerate(is_flipped):
            assert torch.equal(some[key][index], (flipped if flip else batch)[key][index])
    assert torch.equal(some["person"], batch["person"]) and some["room"] == "kitchen"


def test_a_fraction_of_none_and_of_all() -> None:
    batch = some_batch(5)
    none, every = (flip_some_left_right(batch, EGOCAP, fraction=fraction) for fraction in (0, 1))
    assert torch.equal(none["pose_2d"], batch["pose_2d"])
    assert torch.equal(every["pose_2d"], flip_left_right(batch, EGOCAP)["pose_2d"])
