"""Mirroring people: against a loop, and twice as if never."""

from __future__ import annotations

import torch

from poselab.datasets.coco import Crops
from poselab.skeletons import COCO
from poselab.training.augmentation.people import mirror_some


def some_people(count: int = 40) -> Crops:
    generator = torch.Generator().manual_seed(3)
    v = torch.randint(0, 3, (count, 17, 1), generator=generator)
    positions = 31 * torch.rand(count, 17, 2, generator=generator)
    return Crops(
        images=torch.randint(0, 256, (count, 3, 24, 32), generator=generator, dtype=torch.uint8),
        keypoints=torch.cat((positions, v), dim=-1) * (v > 0),
        annotation=torch.arange(count),
        image=torch.arange(count),
        box=torch.rand(count, 4, generator=generator),
        area=torch.rand(count, generator=generator),
    )


def test_about_half_are_mirrored_as_a_loop_mirrors_them() -> None:
    people = some_people()
    mirrored = mirror_some(people, torch.Generator().manual_seed(0))
    changed = 0
    for before, after, old, new in zip(
        people.images, mirrored.images, people.keypoints, mirrored.keypoints, strict=True
    ):
        if torch.equal(before, after):
            assert torch.equal(old, new)
            continue
        changed += 1
        assert torch.equal(after, torch.stack([before[:, :, 31 - x] for x in range(32)], dim=2))
        for name in COCO.joints:
            side = {"left": "right", "right": "left"}.get(name.split("-")[0], "")
            other = f"{side}-{name.split('-')[1]}" if side else name
            x, y, v = old[COCO.index(other)].tolist()
            expected = [31 - x, y, v] if v else [0.0, 0.0, 0.0]
            torch.testing.assert_close(new[COCO.index(name)], torch.tensor(expected))
    assert 10 <= changed <= 30


def test_the_same_draw_twice_gives_back_the_same_people() -> None:
    people = some_people()
    once = mirror_some(people, torch.Generator().manual_seed(1))
    twice = mirror_some(once, torch.Generator().manual_seed(1))
    assert torch.equal(twice.images, people.images)
    torch.testing.assert_close(twice.keypoints, people.keypoints)
    assert not torch.equal(once.images, people.images)


def test_the_people_given_are_left_alone() -> None:
    people, same = some_people(), some_people()
    mirrored = mirror_some(people)
    assert torch.equal(people.images, same.images)
    assert torch.equal(people.keypoints, same.keypoints)
    assert mirrored.annotation is people.annotation
