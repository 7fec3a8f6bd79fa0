"""The position of each heat map's one maximum."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    heatmaps: Float[Tensor, "batch joint height width"],
) -> Float[Tensor, "batch joint 2"]:
    """Visit every pixel and keep the highest."""
    batch, joints, height, width = heatmaps.shape
    peaks = torch.zeros(batch, joints, 2, dtype=torch.float64)
    for sample in range(batch):
        for joint in range(joints):
            heatmap = heatmaps[sample, joint].tolist()
            pixels = [(x, y) for y in range(height) for x in range(width)]
            peaks[sample, joint] = torch.tensor(max(pixels, key=lambda p: heatmap[p[1]][p[0]]))
    return peaks


def build_suite(suite: SuiteBuilder) -> None:
    """Maps with one maximum each, on sizes where rows and columns cannot be confused."""

    def distinct(batch: int, joints: int, height: int, width: int) -> Tensor:
        """Maps without ties: every pixel of a map holds another value."""
        order = suite.uniform(batch * joints, height * width).argsort(-1)
        values = order.reshape(batch, joints, height, width).float()
        # Each map has a maximum of its own: joints cannot be told apart by position alone.
        factors = suite.uniform(batch, joints, 1, 1, low=0.6, high=1.4)
        return values * factors / (height * width)

    suite.says("Now the way back: from each map to the position (x, y) of its one brightest pixel.")
    suite.call("shape", distinct(2, 3, 5, 7))
    suite.says("The position (x, y) of each map's maximum, in pixels of the map")
    suite.call("values", distinct(3, 4, 5, 9), remark="maps wider than high")
    suite.call("values", distinct(2, 5, 11, 6), remark="maps higher than wide")
    # What confuses height and width is right here, and so can be told from what is always wrong.
    suite.call("values", distinct(2, 4, 7, 7), remark="square maps")
    suite.says("any real numbers of any floating-point dtype")
    suite.call("values", distinct(3, 4, 5, 9) - 2.0, remark="all values negative")
    suite.says("Now the way back: from each map to the position (x, y) of its one brightest pixel.")
    suite.call("edge_cases", distinct(1, 1, 6, 4), remark="one sample, one joint")
    corners = torch.zeros(2, 4, 5, 8)
    for joint, (row, column) in enumerate([(0, 0), (0, 7), (4, 0), (4, 7)]):
        corners[:, joint, row, column] = 1.0
    suite.call("edge_cases", corners, remark="a peak in each corner")
    crossed = 0.1 * distinct(1, 2, 6, 9)
    # One high peak, and a row and a column whose sums are higher than the peak's.
    crossed[:, :, 4, :] += 0.6
    crossed[:, :, :, 1] += 0.6
    crossed[:, :, 4, 1] = 0.0
    crossed[:, :, 2, 6] = 1.0
    suite.call("edge_cases", crossed, remark="a broad ridge away from the peak")
    remark = "two pixels that differ by a hundred-thousandth"
    suite.call("edge_cases", _near_peaks(distinct(2, 2, 5, 7), 1e-5), remark=remark)
    suite.says("pixels are equally bright, any one of them is right.")
    _add_ties(suite, distinct(2, 3, 7, 9))
    suite.says("Tensors may come in any memory layout: a transposed one is as good as a fresh one.")
    suite.call("layout", distinct(2, 3, 5, 7), remark="not contiguous in memory", contiguous=False)
    suite.says("It leaves its arguments unchanged.")
    suite.call("arguments", distinct(2, 3, 5, 7))
    suite.says("processes all samples at once")
    for axis, shape in suite.sizes(samples=2, joints=3, rows=5, columns=4):
        suite.count("vectorised", axis, distinct(*shape))
    _add_dtypes(suite, distinct(2, 2, 5, 7).double())
    suite.says("in the dtype and on the device of its first argument")
    suite.device("dtype_device", distinct(2, 3, 5, 7))


def _near_peaks(heatmaps: Tensor, apart: float) -> Tensor:
    """Two high pixels in each map; the higher one first and last, lest a rule for ties finds it."""
    heatmaps[:, 0, 1, 5] = heatmaps[:, 0, 3, 2] = 2.0
    heatmaps[:, 1, 1, 4] = heatmaps[:, 1, 4, 3] = 2.0
    heatmaps[:, 0, 1, 5] += apart
    heatmaps[:, 1, 4, 3] += apart
    return heatmaps


def _add_ties(suite: SuiteBuilder, heatmaps: Tensor) -> None:
    """Two equal peaks that share neither row nor column: each is right, their mixture is not."""
    batch, joints, height, width = heatmaps.shape
    peaks = torch.zeros(2, batch, joints, 2)
    for sample in range(batch):
        for joint in range(joints):
            columns = suite.uniform(width).argsort()[:2]
            rows = suite.uniform(height).argsort()[:2].sort(descending=True).values
            # The left one lower, so that the first row with a peak is not the first column's.
            for peak, (row, column) in enumerate(zip(rows, columns.sort().values, strict=True)):
                heatmaps[sample, joint, row, column] = 2.0
                peaks[peak, sample, joint] = torch.tensor([float(column), float(row)])
    remark = "two equal peaks in each map: either is right"
    suite.call_any_of("edge_cases", peaks, heatmaps, remark=remark)


def _add_dtypes(suite: SuiteBuilder, heatmaps: Tensor) -> None:
    """Maxima that float32 cannot tell from others, and positions that float16 cannot count to."""
    suite.says("any real numbers of any floating-point dtype, be it float16 or float64.")
    remark = "float64 input, two pixels that differ by 1e-10"
    suite.call("dtype_device", _near_peaks(heatmaps, 1e-10), remark=remark)
    # What has fewer digits than float32 fails here, too, and so can be told from float32.
    heatmaps = _near_peaks(heatmaps.clone(), 1e-5)
    suite.call("dtype_device", heatmaps, remark="float64 input, two pixels that differ by 1e-5")
    large = suite.uniform(2, 2, 60, 80).half()
    for sample in range(2):
        for joint in range(2):
            row = int(suite.integers(1, low=30, high=60))
            column = 2 * int(suite.integers(1, high=40)) + 1
            large[sample, joint, row, column] = 2.0
    suite.call("dtype_device", large, remark="float16 input")


EXERCISE = ExerciseDefinition(
    parameters=("heatmaps",),
    result_axes=("sample", "joint", "xy"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 38},
    tolerance={"values": 1e-4, "edge_cases": 1e-4, "layout": 1e-4, "dtype_device": 1e-4},
    advice={
        "shape": "One point (x, y) for every joint: (batch, joint, 2).",
        "values": "Take a map with a single 1 in it, say at row 1, column 4, and follow the flat "
        "index by hand to x = 4, y = 1.",
        "edge_cases": "Each map has one highest pixel. Search the whole map for it at once, "
        "not its rows and columns separately.",
        "layout": "Use `.reshape` where `.view` insists on numbers that lie in memory in order.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "vectorised": "`argmax` takes one axis. Make the two axes of a map into one first; then "
        "a single call finds all maxima, and `//` and `%` work on whole tensors.",
        "dtype_device": "Search in the dtype that the maps have, take the index apart as a whole "
        "number, and give x and y the maps' dtype at the end.",
    },
)
