"""Right answers to `HeatmapDecoder`, written in other ways than the solution."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
class OneSequence(nn.Module):
    """Three layers in a row."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Upsample(scale_factor=16, mode="bilinear", align_corners=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, n_keypoints, kernel_size=1),
        )

    def forward(self, features: Tensor) -> Tensor:
        return self.layers(features)


@RIGHT.answer
class WithoutBias(nn.Module):
    """No bias."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.up = nn.Upsample(scale_factor=16, mode="bilinear")
        self.head = nn.Conv2d(width, n_keypoints, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        return self.head(functional.relu(self.up(features)))


@RIGHT.answer
class SizeComputed(nn.Module):
    """The size from that of the features."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, n_keypoints, (1, 1))
        nn.init.normal_(self.conv.weight, std=0.001)
        with torch.no_grad():
            self.conv.weight.clamp_(-0.002, 0.002)

    def forward(self, features: Tensor) -> Tensor:
        height, width = features.shape[-2:]
        x = functional.interpolate(features, size=(16 * height, 16 * width), mode="bilinear")
        x = x.clamp(min=0)
        return self.conv(x)


@RIGHT.answer
class LinearOverFeatures(nn.Module):
    """A linear layer over the last axis."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.linear = nn.Linear(width, n_keypoints)

    def forward(self, features: Tensor) -> Tensor:
        large = functional.interpolate(features, None, 16.0, "bilinear")
        return self.linear(torch.relu(large).movedim(1, -1)).movedim(-1, 1)


@RIGHT.answer
class WeightsOfItsOwn(nn.Module):
    """Parameters and an einsum."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_keypoints, width) / width**0.5)
        self.bias = nn.Parameter(torch.zeros(n_keypoints))

    def forward(self, features: Tensor) -> Tensor:
        x = functional.interpolate(features, scale_factor=(16, 16), mode="bilinear")
        x = torch.maximum(x, torch.zeros_like(x))
        return torch.einsum("kc,bchw->bkhw", self.weight, x) + self.bias[:, None, None]


@RIGHT.answer
class InterpolatedByMatrices(nn.Module):
    """The upsampling as two products with matrices."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(width, n_keypoints, 1)

    @staticmethod
    def matrix(size: int, like: Tensor) -> Tensor:
        at = ((torch.arange(16 * size).to(like) + 0.5) / 16 - 0.5).clamp(0, size - 1)
        return (1 - (at[:, None] - torch.arange(size).to(like)).abs()).clamp(min=0)

    def forward(self, features: Tensor) -> Tensor:
        rows, columns = (self.matrix(size, features) for size in features.shape[-2:])
        return self.convolution((rows @ features @ columns.T).relu())


@RIGHT.answer
class FunctionalConvolution(nn.Module):
    """The layer's weights given to the function."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.activation = nn.ReLU()
        self.final = nn.Conv2d(in_channels=width, out_channels=n_keypoints, kernel_size=1, stride=1)

    def forward(self, features: Tensor) -> Tensor:
        x = functional.interpolate(
            input=features, scale_factor=16, mode="bilinear", align_corners=False
        )
        return functional.conv2d(self.activation(x), self.final.weight, self.final.bias)


@RIGHT.answer
class DroppedInTraining(nn.Module):
    """A dropout that is off in evaluation mode."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(0.1)
        self.convolution = nn.Conv2d(width, n_keypoints, 1)

    def forward(self, features: Tensor) -> Tensor:
        x = nn.functional.upsample(features, scale_factor=16, mode="bilinear", align_corners=False)
        x = self.dropout(x)
        x.relu_()
        return self.convolution(x)


class _ReLU(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * (x > 0)


@RIGHT.answer
class StepsInADictionary(nn.Module):
    """A ReLU by hand, the steps by name."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.steps = nn.ModuleDict(
            {
                "up": nn.Upsample(None, 16, "bilinear", False),
                "relu": _ReLU(),
                "maps": nn.Conv2d(width, n_keypoints, 1, padding=0),
            }
        )

    def forward(self, features: Tensor) -> Tensor:
        for step in self.steps.values():
            features = step(features)
        return features


@RIGHT.answer
class RowsThenColumns(nn.Module):
    """Bilinear along one axis, then along the other."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(width, n_keypoints, 1)

    def forward(self, features: Tensor) -> Tensor:
        high = functional.interpolate(features, scale_factor=(16, 1), mode="bilinear")
        large = functional.interpolate(high, scale_factor=(1, 16), mode="bilinear")
        return self.convolution(large.where(large > 0, 0.0))


@RIGHT.answer
class KeypointByKeypoint(nn.Module):
    """One convolution for each keypoint, put together."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(width, n_keypoints, 1)
        self.n_keypoints = n_keypoints

    def forward(self, features: Tensor) -> Tensor:
        large = torch.relu(functional.interpolate(features, scale_factor=16, mode="bilinear"))
        weight, bias = self.convolution.parameters()
        maps = [
            functional.conv2d(large, weight[k : k + 1], bias[k : k + 1])
            for k in range(self.n_keypoints)
        ]
        return torch.cat(maps, dim=1)


@RIGHT.answer
class ColumnsOfWeights(nn.Module):
    """A weight with a column for each keypoint, and a product of matrices."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.1 * torch.randn(width, n_keypoints))

    def forward(self, features: Tensor) -> Tensor:
        large = functional.interpolate(features, scale_factor=16, mode="bilinear")
        return (large.clamp_min(0).permute(0, 2, 3, 1) @ self.weight).permute(0, 3, 1, 2)
