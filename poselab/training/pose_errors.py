"""How far predicted poses are off in 3D, as they are and after Procrustes alignment."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def pose_errors(
    predicted: Float[Tensor, "pose joint 3"], target: Float[Tensor, "pose joint 3"]
) -> tuple[Float[Tensor, " pose"], Float[Tensor, " pose"]]:
    """Measure each pose's error, and what of it a similarity leaves.

    The first is the mean distance of the joints (MPJPE); the second is that after the prediction
    was moved, rotated and scaled so that the squared distances are least (P-MPJPE). The rotation
    is Horn's, "Closed-form solution of absolute orientation using unit quaternions" (1987).

    Args:
        predicted: predicted joints.
        target: true joints, in the same unit.

    Returns:
        Both errors of each pose, in the unit of the joints, in float64. A prediction whose joints
        are all at one point is moved to the mean of the target's joints.
    """
    p, q = predicted.detach().double(), target.detach().double()
    as_it_is = (p - q).norm(dim=-1).mean(dim=1)
    p, q = p - p.mean(dim=1, keepdim=True), q - q.mean(dim=1, keepdim=True)
    turned = (p.unsqueeze(2) * _rotations(p.mT @ q).unsqueeze(1)).sum(dim=-1)
    size = (p**2).sum(dim=(1, 2))
    scale = (turned * q).sum(dim=(1, 2)) / torch.where(size > 0, size, 1.0)
    return as_it_is, (scale[:, None, None] * turned - q).norm(dim=-1).mean(dim=1)


def _rotations(covariance: Float[Tensor, "pose 3 3"]) -> Float[Tensor, "pose 3 3"]:
    """The rotation that turns p to q best, from the sums of their products ``p.mT @ q``."""
    trace = covariance.diagonal(dim1=1, dim2=2).sum(dim=1)
    skew = covariance - covariance.mT
    vector = torch.stack((skew[:, 1, 2], skew[:, 2, 0], skew[:, 0, 1]), dim=1)
    quadratic = torch.empty(len(covariance), 4, 4).to(covariance)
    quadratic[:, 0, 0] = trace
    quadratic[:, 0, 1:] = quadratic[:, 1:, 0] = vector
    identity = torch.eye(3).to(covariance)
    quadratic[:, 1:, 1:] = covariance + covariance.mT - trace[:, None, None] * identity
    # The unit quaternion (w, v) with the largest value of this form is the best rotation.
    best = torch.linalg.eigh(quadratic).eigenvectors[..., -1]
    w, v = best[:, :1], best[:, 1:]
    across = torch.linalg.cross(v.unsqueeze(1).expand(-1, 3, -1), identity.expand(len(v), 3, 3))
    outer = v.unsqueeze(2) * v.unsqueeze(1)
    square = (w**2 - (v**2).sum(dim=1, keepdim=True)).unsqueeze(-1)
    return square * identity + 2 * outer + 2 * w.unsqueeze(-1) * across.mT
