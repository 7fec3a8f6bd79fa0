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

    length = number(3, 6)
    suite.call("shape", length + 5, length, (1,), remark="room for 6 windows")
    suite.call("values", 12, 4, (1, 2), remark="room for 9 windows and for 6")
    suite.call("values", 100, remark="the defaults: room for 91 windows and for 82")
    length, extra = number(3, 6), number(2, 7)
    n_frames = (length - 1) * 3 + extra
    remark = f"room for {n_frames - length + 1} windows and for {extra}"
    suite.call("values", n_frames, length, (1, 3), remark=remark)
    n_frames = (length - 1) * 2 + extra
    remark = f"room for {extra} windows and for {n_frames - length + 1}"
    suite.call("values", n_frames, length, (2, 1), remark=remark)
    suite.call("edge_cases", 10, remark="one window of stride 1 fits exactly, none of stride 2")
    exact = (length - 1) * 2 + 1
    remark = "the only window ends at the last frame"
    suite.call("edge_cases", exact, length, (2,), remark=remark)
    suite.call("edge_cases", 5, 1, (1, 3), remark="windows of one frame")
    short = number(4, 7)
    remark = "too short for every other frame, not for the rest"
    suite.call("edge_cases", short + 2, short, (2, 1), remark=remark)
    suite.call("edge_cases", number(3, 8), remark="a video that is too short")
    suite.call("edge_cases", number(3, 5), 6, (3, 1, 2), remark="a video that is too short")
    suite.call("edge_cases", 0, 4, (1, 2), remark="a video without frames")
    suite.count("vectorised", "", 120, 4, (1, 2))
    suite.count("vectorised", "frames", 152, 4, (1, 2))
    suite.count("vectorised", "steps", 120, 36, (1, 2))


EXERCISE = ExerciseDefinition(
    parameters=("n_frames", "length", "strides"),
    # Drawn as a picture: a row for each window, coloured by the frames' indices.
    result_axes=("row", "column"),
    reference=reference,
    build=build_suite,
    tolerance={"values": 1e-4, "edge_cases": 1e-4},
    advice={
        "shape": "The result has a row for each window and a column for each of its frames. Write "
        "down all windows of 3 frames of a video of 5, and count them.",
        "values": "Write down by hand the windows of a video of 4 frames, with length 2 and "
        "strides (1, 2): the docstring has them.",
        "edge_cases": "A window exists if its last frame does. Which index does that frame have, "
        "and how many starts does that leave? Never fewer than none.",
        "vectorised": "A column of starts plus a row of steps is a table: broadcasting writes all "
        "windows of a stride at once.",
    },
)
