from __future__ import annotations

from poselab.widgets.clips import scrub_clip
from tests.poselab.plots.test_clips import noise


def test_the_scrubber_follows_its_slider() -> None:
    frames, pose = noise()
    widget = scrub_clip(frames, pose, {"LSTM": pose + 3})
    first = widget.picture.value
    widget.sliders["frame"].value = 7
    assert widget.picture.value != first
    assert widget.sliders["frame"].max == 9
