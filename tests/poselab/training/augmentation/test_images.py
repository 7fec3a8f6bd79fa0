from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poselab.coordinates import to_01, to_pixels
from poselab.datasets import DeviceDict, EgoCapDataset
from poselab.skeletons import EGOCAP
from poselab.training.augmentation.images import (
    flip_left_right,
    flip_some_left_right,
    jitter_colour,
    jitter_gamma,
    rotate,
)


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


SIZE = (128, 160)


def spots(n: int, joints: int = 18) -> DeviceDict:
    """Each image shows a round bright spot at its first joint, the others are anywhere."""
    torch.manual_seed(1)
    poses = 0.3 + 0.4 * torch.rand(n, joints, 2)
    rows, columns = torch.arange(SIZE[0])[:, None], torch.arange(SIZE[1])
    x, y = to_pixels(poses[:, 0], SIZE)[..., None, None].unbind(1)
    hill = torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18)
    return DeviceDict(
        img=hill[:, None].expand(-1, 3, -1, -1), pose_2d=poses, pose_3d=torch.randn(n, joints, 3)
    )


def centre_px(img: torch.Tensor) -> torch.Tensor:
    """Where each image's brightness has its centre, (x, y) in pixels."""
    weight = img[:, 0] / img[:, 0].sum(dim=(-2, -1), keepdim=True)
    x = (weight.sum(-2) * torch.arange(SIZE[1])).sum(-1)
    y = (weight.sum(-1) * torch.arange(SIZE[0])).sum(-1)
    return torch.stack([x, y], -1)


def test_positions_turn_with_their_image() -> None:
    batch = spots(8)
    rotated = rotate(batch, 40)
    found, true = centre_px(rotated["img"]), to_pixels(rotated["pose_2d"][:, 0], SIZE)
    torch.testing.assert_close(found, true, atol=0.1, rtol=0)
    moved = (to_pixels(batch["pose_2d"][:, 0], SIZE) - true).norm(dim=-1)
    assert moved.max() > 3, "something turned"
    assert len({round(float(each), 3) for each in moved}) == 8, "each by an angle of its own"


def test_a_rotation_keeps_distances_in_pixels_and_depths() -> None:
    batch = spots(4)
    rotated = rotate(batch, 180)
    before, after = (to_pixels(each["pose_2d"], SIZE) for each in (batch, rotated))
    torch.testing.assert_close(
        torch.cdist(after, after), torch.cdist(before, before), atol=1e-2, rtol=0
    )
    torch.testing.assert_close(rotated["pose_3d"].norm(dim=-1), batch["pose_3d"].norm(dim=-1))
    assert torch.equal(rotated["pose_3d"][..., 2], batch["pose_3d"][..., 2])
    # The pose in space turns by the same angle as the one in the image.
    spun = rotated["pose_3d"][:, 0, :2], batch["pose_3d"][:, 0, :2]
    flat = after[:, 0] - after[:, 1], before[:, 0] - before[:, 1]
    angles = [
        torch.atan2(a[:, 1], a[:, 0]) - torch.atan2(b[:, 1], b[:, 0]) for a, b in (spun, flat)
    ]
    torch.testing.assert_close(angles[0].cos(), angles[1].cos(), atol=1e-3, rtol=0)
    torch.testing.assert_close(angles[0].sin(), angles[1].sin(), atol=1e-3, rtol=0)


def test_no_angle_changes_nothing_and_a_corner_that_comes_in_has_the_mean_colour() -> None:
    batch = spots(4)
    torch.testing.assert_close(rotate(batch, 0)["img"], batch["img"], atol=1e-4, rtol=0)
    bright = DeviceDict(batch, img=torch.ones(4, 3, *SIZE))
    assert rotate(bright, 45)["img"].amin() == 0, "0 is the mean of normalised images"


@pytest.mark.parametrize("jitter", [jitter_colour, jitter_gamma])
def test_other_light_leaves_poses_alone(jitter: Callable[[DeviceDict], DeviceDict]) -> None:
    raw = torch.randint(0, 256, (6, 3, 8, 9), dtype=torch.uint8)
    batch = DeviceDict(img=EgoCapDataset.normalise(raw), pose_2d=torch.rand(6, 18, 2), room="hall")
    img = batch["img"].clone()
    jittered = jitter(batch)
    assert jittered["pose_2d"] is batch["pose_2d"] and jittered["room"] == "hall"
    assert torch.equal(batch["img"], img), "the argument is left alone"
    changes = (jittered["img"] - img).abs().amax(dim=(1, 2, 3))
    assert (changes > 0.01).all() and len(set(changes.tolist())) == 6
    shown = EgoCapDataset.denormalise(jittered["img"])
    assert shown.min() >= 0 and shown.max() <= 1


def test_strength_0_and_exponent_1_change_nothing() -> None:
    batch = DeviceDict(img=EgoCapDataset.normalise(torch.randint(0, 256, (2, 3, 5, 6))))
    for same in (jitter_colour(batch, 0.0), jitter_gamma(batch, 1.0)):
        torch.testing.assert_close(same["img"], batch["img"], atol=1e-5, rtol=0)


def test_gamma_keeps_black_and_white_and_the_order_between() -> None:
    raw = torch.arange(256).expand(3, 3, 1, 256)
    shown = EgoCapDataset.denormalise(
        jitter_gamma(DeviceDict(img=EgoCapDataset.normalise(raw)))["img"]
    )
    torch.testing.assert_close(shown[..., [0, 255]], torch.tensor([0.0, 1.0]).expand(3, 3, 1, 2))
    assert (shown.diff(dim=-1) >= 0).all()


@pytest.mark.parametrize("jitter", [rotate, jitter_colour, jitter_gamma])
def test_a_seed_decides_and_dtypes_stay(jitter: Callable[[DeviceDict], DeviceDict]) -> None:
    batch = spots(3)
    results = []
    for _ in range(2):
        torch.manual_seed(5)
        results.append(jitter(batch))
    assert torch.equal(results[0]["img"], results[1]["img"])
    assert torch.equal(results[0]["pose_2d"], results[1]["pose_2d"])
    assert results[0]["img"].dtype == torch.float32
