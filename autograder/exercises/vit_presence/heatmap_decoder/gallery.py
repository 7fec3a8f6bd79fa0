"""What the gallery shows of `HeatmapDecoder`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import interpolate


class NotWritten(nn.Module):
    """The cell as it was handed out."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        # TODO
        raise NotImplementedError


class OverwritesItsFeatures(nn.Module):
    """A ReLU in place, before the upsampling."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.convolution = nn.Conv2d(width, n_keypoints, 1)

    def forward(self, features: Tensor) -> Tensor:
        large = interpolate(self.relu(features), scale_factor=16, mode="bilinear")
        maps: Tensor = self.convolution(large)
        return maps


SHOWN = (
    "corners_aligned",
    "nearest_place",
    "in_two_steps",
    "relu_before_the_upsampling",
    "relu_after_the_convolution",
    "sigmoid_at_the_end",
    "kernels_too_large",
    "seventeen_written_in",
    "hidden_in_a_list",
    NotWritten,
    OverwritesItsFeatures,
)
