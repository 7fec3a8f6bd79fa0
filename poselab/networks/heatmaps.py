"""The networks of heatmap_2d: small ones for a CPU, ResNet-50 ones for a GPU, one interface.

Both factories draw the initial weights from the profile's seed, whatever was drawn before, so that
running a notebook's cell again starts again from the same weights. The small networks are trained
from scratch on a CPU within a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from poselab.networks.blocks import ConvBlock, Encoder
from poselab.networks.resnet import (
    ResNetHeatmapNetwork,
    ResNetRegressionNetwork,
    torchvision_is_there,
)
from poselab.profiles import Profile
from poselab.skeletons import EGOCAP


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


class SmallHeatmapNetwork(nn.Module):
    """An encoder and a decoder with links between maps of equal size (a U-Net).

    Args:
        n_joints: heat maps per image.
        widths: channels at a quarter, an eighth, a sixteenth and a thirty-second of the image.
    """

    def __init__(
        self,
        n_joints: int = len(EGOCAP),
        widths: tuple[int, int, int, int] = (32, 64, 96, 128),
    ) -> None:
        super().__init__()
        self.encoder = Encoder(widths)
        self.narrow = nn.ModuleList(
            nn.Conv2d(deep, shallow, 1) for shallow, deep in pairwise(widths)
        )
        self.fuse = nn.ModuleList(ConvBlock(width, width) for width in widths[:-1])
        self.head = nn.Conv2d(widths[0], n_joints, 1)

    def forward(
        self, img: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch joint height//4 width//4"]:
        """Logits, one map per joint, from images normalised as :class:`EgoCapDataset` does."""
        *shallower, x = self.encoder(img.contiguous(memory_format=torch.channels_last))
        for level in reversed(range(len(shallower))):
            x = F.interpolate(self.narrow[level](x), size=shallower[level].shape[-2:])
            x = self.fuse[level](x + shallower[level])
        logits: Tensor = self.head(x)
        return logits


class SmallRegressionNetwork(nn.Module):
    """The same encoder, and two linear layers from its smallest map to the pose.

    Args:
        n_joints: joints per pose.
        image_size: (height, width) of the images; the linear layers are made for it.
        widths: channels at a quarter, an eighth, a sixteenth and a thirty-second of the image.
    """

    def __init__(
        self,
        n_joints: int = len(EGOCAP),
        image_size: tuple[int, int] = (128, 160),
        widths: tuple[int, int, int, int] = (32, 64, 96, 128),
    ) -> None:
        super().__init__()
        height, width = image_size
        self.n_joints = n_joints
        self.encoder = Encoder(widths)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(widths[-1] * -(-height // 32) * -(-width // 32), 256),
            nn.ReLU(inplace=True),
            nn.Linear(256, 2 * n_joints),
        )

    def forward(self, img: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch joint 2"]:
        """``pose_01``, (x, y) in 0..1, from images normalised as :class:`EgoCapDataset` does."""
        smallest = self.encoder(img.contiguous(memory_format=torch.channels_last))[-1]
        # Zero is the image's centre, where an untrained network had better start.
        pose: Tensor = self.head(smallest)
        return pose.reshape(-1, self.n_joints, 2) + 0.5
