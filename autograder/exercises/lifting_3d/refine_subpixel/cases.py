"""The maximum of the Gaussian through each maximum of a heat map and its neighbours."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    heatmaps: Float[Tensor, "batch joint height width"],
    positions: Float[Tensor, "batch joint 2"],
) -> Float[Tensor, "batch joint 2"]:
    """Three logarithms and a fraction for each axis of each joint."""
    refined = positions.double().clone()
    batch, joints, height, width = heatmaps.shape
    for sample in range(batch):
        for joint in range(joints):
            rows = heatmaps[sample, joint].tolist()
            x, y = (round(number) for number in positions[sample, joint].tolist())
            if 0 < x < width - 1:
                refined[sample, joint, 0] += _shift(rows[y][x - 1], rows[y][x], rows[y][x + 1])
            if 0 < y < height - 1:
                refined[sample, joint, 1] += _shift(rows[y - 1][x], rows[y][x], rows[y + 1][x])
    return refined


def _shift(before: float, middle: float, after: float) -> float:
    """How far the maximum of a Gaussian through three values is from the one in the middle."""
    if min(before, middle, after) <= 0 or before == middle == after:
        return 0.0
    left, centre, right = math.log(before), math.log(middle), math.log(after)
    return (left - right) / (2 * (left - 2 * centre + right))


def build_suite(suite: SuiteBuilder) -> None:
    """Hills that lean to every side, of other widths along x and y, away from the border."""
    suite.says("take the position of *that* curve's maximum")
    suite.call("shape", *_hills(suite, 2, 3, 6, 7))
    suite.call("values", *_hills(suite, 3, 4, 6, 9), remark="maps wider than high")
    suite.call("values", *_hills(suite, 2, 5, 10, 6), remark="maps higher than wide")
    # What confuses height and width is right here, and so can be told from what is always wrong.
    suite.call("values", *_hills(suite, 3, 2, 7, 7), remark="square maps")
    suite.says("Do this along x and along y, each on its own.")
    suite.call("values", *_hills(suite, 2, 3, 8, 9, slant=0.5), remark="hills that lie askew")
    suite.says("a Gaussian around (3.2, 4.9) whose maximum is at (3, 5) gives (3.2, 4.9)")
    suite.call("values", *_hills(suite, 2, 3, 8, 9, rough=0.0), remark="exact Gaussians")
    _edge_cases(suite)
    suite.says("It takes tensors in any memory layout")
    suite.call("layout", *_hills(suite, 2, 3, 6, 7), contiguous=False, remark="not contiguous")
    suite.says("leaves its arguments unchanged")
    suite.call("arguments", *_hills(suite, 2, 3, 6, 7))
    suite.says("it processes all samples, joints and pixels at once, without a loop in Python")
    for axis, shape in suite.sizes(samples=2, joints=3, rows=6, columns=7):
        suite.count("vectorised", axis, *_hills(suite, *shape))
    suite.says("computes in the dtype and on the device of its first argument")
    heatmaps, positions = _hills(suite, 3, 4, 6, 7)
    # Digits that float32 does not have.
    heatmaps = heatmaps.double() * (1 + 1e-3 * suite.normal(3, 4, 6, 7).double())
    positions = _maxima(heatmaps)
    suite.call("dtype_device", heatmaps, positions, remark="float64 input")
    # The dtype alone: float32 is right to fewer digits than are asked for here.
    single = _hills(suite, 2, 3, 6, 7)
    remark = "float32 input"
    shape = (2, 3, 2)
    suite.experiment("dtype_device", "outputs", "follows_dtype", single, shape=shape, remark=remark)
    suite.device("dtype_device", *_hills(suite, 2, 3, 6, 7))


def _edge_cases(suite: SuiteBuilder) -> None:
    suite.says("The height of the map does not matter, be its peak 255 or 0.001.")
    heatmaps, positions = _hills(suite, 2, 3, 6, 8)
    suite.call("edge_cases", 0.001 * heatmaps / 255, positions, remark="peaks of about 0.001")
    suite.says("take the position of *that* curve's maximum")
    suite.call("edge_cases", *_hills(suite, 1, 1, 6, 8), remark="one sample, one joint")

    suite.says("if it is at the map's border, where a neighbour is missing")
    suite.call("edge_cases", *_at_the_border(suite, 4, 5, 6, 8), remark="maxima at the border")
    suite.says("The other axis is refined all the same.")
    # Bright pixels where a flat index leads that leaves the row.
    heatmaps, positions = _at_the_border(suite, 4, 5, 7, 7)
    suite.call("edge_cases", heatmaps, positions, remark="maxima at the border, square maps")

    suite.says("if one of the three values is not above 0 and has no logarithm")
    for remark, low in (("a neighbour that is 0", 0.0), ("a neighbour that is negative", -20.0)):
        heatmaps, positions = _hills(suite, 2, 4, 7, 8)
        for joint, (dx, dy) in enumerate([(-1, 0), (1, 0), (0, -1), (0, 1)]):
            for sample in range(2):
                x, y = positions[sample, joint].long().tolist()
                heatmaps[sample, joint, y + dy, x + dx] = low
        suite.call("edge_cases", heatmaps, positions, remark=remark)
    negative, _ = _hills(suite, 2, 3, 6, 7)
    negative = negative - 400
    suite.call("edge_cases", negative, _maxima(negative), remark="all values negative")

    suite.says("if all three values are equal, since there is no peak then")
    heatmaps, positions = _hills(suite, 2, 2, 6, 7)
    for joint, (dx, dy) in enumerate([(1, 0), (0, 1)]):
        for sample in range(2):
            x, y = positions[sample, joint].long().tolist()
            peak = heatmaps[sample, joint, y, x]
            heatmaps[sample, joint, y - dy, x - dx] = peak
            heatmaps[sample, joint, y + dy, x + dx] = peak
    suite.call("edge_cases", heatmaps, positions, remark="a ridge along one axis")
    flat = torch.full((1, 2, 5, 6), 7.0)
    middle = torch.tensor([[[2.0, 2.0], [3.0, 1.0]]])
    suite.call("edge_cases", flat, middle, remark="maps that are the same everywhere")


def _maxima(heatmaps: Tensor) -> Tensor:
    width = heatmaps.shape[-1]
    index = heatmaps.flatten(2).argmax(-1)
    return torch.stack([index % width, index // width], -1).to(heatmaps.dtype)


def _hills(
    suite: SuiteBuilder, *shape: int, slant: float = 0.0, rough: float = 0.03
) -> tuple[Tensor, Tensor]:
    """Gaussians, roughened a little, whose maxima are not at the border; and these maxima."""
    batch, joints, height, width = shape
    size = torch.tensor([width - 1.0, height - 1.0])
    centre = 1.5 + suite.uniform(batch, joints, 2) * (size - 3)
    # Never in the very middle of a pixel, where nothing is to be refined along that axis.
    nearest = centre.round()
    aside = centre - nearest
    centre = nearest + torch.where(aside < 0, -1.0, 1.0) * aside.abs().clamp(min=0.1, max=0.45)
    return _gaussians(suite, centre, (height, width), slant, rough)


def _at_the_border(suite: SuiteBuilder, *shape: int) -> tuple[Tensor, Tensor]:
    """Gaussians with maxima at each border and in a corner, refined along the other axis."""
    batch, joints, height, width = shape
    heatmaps, _ = _hills(suite, *shape)
    inner = _hills(suite, *shape)[1] + suite.uniform(batch, joints, 2, low=-0.4, high=0.4)
    for joint in range(joints):
        if joint in (0, 4):
            inner[:, joint, 0] = 0.2
        if joint == 1:
            inner[:, joint, 0] = width - 1.2
        if joint in (2, 4):
            inner[:, joint, 1] = 0.3
        if joint == 3:
            inner[:, joint, 1] = height - 1.3
    heatmaps, positions = _gaussians(suite, inner, (height, width), 0.0, 0.02)
    return heatmaps, positions


def _gaussians(
    suite: SuiteBuilder, centre: Tensor, size: tuple[int, int], slant: float, rough: float
) -> tuple[Tensor, Tensor]:
    height, width = size
    batch, joints, _ = centre.shape
    spread = suite.uniform(batch, joints, 2, low=0.9, high=1.7)
    dx = (torch.arange(width) - centre[..., :1]) / spread[..., :1]
    dy = (torch.arange(height) - centre[..., 1:]) / spread[..., 1:]
    dx, dy = dx[..., None, :], dy[..., :, None]
    exponent = -(dx**2 + dy**2 - 2 * slant * dx * dy) / 2
    # Low ones, too: what is added to the values in front of the logarithm shows there.
    height_of = 3 * 85 ** suite.uniform(batch, joints, 1, 1)
    noise = suite.normal(batch, joints, height, width, scale=rough)
    heatmaps = height_of * (exponent + noise).exp()
    return heatmaps, _maxima(heatmaps)


EXERCISE = ExerciseDefinition(
    parameters=("heatmaps", "positions"),
    result_axes=("sample", "joint", "xy"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 240},
    tolerance={
        "values": 1e-4,
        "edge_cases": 1e-4,
        "layout": 1e-4,
        "dtype_device": 1e-8,
    },
    advice={
        "shape": "One point (x, y) for every joint, as in `positions`: (batch, joint, 2).",
        "values": "Take one map and its maximum, write down the three values along x, and follow "
        "the formula with a pocket calculator. Then do the same along y.",
        "edge_cases": "Decide for each axis on its own whether there is a Gaussian, and leave the "
        "position as it is where there is none.",
        "layout": "Use `.reshape` where `.view` insists on numbers that lie in memory in order.",
        "arguments": "Work on a copy: `a + b` makes a new tensor where `a += b` overwrites `a`.",
        "vectorised": "Compute one flat index for every joint, and look up all neighbours at once "
        "with `gather`.",
        "dtype_device": "Whole numbers are for indices. Everything else stays in the dtype of "
        "`heatmaps` and on its device.",
    },
)
