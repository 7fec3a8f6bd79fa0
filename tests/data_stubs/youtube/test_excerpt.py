"""Some frames of a video, rendered without the others."""

from __future__ import annotations

import torch

from data_stubs.youtube.excerpt import shoot_excerpt
from data_stubs.youtube.scenes import direct_scene, shoot


def test_an_excerpt_shows_the_frames_that_it_names() -> None:
    scene = direct_scene(3, 1, 0)
    frames = torch.arange(40, 60, 2)
    whole, part = shoot(scene), shoot_excerpt(scene, frames)
    torch.testing.assert_close(part.poses, whole.poses[frames])
    assert (part.frames.shape, part.frames.dtype) == ((10, 64, 64, 3), torch.uint8)
    pictures = whole.frames.float()
    # One exposure for all of it: brighter or darker than in the video by one factor, if at all.
    found = part.frames.float()
    found = found * (pictures[frames].mean() / found.mean())
    off = (found - pictures[frames]).abs()
    assert off.mean() < 1
    others = (found - pictures[frames - 30]).abs()
    assert others.mean() > 3 * off.mean()


def test_an_excerpt_does_not_depend_on_what_else_is_rendered() -> None:
    scene = direct_scene(3, 1, 1)
    frames = torch.arange(10)
    again = shoot_excerpt(direct_scene(3, 1, 1), frames)
    assert torch.equal(shoot_excerpt(scene, frames).frames, again.frames)
