"""The frame indices of all clips of one video."""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)
) -> Int[Tensor, "window length"]:
    """Try every start, and keep the windows whose frames all exist."""
    windows = []
    for stride in strides:
        for start in range(n_frames):
            window = [start + step * stride for step in range(length)]
            if all(frame < n_frames for frame in window):
                windows.append(window)
    return torch.tensor(windows, dtype=torch.float64).reshape(-1, length)


def build_suite(suite: SuiteBuilder) -> None:
    """Videos with room for many windows, for exactly one, and for none."""

    def number(low: int, high: int) -> int:
        return int(suite.integers(1, low=low, high=high))

    suite.says("The frame indices of all clips of one video, one row per clip")
    # The same call again, before any other: what is left behind by a first call would be seen here.
    suite.says("Its result depends on its arguments alone, not on earlier calls.")
    again = (17, 10, (1,))
    suite.experiment("shape", "made_again", "nothing_remembered", again, again, remark="twice")
    suite.says("The frame indices of all clips of one video, one row per clip")
    length = number(3, 6)
    suite.call("shape", length + 9, length, (1,), remark="room for 10 windows")
    suite.call("values", 12, 4, (1, 2), remark="room for 9 windows and for 6")
    suite.says("ten frames in a row, and ten frames in steps of two")
    suite.call("values", 100, remark="the defaults: room for 91 windows and for 82")
    suite.says("the steps from one frame of a clip to the next")
    length, extra = number(3, 6), number(2, 7)
    n_frames = (length - 1) * 3 + extra
    remark = f"room for {n_frames - length + 1} windows and for {extra}"
    suite.call("values", n_frames, length, (1, 3), remark=remark)
    suite.says("All clips of the first stride come first, ordered by their start, then all of the")
    n_frames = (length - 1) * 2 + extra
    remark = f"room for {extra} windows and for {n_frames - length + 1}"
    suite.call("values", n_frames, length, (2, 1), remark=remark)
    suite.call("values", 23, 4, (3, 1, 5), remark="room for 14 windows, for 20 and for 8")
    suite.says("A clip starts at every frame from which it still fits into its video.")
    suite.call("edge_cases", 10, remark="one window of stride 1 fits exactly, none of stride 2")
    length = number(3, 6)
    exact = (length - 1) * 2 + 1
    remark = "the only window ends at the last frame"
    suite.call("edge_cases", exact, length, (2,), remark=remark)
    suite.says("frames in a clip")
    suite.call("edge_cases", 5, 1, (1, 3), remark="windows of one frame")
    suite.says("A clip starts at every frame from which it still fits into its video.")
    short = number(4, 7)
    remark = "too short for every other frame, not for the rest"
    suite.call("edge_cases", short + 2, short, (2, 1), remark=remark)
    suite.says("no rows, but still ``length`` columns, when the video is too short")
    suite.call("edge_cases", number(3, 8), remark="a video that is too short")
    suite.call("edge_cases", number(3, 5), 6, (3, 1, 2), remark="a video that is too short")
    suite.call("edge_cases", 0, 4, (1, 2), remark="a video without frames")
    suite.says("how many frames the video has, counted from 0")
    # With steps so wide that a few windows reach the indices that small types cannot hold.
    suite.call("edge_cases", 300, 3, (1, 140), remark="indices beyond 255")
    suite.call("edge_cases", 33_000, 2, (32_950,), remark="indices beyond 32767")
    suite.says("all clips of one video, one row per clip, as int64")
    suite.call("dtype_device", 60, 4, (1, 2), dtype="int64")
    suite.experiment(
        "dtype_device", "whole_numbers", "int64", (3, 4, (1, 2)), remark="a video that is too short"
    )
    suite.says("it processes all clips, frames and joints at once, without a loop in Python")
    # One stride, so that the longest clip fits into videos of less than 100 frames: what else is
    # asked above, of videos that are too short or have many frames, is not asked again.
    for axis, (frames, steps) in suite.sizes(frames=48, steps=4):
        suite.count("vectorised", axis, frames, steps, (1,))


EXERCISE = ExerciseDefinition(
    parameters=("n_frames", "length", "strides"),
    # Drawn as a picture: a row for each window, coloured by the frames' indices.
    result_axes=("row", "column"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 24, "instructions": 1000},
    tolerance={"values": 2e-6, "edge_cases": 2e-6, "dtype_device": 2e-6},
    advice={
        "shape": "The result has a row for each window and a column for each of its frames. Write "
        "down all windows of 3 frames of a video of 5, and count them.",
        "values": "Write down by hand the windows of a video of 4 frames, with length 2 and "
        "strides (1, 2): the docstring has them.",
        "edge_cases": "A window exists if its last frame does. Which index does that frame have, "
        "and how many starts does that leave? Never fewer than none.",
        "vectorised": "A column of starts plus a row of steps is a table: broadcasting writes all "
        "windows of a stride at once.",
        "dtype_device": "Frame indices are int64: which dtype has your result, also where it is "
        "empty?",
    },
)
