"""The content of the synthetic images for 3D pose estimation, and how they are rendered.

As in Human3.6M, seven subjects move about in view of four cameras. A subject is a body; clothes,
room and light are others in each sequence, because there are too few subjects to learn from alone.
Each camera has its place, and turns and zooms until the person fills most of the image.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Float, Float32, Int64, UInt8
from torch import Tensor

from data_stubs.blocks import block_generator, in_order
from data_stubs.human.anatomy import SIDES, BodyPose, Proportions, locate_joints, rotation_about
from data_stubs.human.clothing import dress
from data_stubs.human.flesh import cover_with_flesh
from data_stubs.lifting.people import FRAMES_PER_PERSON, locate, perform
from data_stubs.rows import Rows
from data_stubs.scene.backgrounds import furnish
from data_stubs.scene.cameras import Pinhole, Placement
from data_stubs.scene.rendering import Exposure, Renderer
from poselab.datasets.human36m import SUBJECTS
from poselab.skeletons import HUMAN36M

CAMERAS = (1, 2, 3, 4)
IMAGES_PER_BLOCK = len(SUBJECTS) * FRAMES_PER_PERSON
"""A block has one sequence of each subject."""

_ZOOMS = tuple(0.75 * 1.12**level for level in range(12))
"""Focal lengths, as multiples of the image's width; few, because each needs its own renderer."""
_MARGIN = 0.06
"""The distance that every joint keeps from the border, as a fraction of the image's width."""
_EXTREMITIES = tuple(f"{side}-{end}" for side in SIDES for end in ("finger", "toe"))
_PEOPLE, _IMAGES = 0, 1
"""Parts of the seed's randomness."""


@dataclass(frozen=True)
class Images(Rows):
    """Images of people and what is known of them, in the file's layout.

    Args:
        img: RGB, channels first.
        pose_2d: (x, y) in pixels; (0, 0) is the first pixel's centre.
        pose_3d: in millimetres, relative to the pelvis, in the camera's frame: x to the image's
            right, y down, z ahead.
        subject: who is seen.
        camera: which camera sees them.
        focal: the focal length in pixels; the principal point is the image's middle.
        rotation: from the world's frame to the camera's; in the world, y is up.
        pelvis: where the pelvis is in the camera's frame, in millimetres.
    """

    img: UInt8[Tensor, "image 3 size size"]
    pose_2d: Float32[Tensor, "image 17 2"]
    pose_3d: Float32[Tensor, "image 17 3"]
    subject: Int64[Tensor, " image"]
    camera: Int64[Tensor, " image"]
    focal: Float32[Tensor, " image"]
    rotation: Float32[Tensor, "image 3 3"]
    pelvis: Float32[Tensor, "image 3"]


def _place_about(pose: BodyPose, generator: torch.Generator) -> BodyPose:
    """Turn and move each sequence somewhere on the floor; they are made around the origin."""
    n = len(pose.origin) // FRAMES_PER_PERSON
    turn = math.tau * torch.rand(n, generator=generator)
    shift = torch.rand(n, 3, generator=generator) - 0.5
    shift[:, 1] = 0
    frames = torch.arange(n).repeat_interleave(FRAMES_PER_PERSON)
    about, shift = rotation_about("y", turn)[frames].unsqueeze(1), shift[frames].unsqueeze(1)
    return BodyPose(about @ pose.rotation, (about @ pose.origin.unsqueeze(-1)).squeeze(-1) + shift)


def _stations(seed: int) -> Float[Tensor, "camera 3"]:
    """Where the four cameras stand: around the room, at the height of a chest or a face."""
    drawn = torch.rand(len(CAMERAS), 3, generator=block_generator(seed, _PEOPLE, 1)) - 0.5
    azimuth = torch.deg2rad(45 + 90 * torch.arange(len(CAMERAS)) + 20 * drawn[:, 0])
    away, height = 3.4 + 0.4 * drawn[:, 1], 1.5 + 0.9 * drawn[:, 2]
    return torch.stack((away * azimuth.sin(), height, away * azimuth.cos()), dim=-1)


def _aim(
    position: Float[Tensor, "frame 3"], joints: Float[Tensor, "frame joint 3"], jitter: Tensor
) -> Placement:
    """Aim level cameras at the middle of some joints, give or take ``jitter``."""
    target = (joints.amin(dim=1) + joints.amax(dim=1)) / 2 + jitter
    ahead = torch.nn.functional.normalize(target - position, dim=-1)
    right = torch.linalg.cross(ahead, torch.tensor([[0.0, 1.0, 0.0]]).expand_as(ahead))
    right = torch.nn.functional.normalize(right, dim=-1)
    down = torch.linalg.cross(ahead, right)
    return Placement(torch.stack((right, down, ahead), dim=-1), position)


def _renderer(size: int, zoom: int) -> Renderer:
    middle = (size - 1) / 2
    focal = size * _ZOOMS[zoom]
    return Renderer(Pinhole((size, size), (focal, focal), (middle, middle)))


def make_block(seed: int, block: int, n_images: int, size: int) -> Images:
    """Render the first images of one block, the unit of randomness.

    Args:
        seed: the data set's seed.
        block: the block's index.
        n_images: how many of its images to render; this does not change the images.
        size: height and width in pixels; this does not change what they show.

    Returns:
        The block's first ``n_images`` images.
    """
    generator = block_generator(seed, _IMAGES, block)
    people = Proportions.draw(len(SUBJECTS), block_generator(seed, _PEOPLE, 0))
    pose, person = perform(people, generator)
    pose = _place_about(pose, generator)
    joints = locate(pose, person, HUMAN36M.joints)
    camera = torch.randint(len(CAMERAS), (IMAGES_PER_BLOCK,), generator=generator)
    jitter = 0.05 * torch.randn(IMAGES_PER_BLOCK, 3, generator=generator)
    placement = _aim(_stations(seed)[camera], joints, jitter)
    all_of_it = torch.cat((joints, locate_joints(pose, person, _EXTREMITIES)), dim=1)
    seen = placement.to_camera(all_of_it)
    furthest = (seen[..., :2] / seen[..., 2:]).abs().amax(dim=(1, 2))
    fitting = (
        (0.5 - _MARGIN)
        / furthest
        * (0.85 + 0.15 * torch.rand(IMAGES_PER_BLOCK, generator=generator))
    )
    zoom = torch.bucketize(fitting, torch.tensor(_ZOOMS[1:]), right=True)

    surfaces = dress(len(SUBJECTS), generator)
    rooms = furnish(len(SUBJECTS), generator)
    # The cameras stand inside the walls.
    outward = torch.tensor([1.8, 0.0, 1.8])
    rooms = replace(rooms, low=rooms.low - outward, high=rooms.high + outward)
    exposure = Exposure.draw(len(SUBJECTS), generator)
    noise = torch.randn(IMAGES_PER_BLOCK, 3, size, size, generator=generator)

    flesh = cover_with_flesh(pose, person)
    sequence = torch.arange(len(SUBJECTS)).repeat_interleave(FRAMES_PER_PERSON)
    img = torch.empty(n_images, 3, size, size, dtype=torch.uint8)
    for level in zoom[:n_images].unique().tolist():
        frames = (zoom[:n_images] == level).nonzero().squeeze(1)
        row = sequence[frames]
        img[frames] = _renderer(size, level).render(
            flesh[frames], surfaces[row], placement[frames], rooms[row], exposure[row],
            noise[frames],
        )  # fmt: skip
    return _label(img, placement, joints, zoom, camera, sequence)


def _label(
    img: UInt8[Tensor, "image 3 size size"],
    placement: Placement,
    joints: Float[Tensor, "frame joint 3"],
    zoom: Int64[Tensor, " frame"],
    camera: Int64[Tensor, " frame"],
    sequence: Int64[Tensor, " frame"],
) -> Images:
    """Say what the images of the first frames show."""
    n, size = len(img), img.shape[-1]
    local = placement.to_camera(joints)[:n]
    focal = size * torch.tensor(_ZOOMS)[zoom[:n]]
    millimetres = 1000 * local
    pelvis = millimetres[:, HUMAN36M.index("pelvis")]
    return Images(
        img=img,
        pose_2d=focal.view(-1, 1, 1) * local[..., :2] / local[..., 2:] + (size - 1) / 2,
        pose_3d=millimetres - pelvis.unsqueeze(1),
        subject=torch.tensor(SUBJECTS)[sequence[:n]],
        camera=torch.tensor(CAMERAS)[camera[:n]],
        focal=focal,
        rotation=placement.rotation[:n].mT.contiguous(),
        pelvis=pelvis,
    )


def image_blocks(n_images: int, seed: int, size: int) -> Iterator[Images]:
    """Render the whole data set in order, a block at a time, on all processors.

    Args:
        n_images: how many images the data set has.
        seed: the data set's seed.
        size: height and width in pixels, a multiple of 16.

    Yields:
        The next images.
    """
    jobs = [
        (block, min(IMAGES_PER_BLOCK, n_images - start))
        for block, start in enumerate(range(0, n_images, IMAGES_PER_BLOCK))
    ]

    def work(job: tuple[int, int]) -> Images:
        return make_block(seed, *job, size)

    yield from in_order(work, jobs)


FIELDS = tuple(field.name for field in fields(Images))
"""The arrays of the file."""
