from __future__ import annotations

from poselab.widgets.poses_3d import rotate_pose
from tests.poselab.plots.test_poses_3d import poses


def test_a_pose_is_turned_by_its_sliders() -> None:
    target, predicted = poses()
    widget = rotate_pose(target, {"mine": predicted})
    seen = {widget.picture.value}
    widget.sliders["azimuth"].value = 90
    seen.add(widget.picture.value)
    widget.sliders["elevation"].value = 60
    seen.add(widget.picture.value)
    assert len(seen) == 3
    assert not widget.message.value
