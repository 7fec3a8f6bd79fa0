"""A CNN of one's own: a frame to a vector.

No two networks agree, so nothing is compared with a reference; experiments find out how yours
behaves.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder

TILES = (1, 1, 8, 8)
"""Frames of 64 x 64 pixels are made of squares of 8 x 8."""

N_FRAMES = 13
"""A number that is the length of no other axis."""


def build_suite(suite: SuiteBuilder) -> None:
    """Networks with random weights, in evaluation mode."""

    def frames(number: int) -> Tensor:
        """Normalised frames, in squares of one colour each."""
        pictures = suite.normal(number, 3, 8, 8)
        return pictures / pictures.std((1, 2, 3), keepdim=True)

    experiment = partial(suite.experiment, build={"n_features": 40}, repeats=TILES)
    suite.says("One vector of floating-point numbers for each frame, `n_features` long.")
    suite.shape("shape", (3, 24), frames(3), build={"n_features": 24}, repeats=TILES)
    suite.shape("shape", (2, 128), frames(2), build={}, repeats=TILES)
    experiment("shape", "outputs", "finite", (frames(3),), shape=(3, 40))
    suite.experiment(
        "shape", "widths", "width_follows", (frames(2),), repeats=TILES, remark="of two lengths"
    )

    suite.says("In evaluation mode a frame's vector depends on that frame alone")
    first = frames(3)
    again = experiment(
        "values", "repeated", "frames_repeat", (first,), (frames(3),), remark="again and again"
    )
    # Few colours that stand out: the largest numbers of the call.
    bright = suite.normal(N_FRAMES, 3, 8, 8) ** 3
    bright = bright / bright.std((1, 2, 3), keepdim=True)
    experiment(
        "values", "apart", "frames_apart", (frames(N_FRAMES),), (bright,),
        remark="and again with another frame in it",
    )  # fmt: skip
    suite.says("when something moves in the frame, wherever that is, the vector changes")
    experiment(
        "values", "places", "sees_where", (frames(4),),
        remark="and with something that moves in them",
    )  # fmt: skip

    suite.says("any number of frames, also a single one; some may be 0 everywhere")
    experiment(
        "edge_cases", "outputs", "finite", (frames(1),),
        build={"n_features": 16}, shape=(1, 16), remark="a single frame",
    )  # fmt: skip
    experiment(
        "edge_cases", "outputs", "finite", (torch.zeros(2, 3, 8, 8),),
        shape=(2, 40), remark="frames of nothing but 0",
    )  # fmt: skip
    suite.says("leaves its arguments unchanged")
    suite.read("arguments", "finite", again)
    suite.says("a gradient reaches every layer, at the latest after a few steps")
    remark = "and a gradient back to each weight"
    experiment("gradient", "reach", "learns", (frames(4),), remark=remark)
    suite.says("it processes all clips, frames and joints at once, without a loop in Python")
    for axis, (number,) in suite.sizes(frames=4):
        small = {"n_features": 16}
        suite.count("vectorised", axis, frames(number), build=small, repeats=TILES)


EXERCISE = ExerciseDefinition(
    parameters=("frames",),
    most_suites=2,
    result_axes=("frame", "feature"),
    reference=None,
    build=build_suite,
    tolerance={"values": 1e-3, "edge_cases": 1e-3, "gradient": 1e-3},
    advice={
        "shape": "One vector of `n_features` numbers for each frame. What does `flatten` make of "
        "the last map, and what does the linear layer expect?",
        "values": "A frame's features depend on this frame alone, and on where in it things are.",
        "edge_cases": "Print the shape after each layer for a batch of one frame.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "gradient": "Every layer that shapes the result has to be in the graph: look for `detach`, "
        "`no_grad`, `.data` and numpy.",
        "vectorised": "The layers of a CNN take all frames as one batch: no loop over frames is "
        "needed.",
    },
)
