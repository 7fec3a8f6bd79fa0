"""ResNet-50 networks, for a GPU. They need torchvision, which nothing else in poselab does.

The heat-map network is that of Xiao et al., "Simple Baselines for Human Pose Estimation and
Tracking" (2018): a ResNet and three transposed convolutions.
"""

from __future__ import annotations

import importlib
import importlib.util

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poselab.skeletons import EGOCAP

_ENCODER_WIDTH = 2048


def torchvision_is_there() -> bool:
    """Whether these networks can be made."""
    return importlib.util.find_spec("torchvision") is not None


def _resnet50() -> nn.Module:
    """A ResNet-50 with random weights, without its last pooling and linear layer."""
    if not torchvision_is_there():
        raise ModuleNotFoundError(
            "The ResNet-50 networks need torchvision: install it, or use the small networks."
        )
    resnet = importlib.import_module("torchvision.models").resnet50(weights=None)
    return nn.Sequential(*list(resnet.children())[:-2])


class ResNetHeatmapNetwork(nn.Module):
    """ResNet-50, then transposed convolutions up to a quarter of the image's size.

    Args:
        n_joints: heat maps per image.
    """

    def __init__(self, n_joints: int = len(EGOCAP)) -> None:
        super().__init__()
        layers: list[nn.Module] = [_resnet50()]
        n_in = _ENCODER_WIDTH
        for _ in range(3):
            layers += [
                nn.ConvTranspose2d(n_in, 256, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(256),
                nn.ReLU(inplace=True),
            ]
            n_in = 256
        self.layers = nn.Sequential(*layers, nn.Conv2d(n_in, n_joints, 1))

    def forward(
        self, img: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch joint height//4 width//4"]:
        """Logits, one map per joint, from images normalised as :class:`EgoCapDataset` does."""
        logits: Tensor = self.layers(img.contiguous(memory_format=torch.channels_last))
        return logits


class ResNetRegressionNetwork(nn.Module):
    """ResNet-50, the mean over its last map, and a linear layer to the pose.

    Args:
        n_joints: joints per pose.
    """

    def __init__(self, n_joints: int = len(EGOCAP)) -> None:
        super().__init__()
        self.n_joints = n_joints
        self.layers = nn.Sequential(
            _resnet50(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(_ENCODER_WIDTH, 2 * n_joints),
        )

    def forward(self, img: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch joint 2"]:
        """``pose_01``, (x, y) in 0..1, from images normalised as :class:`EgoCapDataset` does."""
        pose: Tensor = self.layers(img.contiguous(memory_format=torch.channels_last))
        return pose.reshape(-1, self.n_joints, 2) + 0.5
