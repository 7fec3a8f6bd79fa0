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


SPREADS = ((1, 1), (12, 1), (768, 1), (6144, 1), (6144, 3), (6144, 40))
"""How many values of a frame of 64 x 64 pixels are brighter than the rest, and by how much: for
standard deviations of 0.009, 0.03, 0.24, 0.5, 1.5 and 20."""

BRIGHTER = (57, 120, 186, 201, 240, 90)
"""How much brighter the same frames are once more."""


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

    def of_some_contrast() -> Tensor:
        """Frames from little contrast to much, dark, and then less dark."""
        steps = torch.tensor([15.0, 50.0, 90.0, 130.0, 180.0])[:, None, None, None]
        frames = (steps * suite.uniform(len(steps), 8, 9, 3)).round()
        return torch.cat([frames, frames + 70])[None].to(torch.uint8)

    def nearly_constant() -> Tensor:
        """Frames from the least contrast to a little, dark, and then bright."""
        frames = torch.zeros(2, len(SPREADS), 64 * 64 * 3, dtype=torch.uint8)
        for number, (brighter, by) in enumerate(SPREADS):
            places = suite.uniform(frames.shape[-1]).argsort()[:brighter]
            frames[:, number, places] = by
        frames[1] += torch.tensor(BRIGHTER, dtype=torch.uint8)[:, None]
        return frames.reshape(1, -1, 64, 64, 3)

    suite.says("put the channels where convolutions expect them")
    suite.call("shape", video(2, 4, 5, 7))
    suite.says("Give each *frame* mean 0 and standard deviation 1")
    halves = torch.full((1, 1, 4, 6, 3), 50, dtype=torch.uint8)
    halves[:, :, :, 3:] = 150
    suite.call("values", halves, remark="one frame, half of it 50 and half 150")
    suite.says("Frames whose mean over all pixels and channels is 0 and whose standard deviation")
    suite.call("values", video(3, 2, 6, 8), remark="frames wider than high")
    suite.call("values", video(2, 4, 9, 5), remark="frames higher than wide")
    # Their squares fit into a byte: whoever squares bytes is right here, and wrong elsewhere.
    dark = suite.integers(1, 3, 6, 7, 3, high=16).byte()
    suite.call("values", dark, remark="frames darker than 16")
    suite.says("Each frame with mean 0 and standard deviation 1, channels first, as float32.")
    frames, shape = video(2, 3, 8, 6), (2, 3, 3, 8, 6)
    suite.experiment("values", "outputs", "more_digits_than_half", (frames,), shape=shape)
    suite.says("standard deviation (dividing by the number of values) is 1")
    frames, shape = of_some_contrast(), (1, 10, 3, 8, 9)
    suite.experiment("values", "outputs", "unit_deviation_at_least_nearly", (frames,), shape=shape)
    suite.says("pixels, channels last, as uint8 or as int8 that holds the same bytes")
    # Little contrast around the sign's border, where being off by one is much.
    signed = suite.integers(2, 2, 6, 7, 3, low=122, high=135).byte().view(torch.int8)
    suite.call("edge_cases", signed, remark="int8 that holds the bytes 0 to 255")
    # Far from that border on either side, where bending the numbers is much.
    signed = suite.integers(2, 2, 5, 6, 3, low=0, high=256).byte().view(torch.int8)
    suite.call("edge_cases", signed, remark="int8 that holds the bytes 0 to 255")
    suite.says("A constant frame is 0 everywhere.")
    constant = video(3, 4, 6, 5)
    for sample, number, level in ((0, 1, 0), (0, 2, 255), (1, 0, 117)):
        constant[sample, number] = level
    suite.call("edge_cases", constant, remark="some of the frames constant")
    suite.call("edge_cases", video(1, 1, 1, 1), remark="one frame of one pixel")
    # A mean that is rounded leaves a little of some levels, and all of it is divided by itself.
    levels = torch.arange(256, dtype=torch.uint8)[suite.uniform(256).argsort()]
    levels = levels.reshape(8, 32, 1, 1, 1).repeat(1, 1, 3, 5, 3)
    for frames, remark in (
        (levels, "256 constant frames, of all levels"),
        (levels.view(torch.int8), "256 constant frames, of all levels, as int8"),
    ):
        suite.experiment(
            "edge_cases",
            "outputs",
            "zero_for_constant_frames",
            (frames,),
            shape=(8, 32, 3, 3, 5),
            remark=remark,
        )
    suite.says("A frame that is only nearly constant has the standard deviation 1")
    # The relation looks at the shape itself: an expected one, in zeros, would be most of the suite.
    suite.experiment(
        "edge_cases",
        "outputs",
        "unit_deviation",
        (nearly_constant(),),
        remark="frames that are nearly constant",
    )
    suite.says("It takes tensors in any memory layout and leaves its arguments unchanged.")
    suite.call("layout", video(2, 3, 4, 6), remark="not contiguous in memory", contiguous=False)
    suite.call("arguments", constant)
    suite.call("arguments", constant[:, :2].view(torch.int8))
    suite.says("it processes all clips, frames and joints at once, without a loop in Python")
    for axis, (batch, time, height, width) in suite.sizes(samples=2, frames=3, rows=4, columns=5):
        suite.count("vectorised", axis, video(batch, time, height, width))
    suite.says("Each frame with mean 0 and standard deviation 1, channels first, as float32.")
    suite.call("dtype_device", video(2, 3, 4, 5), dtype="float32")
    suite.says("It computes in the dtype and on the device of its first argument")
    suite.device("dtype_device", video(2, 4, 5, 6))
    suite.device("dtype_device", video(2, 4, 5, 6).view(torch.int8))
    suite.device("dtype_device", constant)


EXERCISE = ExerciseDefinition(
    parameters=("frames",),
    result_axes=("sample", "frame", "channel", "row", "column"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 40},
    tolerance={"values": 1e-4, "edge_cases": 8e-5, "layout": 5e-5, "dtype_device": 5e-5},
    advice={
        "shape": "The result has five axes: (batch, time, 3, height, width), the channels before "
        "the rows.",
        "values": "Take one frame out of the result: over all of its values the mean is 0 and the "
        "mean square is 1. Then change another frame of the input: this one has to stay the same.",
        "edge_cases": "Look at the smallest and the largest value of that frame, before and after. "
        "Which bytes does it hold, and what do you divide by?",
        "layout": "Use `.reshape` where `.view` insists on numbers that lie in memory in order.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "vectorised": "`mean` takes several axes at once, and with `keepdim=True` the result fits "
        "the frames that it is subtracted from.",
        "dtype_device": "The result is float32, on the device of `frames`; what you create on the "
        "way belongs there, too.",
    },
)
