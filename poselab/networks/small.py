"""Networks small enough to be trained from scratch on a CPU within a minute."""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from poselab.skeletons import EGOCAP


class ConvBlock(nn.Sequential):
    """A 3x3 convolution, batch normalisation and ReLU; ``stride`` 2 halves the map."""

    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(n_out),
            nn.ReLU(inplace=True),
        )


class ResidualBlock(nn.Module):
    """Two convolutions whose result is added to the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = ConvBlock(width, width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, H, W) -> the same shape."""
        return F.relu(x + self.norm(self.second(self.first(x))))


class Encoder(nn.Module):
    """An image's features at a quarter, an eighth, a sixteenth and a thirty-second of its size.

    Its first two convolutions already stride: full resolution is what costs time on a CPU.
    """

    def __init__(self, widths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.widths = widths
        n_in = widths[0] // 2
        self.stem = ConvBlock(3, n_in, stride=2)
        self.stages = nn.ModuleList()
        for width in widths:
            self.stages.append(
                nn.Sequential(ConvBlock(n_in, width, stride=2), ResidualBlock(width))
            )
            n_in = width

    def forward(self, img: Float[Tensor, "batch 3 height width"]) -> list[Tensor]:
        """The four feature maps, the largest first."""
        features = []
        x = self.stem(img)
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


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
        # Zero is the picture's centre, where an untrained network had better start.
        pose: Tensor = self.head(smallest)
        return pose.reshape(-1, self.n_joints, 2) + 0.5
