"""A CNN and an LSTM of one's own: clips of raw frames to poses.

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
    """Networks with random weights, in evaluation mode, and clips of random squares."""

    def clips(number: int, length: int = 10) -> Tensor:
        # Neither dark nor bright, so that brightness has room to change.
        return suite.integers(number, length, 8, 8, 3, low=80, high=176).byte()

    def with_frame(given: Tensor, clip: int, frame: int) -> Tensor:
        replaced = given.clone()
        replaced[clip, frame] = suite.integers(8, 8, 3, low=80, high=176).byte()
        return replaced

    build = {"n_features": 32, "n_hidden": 24}
    experiment = partial(suite.experiment, build=build, repeats=TILES)
    pair, shape = (2, 10, 7, 2), (3, 10, 7, 2)
    suite.shape("shape", shape, clips(3), build={}, repeats=TILES)
    first, second = clips(3), clips(3)
    experiment(
        "values", "seeded_outputs", "frames_repeat", (first,), (first,), (second,), (first,),
        shape=shape, remark="again and again",
    )  # fmt: skip
    # Half the contrast around another level: exactly representable, so rounding plays no part.
    even = 2 * suite.integers(2, 10, 8, 8, 3, low=40, high=88)
    levels = suite.integers(2, 10, 1, 1, 1, high=60)
    experiment(
        "values", "outputs", "brightness",
        (even.byte(),), ((even // 2).byte(),), ((even // 2 + levels).byte(),), (clips(2),),
        shape=pair, remark="and again darker",
    )  # fmt: skip
    frame = int(suite.integers(1, low=3, high=7))
    experiment(
        "values", "outputs", "clips_and_time",
        (first,), (with_frame(first, 1, frame),), (with_frame(first, 0, 9),),
        shape=shape, remark="and again with another frame in it",
    )  # fmt: skip
    remark = "and a gradient back to each weight"
    reached = experiment(
        "values", "reach_of_first_frame", "one_encoder", (clips(2),), remark=remark
    )
    remark = "with the last layer's bias as it is, and moved up and down"
    experiment("values", "offset_output", "unbounded", (clips(2),), shape=pair, remark=remark)

    bright = suite.integers(2, 10, 8, 8, 3, high=256).byte()
    calls = (bright,), (bright.view(torch.int8),), (clips(2),)
    experiment(
        "edge_cases", "outputs", "same_bytes", *calls, shape=pair, remark="and labelled int8"
    )
    one = clips(1)
    dark = clips(2)
    dark[0, 4] = 0
    for frames, remark in (
        (one, "a single clip"),
        (dark, "one frame of it black"),
        (clips(2, 6), "clips of 6 frames"),
    ):
        shape = (*frames.shape[:2], 7, 2)
        experiment("edge_cases", "outputs", "finite", (frames,), shape=shape, remark=remark)

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
