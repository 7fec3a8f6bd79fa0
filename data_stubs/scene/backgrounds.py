"""Rooms: the background behind the person.

A room is a box with a patterned floor, walls and ceiling around the world's origin. Its surfaces
carry procedural textures: planks, tiles, rugs, noise and clutter.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from data_stubs.human.clothing import draw_colours

_SURFACES = 3
"""The walls across x, the floor and ceiling, the walls across z; opposite ones share a texture."""

_TEXELS = 160
_CLUTTER = 4
"""How many objects are painted on each surface."""

_SATURATION = 0.4
"""Rooms are less colourful than clothes."""


@dataclass(frozen=True)
class Rooms:
    """Boxes in the world, in metres, with linear RGB textures in 0..1.

    Args:
        low: the corner with the smallest coordinates; the floor is at y = 0.
        high: the opposite corner.
        number: the index of each room's set of textures.
        textures: for each set the walls across x, the floor and ceiling, and the walls across z.
    """

    low: Float[Tensor, "room 3"]
    high: Float[Tensor, "room 3"]
    number: Int[Tensor, " room"]
    textures: Float[Tensor, "set 3 texel texel 3"]

    def __getitem__(self, rooms: Int[Tensor, " frame"]) -> Rooms:
        """Select rooms by index, so that each row belongs to one frame."""
        return Rooms(self.low[rooms], self.high[rooms], self.number[rooms], self.textures)


def _noise(n: int, generator: torch.Generator) -> Float[Tensor, "n texel texel"]:
    """Draw smooth noise of several octaves, with mean and standard deviation of about 0 and 1."""
    total = torch.zeros(n, _TEXELS, _TEXELS)
    for cells, weight in ((4, 0.7), (16, 0.5), (64, 0.5)):
        coarse = torch.randn(n, 1, cells, cells, generator=generator)
        fine = F.interpolate(coarse, size=(_TEXELS, _TEXELS), mode="bilinear", align_corners=False)
        total += weight * fine.squeeze(1)
    return total


def _paint_texture(n: int, generator: torch.Generator) -> Float[Tensor, "n 3 texel texel"]:
    """Paint surfaces: two colours in planks, tiles, checks or stripes, then noise, then clutter."""

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, 1, 1, generator=generator)

    def colours() -> Tensor:
        return draw_colours(n, generator, _SATURATION)[..., None, None]

    line = torch.linspace(0, 1, _TEXELS)
    y, x = torch.meshgrid(line, line, indexing="ij")
    kind = torch.randint(4, (n, 1, 1), generator=generator)
    across, along = uniform(6, 24), uniform(3, 20)
    planks = (y * across + 0.37 * (x * along).floor()).frac()
    tiles = torch.minimum((x * across).frac(), (y * across).frac())
    checks = ((x * across).floor() + (y * across).floor()) % 2
    stripes = (x * across).frac()
    value = torch.where(kind == 0, (planks < 0.1).float(), (tiles < 0.08).float())
    value = torch.where(kind == 2, checks, value)
    value = torch.where(kind == 3, (stripes < 0.5).float(), value)
    strength = uniform(0, 0.5).unsqueeze(1)
    first, second = colours(), colours()
    texture = torch.lerp(first, second, strength * value.unsqueeze(1))
    grain = 1 + uniform(0.04, 0.18) * _noise(n, generator)
    texture = texture * grain.clamp(0.3, 1.8).unsqueeze(1)
    _scatter(texture, generator)
    return texture.clamp(0, 1)


def _scatter(texture: Float[Tensor, "n 3 texel texel"], generator: torch.Generator) -> None:
    """Paint rectangles and ellipses, some with a rim, into every texture, in place."""
    n = len(texture)
    colours = draw_colours(n * _CLUTTER, generator, _SATURATION).view(n, _CLUTTER, 3)
    drawn = torch.rand(n, _CLUTTER, 6, generator=generator).tolist()
    for index, things in enumerate(drawn):
        for thing, (left, top, width, height, round_one, rim) in enumerate(things):
            x0, y0 = int(left * _TEXELS), int(top * _TEXELS)
            size = [2 + int((0.01 + 0.25 * side) * _TEXELS) for side in (height, width)]
            patch = texture[index, :, y0 : y0 + size[0], x0 : x0 + size[1]]
            x = torch.linspace(-1, 1, size[1])[: patch.shape[2]]
            y = torch.linspace(-1, 1, size[0])[: patch.shape[1]].unsqueeze(1)
            box, disc = torch.maximum(x.abs(), y.abs()), x.square() + y.square()
            reach = disc if round_one < 0.4 else box
            colour = colours[index, thing].view(3, 1, 1)
            paint = torch.where(reach > 0.8, colour * (0.4 + 0.9 * rim), colour)
            patch.copy_(torch.where(reach <= 1, paint, patch))


def furnish(n_rooms: int, generator: torch.Generator) -> Rooms:
    """Draw ``n_rooms`` rooms of 3 to 9 metres around the origin."""
    extent = torch.rand(n_rooms, 5, generator=generator)
    low = torch.stack((-1.4 - 3 * extent[:, 0], torch.zeros(n_rooms), -1.4 - 3 * extent[:, 1]), -1)
    high = torch.stack((1.4 + 3 * extent[:, 2], 2.4 + extent[:, 3], 1.4 + 3 * extent[:, 4]), -1)
    painted = _paint_texture(n_rooms * _SURFACES, generator)
    textures = painted.permute(0, 2, 3, 1).unflatten(0, (n_rooms, _SURFACES)).contiguous()
    return Rooms(low, high, torch.arange(n_rooms), textures)


def look_around(
    rooms: Rooms,
    position: Float[Tensor, "frame 3"],
    rays: Float[Tensor, "frame 3 pixel"],
    feet: Float[Tensor, "frame foot 3"],
) -> Float[Tensor, "frame pixel 3"]:
    """Return the room's colour in each direction, with a soft shadow below ``feet``.

    Args:
        rooms: one per frame.
        position: the camera's position, inside the room.
        rays: directions in the world's frame, of any length.
        feet: points that cast a shadow on the floor.

    Returns:
        Linear RGB in 0..1, (frame, pixel, 3).
    """
    # Every ray leaves the box through the nearest of the three faces ahead of it.
    origin = position.unsqueeze(-1)
    ahead = torch.where(rays > 0, rooms.high.unsqueeze(-1), rooms.low.unsqueeze(-1)) - origin
    to_x, to_y, to_z = ahead.div_(rays).unbind(1)
    distance = torch.minimum(torch.minimum(to_x, to_y), to_z)
    hit = torch.addcmul(origin, distance.unsqueeze(1), rays)
    on_x, on_y = to_x == distance, to_y == distance
    scale = (_TEXELS / (rooms.high - rooms.low)).unsqueeze(-1)
    texels = (hit - rooms.low.unsqueeze(-1)).mul_(scale).clamp_(0, _TEXELS - 1).floor_()
    x, y, z = texels.unbind(1)
    column = torch.where(on_x, z, x)
    row = torch.where(on_y, z, y)
    surface = torch.where(on_x, 0.0, torch.where(on_y, 1.0, 2.0))
    surface = surface + _SURFACES * rooms.number.unsqueeze(1)
    # The nearest texel, by its index among all texels of all rooms: the cheapest look-up.
    texel = (surface * _TEXELS + row) * _TEXELS + column
    colour = rooms.textures.view(-1, 3).index_select(0, texel.flatten().long())
    colour = colour.view(*texel.shape, 3)
    on_floor = on_y & (rays[:, 1] < 0)
    shade = torch.where(on_floor, _contact_shadow(hit, feet), torch.tensor(1.0))
    return colour.mul_(shade.unsqueeze(2))


def _contact_shadow(
    hit: Float[Tensor, "frame 3 pixel"], feet: Float[Tensor, "frame foot 3"]
) -> Float[Tensor, "frame pixel"]:
    """Return the fraction of light at each point of the floor, 1 far from every foot."""
    light = torch.ones_like(hit[:, 0])
    for foot in feet.unbind(dim=1):
        dx = hit[:, 0] - foot[:, :1]
        dz = hit[:, 2] - foot[:, 2:]
        away = dx.square_().add_(dz.square_()).mul_(1 / 0.03).add_(1)
        light *= away.square_().reciprocal_().mul_(-0.6).add_(1)
    return light
