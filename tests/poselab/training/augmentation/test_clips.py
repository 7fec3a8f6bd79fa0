from __future__ import annotations

import torch

from poselab.datasets import DeviceDict
from poselab.skeletons import UPPER_BODY
from poselab.training.augmentation.clips import mirror_some, reframe


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


def test_without_a_generator_the_global_one_decides() -> None:
    batch = DeviceDict(
        frames=torch.randint(0, 256, (8, 2, 6, 9, 3), dtype=torch.uint8),
        pose=torch.rand(8, 2, 7, 2),
    )
    results = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        results.append(reframe(mirror_some(batch))["pose"])
    assert torch.equal(results[0], results[1]) and not torch.equal(results[0], results[2])
