"""The squared error of heat maps, averaged over pixels and then over visible joints."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from autograder.exercises.asking import Asking, ExerciseSource


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


def ask(asking: Asking) -> None:
    """Masks that differ between samples, numbers of visible joints that differ between samples."""

    def maps(*shape: int) -> tuple[Tensor, Tensor]:
        # Large enough that a sum and a mean, or a square and an absolute value, are far apart.
        return asking.normal(*shape, scale=2.0), asking.normal(*shape, scale=2.0)

    def uneven(batch: int, joints: int) -> Tensor:
        mask = asking.visibility(batch, joints)
        shown = int(mask[1].int().argmax())
        mask[0] = False
        mask[0, shown] = True
        return mask

    everything = torch.ones(2, 3, dtype=torch.bool)
    asking.call("shape", *maps(2, 3, 5, 7), everything)
    asking.call("values", *maps(3, 4, 5, 7), torch.ones(3, 4, dtype=torch.bool), remark="all seen")
    asking.call("values", *maps(3, 5, 6, 4), uneven(3, 5), remark="some hidden")
    asking.call(
        "edge_cases", *maps(1, 1, 4, 6), torch.ones(1, 1, dtype=torch.bool), remark="B = J = 1"
    )
    none = torch.zeros(2, 3, dtype=torch.bool)
    asking.call("edge_cases", *maps(2, 3, 5, 7), none, remark="all hidden: the loss is 0")
    asking.call("edge_cases", *maps(7, 7, 5, 7), uneven(7, 7), remark="B = J = W")
    asking.call(
        "edge_cases", *maps(3, 4, 5, 7), uneven(3, 4).float(), remark="visible as 0.0 and 1.0"
    )
    weight = torch.tensor(1.0, dtype=torch.float64)
    predicted, target = (part.double() for part in maps(2, 2, 3, 4))
    asking.gradient("gradient", weight, predicted, target, uneven(2, 2))
    blank = torch.zeros(2, 2, dtype=torch.bool)
    asking.gradient("gradient", weight, predicted, target, blank, remark="all hidden")

    def counted(axis: str, *shape: int) -> None:
        asking.count("vectorised", axis, *maps(*shape), asking.visibility(*shape[:2]))

    counted("", 2, 3, 6, 5)
    counted("samples", 34, 3, 6, 5)
    counted("joints", 2, 35, 6, 5)
    counted("rows", 2, 3, 38, 5)
    counted("columns", 2, 3, 6, 37)


EXERCISE = ExerciseSource(
    parameters=("predicted", "target", "visible"),
    result_axes=(),
    reference=reference,
    ask=ask,
    tolerance={"values": 1e-5, "edge_cases": 1e-5, "gradient": 1e-5},
    look_at={
        "shape": "A loss is one number: a tensor without axes.",
        "values": "Average the squared difference over the pixels of each map first; that leaves "
        "one number for each joint. Then average these over the visible joints only.",
        "edge_cases": "Divide by the number of visible joints, and think of the batch in which "
        "that number is 0.",
        "gradient": "Stay in torch from the input to the result: numpy, `.item()`, `.detach()` and "
        "`torch.tensor(...)` cut the graph.",
        "vectorised": "Means over axes and a mask do the work of the loops.",
    },
)
