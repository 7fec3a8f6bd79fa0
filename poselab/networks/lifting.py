"""The network of weak supervision: it moves joints from where their rays pass the root.

It is given, so it is built in another way than the ``LiftModel`` that students write: a plain
perceptron, without residual blocks, batch normalisation or dropout. And it is not told what 3D
poses look like on average, as a network in normalised coordinates is: that would be a label.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poselab.skeletons import LIFTING


def on_rays(
    observed: Float[Tensor, "pose joint 2"],
    focal: Float[Tensor, "pose 2"],
    depth: Float[Tensor, " pose"] | Float[Tensor, "pose joint"],
) -> Float[Tensor, "pose joint 3"]:
    """Where joints are that a camera sees at ``observed``, if their depths were known.

    Args:
        observed: (x, y) of each joint in the image.
        focal: (fx, fy) of each pose's camera.
        depth: how far in front of the camera each joint is, or all joints of a pose.

    Returns:
        (X, Y, Z) in the camera's frame, in the unit of ``depth``; Z is ``-depth``.
    """
    if depth.dim() == 1:
        depth = depth[:, None]
    depth = depth.expand(observed.shape[:2]).unsqueeze(-1)
    return torch.cat((observed / focal[:, None] * depth, -depth), dim=-1)


class RayLifter(nn.Module):
    """Lifts what one camera sees to 3D: each joint starts on its ray and is moved from there.

    A joint is somewhere on the ray from the camera through its image. It starts at the depth of the
    root, and the network predicts the step from there: an untrained network predicts a skeleton as
    flat as a picture, and none behind the camera.

    Args:
        n_joints: joints of a pose.
        width: numbers in a hidden layer.
        depth: hidden layers.
    """

    STEP = 0.2
    """A step of 1 in the network, as a fraction of the root's depth: about the size of a limb."""

    def __init__(self, n_joints: int = len(LIFTING), width: int = 256, depth: int = 3) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        n_in = 2 * n_joints
        for _ in range(depth):
            layers += [nn.Linear(n_in, width), nn.LayerNorm(width), nn.GELU()]
            n_in = width
        self.hidden = nn.Sequential(*layers)
        self.step = nn.Linear(n_in, 3 * n_joints)
        nn.init.zeros_(self.step.weight)
        nn.init.zeros_(self.step.bias)

    def forward(
        self,
        observed: Float[Tensor, "pose joint 2"],
        focal: Float[Tensor, "pose 2"],
        root: Float[Tensor, "pose 3"],
    ) -> Float[Tensor, "pose joint 3"]:
        """Predict joints in the frame of the camera that sees them.

        Args:
            observed: (x, y) of each joint in the image.
            focal: (fx, fy) of each pose's camera.
            root: where the root is in the camera's frame; its Z is below 0.

        Returns:
            (X, Y, Z) of each joint in the camera's frame, in the unit of ``root``.
        """
        depth = -root[:, 2]
        start = on_rays(observed, focal, depth)
        # Relative to the root and to its depth, a person looks much the same to all cameras.
        unit = self.STEP * depth[:, None, None]
        around = ((start - root[:, None])[..., :2] / unit).flatten(1)
        step: Tensor = self.step(self.hidden(around))
        return start + step.unflatten(1, (-1, 3)) * unit
