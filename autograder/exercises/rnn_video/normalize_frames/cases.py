"""Video frames with mean 0 and standard deviation 1, channels first."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int8, UInt8
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    frames: UInt8[Tensor, "batch time height width 3"] | Int8[Tensor, "batch time height width 3"],
) -> Float[Tensor, "batch time 3 height width"]:
    """One frame at a time, one value at a time."""
    batch, time, height, width, channels = frames.shape
    result = torch.zeros(batch, time, channels, height, width, dtype=torch.float64)
    for sample in range(batch):
        for number in range(time):
            # Modulo 256, a negative number is the byte that int8 took it for.
            values = [value % 256 for value in frames[sample, number].flatten().tolist()]
            mean = math.fsum(values) / len(values)
            variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
            if min(values) == max(values):
                continue
            scaled = [(value - mean) / math.sqrt(variance) for value in values]
            frame = torch.tensor(scaled, dtype=torch.float64).reshape(height, width, channels)
            for channel in range(channels):
                result[sample, number, channel] = frame[:, :, channel]
    return result


def build_suite(suite: SuiteBuilder) -> None:
    """Frames of other brightness, contrast and tint; constant ones; ones that nearly are."""

    def video(batch: int, time: int, height: int, width: int) -> Tensor:
        """Frames whose statistics differ, and whose channels' statistics differ from each other."""
        number = batch * time

        def spread(low: float, high: float) -> Tensor:
            order = suite.uniform(number).argsort()
            return torch.linspace(low, high, number)[order].reshape(batch, time, 1, 1, 1)

        tint = torch.tensor([-20.0, 4.0, 16.0])[suite.uniform(batch, time, 3).argsort(-1)]
        noise = suite.uniform(batch, time, height, width, 3, low=-1.0)
        values = spread(65.0, 190.0) + tint[:, :, None, None] + spread(32.0, 62.0) * noise
        return values.round().clamp(0, 255).to(torch.uint8)

    def nearly_constant(levels: list[int], height: int, width: int) -> Tensor:
        """Frames of one level each, but for a single value that is one higher."""
        frames = torch.tensor(levels, dtype=torch.uint8)
        frames = frames[None, :, None, None, None].repeat(1, 1, height, width, 3)
        for number in range(len(levels)):
            row, column = int(suite.integers(1, high=height)), int(suite.integers(1, high=width))
            frames[0, number, row, column, int(suite.integers(1, high=3))] += 1
        return frames

    suite.call("shape", video(2, 4, 5, 7))
    halves = torch.full((1, 1, 4, 6, 3), 50, dtype=torch.uint8)
    halves[:, :, :, 3:] = 150
    suite.call("values", halves, remark="one frame, half of it 50 and half 150")
    suite.call("values", video(3, 2, 6, 8), remark="frames wider than high")
    suite.call("values", video(2, 4, 9, 5), remark="frames higher than wide")
    # Little contrast around the sign's border, where being off by one is much.
    signed = suite.integers(2, 2, 6, 7, 3, low=122, high=135).byte().view(torch.int8)
    suite.call("edge_cases", signed, remark="int8 that holds the bytes 0 to 255")
    constant = video(2, 4, 6, 5)
    for sample, number, level in ((0, 1, 0), (0, 2, 255), (1, 0, 117)):
        constant[sample, number] = level
    suite.call("edge_cases", constant, remark="some of the frames constant")
    suite.call("edge_cases", constant[:, 1:3].view(torch.int8), remark="int8, some constant")
    # The larger a frame, the smaller the deviation that a single value makes. Dark ones, so that
    # float32 can tell their mean from their level.
    remark = "one value of each frame differs by 1"
    suite.call("edge_cases", nearly_constant([1], 60, 80), remark=remark)
    # Small ones of medium brightness, where the mean square minus the squared mean is lost.
    levels = [57, 58, 59, 60, 61, 62]
    suite.call("edge_cases", nearly_constant(levels, 12, 20), remark=remark)
    suite.call("edge_cases", video(1, 1, 1, 1), remark="one frame of one pixel")
    suite.call("edge_cases", video(2, 3, 4, 6), remark="not contiguous in memory", contiguous=False)
    for axis, shape in (
        ("", (2, 4, 5, 6)),
        ("samples", (34, 4, 5, 6)),
        ("frames", (2, 36, 5, 6)),
        ("rows", (2, 4, 37, 6)),
        ("columns", (2, 4, 5, 38)),
    ):
        suite.count("vectorised", axis, video(*shape))
    suite.device("dtype_device", video(2, 4, 5, 6))
    suite.device("dtype_device", video(2, 4, 5, 6).view(torch.int8))
    suite.device("dtype_device", constant)


EXERCISE = ExerciseDefinition(
    parameters=("frames",),
    result_axes=("sample", "frame", "channel", "row", "column"),
    reference=reference,
    build=build_suite,
    tolerance={"values": 3e-4, "edge_cases": 5e-3},
    advice={
        "shape": "The result has five axes: (batch, time, 3, height, width), the channels before "
        "the rows.",
        "values": "Take one frame out of the result: over all of its values the mean is 0 and the "
        "mean square is 1. Then change another frame of the input: this one has to stay the same.",
        "edge_cases": "Look at the smallest and the largest value of that frame, before and after. "
        "Which bytes does it hold, and what do you divide by?",
        "vectorised": "`mean` takes several axes at once, and with `keepdim=True` the result fits "
        "the frames that it is subtracted from.",
        "dtype_device": "The result is float32, on the device of `frames`; what you create on the "
        "way belongs there, too.",
    },
)
