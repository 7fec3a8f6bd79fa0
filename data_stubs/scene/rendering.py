"""The renderer: one ray per pixel against tapered capsules, with a depth buffer.

The image is cut into square tiles. A capsule is tested only against the rays of the tiles that its
bounding spheres touch, so the work is proportional to the area that the body covers. All frames of
a batch go through each step together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from data_stubs.human.clothing import Surfaces
from data_stubs.human.flesh import PARTS, Capsules
from data_stubs.rows import Rows
from data_stubs.scene.backgrounds import Rooms, look_around
from data_stubs.scene.cameras import Camera, Placement

_TILE = 16
_NEAREST = 0.02
"""Surfaces closer to the camera than this, in metres, are invisible."""

NOBODY = -1
"""The part number of a pixel that shows the background."""


@dataclass(frozen=True)
class Exposure(Rows):
    """Light and sensor, one row per frame; light colours are linear RGB.

    Args:
        direction: the unit vector towards the lamp, in the world's frame.
        lamp: the lamp's colour.
        ambient: the colour of the ambient light.
        blur: the weight of the neighbouring pixels, 0 (sharp) to 0.25.
        noise: the standard deviation of the finished image's noise, in grey levels of 0..255.
    """

    direction: Float[Tensor, "frame 3"]
    lamp: Float[Tensor, "frame 3"]
    ambient: Float[Tensor, "frame 3"]
    blur: Float[Tensor, " frame"]
    noise: Float[Tensor, " frame"]

    @staticmethod
    def draw(n: int, generator: torch.Generator) -> Exposure:
        """Draw ``n`` conditions: lamps above, from warm to cold; cameras from good to poor."""
        turn = 2 * math.pi * torch.rand(n, generator=generator)
        uniform = torch.rand(n, 6, generator=generator)
        height = 0.5 + 0.5 * uniform[:, 0]
        across = (1 - height.square()).sqrt()
        warmth = 0.15 * (uniform[:, 1] * 2 - 1)
        tint = torch.stack((1 + warmth, torch.ones(n), 1 - warmth), dim=-1)
        return Exposure(
            direction=torch.stack((across * turn.cos(), height, across * turn.sin()), dim=-1),
            lamp=tint * (0.6 + 0.7 * uniform[:, 2:3]),
            ambient=tint * (0.40 + 0.35 * uniform[:, 3:4]),
            blur=0.12 * uniform[:, 4],
            noise=1 + 3 * uniform[:, 5],
        )


@dataclass(frozen=True)
class Hits:
    """What the ray of each pixel meets first, tile by tile, as the renderer keeps it.

    Args:
        depth: the distance along the ray in metres, infinite where it meets nobody.
        part: the number of the capsule in its frame, ``NOBODY`` where there is none.
    """

    depth: Float[Tensor, "frame tile pixel"]
    part: Int[Tensor, "frame tile pixel"]


class Renderer:
    """Renders the images of one camera model; what depends on the camera only is computed once.

    Args:
        camera: the camera model; height and width must be multiples of 16.

    Raises:
        ValueError: the image cannot be cut into tiles.
    """

    def __init__(self, camera: Camera) -> None:
        height, width = camera.size
        if height % _TILE or width % _TILE:
            raise ValueError(
                f"an image of {height} x {width} pixels cannot be cut into tiles of {_TILE} x "
                f"{_TILE}; choose multiples of {_TILE}"
            )
        self.size = (height, width)
        rays = camera.rays.permute(2, 0, 1)
        tiled = rays.unflatten(2, (-1, _TILE)).unflatten(1, (-1, _TILE))
        tiles = tiled.permute(1, 3, 0, 2, 4).flatten(3).flatten(0, 1).contiguous()
        self._rays = tiles  # tile 3 pixel
        axis = tiles.mean(dim=2)
        self._axis = axis / axis.norm(dim=1, keepdim=True)
        self._cosine = (self._axis.unsqueeze(2) * tiles).sum(1).amin(1).clamp(-1, 1)
        x, y, z = tiles.unbind(1)
        quadratic = (x * x, y * y, z * z, 2 * x * y, 2 * x * z, 2 * y * z, x, y, z)
        self._features = torch.stack(quadratic, dim=1)  # tile 9 pixel

    def find_parts(
        self, capsules: Capsules, placement: Placement
    ) -> tuple[Float[Tensor, "frame height width"], Int[Tensor, "frame height width"]]:
        """Find which part of the body each pixel shows.

        Args:
            capsules: the bodies.
            placement: the cameras.

        Returns:
            The distance from the camera along the ray in metres (infinite where there is nobody)
            and the part's index in ``PARTS`` (``NOBODY`` where there is nobody).
        """
        return self.images_of(self.trace(capsules, placement))

    def images_of(
        self, hits: Hits
    ) -> tuple[Float[Tensor, "frame height width"], Int[Tensor, "frame height width"]]:
        """Arrange what the rays meet as images: of distances, and of the capsules' numbers."""
        distance, number = (
            self._untile(t.unsqueeze(2)).squeeze(1) for t in (hits.depth, hits.part)
        )
        return distance, number

    def render(
        self,
        capsules: Capsules,
        surfaces: Surfaces,
        placement: Placement,
        rooms: Rooms,
        exposure: Exposure,
        noise: Float[Tensor, "frame 3 height width"],
        hits: Hits | None = None,
        people: int = 1,
    ) -> UInt8[Tensor, "frame 3 height width"]:
        """Render images.

        Args:
            capsules: the bodies.
            surfaces: what they wear, one row per frame.
            placement: the cameras.
            rooms: the backgrounds, one per frame.
            exposure: light and sensor, one row per frame.
            noise: the sensor's noise in units of its standard deviation.
            hits: what :meth:`trace` returned for these bodies and cameras, if that is known.
            people: how many bodies each frame's capsules begin with; they shade the floor.

        Returns:
            The images in sRGB, uint8 (frame, 3, height, width).
        """
        if hits is None:
            hits = self.trace(capsules, placement)
        depth, part = hits.depth, hits.part
        frames, tiles, pixels = depth.shape
        feet = [
            body * len(PARTS) + PARTS.index(part)
            for body in range(people)
            for part in ("left shoe", "right shoe", "pelvis")
        ]
        toward_world = placement.rotation.unsqueeze(1) @ self._rays
        rays = toward_world.transpose(1, 2).flatten(2)
        colour = look_around(rooms, placement.position, rays, capsules.start[:, feet])
        colour *= (exposure.ambient + 0.5 * exposure.lamp).unsqueeze(1)
        colour = colour.flatten(0, 1)

        seen = (part.flatten() != NOBODY).nonzero().squeeze(1)
        directions = toward_world.transpose(2, 3).flatten(0, 2)[seen]
        frame = seen // (tiles * pixels)
        skin = _shade(
            capsules, surfaces, placement, exposure,
            frame, part.flatten()[seen].long(), directions, depth.flatten()[seen],
        )  # fmt: skip
        colour[seen] = skin
        linear = self._untile(colour.view(frames, tiles, pixels, 3).transpose(2, 3))
        return _develop(linear, exposure, noise)

    def _untile(self, tiled: Tensor) -> Tensor:
        """Rearrange (frame, tile, channel, pixel) to (frame, channel, height, width)."""
        rows, columns = self.size[0] // _TILE, self.size[1] // _TILE
        parted = tiled.unflatten(3, (_TILE, _TILE)).unflatten(1, (rows, columns))
        return parted.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)

    def _touched(self, capsules: Capsules, placement: Placement) -> Bool[Tensor, "frame part tile"]:
        """Test if a capsule may show in a tile: spheres around it against cones around the rays."""
        spheres = 4
        fraction = (torch.arange(spheres) + 0.5) / spheres
        axis = capsules.rotation[..., 1] * capsules.length.unsqueeze(-1)
        centres = capsules.start.unsqueeze(2) + fraction.unsqueeze(-1) * axis.unsqueeze(2)
        widest = (capsules.radius.amax(-1) * capsules.stretch.amax(-1).clamp(min=1)).unsqueeze(2)
        reach = widest + capsules.length.unsqueeze(2) * (0.5 / spheres)
        local = placement.to_camera(centres.flatten(1, 2)).unflatten(1, (-1, spheres))
        distance = local.norm(dim=-1).clamp(min=1e-6)
        sine = (reach / distance).clamp(max=1)
        cosine = (1 - sine.square()).sqrt()
        # angle(ray axis, centre) <= angle of the tile + angle of the sphere, by cosines
        limit = (
            cosine.unsqueeze(-1) * self._cosine
            - sine.unsqueeze(-1) * (1 - self._cosine.square()).sqrt()
        )
        aligned = (local / distance.unsqueeze(-1)) @ self._axis.T
        return ((aligned >= limit) | (sine.unsqueeze(-1) >= 1)).any(dim=2)

    def trace(self, capsules: Capsules, placement: Placement) -> Hits:
        """Find what the ray of each pixel meets first.

        Args:
            capsules: the bodies.
            placement: the cameras.

        Returns:
            The distances and the capsules' numbers, to be given to :meth:`render` or
            :meth:`images_of`.
        """
        frames, parts = capsules.length.shape
        tiles, _, pixels = self._features.shape
        depth = torch.full((frames * tiles, pixels), math.inf)
        nearest = torch.full((frames * tiles, pixels), NOBODY, dtype=torch.int32)
        touched = self._touched(capsules, placement)
        quadrics = _quadrics(capsules, placement)
        for part in range(parts):
            frame, tile = touched[:, part].nonzero().unbind(1)
            if len(frame) == 0:
                continue
            row = frame * tiles + tile
            met = _first_hit(quadrics[frame * parts + part], self._features[tile])
            before = depth[row]
            closer = met < before
            depth[row] = torch.where(closer, met, before)
            nearest[row] = torch.where(closer, part, nearest[row])
        return Hits(depth.view(frames, tiles, pixels), nearest.view(frames, tiles, pixels))


@dataclass(frozen=True)
class _Quadrics(Rows):
    """Capsules as a camera sees them: polynomials along its rays.

    In the capsule's own frame, unstretched, a ray is o + t d with the camera at o. Its position
    along the axis is begin + t length d_y: 0 at the first circle where flank and sphere touch, flat
    at the second.

    Args:
        form: maps a ray's features to d . d, length d_y and d . o.
        constants: flat, begin, the flank's polynomial at t = 0, and for the first and the second
            sphere the camera's squared distance to its centre minus its squared radius.
    """

    form: Float[Tensor, "capsule 3 9"]
    constants: Float[Tensor, "capsule 5 1"]


def _unstretch(capsules: Capsules) -> Float[Tensor, "frame part 3 3"]:
    """Return the map from the world's axes to the capsule's, where its cross-section is round."""
    x, z = capsules.stretch.unbind(-1)
    factors = torch.stack((1 / x, torch.ones_like(x), 1 / z), dim=-1)
    return factors.unsqueeze(-1) * capsules.rotation.transpose(-1, -2)


def _quadrics(capsules: Capsules, placement: Placement) -> _Quadrics:
    """Compute the quadrics of all capsules, frame by frame."""
    to_part = _unstretch(capsules)
    camera = placement.position.unsqueeze(1) - capsules.start
    origin = (to_part @ camera.unsqueeze(-1)).squeeze(-1)
    turn = to_part @ placement.rotation.unsqueeze(1)
    gram = turn.transpose(-1, -2) @ turn
    rows, columns = torch.tensor([0, 1, 2, 0, 0, 1]), torch.tensor([0, 1, 2, 1, 2, 2])
    zero = torch.zeros_like(gram[..., 0])
    length, (first, second) = capsules.length, capsules.radius.unbind(-1)
    square = torch.cat((gram[..., rows, columns], zero), dim=-1)
    slope = torch.cat((zero, zero, length.unsqueeze(-1) * turn[..., 1, :]), dim=-1)
    toward = torch.cat((zero, zero, (origin.unsqueeze(-2) @ turn).squeeze(-2)), dim=-1)

    taper = first - second
    flat = length.square() - taper.square()
    begin = length * origin[..., 1] - first * taper
    to_first = origin.square().sum(-1)
    to_second = to_first + length * (length - 2 * origin[..., 1])
    gap_first, gap_second = to_first - first.square(), to_second - second.square()
    constants = (flat, begin, flat * gap_first - begin.square(), gap_first, gap_second)
    return _Quadrics(
        form=torch.stack((square, slope, toward), dim=-2).flatten(0, 1),
        constants=torch.stack(constants, dim=-1).flatten(0, 1).unsqueeze(-1),
    )


def _first_hit(
    capsules: _Quadrics, features: Float[Tensor, "pair 9 pixel"]
) -> Float[Tensor, "pair pixel"]:
    """Compute the distance to the capsule along each ray.

    After I. Quilez, "Round cone - intersection", for rays of any length: the flank is the part of
    a quadric between the circles where both spheres touch it; the spheres close the ends.

    Args:
        capsules: one per pair of a capsule and a tile.
        features: the features of the tile's rays.

    Returns:
        The distances (pair, pixel) in metres, infinite where a ray misses the capsule.
    """
    dd, slope, do = (capsules.form @ features).unbind(1)
    flat, begin, k0, gap_first, gap_second = capsules.constants.unbind(1)
    # flank: k2 t^2 + 2 k1 t + k0 = 0
    k2 = flat * dd - slope.square()
    k1 = flat * do - begin * slope
    root = k1.square() - k0 * k2
    hit = k1.add_(root.clamp(min=0).sqrt_()).neg_().div_(k2)
    along = begin + hit * slope
    hit.masked_fill_((root < 0) | (along < 0) | (along > flat), math.inf)
    for toward, gap in ((do, gap_first), (do - slope, gap_second)):
        root = toward.square() - dd * gap
        sphere = root.clamp(min=0).sqrt_().add_(toward).neg_().div_(dd)
        hit = torch.minimum(hit, sphere.masked_fill_(root < 0, math.inf))
    return hit.masked_fill_(~(hit > _NEAREST), math.inf)


def _shade(
    capsules: Capsules,
    surfaces: Surfaces,
    placement: Placement,
    exposure: Exposure,
    frame: Int[Tensor, " pixel"],
    part: Int[Tensor, " pixel"],
    directions: Float[Tensor, "pixel 3"],
    depth: Float[Tensor, " pixel"],
) -> Float[Tensor, "pixel 3"]:
    """Compute the light from the body's surface at each pixel that shows it."""
    to_part = _unstretch(capsules)
    camera = placement.position.unsqueeze(1) - capsules.start
    origin = (to_part @ camera.unsqueeze(-1)).squeeze(-1)
    lamp = (to_part @ exposure.direction[:, None, :, None]).squeeze(-1)
    scalars = (
        capsules.length,
        capsules.radius[..., 0],
        capsules.radius[..., 1],
        surfaces.hem,
        surfaces.along,
        surfaces.across * capsules.stretch.amax(-1),
        surfaces.threshold,
        surfaces.folds,
        (capsules.stretch[..., 1] > capsules.stretch[..., 0]).float(),
    )
    table = torch.cat(
        (
            to_part.flatten(2), origin, lamp,
            surfaces.colour, surfaces.second_colour, surfaces.end_colour,
            torch.stack(scalars, dim=-1),
        ),
        dim=-1,
    ).flatten(0, 1)  # fmt: skip
    rows = table[frame * capsules.length.shape[1] + part]
    matrix, origin, lamp, colour, second, end, rest = rows.split((9, 3, 3, 3, 3, 3, 9), dim=1)
    length, first, last, hem, along, across, threshold, folds, flat = rest.unbind(1)

    turned = (matrix.view(-1, 3, 3) @ directions.unsqueeze(-1)).squeeze(-1)
    x, y, z = (origin + depth.unsqueeze(1) * turned).unbind(1)
    taper = first - last
    fraction = ((y * length - first * taper) / (length.square() - taper.square())).clamp(0, 1)
    # The centre of the sphere with this surface is on the axis: that gives the unstretched normal.
    normal = torch.stack((x, y - fraction * length, z), dim=1)
    outward = (normal.unsqueeze(1) @ matrix.view(-1, 3, 3)).squeeze(1)
    size = outward.norm(dim=1).clamp(min=1e-9)
    facing = (outward * directions).sum(1).abs() / size
    toward_lamp = (outward * exposure.direction[frame]).sum(1) / size
    upward = outward[:, 1] / size

    sideways = torch.where(flat > 0, z, x)
    wave = (2 * math.pi * along * y).sin() + (2 * math.pi * across * sideways).sin()
    printed = ((wave - threshold) * 3).clamp(0, 1).unsqueeze(1)
    colour = torch.lerp(colour, second, printed)
    past = ((y / length - hem) * length * 150).clamp(0, 1).unsqueeze(1)
    colour = torch.lerp(colour, end, past)
    crease = 1 + folds * ((60 * y + 25 * x + 7 * part).sin() + (35 * z - 41 * x).sin())
    light = toward_lamp.clamp(min=0).unsqueeze(1) * exposure.lamp[frame]
    # The rim and what faces the floor get less ambient light.
    ambient = (0.35 + 0.65 * facing) * (0.75 + 0.25 * upward)
    return colour * crease.unsqueeze(1) * (light + ambient.unsqueeze(1) * exposure.ambient[frame])


def _develop(
    linear: Float[Tensor, "frame 3 height width"],
    exposure: Exposure,
    noise: Float[Tensor, "frame 3 height width"],
) -> UInt8[Tensor, "frame 3 height width"]:
    """Turn linear light into sRGB bytes: the lens blurs, the sensor saturates and adds noise."""
    weight = exposure.blur.view(-1, 1, 1, 1)
    padded = F.pad(linear, (1, 1, 1, 1), mode="replicate")
    rows = (padded[:, :, :-2] + padded[:, :, 2:]).mul_(weight)
    rows.addcmul_(padded[:, :, 1:-1], 1 - 2 * weight)
    smooth = (rows[..., :-2] + rows[..., 2:]).mul_(weight)
    smooth.addcmul_(rows[..., 1:-1], 1 - 2 * weight)
    # The square root is close to the sRGB curve and many times cheaper than a power.
    levels = smooth.clamp_(0, 1).sqrt_().mul_(255)
    levels.addcmul_(exposure.noise.view(-1, 1, 1, 1), noise)
    return levels.round_().clamp_(0, 255).to(torch.uint8)
