"""Where COCO's keypoints are on a body, and which of them an image shows."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from data_stubs.human.anatomy import BodyPose, Proportions, locate_joints
from data_stubs.scene.cameras import Pinhole, Placement
from data_stubs.scene.rendering import NOBODY
from poselab.skeletons import COCO

# (x, y, z) in the head's frame, as fractions of the body height.
_FACE: dict[str, tuple[float, float, float]] = {
    "nose": (0.0, 0.037, 0.062),
    "left-eye": (0.019, 0.050, 0.050),
    "right-eye": (-0.019, 0.050, 0.050),
    "left-ear": (0.049, 0.042, 0.006),
    "right-ear": (-0.049, 0.042, 0.006),
}

_DEPTH = torch.tensor(
    [0.05, 0.05, 0.05, 0.10, 0.10]
    + [
        {"shoulder": 0.13, "elbow": 0.10, "wrist": 0.08, "hip": 0.16, "knee": 0.12, "ankle": 0.09}[
            joint.split("-")[1]
        ]
        for joint in COCO.joints[5:]
    ]
)
"""How deep below the skin a keypoint may be, in metres, and still count as seen."""

VISIBLE, HIDDEN, UNLABELLED = 2, 1, 0
"""The values of v."""


def locate_keypoints(pose: BodyPose, person: Proportions) -> Float[Tensor, "frame 17 3"]:
    """Return the positions of COCO's keypoints in the world, in metres."""
    columns = []
    for name in COCO.joints:
        if name in _FACE:
            offset = torch.tensor(_FACE[name]) * person.height.unsqueeze(1)
            columns.append(pose.to_world("head", offset))
        else:
            columns.append(locate_joints(pose, person, (name,))[:, 0])
    return torch.stack(columns, dim=1)


def see_keypoints(
    joints: Float[Tensor, "image person 17 3"],
    placement: Placement,
    camera: Pinhole,
    distance: Float[Tensor, "image height width"],
    owner: Int[Tensor, "image height width"],
) -> Float[Tensor, "image person 17 3"]:
    """Project keypoints, and tell which of them an image shows.

    Args:
        joints: the keypoints in the world.
        placement: the cameras.
        camera: their model.
        distance: from the camera to what each pixel shows, in metres.
        owner: whom each pixel shows; anything that is no person has a number of its own.

    Returns:
        (x, y) in pixels and v: 2 where a keypoint can be seen, 1 where the person's own body hides
        it. v is 0, and (x, y) as well, where it lies outside the image, where something else hides
        it, and where the person's own body hides a part of their face.
    """
    people = joints.shape[1]
    height, width = camera.size
    local = placement.to_camera(joints.flatten(1, 2))
    ahead = local[..., 2] > 0.1
    position = camera.project(
        torch.where(ahead.unsqueeze(-1), local, local.new_tensor([0, 0, 1.0]))
    )
    column, row = position.round().long().unbind(-1)
    inside = ahead & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    flat = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
    met = distance.flatten(1).gather(1, flat).unflatten(1, (people, -1))
    shown = owner.flatten(1).gather(1, flat).unflatten(1, (people, -1))
    away = local.norm(dim=-1).unflatten(1, (people, -1))
    own = shown == torch.arange(people).view(1, -1, 1)
    # Beside the outline a pixel may show the room: a keypoint on the skin is seen all the same.
    seen = (shown == NOBODY) | (met >= away - 0.02) | (own & (met >= away - _DEPTH))
    face = torch.arange(len(COCO)) < len(_FACE)
    hidden_by_body = own & ~seen & ~face
    v = torch.where(seen, VISIBLE, torch.where(hidden_by_body, HIDDEN, UNLABELLED))
    v = torch.where(inside.unflatten(1, (people, -1)), v, UNLABELLED)
    labelled = torch.cat((position.unflatten(1, (people, -1)), v.unsqueeze(-1).float()), dim=-1)
    return torch.where(v.unsqueeze(-1) > 0, labelled, 0.0)
