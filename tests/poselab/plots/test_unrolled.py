from __future__ import annotations

import pytest

from poselab.plots.unrolled import plot_unrolled


def test_one_column_a_frame_and_a_state_that_is_handed_on() -> None:
    (axes,) = plot_unrolled(3).axes
    texts = [text.get_text() for text in axes.texts]
    assert [text for text in texts if text.startswith(("frame", "pose"))] == [
        "frame 0", "pose 0", "frame 1", "pose 1", "frame 9", "pose 9",
    ]  # fmt: skip
    assert [texts.count(layer) for layer in ("CNN", "LSTM", "linear")] == [3, 3, 3]
    assert sum(text.startswith("h, c") for text in texts) == 2 and "zeros" in texts


def test_a_state_needs_two_steps() -> None:
    with pytest.raises(ValueError, match="n_steps is 1"):
        plot_unrolled(1)
