from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from poselab.plots.clips import plot_clip_predictions
from poselab.widgets.clips import scrub_clip
from tests.poselab.plots.test_clips import noise


def test_the_scrubber_follows_its_slider() -> None:
    frames, pose = noise()
    widget = scrub_clip(frames, pose, {"LSTM": pose + 3})
    first = widget.picture.value
    widget.sliders["frame"].value = 7
    assert widget.picture.value != first
    assert widget.sliders["frame"].max == 9


def test_each_frame_looks_as_if_it_was_drawn_alone() -> None:
    frames, pose = noise()
    widget = scrub_clip(frames, pose, {"LSTM": pose + 3})
    for frame in (7, 2, 0):
        widget.sliders["frame"].value = frame
        shown = {"LSTM": pose[frame] + 3}
        alone = plot_clip_predictions(frames[frame], pose[frame], shown, frame).png()
        assert (_pixels(widget.picture.value) == _pixels(alone)).all()


def _pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
