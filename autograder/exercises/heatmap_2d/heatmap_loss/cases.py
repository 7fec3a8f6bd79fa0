"""The squared error of heat maps, averaged over pixels and then over visible joints."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

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

    def maps(*shape: int) -> tuple[Tensor, Tensor]:
        # Large enough that a sum and a mean, or a square and an absolute value, are far apart.
        return suite.normal(*shape, scale=2.0), suite.normal(*shape, scale=2.0)

    def partly_hidden(mask: Tensor, *size: int) -> tuple[Tensor, Tensor, Tensor]:
        predicted, target = maps(*mask.shape, *size)
        # Hidden joints are far off, one sample's joints are near: no mean equals another.
        predicted[~mask] *= 10
        predicted[0, mask[0]] = target[0, mask[0]] + 0.5
        return predicted, target, mask

    def doubled(mask: Tensor, *size: int) -> tuple[Tensor, Tensor, Tensor]:
        # Far from 0, where float32 is coarse: whatever is computed in it shows.
        predicted, target = (1e7 + part.double() for part in maps(*mask.shape, *size))
        return predicted, target, mask

    everything = torch.ones(2, 3, dtype=torch.bool)
    suite.call("shape", *maps(2, 3, 5, 7), everything)
    shown = torch.ones(3, 4, dtype=torch.bool)
    suite.call("values", *maps(3, 4, 5, 7), shown, remark="all visible")
    suite.call("values", *partly_hidden(suite.uneven_visibility(3, 5), 6, 4), remark="some hidden")
    suite.call("values", *partly_hidden(suite.mixed_visibility(), 4, 5), remark="six joints")
    alone = torch.ones(1, 1, dtype=torch.bool)
    suite.call("edge_cases", *maps(1, 1, 4, 6), alone, remark="one sample, one joint")
    none = torch.zeros(2, 3, dtype=torch.bool)
    suite.call("edge_cases", *maps(2, 3, 5, 7), none, remark="all hidden: the loss is 0")
    remark = "as many samples as joints and columns"
    suite.call("edge_cases", *partly_hidden(suite.uneven_visibility(7, 7), 5, 7), remark=remark)
    predicted, target, seen = partly_hidden(suite.uneven_visibility(3, 4), 5, 7)
    suite.call("edge_cases", predicted, target, seen.float(), remark="visible as 0.0 and 1.0")
    weight = torch.tensor(1.0, dtype=torch.float64)
    predicted, target = (part.double() for part in maps(2, 2, 3, 4))
    suite.gradient("gradient", weight, predicted, target, suite.uneven_visibility(2, 2))
    blank = torch.zeros(2, 2, dtype=torch.bool)
    suite.gradient("gradient", weight, predicted, target, blank, remark="all hidden")

    def counted(axis: str, *shape: int) -> None:
        suite.count("vectorised", axis, *maps(*shape), suite.visibility(*shape[:2]))

    counted("", 2, 3, 6, 5)
    counted("samples", 34, 3, 6, 5)
    counted("joints", 2, 35, 6, 5)
    counted("rows", 2, 3, 38, 5)
    counted("columns", 2, 3, 6, 37)
    suite.call(
        "dtype_device", *doubled(suite.uneven_visibility(2, 5), 4, 6), remark="float64 input"
    )
    suite.call("dtype_device", *doubled(suite.mixed_visibility(), 5, 3), remark="float64 input")
    suite.device("dtype_device", *maps(2, 5, 4, 6), suite.uneven_visibility(2, 5))
    suite.device("dtype_device", *maps(2, 3, 4, 6), none)


EXERCISE = ExerciseDefinition(
    parameters=("predicted", "target", "visible"),
    result_axes=(),
    reference=reference,
    build=build_suite,
    tolerance={"values": 5e-6, "edge_cases": 5e-6, "gradient": 1e-5, "dtype_device": 5e-6},
    advice={
        "shape": "A loss is one number: a tensor without axes.",
        "values": "Average the squared difference over the pixels of each map first; that leaves "
        "one number for each joint. Then average these over the visible joints only.",
        "edge_cases": "Divide by the number of visible joints, and think of the batch in which "
        "that number is 0.",
        "gradient": "Stay in torch from the input to the result: numpy, `.item()`, `.detach()` and "
        "`torch.tensor(...)` cut the graph.",
        "vectorised": "Compute the squared differences of all maps in one expression, then take "
        "their mean over the last two axes. That leaves one number for each joint; choose the "
        "visible ones.",
        "dtype_device": "Follow the dtype and the device of `predicted`, with the 0 for a batch "
        "without visible joints, too.",
    },
)
