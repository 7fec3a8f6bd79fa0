"""A few frames of a synthetic video, rendered without the others."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Int
from torch import Tensor

from data_stubs.scene.rendering import Renderer
from data_stubs.youtube.scenes import _SUBFRAMES, SIZE, Scene, Video, _develop
from poselab.skeletons import UPPER_BODY


def shoot_excerpt(scene: Scene, frames: Int[Tensor, " chosen"]) -> Video:
    """Render some frames of a video, as ``shoot`` does all of them.

    Args:
        scene: what the video shows.
        frames: the indices of the frames.

    Returns:
        The frames in this order. The exposure is set for them rather than for the whole video, so
        that they may be a little brighter or darker than there.
    """
    shot = scene.shot
    linear = torch.zeros(len(frames), 3, SIZE, SIZE)
    poses = torch.zeros(len(frames), len(UPPER_BODY), 2)
    row, silence = torch.zeros_like(frames), torch.zeros(1).expand_as(linear)
    x, y = shot.camera.centre
    for number, (dx, dy) in enumerate(_SUBFRAMES):
        instant = scene.at(shot.shutter * number / (len(_SUBFRAMES) - 1))
        poses += instant.poses[frames] / len(_SUBFRAMES)
        images = Renderer(replace(shot.camera, centre=(x - dx, y - dy))).render(
            instant.capsules[frames], scene.surfaces[row], instant.placement[frames],
            scene.room[row], scene.light[row], silence,
        )  # fmt: skip
        linear += (images.float() / 255).square_() / len(_SUBFRAMES)
    part = replace(
        scene,
        shot=replace(shot, brightness=shot.brightness[frames]),
        props=replace(scene.props, shows=scene.props.shows[frames]),
        noise=scene.noise[frames],
    )
    return Video(_develop(linear, part), poses)
