from __future__ import annotations

import numpy as np
import pytest
import torch

from data_stubs.coco.keypoints import see_keypoints
from data_stubs.scene.cameras import Pinhole, Placement
from data_stubs.scene.rendering import NOBODY
from poselab.skeletons import COCO

# A scene made by hand, in metres, in the camera's frame: a ball is a person, another ball stands
# further back, and a post before the first one. The room is empty.
SIZE, FOCAL = (80, 120), 100.0
CENTRE = np.array([59.5, 39.5])
BALL, RADIUS = np.array([0.0, 0.0, 3.0]), 0.5
FAR_BALL = np.array([0.75, 0.0, 4.0])
POST = (0.15, 0.30, 2.0)
"""From x to x at a depth: as good as a board."""


def directions() -> np.ndarray:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    x, y = (columns - CENTRE[0]) / FOCAL, (rows - CENTRE[1]) / FOCAL
    along = np.stack([x, y, np.ones(SIZE)], axis=-1)
    return along / np.linalg.norm(along, axis=-1, keepdims=True)


def to_ball(centre: np.ndarray) -> np.ndarray:
    """The distance along each ray, by the quadratic equation; infinite where the ball is missed."""
    along = directions() @ centre
    inside = along**2 - (centre @ centre - RADIUS**2)
    return np.where(inside > 0, along - np.sqrt(inside.clip(0)), np.inf)


def to_post() -> np.ndarray:
    left, right, depth = POST
    rays = directions()
    distance = depth / rays[..., 2]
    x = distance * rays[..., 0]
    return np.where((x > left) & (x < right), distance, np.inf)


def see(points: dict[int, list[float]], who: int = 0) -> np.ndarray:
    """v of some keypoints of a person in that scene."""
    surfaces = np.stack([to_ball(BALL), to_ball(FAR_BALL), to_post()])
    distance = surfaces.min(0)
    owner = np.where(np.isinf(distance), NOBODY, surfaces.argmin(0))
    joints = torch.zeros(1, 2, 17, 3)
    joints[..., 2] = -1.0
    for number, point in points.items():
        joints[0, who, number] = torch.tensor(point)
    found = see_keypoints(
        joints,
        Placement(torch.eye(3)[None], torch.zeros(1, 3)),
        Pinhole(SIZE, (FOCAL, FOCAL), (CENTRE[0], CENTRE[1])),
        torch.from_numpy(distance).float()[None],
        torch.from_numpy(owner)[None],
    )
    return found[0, who].numpy()


NOSE, WRIST = COCO.index("nose"), COCO.index("left-wrist")


@pytest.mark.parametrize(
    ("point", "of_face", "of_body"),
    [
        ([-0.1, 0.0, 2.51], 2, 2),  # on its front
        ([-0.1, 0.0, 2.55], 2, 2),  # just below the skin
        ([-0.1, 0.0, 2.58], 0, 2),  # deeper: an eye is not, a joint is
        ([-0.1, 0.0, 3.40], 0, 1),  # on its back
        ([-0.1, 0.3, 3.00], 0, 1),  # within
        ([0.22, 0.0, 2.60], 0, 0),  # on its front, behind the post
        ([-0.62, 0.0, 3.00], 2, 2),  # beside its outline, before the empty room
        ([0.30, -0.3, -2.0], 0, 0),  # behind the camera
        ([-2.5, 0.0, 3.00], 0, 0),  # left of the image
        ([0.0, 1.5, 3.00], 0, 0),  # below the image
    ],
)
def test_what_can_be_seen(point: list[float], of_face: int, of_body: int) -> None:
    found = see({NOSE: point, WRIST: point})
    assert found[[NOSE, WRIST], 2].tolist() == [of_face, of_body]
    for number in (NOSE, WRIST):
        expected = [0.0, 0.0]
        if found[number, 2] > 0:
            expected = CENTRE + FOCAL * np.array(point[:2]) / point[2]
        np.testing.assert_allclose(found[number, :2], expected, atol=1e-3)


def test_another_person_hides() -> None:
    # Behind the first ball; beside it.
    hidden, free = [0.55, 0.0, 3.55], [0.9, 0.0, 3.55]
    found = see({WRIST: hidden, NOSE: free}, who=1)
    assert to_ball(BALL)[40, round(CENTRE[0] + FOCAL * 0.55 / 3.55)] < np.inf
    assert found[[WRIST, NOSE], 2].tolist() == [0, 2]


def test_the_border_of_the_image() -> None:
    # The first pixel reaches from -0.5 to 0.5.
    for column, v in ((-0.7, 0), (-0.3, 2), (119.3, 2), (119.7, 0)):
        x = (column - CENTRE[0]) / FOCAL
        assert see({WRIST: [x * 3, -1.0, 3.0]})[WRIST, 2] == v, column
