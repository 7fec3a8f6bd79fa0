"""COCO's v as labels: 1 where a keypoint is present, else 0."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Num
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(keypoints: Num[Tensor, "*batch keypoint 3"]) -> Float[Tensor, "*batch keypoint"]:
    """One keypoint after the other."""
    shape = keypoints.shape[:-1]
    rows = keypoints.reshape(math.prod(shape), 3).tolist()
    labels = [1.0 if v > 0 else 0.0 for _, _, v in rows]
    return torch.tensor(labels, dtype=torch.float64).reshape(shape)


def build_suite(suite: SuiteBuilder) -> None:
    """Keypoints whose positions say nothing about their v."""
    suite.says("with x, y and v along the last axis")
    suite.call("shape", _keypoints(suite, 4, 17))
    suite.says("1 where a keypoint is present, 0 where it is not.")
    suite.call("values", _keypoints(suite, 5, 17))
    suite.call("values", _keypoints(suite, 2, 17))
    suite.says("A keypoint is *present* where v is greater than 0.")
    for v, remark in ((1, "all hidden"), (2, "all visible"), (0, "none labelled")):
        alike = _keypoints(suite, 2, 17)
        alike[..., 2] = v
        suite.call("values", alike, remark=remark)
    suite.says("A present keypoint may be at x = 0 or y = 0")
    border = _keypoints(suite, 4, 17)
    border[0, :, 0] = 0
    border[1, :, 1] = 0
    border[2, :, :2] = 0
    suite.call("values", border, remark="some at x = 0 or y = 0")
    suite.says("It may also lie outside the crop: x is negative beyond the left border")
    outside = _keypoints(suite, 3, 17)
    outside[0, :, 0] *= -1
    outside[1, :, 1] *= -1
    outside[2, :, :2] *= -1
    suite.call("values", outside, remark="some at a negative x or y")

    suite.says("any number of keypoints")
    suite.call("edge_cases", _keypoints(suite, 4, 6), remark="six keypoints")
    suite.call("edge_cases", _keypoints(suite, 3, 3), remark="three keypoints")
    suite.says("There may be any number of axes in front of the keypoints, or none")
    suite.call("edge_cases", _keypoints(suite, 17), remark="no axis in front")
    suite.call("edge_cases", _keypoints(suite, 2, 4, 17), remark="two axes in front")
    suite.call("edge_cases", _keypoints(suite, 1, 1), remark="one keypoint of one image")
    suite.says("and y mean nothing, whatever they are.")
    unknown = _keypoints(suite, 4, 17)
    for sample, filler in enumerate((math.nan, math.inf, -math.inf)):
        unknown[sample, unknown[sample, :, 2] == 0, :2] = filler
    remark = "x and y nan or infinite where v is 0"
    suite.call("edge_cases", unknown, remark=remark)
    suite.says("It takes tensors in any memory layout")
    remark = "keypoints that are not contiguous"
    suite.call("edge_cases", _keypoints(suite, 3, 17), contiguous=False, remark=remark)

    suite.says("leaves its arguments unchanged")
    suite.call("arguments", _keypoints(suite, 3, 17))
    suite.says("keypoints and pixels at once, without a loop in Python")
    for axis, shape in suite.sizes(images=3, keypoints=8):
        suite.count("vectorised", axis, _keypoints(suite, *shape))
    suite.says("The labels are floating-point numbers")
    remark = "float32 keypoints"
    given = _keypoints(suite, 3, 17)
    suite.experiment("dtype_device", "outputs", "finite", (given,), shape=(3, 17), remark=remark)
    suite.says("in the dtype of `keypoints` if that is a floating-point type")
    suite.call("dtype_device", given, remark=remark)
    suite.call("dtype_device", _keypoints(suite, 3, 17).double(), remark="float64 keypoints")
    suite.says("and otherwise in float32")
    remark = "keypoints as whole numbers"
    whole = _keypoints(suite, 3, 17).long()
    suite.call("dtype_device", whole, dtype="float32", remark=remark)
    suite.says("its result has that dtype and that device")
    suite.device("dtype_device", _keypoints(suite, 3, 17))


def _keypoints(suite: SuiteBuilder, *shape: int) -> Tensor:
    """Keypoints (*shape, 3) with every v, as far as there is room, at whole positions."""
    positions = suite.integers(*shape, 2, low=1, high=224).float()
    number = math.prod(shape)
    order = torch.randperm(number, generator=suite.generator)
    # Unequal parts, so that no mistake which exchanges them is right by chance.
    kinds = torch.tensor([2, 1, 0, 2, 0, 2, 1])
    v = kinds[torch.arange(number) % len(kinds)][order].reshape(*shape, 1).float()
    return torch.cat([positions, v], dim=-1)


EXERCISE = ExerciseDefinition(
    parameters=("keypoints",),
    result_axes=("image", "keypoint"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 30},
    tolerance={"values": 1e-6, "edge_cases": 1e-6, "dtype_device": 1e-6},
    advice={
        "shape": "There is one label for each keypoint: the axis of x, y and v is gone.",
        "values": "Compare v with 0, and x and y with nothing. Print v beside your labels.",
        "edge_cases": "Count the axis of v from the end: `keypoints[..., 2]`.",
        "arguments": "Make a new tensor: assigning to `keypoints[...]` overwrites it, and so do "
        "methods whose names end in `_`.",
        "vectorised": "A comparison works on all elements of a tensor at once.",
        "dtype_device": "`.to(keypoints.dtype)` turns booleans into numbers, and "
        "`keypoints.dtype.is_floating_point` tells whether that is the right type.",
    },
)
