"""The mean distance between predicted and true joints."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from autograder.exercises.asking import Asking, ExerciseSource


def reference(
    predicted: Float[Tensor, "batch joint 2"],
    target: Float[Tensor, "batch joint 2"],
    visible: Bool[Tensor, "batch joint"] | None = None,
) -> Float[Tensor, ""]:
    """A Euclidean distance for each visible joint, and the mean of these."""
    batch, joints, _ = predicted.shape
    distances = [
        math.dist(predicted[sample, joint].tolist(), target[sample, joint].tolist())
        for sample in range(batch)
        for joint in range(joints)
        if visible is None or bool(visible[sample, joint])
    ]
    mean = sum(distances) / len(distances) if distances else 0.0
    return torch.tensor(mean, dtype=torch.float64)


def ask(asking: Asking) -> None:
    """Errors of very different size; masks with another number of visible joints in each sample."""

    def poses(batch: int, joints: int) -> tuple[Tensor, Tensor]:
        target = asking.uniform(batch, joints, 2, high=40.0)
        # Uneven errors: only then do the mean of roots and the root of the mean differ.
        scale = asking.uniform(batch, joints, 1, high=12.0)
        return target + scale * asking.normal(batch, joints, 2), target

    def uneven(batch: int, joints: int) -> Tensor:
        mask = asking.visibility(batch, joints)
        shown = int(mask[1].int().argmax())
        mask[0] = False
        mask[0, shown] = True
        return mask

    asking.call("shape", *poses(2, 5))
    offset = torch.tensor([3.0, -4.0]).expand(2, 5, 2).clone()
    target = asking.uniform(2, 5, 2, high=40.0)
    asking.call("values", target + offset, target, remark="every joint off by (3, -4)")
    asking.call("values", *poses(4, 6), remark="all visible")
    asking.call("values", *poses(3, 5), uneven(3, 5), remark="some hidden")
    asking.call("edge_cases", *poses(1, 1), remark="one sample, one joint")
    asking.call("edge_cases", target, target.clone(), remark="perfect predictions: the error is 0")
    asking.call("edge_cases", *poses(2, 2), uneven(2, 2), remark="B = J = 2")
    none = torch.zeros(2, 3, dtype=torch.bool)
    asking.call("edge_cases", *poses(2, 3), none, remark="all hidden: the error is 0")
    asking.call("edge_cases", *poses(3, 4), uneven(3, 4).float(), remark="visible as 0.0 and 1.0")
    for axis, batch, joints in (("", 2, 3), ("samples", 34, 3), ("joints", 2, 35)):
        asking.count("vectorised", axis, *poses(batch, joints), asking.visibility(batch, joints))
    predicted, target = (part.double() for part in poses(2, 5))
    asking.call("dtype_device", predicted, target, asking.visibility(2, 5), remark="float64 input")
    asking.device("dtype_device", *poses(2, 5), asking.visibility(2, 5))
    asking.device("dtype_device", *poses(2, 5))
    asking.device("dtype_device", *poses(2, 5), torch.zeros(2, 5, dtype=torch.bool))


EXERCISE = ExerciseSource(
    parameters=("predicted", "target", "visible"),
    result_axes=(),
    reference=reference,
    ask=ask,
    tolerance={"values": 1e-5, "edge_cases": 1e-5, "dtype_device": 1e-6},
    look_at={
        "shape": "The error is one number: a tensor without axes.",
        "values": "A joint that is off by (3, -4) is 5 pixels away. Take the root for each joint "
        "first, then average over the visible joints.",
        "edge_cases": "Divide by the number of visible joints, and think of the batch in which "
        "that number is 0.",
        "vectorised": "Sum the squares over the last axis and let the mask do the choosing.",
        "dtype_device": "Follow the dtype and the device of `predicted`.",
    },
)
