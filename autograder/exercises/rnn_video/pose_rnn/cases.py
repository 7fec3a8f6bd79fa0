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
    pair = (2, 10, 7, 2)
    suite.says("One pose for each frame, in floating-point numbers.")
    suite.shape("shape", (3, 10, 7, 2), clips(3), build={}, repeats=TILES)

    suite.says("the same clip always gives the same poses")
    first = clips(3)
    again = experiment(
        "values", "repeated", "frames_repeat", (first,), (clips(3),), remark="again and again"
    )
    suite.says("`normalize_frames` is its first step.")
    # Half the contrast around another level: exactly representable, so rounding plays no part.
    even = 2 * suite.integers(2, 10, 8, 8, 3, low=40, high=88)
    levels = suite.integers(2, 10, 1, 1, 1, high=60)
    halved = even // 2
    some = torch.arange(10)[:, None, None, None] % 3 == 1
    each = (even + levels, torch.where(some, halved, even))
    experiment(
        "values", "outputs", "brightness",
        *((frames.byte(),) for frames in (even, even + 60, halved + 30, *each)), (clips(2),),
        shape=pair, remark="and again brighter and darker",
    )  # fmt: skip
    suite.says("a pose depends on its own frame and on the earlier ones of the same clip")
    remark = "and again with another clip in it"
    # Few colours that stand out: the largest numbers of the call.
    bright = (suite.uniform(4, 10, 8, 8, 3) ** 6 * 255).byte()
    experiment("values", "apart", "clips_apart", (clips(4),), (bright,), remark=remark)
    frame = int(suite.integers(1, low=3, high=7))
    experiment(
        "values", "steps", "over_time",
        (first,), (with_frame(first, 1, frame),), (with_frame(first, 0, 9),),
        remark="and again with another frame in it",
    )  # fmt: skip
    suite.says("all frames of all clips go through the same CNN")
    experiment("values", "first_frame", "one_encoder", (clips(2),), remark="another first frame")
    suite.says("The last layer is linear: no ReLU, no sigmoid, no rounding.")
    remark = "while weights are moved up and down"
    experiment("values", "far_away", "unbounded", (clips(1),), remark=remark)

    suite.says("uint8, or int8 that holds the same bytes")
    bright = suite.integers(2, 10, 8, 8, 3, high=256).byte()
    calls = (bright,), (bright.view(torch.int8),), (clips(2),)
    experiment(
        "edge_cases", "outputs", "same_bytes", *calls, shape=pair, remark="and labelled int8"
    )
    dark = clips(2)
    dark[0, 4] = 0
    suite.says("some frames may be entirely black")
    black = experiment(
        "edge_cases", "outputs", "finite", (dark,), shape=pair, remark="one frame of it black"
    )
    suite.says("Any number of clips, of any length")
    for frames, remark in (
        (clips(1), "a single clip"),
        (clips(3, 1), "clips of a single frame"),
        (clips(2, 6), "clips of 6 frames"),
        (clips(2, 13), "clips of 13 frames"),
    ):
        shape = (*frames.shape[:2], 7, 2)
        experiment("edge_cases", "outputs", "finite", (frames,), shape=shape, remark=remark)
    suite.says("Both sizes shape the weights.")
    suite.experiment("edge_cases", "sizes", "sizes_used", (), remark="other sizes")

    suite.says("leaves its arguments unchanged")
    suite.read("arguments", "finite", again)
    suite.read("arguments", "finite", black)
    suite.says("a gradient reaches every layer, at the latest after a few steps")
    remark = "and a gradient back to each weight"
    experiment("gradient", "reach", "learns", (clips(2),), remark=remark)

    suite.says("Do not loop over the frames")
    small = {"n_features": 16, "n_hidden": 12}
    for axis, (number, length) in suite.sizes(clips=1, frames=2):
        suite.count("vectorised", axis, clips(number, length), build=small, repeats=TILES)


EXERCISE = ExerciseDefinition(
    parameters=("frames",),
    result_axes=("clip", "frame", "joint", "xy"),
    reference=None,
    build=build_suite,
    tolerance={"values": 1e-3, "edge_cases": 1e-3, "gradient": 1e-3},
    advice={
        "shape": "A pose, 7 x 2 numbers, for each frame of each clip. Print the shape after each "
        "step: normalised frames, features, states, poses.",
        "values": "A pose depends on its own frame and on those before it in its own clip, and on "
        "nothing else. Where does the batch meet the time in your `forward`?",
        "edge_cases": "The model is given raw frames, dark or bright, in one clip or many, of any "
        "length.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "gradient": "Every layer that shapes the poses has to be in the graph: look for `detach`, "
        "`no_grad`, `.data` and numpy.",
        "vectorised": "The CNN takes all frames of all clips as one batch, and `nn.LSTM` takes the "
        "whole sequence: no loop over frames is needed.",
    },
    remarks={"a tuple": "Recurrent layers return a tuple: their output, and their last state."},
    needs=("normalize_frames", "FrameEncoder"),
    most_suites=1,
)
