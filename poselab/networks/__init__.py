"""The networks that are given: small ones for a CPU, ResNet-50 ones for a GPU, one interface.

Both factories draw the initial weights from the profile's seed, whatever was drawn before, so that
running a notebook's cell again starts again from the same weights.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from poselab.networks.resnet import (
    ResNetHeatmapNetwork,
    ResNetRegressionNetwork,
    torchvision_is_there,
)
from poselab.networks.small import SmallHeatmapNetwork, SmallRegressionNetwork
from poselab.profiles import Profile

__all__ = [
    "ResNetHeatmapNetwork",
    "ResNetRegressionNetwork",
    "SmallHeatmapNetwork",
    "SmallRegressionNetwork",
    "heatmap_network",
    "regression_network",
]


def regression_network(profile: Profile) -> nn.Module:
    """A network with random weights: images (B, 3, 128, 160) -> ``pose_01`` (B, 18, 2).

    On ``profile.device``. A ResNet-50 on a GPU where torchvision is installed, a small network
    elsewhere.
    """
    return _fresh(profile, SmallRegressionNetwork, ResNetRegressionNetwork)


def heatmap_network(profile: Profile) -> nn.Module:
    """A network with random weights: images (B, 3, 128, 160) -> logits (B, 18, 32, 40).

    A map's sides are a quarter of the image's. On ``profile.device``. A ResNet-50 on a GPU where
    torchvision is installed, a small network elsewhere.
    """
    return _fresh(profile, SmallHeatmapNetwork, ResNetHeatmapNetwork)


def _fresh(
    profile: Profile, small: Callable[[], nn.Module], large: Callable[[], nn.Module]
) -> nn.Module:
    make = large if profile.device.type == "cuda" and torchvision_is_there() else small
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(profile.seed)
        # Channels last: convolutions of this size take a fifth of the time on a CPU.
        return make().to(profile.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
