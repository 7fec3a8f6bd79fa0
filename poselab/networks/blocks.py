"""Blocks that networks for images are built of."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


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
