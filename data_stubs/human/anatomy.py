"""Bones, joint angles with limits, and forward kinematics.

The world is right-handed with y up and the floor at y = 0; lengths are metres. A person who stands
upright with heading 0 looks along +z and has their left hand at +x. At rest (all angles 0) the arms
hang down, palms towards the thighs, and every segment's frame is parallel to the world's.

Lengths follow D. Winter, "Biomechanics and Motor Control of Human Movement", figure 4.1 (after
Drillis and Contini), as fractions of the body height, varied from person to person.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from data_stubs.rows import Rows

SIDES = ("left", "right")

_PAIRED_LIMITS = {
    "shoulder flexion": (-45, 150),
    "shoulder spread": (-40, 120),
    "shoulder turn": (-45, 85),
    "elbow flexion": (0, 145),
    "forearm turn": (-80, 80),
    "wrist flexion": (-50, 60),
    "wrist tilt": (-20, 25),
    "hip flexion": (-20, 115),
    "hip spread": (-15, 40),
    "hip turn": (-30, 35),
    "knee flexion": (0, 140),
    "ankle flexion": (-40, 25),
}

JOINT_LIMITS: dict[str, tuple[float, float]] = {
    "heading": (-180, 180),
    "pelvis pitch": (-20, 50),
    "spine flexion": (-15, 60),
    "spine lean": (-20, 20),
    "spine twist": (-30, 30),
    "neck flexion": (-30, 40),
    "neck lean": (-20, 20),
    "neck twist": (-55, 55),
    **{f"{side} {name}": limits for side in SIDES for name, limits in _PAIRED_LIMITS.items()},
}
"""Lowest and highest value of every joint angle, in degrees.

Positive flexion bends forward (at the knee: backward), spread moves away from the body's middle, a
positive turn rotates inward, and a positive twist or heading turns to the person's left.
"""

FREEDOMS = tuple(JOINT_LIMITS)
"""The order of the joint angles in every tensor of angles."""


@dataclass(frozen=True)
class Segment:
    """One rigid part of the body.

    Args:
        name: the segment's name.
        parent: the segment that carries it, or ``None`` for the pelvis.
        turns: (axis, joint angle, factor), outermost first; the segment's rotation relative to its
            parent is the product of these in this order.
    """

    name: str
    parent: str | None
    turns: tuple[tuple[str, str, float], ...]


def _limb_segments(side: str) -> tuple[Segment, ...]:
    # Rotations away from the middle have the opposite sign on the body's other side.
    out = 1.0 if side == "left" else -1.0
    return (
        Segment(
            f"{side} upper arm",
            "chest",
            (
                ("x", f"{side} shoulder flexion", -1),
                ("z", f"{side} shoulder spread", out),
                ("y", f"{side} shoulder turn", -out),
            ),
        ),
        Segment(f"{side} forearm", f"{side} upper arm", (("x", f"{side} elbow flexion", -1),)),
        Segment(
            f"{side} hand",
            f"{side} forearm",
            (
                ("y", f"{side} forearm turn", -out),
                ("z", f"{side} wrist flexion", -out),
                ("x", f"{side} wrist tilt", -1),
            ),
        ),
        Segment(
            f"{side} thigh",
            "pelvis",
            (
                ("x", f"{side} hip flexion", -1),
                ("z", f"{side} hip spread", out),
                ("y", f"{side} hip turn", -out),
            ),
        ),
        Segment(f"{side} shin", f"{side} thigh", (("x", f"{side} knee flexion", 1),)),
        Segment(f"{side} foot", f"{side} shin", (("x", f"{side} ankle flexion", -1),)),
    )


# The spine and the neck each bend at two points, by half the angle at each.
SEGMENTS: tuple[Segment, ...] = (
    Segment("pelvis", None, (("y", "heading", 1), ("x", "pelvis pitch", 1))),
    *(
        Segment(
            name,
            parent,
            (
                ("y", f"{column} twist", 0.5),
                ("x", f"{column} flexion", 0.5),
                ("z", f"{column} lean", 0.5),
            ),
        )
        for name, parent, column in (
            ("abdomen", "pelvis", "spine"),
            ("chest", "abdomen", "spine"),
            ("neck", "chest", "neck"),
            ("head", "neck", "neck"),
        )
    ),
    *(segment for side in SIDES for segment in _limb_segments(side)),
)

SEGMENT_INDEX = {segment.name: index for index, segment in enumerate(SEGMENTS)}
_FREEDOM_INDEX = {name: index for index, name in enumerate(FREEDOMS)}


@dataclass(frozen=True)
class Proportions(Rows):
    """Body measurements in metres, one row per person; ``girth`` scales all thicknesses."""

    height: Float[Tensor, " person"]
    trunk: Float[Tensor, " person"]
    half_shoulders: Float[Tensor, " person"]
    half_hips: Float[Tensor, " person"]
    upper_arm: Float[Tensor, " person"]
    forearm: Float[Tensor, " person"]
    hand: Float[Tensor, " person"]
    thigh: Float[Tensor, " person"]
    shin: Float[Tensor, " person"]
    foot: Float[Tensor, " person"]
    girth: Float[Tensor, " person"]

    def __len__(self) -> int:
        return len(self.height)

    @staticmethod
    def draw(n_persons: int, generator: torch.Generator) -> Proportions:
        """Draw ``n_persons`` adults whose bones vary by a few per cent around the average."""
        uniform = torch.rand(n_persons, 11, generator=generator) * 2 - 1
        height = 1.74 + 0.17 * uniform[:, 0]

        def measure(fraction: float, spread: float, column: int) -> Tensor:
            return height * fraction * (1 + spread * uniform[:, column])

        return Proportions(
            height=height,
            trunk=measure(0.285, 0.05, 1),
            half_shoulders=measure(0.106, 0.08, 2),
            half_hips=measure(0.052, 0.08, 3),
            upper_arm=measure(0.180, 0.06, 4),
            forearm=measure(0.146, 0.06, 5),
            hand=measure(0.106, 0.06, 6),
            thigh=measure(0.245, 0.05, 7),
            shin=measure(0.246, 0.05, 8),
            foot=measure(0.152, 0.06, 9),
            girth=1.02 + 0.14 * uniform[:, 10],
        )


ANKLE_HEIGHT = 0.039
"""The ankle's height above the sole, as a fraction of the body height."""


def _offsets(person: Proportions) -> Float[Tensor, "person segment 3"]:
    """Return where each segment begins, in its parent's frame."""
    height, trunk, zero = person.height, person.trunk, torch.zeros_like(person.height)

    def vector(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        return torch.stack((x, y, z), dim=-1)

    offsets = {
        "pelvis": vector(zero, zero, zero),
        "abdomen": vector(zero, 0.20 * trunk, zero),
        "chest": vector(zero, 0.30 * trunk, zero),
        "neck": vector(zero, 0.53 * trunk, -0.005 * height),
        "head": vector(zero, 0.055 * height, 0.005 * height),
    }
    for side, out in zip(SIDES, (1.0, -1.0), strict=True):
        offsets |= {
            f"{side} upper arm": vector(out * person.half_shoulders, 0.46 * trunk, zero),
            f"{side} forearm": vector(zero, -person.upper_arm, zero),
            f"{side} hand": vector(zero, -person.forearm, zero),
            f"{side} thigh": vector(out * person.half_hips, zero, zero),
            f"{side} shin": vector(zero, -person.thigh, zero),
            f"{side} foot": vector(zero, -person.shin, zero),
        }
    return torch.stack([offsets[segment.name] for segment in SEGMENTS], dim=1)


@dataclass(frozen=True)
class BodyPose:
    """Where every segment is.

    Args:
        rotation: from the segment's frame to the world's.
        origin: the segment's origin (the joint it rotates about) in the world, in metres.
    """

    rotation: Float[Tensor, "frame segment 3 3"]
    origin: Float[Tensor, "frame segment 3"]

    def to_world(self, segment: str, points: Float[Tensor, "frame 3"]) -> Float[Tensor, "frame 3"]:
        """Convert points fixed to ``segment`` from its frame to the world's."""
        index = SEGMENT_INDEX[segment]
        turned = (self.rotation[:, index] @ points.unsqueeze(-1)).squeeze(-1)
        return turned + self.origin[:, index]


def rotation_about(axis: str, angle: Float[Tensor, " frame"]) -> Float[Tensor, "frame 3 3"]:
    """Return rotations about the axis ``"x"``, ``"y"`` or ``"z"`` by ``angle`` in radians."""
    sine, cosine = angle.sin(), angle.cos()
    zero, one = torch.zeros_like(sine), torch.ones_like(sine)
    entries = {
        "x": (one, zero, zero, zero, cosine, -sine, zero, sine, cosine),
        "y": (cosine, zero, sine, zero, one, zero, -sine, zero, cosine),
        "z": (cosine, -sine, zero, sine, cosine, zero, zero, zero, one),
    }[axis]
    return torch.stack(entries, dim=-1).unflatten(-1, (3, 3))


def pose_body(angles: Float[Tensor, "frame freedom"], person: Proportions) -> BodyPose:
    """Compute the forward kinematics.

    Args:
        angles: joint angles in degrees, in the order of ``FREEDOMS``.
        person: body measurements, one row per frame.

    Returns:
        The body, with the pelvis above the world's origin and the lower foot on the floor.
    """
    radians = angles * (math.pi / 180)
    offsets = _offsets(person)
    rotations: list[Tensor] = []
    origins: list[Tensor] = []
    for index, segment in enumerate(SEGMENTS):
        local: Tensor | None = None
        for axis, name, factor in segment.turns:
            turn = rotation_about(axis, factor * radians[:, _FREEDOM_INDEX[name]])
            local = turn if local is None else local @ turn
        assert local is not None
        if segment.parent is None:
            rotations.append(local)
            origins.append(offsets[:, index])
        else:
            parent = SEGMENT_INDEX[segment.parent]
            rotations.append(rotations[parent] @ local)
            step = (rotations[parent] @ offsets[:, index].unsqueeze(-1)).squeeze(-1)
            origins.append(origins[parent] + step)
    pose = BodyPose(torch.stack(rotations, dim=1), torch.stack(origins, dim=1))
    return BodyPose(pose.rotation, pose.origin - _lowest_point(pose, person))


def _lowest_point(pose: BodyPose, person: Proportions) -> Float[Tensor, "frame 1 3"]:
    """Return the height of the lowest heel or toe tip, as a vector along y."""
    zero = torch.zeros_like(person.height)
    below = -ANKLE_HEIGHT * person.height
    contacts = [
        pose.to_world(f"{side} foot", torch.stack((zero, below, along * person.foot), dim=-1))
        for side in SIDES
        for along in (-0.2, 0.75)
    ]
    lowest = torch.stack(contacts, dim=1)[..., 1].amin(dim=1)
    return torch.stack((zero, lowest, zero), dim=-1).unsqueeze(1)


def locate_joints(
    pose: BodyPose, person: Proportions, names: Iterable[str]
) -> Float[Tensor, "frame joint 3"]:
    """Return the positions of some joints in the world.

    Args:
        pose: the bodies.
        person: body measurements, one row per frame.
        names: ``head``, ``neck`` and, each with the prefix ``left-`` or ``right-``, ``shoulder``,
            ``elbow``, ``wrist``, ``finger``, ``hip``, ``knee``, ``ankle`` and ``toe``.

    Returns:
        Positions (frame, joint, 3) in metres, in the order of ``names``.
    """
    zero = torch.zeros_like(person.height)
    still = torch.stack((zero, zero, zero), dim=-1)
    sites: dict[str, tuple[str, Tensor]] = {
        "head": ("head", torch.stack((zero, 0.05 * person.height, zero), dim=-1)),
        "neck": ("neck", still),
    }
    for side, out in zip(SIDES, (1.0, -1.0), strict=True):
        sites |= {
            f"{side}-shoulder": (f"{side} upper arm", still),
            f"{side}-elbow": (f"{side} forearm", still),
            f"{side}-wrist": (f"{side} hand", still),
            f"{side}-finger": (
                f"{side} hand",
                torch.stack((-0.047 * out * person.hand, -0.7 * person.hand, zero), dim=-1),
            ),
            f"{side}-hip": (f"{side} thigh", still),
            f"{side}-knee": (f"{side} shin", still),
            f"{side}-ankle": (f"{side} foot", still),
            f"{side}-toe": (
                f"{side} foot",
                torch.stack((zero, -0.6 * ANKLE_HEIGHT * person.height, 0.62 * person.foot), -1),
            ),
        }
    return torch.stack([pose.to_world(*sites[name]) for name in names], dim=1)
