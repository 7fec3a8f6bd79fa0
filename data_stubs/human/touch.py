"""Which points of a body are inside its own trunk."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from data_stubs.human.anatomy import SEGMENT_INDEX, BodyPose, Proportions

# (segment, lowest and highest y in its frame as fractions of the body height)
_TRUNK = (("chest", -0.02, 0.15), ("abdomen", -0.04, 0.10), ("pelvis", -0.08, 0.06))


def touch_trunk(
    points: Float[Tensor, "frame point 3"], pose: BodyPose, person: Proportions
) -> Bool[Tensor, "frame point"]:
    """Tell which points in the world are inside the trunk, a stack of elliptic cylinders."""
    inside = torch.zeros(points.shape[:2], dtype=torch.bool)
    for segment, low, high in _TRUNK:
        index = SEGMENT_INDEX[segment]
        local = (points - pose.origin[:, index].unsqueeze(1)) @ pose.rotation[:, index]
        x, y, z = (local / person.height.view(-1, 1, 1)).unbind(-1)
        ellipse = (x / (0.115 * person.girth.unsqueeze(1))).square() + (
            z / (0.085 * person.girth.unsqueeze(1))
        ).square()
        inside |= (ellipse < 1) & (y > low) & (y < high)
    return inside
