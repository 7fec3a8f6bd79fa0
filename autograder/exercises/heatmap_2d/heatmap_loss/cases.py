"""The squared error of heat maps, averaged over pixels and then over visible joints."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from autograder.exercises.heatmap_2d.render_heatmaps.cases import one_whole_pose
from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    predicted: Float[Tensor, "batch joint height width"],
    target: Float[Tensor, "batch joint height width"],
    visible: Bool[Tensor, "batch joint"],
) -> Float[Tensor, ""]:
    """A mean for every visible joint, and the mean of these."""
    batch, joints, height, width = predicted.shape
    errors = []
    for sample in range(batch):
        for joint in range(joints):
            if not bool(visible[sample, joint]):
                continue
            a, b = predicted[sample, joint].tolist(), target[sample, joint].tolist()
            squares = [(a[y][x] - b[y][x]) ** 2 for y in range(height) for x in range(width)]
            errors.append(sum(squares) / (height * width))
    mean = sum(errors) / len(errors) if errors else 0.0
    return torch.tensor(mean, dtype=torch.float64)


def build_suite(suite: SuiteBuilder) -> None:
    """Masks that differ between samples, numbers of visible joints that differ between samples."""
    suite.says("The squared error, averaged over pixels and then over all visible joints.")
    everything = torch.ones(2, 3, dtype=torch.bool)
    suite.call("shape", *_maps(suite, 2, 3, 5, 7), everything)
    _values(suite)
    _edge_cases(suite)

    suite.says("A network learns through this number")
    weight = torch.tensor(1.0, dtype=torch.float64)
    shown = suite.uneven_visibility(2, 2)
    suite.gradient("gradient", weight, *_maps(suite, 2, 2, 3, 4), shown)
    suite.says("the loss is 0, and so is its gradient.")
    none = torch.zeros(2, 2, dtype=torch.bool)
    suite.gradient("gradient", weight, *_maps(suite, 2, 2, 3, 4), none, remark="all hidden")

    # Of the kind that is above: what fails here otherwise has failed there.
    suite.says("It leaves its arguments unchanged.")
    suite.call("arguments", *_maps(suite, 3, 4, 5, 7), suite.visibility(3, 4))

    suite.says("processes all samples at once, without a loop in Python")
    for axis, shape in suite.sizes(samples=2, joints=3, rows=5, columns=4):
        suite.count("vectorised", axis, *_maps(suite, *shape), suite.visibility(*shape[:2]))

    def doubled(mask: Tensor, *size: int) -> tuple[Tensor, Tensor, Tensor]:
        # Far from 0, where float32 is coarse: whatever is computed in it shows.
        predicted, target = (1e7 + part.double() for part in _maps(suite, *mask.shape, *size))
        return predicted, target, mask

    suite.says("its result has that dtype and that device")
    double = doubled(suite.uneven_visibility(2, 5), 4, 6)
    suite.call("dtype_device", *double, remark="float64 input")
    suite.call("dtype_device", *doubled(suite.mixed_visibility(), 5, 3), remark="float64 input")
    single = (*_maps(suite, 2, 5, 4, 6), suite.uneven_visibility(2, 5))
    suite.call("dtype_device", *single, remark="float32 input")
    remark = "float64 input, all hidden"
    hidden = doubled(torch.zeros(2, 3, dtype=torch.bool), 4, 6)
    suite.experiment("dtype_device", "dtypes_kept", "dtype_kept", hidden, remark=remark)
    suite.device("dtype_device", *_maps(suite, 2, 5, 4, 6), suite.uneven_visibility(2, 5))
    suite.device("dtype_device", *_maps(suite, 2, 3, 4, 6), torch.zeros(2, 3, dtype=torch.bool))


def _values(suite: SuiteBuilder) -> None:
    suite.says("Take the squared error, averaged over the pixels of each map")
    shown = torch.ones(2, 2, dtype=torch.bool)
    # Half precision takes both for what is between them; float32 is a thousand times finer.
    between = 64 + suite.integers(3, 2, 2, 3, 4, high=30) / 2
    # Uneven, so that neither their mean nor their variance is 0.
    half = suite.uniform(2, 2, 3, 4, low=0.005, high=0.015)
    pairs = [(middle + half, middle - half, shown) for middle in between]
    near_zero = suite.uniform(2, 2, 3, 4)
    suite.experiment(
        "values",
        "outputs",
        "sees_small_differences",
        *pairs,
        (near_zero + 2 * half, near_zero, shown),
        shape=(),
        remark="maps that differ by 0.01 to 0.03",
    )
    shown = torch.ones(3, 4, dtype=torch.bool)
    suite.call("values", *_maps(suite, 3, 4, 5, 7), shown, remark="all visible")
    suite.says("then average over the *visible* joints of the whole mini-batch")
    some = _partly_hidden(suite, suite.uneven_visibility(3, 5), 6, 4)
    suite.call("values", *some, remark="some hidden")
    six = _partly_hidden(suite, suite.mixed_visibility(), 4, 5)
    suite.call("values", *six, remark="six joints")
    whole = _partly_hidden(suite, one_whole_pose(), 5, 3)
    suite.call("values", *whole, remark="one pose visible as a whole")
    # Only here does a mask fit that is aligned with the pixels.
    remark = "as many rows as samples, as many columns as joints"
    fitting = _partly_hidden(suite, suite.uneven_visibility(4, 5), 4, 5)
    suite.call("values", *fitting, remark=remark)


def _edge_cases(suite: SuiteBuilder) -> None:
    suite.says("Example: one visible joint whose map is off by 2 in each pixel")
    alone = torch.ones(1, 1, dtype=torch.bool)
    suite.call("edge_cases", *_maps(suite, 1, 1, 4, 6), alone, remark="one sample, one joint")
    suite.says("If none is visible, the loss is 0.")
    none = torch.zeros(2, 3, dtype=torch.bool)
    remark = "all hidden: the loss is 0"
    suite.call("edge_cases", *_maps(suite, 2, 3, 5, 7), none, remark=remark)
    suite.says("averaged over pixels and then over all visible joints.")
    many = _partly_hidden(suite, suite.uneven_visibility(7, 7), 5, 7)
    suite.call("edge_cases", *many, remark="as many samples as joints and columns")
    suite.says("which joints count, as booleans or as 0 and 1.")
    predicted, target, seen = _partly_hidden(suite, suite.uneven_visibility(3, 4), 5, 7)
    suite.call("edge_cases", predicted, target, seen.float(), remark="visible as 0.0 and 1.0")
    predicted, target, seen = _partly_hidden(suite, suite.uneven_visibility(3, 4), 6, 5)
    remark = "visible as whole numbers, 0 and 1"
    suite.call("edge_cases", predicted, target, seen.long(), remark=remark)
    suite.says("The arguments need not be contiguous in memory.")
    some = _partly_hidden(suite, suite.uneven_visibility(3, 4), 5, 6)
    remark = "arguments that are not contiguous"
    suite.call("edge_cases", *some, contiguous=False, remark=remark)


def _maps(suite: SuiteBuilder, *shape: int) -> tuple[Tensor, Tensor]:
    # Large enough that a sum and a mean, or a square and an absolute value, are far apart.
    return suite.normal(*shape, scale=2.0), suite.normal(*shape, scale=2.0)


def _partly_hidden(suite: SuiteBuilder, mask: Tensor, *size: int) -> tuple[Tensor, Tensor, Tensor]:
    predicted, target = _maps(suite, *mask.shape, *size)
    # Hidden joints are far off, one sample's joints are near: no mean equals another.
    predicted[~mask] *= 10
    predicted[0, mask[0]] = target[0, mask[0]] + 0.5
    return predicted, target, mask


EXERCISE = ExerciseDefinition(
    parameters=("predicted", "target", "visible"),
    result_axes=(),
    remarks={
        number: "A Python number has no gradient, no dtype and no device: keep the loss a tensor."
        for number in ("a float", "an int")
    },
    reference=reference,
    build=build_suite,
    most_work={"operations": 52},
    tolerance={"values": 5e-6, "edge_cases": 5e-6, "gradient": 1e-5, "dtype_device": 5e-6},
    advice={
        "shape": "A loss is one number: a tensor without axes.",
        "values": "Average the squared difference over the pixels of each map first; that leaves "
        "one number for each joint. Then average these over the visible joints only.",
        "edge_cases": "Divide by the number of visible joints, and think of the batch in which "
        "that number is 0.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "gradient": "Stay in torch from the input to the result: numpy, `.item()`, `.detach()` and "
        "`torch.tensor(...)` cut the graph.",
        "vectorised": "Compute the squared differences of all maps in one expression, then take "
        "their mean over the last two axes. That leaves one number for each joint; choose the "
        "visible ones.",
        "dtype_device": "Follow the dtype and the device of `predicted`, with the 0 for a batch "
        "without visible joints, too.",
    },
)
