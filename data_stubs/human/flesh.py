"""The volumes around the bones: tapered capsules, each carried by one segment.

A tapered capsule is the convex hull of two spheres. Its cross-section may be stretched along two
axes, so the same shape serves for a flat hand and a broad chest.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from data_stubs.human.anatomy import ANKLE_HEIGHT, SEGMENT_INDEX, SIDES, BodyPose, Proportions
from data_stubs.rows import Rows


@dataclass(frozen=True)
class Capsules(Rows):
    """Tapered capsules in the world, in metres.

    Args:
        start: the centre of the first sphere.
        rotation: from the capsule's frame to the world's; there its axis is +y and the first
            sphere is at the origin.
        length: from the first centre to the second, greater than the difference of the radii.
        radius: of the first and of the second sphere, before stretching.
        stretch: factors along the capsule's x and z axes.
    """

    start: Float[Tensor, "frame part 3"]
    rotation: Float[Tensor, "frame part 3 3"]
    length: Float[Tensor, "frame part"]
    radius: Float[Tensor, "frame part 2"]
    stretch: Float[Tensor, "frame part 2"]


@dataclass(frozen=True)
class _Part:
    """One capsule, in its segment's frame; lengths as fractions of the body height."""

    name: str
    segment: str
    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius: tuple[float, float]
    stretch: tuple[float, float] = (1.0, 1.0)
    measure: str = "height"
    thickens: bool = True


# fmt: off
def _limb_parts(side: str) -> tuple[_Part, ...]:
    out = 1.0 if side == "left" else -1.0
    down = ANKLE_HEIGHT
    return (
        _Part(
            f"{side} upper arm", f"{side} upper arm", (0, 0, 0), (0, -1, 0), (0.19, 0.14),
            measure="upper_arm",
        ),
        _Part(
            f"{side} forearm", f"{side} forearm", (0, 0, 0), (0, -0.97, 0), (0.175, 0.11),
            measure="forearm",
        ),
        _Part(
            f"{side} palm", f"{side} hand", (0, -0.12, 0), (0, -0.47, 0), (0.075, 0.072),
            (1.0, 3.2), measure="hand", thickens=False,
        ),
        _Part(
            f"{side} fingers", f"{side} hand", (0, -0.5, 0), (-0.10 * out, -0.93, 0),
            (0.066, 0.046), (1.0, 3.4), measure="hand", thickens=False,
        ),
        _Part(
            f"{side} thumb", f"{side} hand", (0, -0.15, 0.14), (-0.05 * out, -0.47, 0.34),
            (0.075, 0.055), measure="hand", thickens=False,
        ),
        _Part(
            f"{side} thigh", f"{side} thigh", (0, 0, 0), (0, -1, 0), (0.21, 0.145), measure="thigh",
        ),
        _Part(
            f"{side} shin", f"{side} shin", (0, 0, 0), (0, -0.98, 0), (0.145, 0.10), measure="shin",
        ),
        _Part(
            f"{side} shoe", f"{side} foot", (0, -down + 0.022, -0.018), (0, -down + 0.019, 0.098),
            (0.024, 0.019), (1.35, 1.0), thickens=False,
        ),
        _Part(
            f"{side} instep", f"{side} foot", (0, 0.0, -0.004), (0, -down + 0.020, 0.055),
            (0.030, 0.022), (1.1, 1.0), thickens=False,
        ),
    )


_PARTS: tuple[_Part, ...] = (
    _Part("hair", "head", (0, 0.058, -0.012), (0, 0.066, -0.012), (0.050, 0.050), thickens=False),
    _Part(
        "face", "head", (0, 0.014, 0.018), (0, 0.060, 0.010), (0.032, 0.044), (0.92, 1.0),
        thickens=False,
    ),
    _Part("nose", "head", (0, 0.046, 0.052), (0, 0.034, 0.060), (0.004, 0.007), thickens=False),
    _Part(
        "left eye", "head", (0.018, 0.050, 0.046), (0.019, 0.050, 0.046), (0.0058, 0.0058),
        thickens=False,
    ),
    _Part(
        "right eye", "head", (-0.018, 0.050, 0.046), (-0.019, 0.050, 0.046), (0.0058, 0.0058),
        thickens=False,
    ),
    _Part("neck", "neck", (0, -0.01, 0), (0, 0.06, 0.008), (0.034, 0.032), thickens=False),
    _Part("chest", "chest", (0, 0.02, 0), (0, 0.090, 0), (0.062, 0.061), (1.55, 1.05)),
    _Part("left girdle", "chest", (0.03, 0.124, 0), (0.098, 0.127, 0), (0.033, 0.036)),
    _Part("right girdle", "chest", (-0.03, 0.124, 0), (-0.098, 0.127, 0), (0.033, 0.036)),
    _Part("belly", "abdomen", (0, -0.02, 0.006), (0, 0.085, 0.0), (0.065, 0.062), (1.42, 1.05)),
    _Part("pelvis", "pelvis", (0, -0.012, 0), (0, 0.04, 0), (0.064, 0.060), (1.5, 1.05)),
    *(part for side in SIDES for part in _limb_parts(side)),
)
# fmt: on

PARTS = tuple(part.name for part in _PARTS)
"""The names of the capsules, in the order of every ``part`` axis."""

_SEGMENT_OF_PART = torch.tensor([SEGMENT_INDEX[part.segment] for part in _PARTS])


def _axes(direction: Float[Tensor, "part 3"]) -> Float[Tensor, "part 3 3"]:
    """Make frames with the y axis along ``direction`` and the z axis close to the segment's."""
    y = direction / direction.norm(dim=-1, keepdim=True)
    z = torch.tensor([0.0, 0.0, 1.0]).expand_as(y)
    along_z = y[:, 2:].abs() > 0.9
    z = torch.where(along_z, torch.tensor([0.0, -1.0, 0.0]), z)
    z = z - (z * y).sum(-1, keepdim=True) * y
    z = z / z.norm(dim=-1, keepdim=True)
    return torch.stack((torch.linalg.cross(y, z), y, z), dim=-1)


def cover_with_flesh(pose: BodyPose, person: Proportions) -> Capsules:
    """Make the capsules of ``PARTS`` around the bones; ``person`` has one row per frame."""
    start = torch.tensor([part.start for part in _PARTS])
    end = torch.tensor([part.end for part in _PARTS])
    radius = torch.tensor([part.radius for part in _PARTS])
    scale = torch.stack([getattr(person, part.measure) for part in _PARTS], dim=1)
    thickens = torch.tensor([part.thickens for part in _PARTS])
    girth = torch.where(thickens, person.girth.unsqueeze(1), torch.tensor(1.0))

    carrier_rotation = pose.rotation[:, _SEGMENT_OF_PART]
    carrier_origin = pose.origin[:, _SEGMENT_OF_PART]
    local_start = start * scale.unsqueeze(-1)
    world_start = (carrier_rotation @ local_start.unsqueeze(-1)).squeeze(-1) + carrier_origin
    stretch = torch.tensor([part.stretch for part in _PARTS])
    return Capsules(
        start=world_start,
        rotation=carrier_rotation @ _axes(end - start),
        length=(end - start).norm(dim=-1) * scale,
        radius=radius * (scale * girth).unsqueeze(-1),
        stretch=stretch.expand(len(scale), -1, -1),
    )
