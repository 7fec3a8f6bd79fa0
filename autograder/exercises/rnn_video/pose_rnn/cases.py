"""A CNN and an LSTM of one's own: clips of raw frames to poses.

No two networks agree, so nothing is compared with a reference; experiments find out how yours
behaves.
"""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder

TILES = (1, 1, 8, 8)
"""Frames of 64 x 64 pixels are made of squares of 8 x 8."""


def build_suite(suite: SuiteBuilder) -> None:
    """Networks with random weights, in evaluation mode, and clips of random squares."""

    def clips(number: int, length: int = 10) -> Tensor:
        # Neither dark nor bright, so that brightness has room to change.
        return suite.integers(number, length, 8, 8, 3, low=80, high=176).byte()

    def with_frame(given: Tensor, clip: int, frame: int) -> Tensor:
        replaced = given.clone()
        replaced[clip, frame] = suite.integers(8, 8, 3, low=80, high=176).byte()
        return replaced

    build = {"n_features": 32, "n_hidden": 24}
    suite.shape("shape", (3, 10, 7, 2), clips(3), build={}, repeats=TILES)
    first, second = clips(3), clips(3)
    shape = (3, 10, 7, 2)
    suite.experiment(
        "values", "seeded_outputs", "frames_repeat", (first,), (first,), (second,), (first,),
        build=build, shape=shape, repeats=TILES, remark="again and again",
    )  # fmt: skip
    # Half the contrast around another level: exactly representable, so rounding plays no part.
    even = 2 * suite.integers(2, 10, 8, 8, 3, low=40, high=88)
    levels = suite.integers(2, 10, 1, 1, 1, high=60)
    suite.experiment(
        "values", "outputs", "brightness",
        (even.byte(),), ((even // 2).byte(),), ((even // 2 + levels).byte(),), (clips(2),),
        build=build, shape=(2, 10, 7, 2), repeats=TILES, remark="and again darker",
    )  # fmt: skip
    frame = int(suite.integers(1, low=3, high=7))
    suite.experiment(
        "values", "outputs", "clips_and_time",
        (first,), (with_frame(first, 1, frame),), (with_frame(first, 0, 9),),
        build=build, shape=shape, repeats=TILES, remark="and again with another frame in it",
    )  # fmt: skip
    reached = suite.experiment(
        "values", "reach_of_first_frame", "one_encoder", (clips(2),), build=build, repeats=TILES,
        remark="and a gradient back to each weight",
    )  # fmt: skip
    suite.experiment(
        "values", "offset_output", "unbounded", (clips(2),), build=build, shape=(2, 10, 7, 2),
        repeats=TILES, remark="with the last layer's bias as it is, and moved up and down",
    )  # fmt: skip

    bright = suite.integers(2, 10, 8, 8, 3, high=256).byte()
    suite.experiment(
        "edge_cases", "outputs", "same_bytes", (bright,), (bright.view(torch.int8),), (clips(2),),
        build=build, shape=(2, 10, 7, 2), repeats=TILES, remark="and labelled int8",
    )  # fmt: skip
    suite.experiment(
        "edge_cases", "outputs", "finite", (clips(1),), build=build, shape=(1, 10, 7, 2),
        repeats=TILES, remark="a single clip",
    )  # fmt: skip
    dark = clips(2)
    dark[0, 4] = 0
    suite.experiment(
        "edge_cases", "outputs", "finite", (dark,), build=build, shape=(2, 10, 7, 2),
        repeats=TILES, remark="one frame of it black",
    )  # fmt: skip
    suite.experiment(
        "edge_cases", "outputs", "finite", (clips(2, 6),), build=build, shape=(2, 6, 7, 2),
        repeats=TILES, remark="clips of 6 frames",
    )  # fmt: skip

    suite.read("gradient", "learns", reached)

    small = {"n_features": 16, "n_hidden": 12}
    for axis, number, length in (("", 1, 4), ("frames", 1, 36), ("clips", 33, 4)):
        suite.count(
            "vectorised", axis, clips(number, length), build=small, python_only=True, repeats=TILES
        )


EXERCISE = ExerciseDefinition(
    parameters=("frames",),
    result_axes=("clip", "frame", "joint", "xy"),
    reference=None,
    build=build_suite,
    tolerance={"values": 3e-3, "edge_cases": 1e-3, "gradient": 1e-3},
    advice={
        "shape": "A pose, 7 x 2 numbers, for each frame of each clip. Print the shape after each "
        "step: normalised frames, features, states, poses.",
        "values": "A pose depends on its own frame and on those before it in its own clip, and on "
        "nothing else. Where does the batch meet the time in your `forward`?",
        "edge_cases": "The model is given raw frames, dark or bright, in one clip or many, of any "
        "length.",
        "gradient": "Every layer that shapes the poses has to be in the graph: look for `detach`, "
        "`no_grad`, `.data` and numpy.",
        "vectorised": "The CNN takes all frames of all clips as one batch, and `nn.LSTM` takes the "
        "whole sequence: no loop over frames is needed.",
    },
    remarks={"a tuple": "Recurrent layers return a tuple: their output, and their last state."},
    most_suites=20,
)
