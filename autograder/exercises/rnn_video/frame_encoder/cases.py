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


def build_suite(suite: SuiteBuilder) -> None:
    """Networks with random weights, in evaluation mode."""

    def frames(number: int) -> Tensor:
        """Normalised frames, in squares of one colour each."""
        pictures = suite.normal(number, 3, 8, 8)
        return pictures / pictures.std((1, 2, 3), keepdim=True)

    def thing_at(row: int, column: int, colours: Tensor) -> Tensor:
        picture = torch.full((2, 3, 8, 8), -0.2)
        picture[:, :, row : row + 2, column : column + 2] = colours[:, :, None, None]
        return picture

    suite.shape("shape", (3, 24), frames(3), build={"n_features": 24}, repeats=TILES)
    suite.shape("shape", (2, 128), frames(2), build={}, repeats=TILES)

    experiment = partial(suite.experiment, build={"n_features": 40}, repeats=TILES)
    first, second = frames(3), frames(3)
    replaced = first.clone()
    replaced[0] = second[0]
    experiment(
        "values", "seeded_outputs", "frames_repeat", (first,), (first,), (second,), (first,),
        shape=(3, 40), remark="again and again",
    )  # fmt: skip
    experiment(
        "values", "outputs", "frames_apart", (first,), (replaced,),
        shape=(3, 40), remark="and again with another frame 0",
    )  # fmt: skip
    colours = 3 * suite.normal(2, 2, 3)
    experiment(
        "values", "outputs", "sees_where",
        (thing_at(2, 2, colours[0]),), (thing_at(4, 4, colours[0]),), (thing_at(2, 2, colours[1]),),
        shape=(2, 40), remark="a square, then elsewhere",
    )  # fmt: skip
    experiment(
        "edge_cases", "outputs", "finite", (frames(1),),
        build={"n_features": 16}, shape=(1, 16), remark="a single frame",
    )  # fmt: skip
    experiment(
        "edge_cases", "outputs", "finite", (torch.zeros(2, 3, 8, 8),),
        shape=(2, 40), remark="frames of nothing but 0",
    )  # fmt: skip
    remark = "and a gradient back to each weight"
    experiment("gradient", "reach", "learns", (frames(4),), remark=remark)


EXERCISE = ExerciseDefinition(
    parameters=("frames",),
    result_axes=("frame", "feature"),
    reference=None,
    build=build_suite,
    tolerance={"values": 1e-3, "edge_cases": 1e-3, "gradient": 1e-3},
    advice={
        "shape": "One vector of `n_features` numbers for each frame. What does `flatten` make of "
        "the last map, and what does the linear layer expect?",
        "values": "A frame's features depend on this frame alone, and on where in it things are.",
        "edge_cases": "Print the shape after each layer for a batch of one frame.",
        "gradient": "Every layer that shapes the result has to be in the graph: look for `detach`, "
        "`no_grad`, `.data` and numpy.",
    },
)
