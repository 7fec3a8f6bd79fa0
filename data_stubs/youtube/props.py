"""What hides joints from the camera: things in a hand, occluders and captions.

Each video has at least one of them, but none for its whole length: what one frame hides, its
neighbours show.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TypeVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from data_stubs.human.anatomy import SEGMENT_INDEX, BodyPose
from data_stubs.human.clothing import Surfaces
from data_stubs.human.flesh import Capsules

Looks = TypeVar("Looks", Capsules, Surfaces)

_AWAY = torch.tensor([0.0, 1000.0, 0.0])
"""Where things are that no camera should see."""


@dataclass(frozen=True)
class Props:
    """A thing in a hand, an occluder and a caption, each present at some moments.

    An occluder is a person who walks past between the camera and the person filmed.

    Args:
        hand: the segment that holds the thing.
        thing: its radius, its stretch along two axes, its length, and its tilt in the hand, in
            metres and radians.
        occluder: its radius and its distance in front of the person, in metres.
        holds: when the thing is held.
        offset: how far the occluder is to the side of the person, in metres.
        caption: its linear RGB and, last, its opacity: 0 where there is none.
        shows: when the caption is shown.
        colours: the colours of the thing and of the occluder, each with a second one for a pattern.
    """

    hand: str
    thing: Float[Tensor, "5"]
    occluder: Float[Tensor, "2"]
    holds: Bool[Tensor, " moment"]
    offset: Float[Tensor, " moment"]
    caption: Float[Tensor, "4 height width"]
    shows: Bool[Tensor, " moment"]
    colours: Float[Tensor, "2 2 3"]

    def surfaces(self) -> Surfaces:
        """Return the surfaces of the thing and of the occluder."""
        first, second = self.colours.unbind(dim=1)
        plain = torch.zeros(1, 2)
        return Surfaces(
            colour=first[None], second_colour=second[None], end_colour=second[None],
            hem=torch.tensor([[2.0, 0.55]]), along=plain + 9, across=plain,
            threshold=torch.tensor([[0.2, 2.0]]), folds=plain,
        )  # fmt: skip

    def place(
        self,
        pose: BodyPose,
        position: Float[Tensor, "frame 3"],
        side: Float[Tensor, "3"],
        toward: Float[Tensor, "3"],
        offset: Float[Tensor, " frame"],
    ) -> Capsules:
        """Place the thing and the occluder in each frame.

        Args:
            pose: the person's pose.
            position: the person's position on the floor.
            side: the direction in which the occluder walks.
            toward: the direction to the camera.
            offset: the occluder's offset in these frames.

        Returns:
            Two capsules per frame, the thing and the occluder.
        """
        frames = len(position)
        radius, broad, flat, length, tilt = self.thing.tolist()
        index = SEGMENT_INDEX[self.hand]
        cosine, sine = math.cos(tilt), math.sin(tilt)
        turn = torch.tensor([[1.0, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
        held = pose.rotation[:, index] @ turn
        grip = torch.tensor([0.0, -0.08, 0.02])
        middle = pose.origin[:, index] + pose.rotation[:, index] @ grip
        thing = middle - 0.5 * length * held[..., 1]
        thing = torch.where(self.holds[:frames, None], thing, _AWAY)

        width, nearer = self.occluder.tolist()
        occluder = position + nearer * toward + offset.unsqueeze(1) * side
        occluder = torch.where(offset.abs().unsqueeze(1) < 2.5, occluder, _AWAY)
        upright = torch.eye(3).expand(frames, 3, 3)
        ones = torch.ones(frames)
        return Capsules(
            start=torch.stack((thing, occluder), dim=1),
            rotation=torch.stack((held, upright), dim=1),
            length=torch.stack((length * ones, 1.9 * ones), dim=1),
            radius=torch.tensor([[radius, radius], [width, 0.7 * width]]).expand(frames, 2, 2),
            stretch=torch.tensor([[broad, flat], [1.0, 1.0]]).expand(frames, 2, 2),
        )


def draw_props(
    n_moments: int, size: int, colours: Float[Tensor, "2 2 3"], generator: torch.Generator
) -> Props:
    """Draw what hides the person, and when.

    Args:
        n_moments: how many moments the video has.
        size: the height and width of its frames in pixels.
        colours: the colours of the thing and of the occluder.
        generator: the only source of randomness.

    Returns:
        The props of one video.
    """
    uniform = torch.rand(16, generator=generator).tolist()
    happens = torch.rand(3, generator=generator) < torch.tensor([0.4, 0.7, 0.3])
    happens[int(torch.randint(3, (), generator=generator))] = True
    holds, passes, shows = happens.tolist()

    def between(low: float, high: float, fraction: float) -> float:
        return low + (high - low) * fraction

    def interval(shortest: float, longest: float, length: float, start: float) -> Tensor:
        moments = torch.arange(n_moments)
        lasts = between(shortest, longest, length) * n_moments
        first = start * (n_moments - lasts)
        return (moments >= first) & (moments < first + lasts)

    never = torch.zeros(n_moments, dtype=torch.bool)
    thing = torch.tensor(
        [
            between(0.035, 0.06, uniform[0]), between(1.0, 2.6, uniform[1]), 1.0,
            between(0.08, 0.26, uniform[2]), between(-1.2, 1.2, uniform[3]),
        ]
    )  # fmt: skip
    # Occluders walk to and fro at 0.8 to 1.4 metres per ten frames and hide a hand in a few frames.
    speed = between(0.08, 0.14, uniform[4]) * (1 if uniform[5] < 0.5 else -1)
    apart = between(14, 24, uniform[6])
    since = torch.arange(n_moments) + apart * uniform[7]
    nearest = (since % apart - 0.5 * apart) * (1 - 2 * (since // apart % 2))
    return Props(
        hand="left hand" if uniform[8] < 0.5 else "right hand",
        thing=thing,
        occluder=torch.tensor([between(0.17, 0.28, uniform[9]), between(0.45, 0.8, uniform[10])]),
        holds=interval(0.2, 0.45, uniform[11], uniform[12]) if holds else never,
        offset=speed * nearest if passes else torch.full((n_moments,), 100.0),
        caption=_draw_caption(size, generator),
        shows=interval(0.2, 0.4, uniform[13], uniform[14]) if shows else never,
        colours=colours,
    )


def _draw_caption(size: int, generator: torch.Generator) -> Float[Tensor, "4 size size"]:
    """Draw a box with lines of writing: subtitles at the bottom, or a sign anywhere."""
    left, top, wide, high, light = torch.rand(5, generator=generator).tolist()
    height = 7 + int(9 * high)
    if float(torch.rand((), generator=generator)) < 0.6:
        width, x, y = size, 0, size - height - int(4 * top)
    else:
        width = 14 + int(14 * wide)
        x, y = int(left * (size - width)), int(top * (size - height))
    paper, ink = (0.02, 0.8) if light < 0.6 else (0.75, 0.03)
    writing = torch.rand(height, width, generator=generator) < 0.55
    # Lines of letters are two pixels high, with gaps between the lines and at the rim.
    writing &= (torch.arange(height) % 4 < 2).unsqueeze(1)
    writing[:2], writing[-2:], writing[:, :2], writing[:, -2:] = False, False, False, False
    caption = torch.zeros(4, size, size)
    caption[:3, y : y + height, x : x + width] = torch.where(writing, ink, paper)
    caption[3, y : y + height, x : x + width] = 0.9
    return caption


def join(first: Looks, second: Looks) -> Looks:
    """Append the parts of ``second`` to those of ``first``, frame by frame."""
    columns = ((getattr(first, f.name), getattr(second, f.name)) for f in fields(first))
    return type(first)(*(torch.cat(pair, dim=1) for pair in columns))
