"""Cameras: how points become pixels and pixels become rays.

A camera's frame is right-handed: x to the image's right, y down, z along the optical axis. Pixels
are (x, y) with x along the width, and their centres are at integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from data_stubs.rows import Rows


class Camera(Protocol):
    """What the renderer and the labels need to know about a camera."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the image in pixels."""

    def project(self, points: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 2"]:
        """Project points in the camera's frame to pixels (x, y)."""

    @property
    def rays(self) -> Float[Tensor, "height width 3"]:
        """The unit direction, in the camera's frame, that each pixel's centre looks along."""


@dataclass(frozen=True)
class Fisheye:
    """An equidistant fisheye camera: the distance from the principal point is focal * angle.

    Args:
        size: height and width in pixels.
        focal: pixels per radian.
        centre: the principal point (x, y) in pixels.
    """

    size: tuple[int, int]
    focal: float
    centre: tuple[float, float]

    def project(self, points: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 2"]:
        """Project points in the camera's frame to pixels (x, y); undefined only straight back."""
        across = points[..., :2].norm(dim=-1)
        angle = torch.atan2(across, points[..., 2])
        # On the axis across is 0 and so is the numerator: any positive divisor gives the centre.
        scale = self.focal * angle / across.clamp(min=1e-9)
        return points[..., :2] * scale.unsqueeze(-1) + points.new_tensor(self.centre)

    @cached_property
    def rays(self) -> Float[Tensor, "height width 3"]:
        """The unit direction, in the camera's frame, that each pixel's centre looks along."""
        height, width = self.size
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        dx, dy = (x - self.centre[0]) / self.focal, (y - self.centre[1]) / self.focal
        angle = torch.hypot(dx, dy)
        across = torch.sinc(angle / torch.pi)
        return torch.stack((dx * across, dy * across, angle.cos()), dim=-1)


@dataclass(frozen=True)
class Pinhole:
    """A perspective camera; its pixels need not be square.

    Args:
        size: height and width in pixels.
        focal: pixels along x and along y per metre, one metre ahead.
        centre: the principal point (x, y) in pixels, which may lie outside the image.
    """

    size: tuple[int, int]
    focal: tuple[float, float]
    centre: tuple[float, float]

    def project(self, points: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 2"]:
        """Project points in the camera's frame, in front of it, to pixels (x, y)."""
        across = points[..., :2] / points[..., 2:]
        return across * points.new_tensor(self.focal) + points.new_tensor(self.centre)

    @cached_property
    def rays(self) -> Float[Tensor, "height width 3"]:
        """The unit direction, in the camera's frame, that each pixel's centre looks along."""
        height, width = self.size
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        dx, dy = (x - self.centre[0]) / self.focal[0], (y - self.centre[1]) / self.focal[1]
        toward = torch.stack((dx, dy, torch.ones_like(dx)), dim=-1)
        return toward / toward.norm(dim=-1, keepdim=True)


@dataclass(frozen=True)
class Placement(Rows):
    """Where cameras are in the world, one per frame.

    Args:
        rotation: from the camera's frame to the world's.
        position: the camera's centre in the world, in metres.
    """

    rotation: Float[Tensor, "frame 3 3"]
    position: Float[Tensor, "frame 3"]

    def to_camera(self, points: Float[Tensor, "frame point 3"]) -> Float[Tensor, "frame point 3"]:
        """Convert points from the world's frame to the camera's."""
        return (points - self.position.unsqueeze(1)) @ self.rotation
