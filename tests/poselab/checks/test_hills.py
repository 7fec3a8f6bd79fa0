"""What four maps show of how a hill is drawn: names for what is shown, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from autograder.exercises.heatmap_2d.hills.right import axes, hills, offsets_from, squared
from autograder.suites.drawing import draw_suite
from poselab.checks.experiments.heatmap_2d.hills import drawn_between_pixels
from poselab.checks.registry import Finding

Draw = Callable[[Tensor, tuple[int, int], float], Tensor]
(CASE,) = (
    case
    for case in draw_suite("heatmap_2d", "gaussian_heatmap", 0).cases
    if case.relation == "drawn_between_pixels"
)


def broken(draw: Draw) -> list[Finding]:
    maps = torch.stack([draw(*args) for args in CASE.args])
    return [finding for finding in drawn_between_pixels(maps, CASE, 0.0) if finding.amount > 0]


def test_right_hills_show_nothing() -> None:
    assert not broken(hills)


@pytest.mark.parametrize(
    ("right", "down", "name", "ways"),
    [
        (-0.5, -0.5, "half_pixel_shift", "0.5 pixels too far left and 0.5 pixels too far up"),
        (0.3, 0.0, "shifted", "0.3 pixels too far right."),
        (0.0, -1.0, "shifted", "1 pixel too far up."),
    ],
)
def test_a_shift_is_measured(right: float, down: float, name: str, ways: str) -> None:
    (finding,) = broken(lambda joint, *rest: hills(joint + torch.tensor([right, down]), *rest))
    assert finding.mistake == name
    assert ways in finding.observed


@pytest.mark.parametrize(
    "draw",
    [
        # Neither ends nor turns pointed where the right ones do.
        lambda joint, size, sigma: (1 - squared(joint, size).sqrt() / (3 * sigma)).clamp(min=0),
        # Steps of a quarter, no whole pixels.
        lambda joint, size, sigma: hills((4 * joint).round() / 4, size, sigma),
        # In the wrong place by another amount each time.
        lambda joint, size, sigma: hills(1.1 * joint, size, sigma),
        # Where the joint is, and too wide.
        lambda joint, size, sigma: hills(joint, size, 1.1 * sigma),
        # Whole numbers are among those that half precision can hold.
        lambda joint, size, sigma: (255 * hills(joint, size, sigma)).round(),
        # A single pixel is not a hill around a rounded joint.
        lambda joint, size, sigma: (squared(joint.round(), size) < 0.5).float(),
        # Zeros everywhere are not a hill that is cut off.
        lambda joint, size, sigma: torch.zeros(size),
    ],
)
def test_what_is_not_shown_has_no_name(draw: Draw) -> None:
    assert not broken(draw)


def test_rounding_one_coordinate_alone_is_not_named() -> None:
    def x_rounded(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
        x, y = axes(joint, size)
        dx, dy = offsets_from(torch.stack([joint[0].round(), joint[1]]), x, y)
        return torch.exp(-(dx**2 + dy**2) / (2 * sigma**2))

    assert not broken(x_rounded)
