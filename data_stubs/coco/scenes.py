"""The content of the synthetic COCO's images, and how they are rendered.

One to three people stand, walk, sit or play in a room; furniture and other people stand in front of
them, and the image's border cuts through many. Some images have a crowd in the background. All of
an image is known: for each pixel what it shows, and for each keypoint if it can be seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from data_stubs.blocks import block_generator, in_order
from data_stubs.coco.keypoints import locate_keypoints, see_keypoints
from data_stubs.human.anatomy import BodyPose, Proportions, rotation_about
from data_stubs.human.clothing import Surfaces, draw_colours, dress
from data_stubs.human.flesh import PARTS, Capsules, cover_with_flesh
from data_stubs.human.repertoire import act_freely
from data_stubs.scene.backgrounds import Rooms, furnish
from data_stubs.scene.cameras import Pinhole, Placement
from data_stubs.scene.rendering import NOBODY, Exposure, Renderer

SCENES_VERSION = 1
"""Increased whenever the same seed gives other images, so that what was drawn is drawn anew."""
IMAGES_PER_BLOCK = 16
"""A block's images are all of the same size, and every eighth block has crowds."""
LANDSCAPE, PORTRAIT = (240, 320), (320, 240)
"""The sizes of images: half of COCO's most frequent ones."""

_PEOPLE = 3
"""The most people with keypoints in an image."""
_CROWD = 5
_BLOCKS_PER_CROWD = 8
_FURNITURE = 2
_FOCAL = 330.0
"""In pixels: a lens between wide angle and normal."""
_AWAY = torch.tensor([0.0, 1000.0, 0.0])
"""Where things are that no camera should see."""
_FRAMINGS = torch.tensor([0.37, 0.45, 0.18])
"""How often the camera shows a whole person, cuts them from below, or from above."""


@dataclass(frozen=True)
class Scenes:
    """Images of people and all that is known of them; ``person`` counts the places for people.

    The crowd's people come after the others; they have no keypoints.

    Args:
        images: RGB, channels first.
        keypoints: (x, y) in pixels and v of the keypoints, (0, 0, 0) where v is 0. v is 2 where a
            keypoint can be seen, 1 where the person's own body hides it, and 0 where it lies
            outside the image or something else hides it; a part of the face that the person's own
            body hides is 0, too.
        owner: which person each pixel shows, or ``NOBODY``; furniture is nobody, too.
        part: the part of that person, an index in ``PARTS``, or ``NOBODY``.
        distance: in metres from the camera, infinite where there is the room alone.
        crowd: which people belong to a crowd.
    """

    images: UInt8[Tensor, "image 3 height width"]
    keypoints: Float[Tensor, "image person 17 3"]
    owner: Int[Tensor, "image height width"]
    part: Int[Tensor, "image height width"]
    distance: Float[Tensor, "image height width"]
    crowd: Bool[Tensor, " person"]


@dataclass(frozen=True)
class _Cast:
    """Who is in the images of a block, each person at the origin.

    Args:
        pose: one row for each place in each image, image by image.
        person: their measurements.
        present: which places are taken.
    """

    pose: BodyPose
    person: Proportions
    present: Bool[Tensor, "image person"]


def _draw_cast(n: int, places: int, generator: torch.Generator) -> _Cast:
    """Draw people, most of them roughly towards the camera, which looks along -z at them."""
    person = Proportions.draw(n * places, generator)
    pose, _ = act_freely(person, 1, 0.5, generator)
    # Photographs show more faces than backs.
    toward = 55 * torch.randn(n * places, generator=generator)
    about = rotation_about("y", toward.deg2rad()).unsqueeze(1)
    pose = BodyPose(about @ pose.rotation, (about @ pose.origin.unsqueeze(-1)).squeeze(-1))
    how_many = torch.multinomial(torch.tensor([0.45, 0.35, 0.20]), n, True, generator=generator)
    present = torch.arange(places) <= how_many.unsqueeze(1)
    present[:, _PEOPLE:] = True
    return _Cast(pose, person, present)


def _film(cast: _Cast, size: tuple[int, int], generator: torch.Generator) -> Placement:
    """Place the cameras so that each shows its first person, whole or cut off.

    The camera stands on the side of +z and looks level along -z, tilted by a few degrees.
    """
    n, places = cast.present.shape
    first = locate_keypoints(cast.pose, cast.person).unflatten(0, (n, places))[:, 0]
    low, high = first[..., 1].amin(1) - 0.08, first[..., 1].amax(1) + 0.14
    low = low.clamp(min=-0.02)
    uniform = torch.rand(n, 8, generator=generator)
    framing = torch.multinomial(_FRAMINGS, n, True, generator=generator)
    # The cut goes through anything between the shins and the shoulders.
    cut = low + (high - low) * (0.12 + 0.68 * uniform[:, 0])
    bottom = torch.where(framing == 1, cut, low - 0.15 * uniform[:, 1])
    top = torch.where(framing == 2, cut + 0.1, high + 0.15 * uniform[:, 2])
    fill = torch.where(framing == 0, 0.45 + 0.5 * uniform[:, 3], torch.ones(n))
    height, width = size
    distance = (_FOCAL * (top - bottom) / (height * fill)).clamp(1.3, 8.0)
    shown = height * distance / _FOCAL
    # Whole people are somewhere in the image; a cut is at its border.
    slack = (shown - (top - bottom)).clamp(min=0)
    middle = torch.where(
        framing == 1, bottom + shown / 2,
        torch.where(framing == 2, top - shown / 2, bottom - slack * uniform[:, 4] + shown / 2),
    )  # fmt: skip
    half_wide = 0.5 * width * distance / _FOCAL
    aside = (half_wide - 0.1) * (2 * uniform[:, 5] - 1)
    # Near the border sideways, too: some are cut there.
    aside = aside * torch.where(uniform[:, 6] < 0.75, 0.55, 1.0)
    eye = middle + (1.9 - middle) * 0.5 * uniform[:, 7]
    eye = eye.clamp(min=0.25)
    position = torch.stack(
        (first[..., 0].mean(1) + aside, eye, first[..., 2].mean(1) + distance), -1
    )
    pitch = torch.atan((eye - middle) / distance)
    roll = (3 * torch.randn(n, generator=generator)).deg2rad()
    facing = torch.diag(torch.tensor([1.0, -1.0, -1.0])).expand(n, 3, 3)
    rotation = facing @ rotation_about("x", -pitch) @ rotation_about("z", roll)
    return Placement(rotation, position)


def _spread(
    cast: _Cast, placement: Placement, crowded: bool, generator: torch.Generator
) -> BodyPose:
    """Move all but the first person of each image to their places, or away."""
    n, places = cast.present.shape
    drawn = torch.rand(n, places, 2, generator=generator)
    # Beside the first one, sometimes in front of them, more often behind.
    side = torch.where(torch.arange(places) % 2 == 1, 1.0, -1.0)
    x = side * (0.25 + 1.1 * drawn[..., 0])
    z = 0.5 - 2.8 * drawn[..., 1]
    distance = placement.position[:, 2:]
    z = torch.minimum(z, distance - 1.2)
    if crowded:
        group = torch.arange(places) - _PEOPLE
        far_x = (
            (group - (_CROWD - 1) / 2) * 0.5 + 0.3 * drawn[..., 0] + 1.5 * (drawn[:, :1, 0] - 0.5)
        )
        far_z = -4.5 - 1.0 * drawn[..., 1]
        x, z = torch.where(group >= 0, far_x, x), torch.where(group >= 0, far_z, z)
    shift = torch.stack((x, torch.zeros_like(x), z), dim=-1)
    shift[:, 0] = 0
    shift = torch.where(cast.present.unsqueeze(-1), shift, _AWAY)
    return BodyPose(cast.pose.rotation, cast.pose.origin + shift.flatten(0, 1).unsqueeze(1))


def _place_furniture(
    placement: Placement, joints: Float[Tensor, "image 17 3"], generator: torch.Generator
) -> tuple[Capsules, Surfaces]:
    """Put a counter, a post or a ball in front of the first person of some images.

    Args:
        placement: the cameras.
        joints: the first person's keypoints in the world.
        generator: the only source of randomness.

    Returns:
        ``_FURNITURE`` capsules for each image, and what they look like.
    """
    n = len(joints)
    uniform = torch.rand(n, _FURNITURE, 8, generator=generator)
    kind = (uniform[..., 0] * 3).floor()
    counter, post = kind == 0, kind == 1
    stands = uniform[..., 1] < 0.38
    # Somewhere between the camera and the person, in front of any part of the body.
    target = torch.randint(joints.shape[1], (n, _FURNITURE), generator=generator)
    aimed = joints.gather(1, target.unsqueeze(-1).expand(-1, -1, 3))
    between = 0.12 + 0.3 * uniform[..., 2:3]
    centre = aimed + between * (placement.position.unsqueeze(1) - aimed)
    nearer = 1 - between.squeeze(-1)
    radius = nearer * torch.where(
        counter, 0.12 + 0.22 * uniform[..., 3],
        torch.where(post, 0.06 + 0.14 * uniform[..., 3], 0.14 + 0.22 * uniform[..., 3]),
    )  # fmt: skip
    length = torch.where(counter, 0.5 + 1.5 * uniform[..., 4], torch.where(post, 2.4, 0.02))
    tilt = 0.15 * (uniform[..., 5] - 0.5) + torch.where(counter, math.pi / 2, 0.0)
    turned = rotation_about("z", tilt.flatten()).unflatten(0, (n, _FURNITURE))
    start = centre - 0.5 * length.unsqueeze(-1) * turned[..., 1]
    start = torch.where(stands.unsqueeze(-1), start, _AWAY)
    stretch = torch.stack((torch.ones_like(radius), 0.6 + 0.8 * uniform[..., 6]), dim=-1)
    capsules = Capsules(
        start=start,
        rotation=turned,
        length=length,
        radius=torch.stack((radius, 0.999 * radius), dim=-1),
        stretch=stretch,
    )
    colours = draw_colours(2 * n * _FURNITURE, generator, 0.6).view(2, n, _FURNITURE, 3)
    plain = torch.zeros(n, _FURNITURE)
    surfaces = Surfaces(
        colour=colours[0], second_colour=colours[1], end_colour=colours[0],
        hem=plain + 2, along=2 + 8 * uniform[..., 7], across=6 * uniform[..., 6],
        threshold=torch.where(uniform[..., 5] < 0.5, 2.0, 0.3), folds=plain,
    )  # fmt: skip
    return capsules, surfaces


def _joined(people: Capsules | Surfaces, things: Capsules | Surfaces, n: int) -> dict[str, Tensor]:
    """The parts of all people of each image, and then the things in it."""
    return {
        name: torch.cat((getattr(people, name).unflatten(0, (n, -1)).flatten(1, 2), other), dim=1)
        for name, other in vars(things).items()
    }


def _house(n: int, placement: Placement, generator: torch.Generator) -> Rooms:
    """Draw rooms that the cameras are inside of."""
    rooms = furnish(n, generator)
    high = torch.maximum(rooms.high, placement.position + torch.tensor([0.4, 0.4, 0.4]))
    low = torch.minimum(rooms.low, placement.position - torch.tensor([0.4, 0.0, 0.4]))
    return replace(rooms, low=low, high=high)


def make_block(seed: int, part: int, block: int, n_images: int) -> Scenes:
    """Render the first images of one block, the unit of randomness.

    Args:
        seed: the data set's seed.
        part: which part of the data set; each has people of its own.
        block: the block's index.
        n_images: how many of its images to render; this does not change the images.

    Returns:
        The block's first ``n_images`` images.
    """
    generator = block_generator(seed, part, block)
    size = LANDSCAPE if block % 2 == 0 else PORTRAIT
    crowded = block % _BLOCKS_PER_CROWD == _BLOCKS_PER_CROWD - 1
    n, places = IMAGES_PER_BLOCK, _PEOPLE + _CROWD * crowded
    cast = _draw_cast(n, places, generator)
    placement = _film(cast, size, generator)
    pose = _spread(cast, placement, crowded, generator)
    joints = locate_keypoints(pose, cast.person).unflatten(0, (n, places))
    things, paint = _place_furniture(placement, joints[:, 0], generator)
    capsules = Capsules(**_joined(cover_with_flesh(pose, cast.person), things, n))
    surfaces = Surfaces(**_joined(dress(n * places, generator), paint, n))
    rooms = _house(n, placement, generator)
    exposure = Exposure.draw(n, generator)
    noise = torch.randn(n, 3, *size, generator=generator)

    rows = torch.arange(n_images)
    height, width = size
    camera = Pinhole(size, (_FOCAL, _FOCAL), ((width - 1) / 2, (height - 1) / 2))
    renderer = Renderer(camera)
    capsules, placement = capsules[rows], placement[rows]
    hits = renderer.trace(capsules, placement)
    images = renderer.render(
        capsules, surfaces[rows], placement, rooms[rows], exposure[rows], noise[rows], hits, places
    )
    distance, number = renderer.images_of(hits)
    owner = torch.where(number == NOBODY, NOBODY, number // len(PARTS))
    # Furniture hides, but is nobody.
    hides = torch.where(owner >= places, places, owner)
    keypoints = see_keypoints(joints[rows], placement, camera, distance, hides)
    keypoints[:, _PEOPLE:] = 0
    shown = torch.where(owner >= places, NOBODY, owner)
    return Scenes(
        images=images,
        keypoints=keypoints,
        owner=shown,
        part=torch.where(shown == NOBODY, NOBODY, number % len(PARTS)),
        distance=distance,
        crowd=torch.arange(places) >= _PEOPLE,
    )


def scene_blocks(seed: int, part: int, first: int = 0) -> Iterator[Scenes]:
    """Render one part of the data set in order, a block at a time, on all processors, for ever.

    Args:
        seed: the data set's seed.
        part: which part; each has people of its own.
        first: the block to begin with.

    Yields:
        The next block.
    """

    def blocks() -> Iterator[int]:
        block = first
        while True:
            yield block
            block += 1

    def work(block: int) -> Scenes:
        return make_block(seed, part, block, IMAGES_PER_BLOCK)

    yield from in_order(work, blocks())
