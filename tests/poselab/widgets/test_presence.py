from __future__ import annotations

import torch

from poselab.widgets.presence import choose_threshold


def test_a_threshold_moves_the_point_on_the_curve() -> None:
    generator = torch.Generator().manual_seed(0)
    presence = (torch.rand(20, 17, generator=generator) > 0.5).float()
    scores = (0.3 + 0.4 * presence + 0.3 * torch.rand(20, 17, generator=generator)).clamp(0, 1)
    widget = choose_threshold(scores, presence)
    seen = {widget.picture.value}
    for threshold in (0, 70, 100):
        widget.sliders["threshold"].value = threshold
        seen.add(widget.picture.value)
        assert not widget.message.value
    assert len(seen) == 4
