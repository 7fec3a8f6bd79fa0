"""The content of the synthetic EgoCap's images, and how they are rendered.

Each sequence shows a different person in a different room through a fisheye camera that hangs in
front of the forehead and looks down, three images per second (every tenth frame of 30 Hz video).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from data_stubs.blocks import block_generator, in_order
from data_stubs.human.anatomy import (
    SEGMENT_INDEX,
    SIDES,
    BodyPose,
    Proportions,
    locate_joints,
    pose_body,
    rotation_about,
)
from data_stubs.human.clothing import dress
from data_stubs.human.flesh import Capsules, cover_with_flesh
from data_stubs.human.motion import move
from data_stubs.human.touch import touch_trunk
from data_stubs.rows import Rows
from data_stubs.scene.backgrounds import furnish
from data_stubs.scene.cameras import Fisheye, Placement
from data_stubs.scene.rendering import Exposure, Renderer
from poselab.datasets.egocap import EgoCapDataset, validation_count
from poselab.skeletons import EGOCAP

HEIGHT, WIDTH = EgoCapDataset.image_size
_PIXELS = 3 * HEIGHT * WIDTH
FISHEYE = Fisheye(size=(HEIGHT, WIDTH), focal=52.0, centre=(79.5, 63.5))

FRAMES_PER_SEQUENCE = 8
SECONDS_PER_FRAME = 10 / 30

SEQUENCES_PER_BLOCK = 8
IMAGES_PER_BLOCK = FRAMES_PER_SEQUENCE * SEQUENCES_PER_BLOCK
IMAGES_PER_CHUNK = 16
"""The fastest number of images to render at a time: intermediate results fit in the cache."""
_MARGIN = 1.5
"""The distance in pixels that every joint keeps from the image's border."""
_ARMS = [EGOCAP.index(f"{s}-{j}") for s in SIDES for j in ("elbow", "wrist", "finger")]


@dataclass(frozen=True)
class Mount(Rows):
    """How the camera is mounted on each person's head.

    Args:
        offset: from the head's segment origin, in the head's frame, in metres.
        rotation: from the camera's frame to the head's.
    """

    offset: Float[Tensor, "person 3"]
    rotation: Float[Tensor, "person 3 3"]

    @staticmethod
    def draw(person: Proportions, generator: torch.Generator) -> Mount:
        """Draw cameras about 27 cm in front of the forehead, looking down, each slightly askew."""
        n = len(person)
        uniform = torch.rand(n, 6, generator=generator) * 2 - 1
        offset = torch.stack(
            (
                0.02 * uniform[:, 0],
                0.05 * person.height + 0.11 + 0.015 * uniform[:, 1],
                0.27 + 0.015 * uniform[:, 2],
            ),
            dim=-1,
        )
        # At rest, up in the image is towards the person's back, and right is their left.
        tilt = torch.deg2rad(99 + 4 * uniform[:, 3])
        yaw, roll = torch.deg2rad(6 * uniform[:, 4]), torch.deg2rad(12 * uniform[:, 5])
        rotation = rotation_about("x", tilt) @ rotation_about("y", yaw) @ rotation_about("z", roll)
        return Mount(offset, rotation)

    def place(self, pose: BodyPose) -> Placement:
        """Place the cameras on the heads of ``pose``; one mount per frame."""
        head = pose.rotation[:, SEGMENT_INDEX["head"]]
        return Placement(head @ self.rotation, pose.to_world("head", self.offset))


def project_01(points: Float[Tensor, "frame joint 3"]) -> Float[Tensor, "frame joint 2"]:
    """Project points in the camera's frame to u = x / (W - 1), v = y / (H - 1)."""
    return FISHEYE.project(points) / torch.tensor([WIDTH - 1.0, HEIGHT - 1.0])


def _suits_the_camera(person: Proportions, mount: Mount, angles: Tensor, index: Tensor) -> Tensor:
    """Accept poses with all joints in the image, none at the lens and no arm in the trunk."""
    measures = person[index]
    pose = pose_body(angles, measures)
    placement = mount[index].place(pose)
    joints = locate_joints(pose, measures, EGOCAP.joints)
    local = placement.to_camera(joints)
    pixels = FISHEYE.project(local)
    high = torch.tensor([WIDTH - 1.0, HEIGHT - 1.0]) - _MARGIN
    inside = ((pixels >= _MARGIN) & (pixels <= high)).flatten(1).all(dim=1)
    clear = (local.norm(dim=-1) > 0.14).all(dim=1)
    return inside & clear & ~touch_trunk(joints[:, _ARMS], pose, measures).any(dim=1)


@dataclass(frozen=True)
class EgoCapBatch:
    """The images and labels of a few sequences, in the file's layout."""

    img: UInt8[Tensor, "frame 3 height width"]
    pose_2d: Float[Tensor, "frame joint 2"]
    pose_3d: Float[Tensor, "frame joint 3"]


@dataclass(frozen=True)
class Scene:
    """Everything that the images of a few sequences show, one row per frame."""

    pose: BodyPose
    person: Proportions
    capsules: Capsules
    placement: Placement
    angles: Float[Tensor, "frame freedom"]
    sequence: Int[Tensor, " frame"]

    def locate_joints(self) -> Float[Tensor, "frame joint 3"]:
        """Return EgoCap's joints in the camera's frame, in metres."""
        return self.placement.to_camera(locate_joints(self.pose, self.person, EGOCAP.joints))


def direct_scene(n_sequences: int, generator: torch.Generator) -> Scene:
    """Draw people, their cameras and their motion; the frames of a sequence are consecutive."""
    person = Proportions.draw(n_sequences, generator)
    mount = Mount.draw(person, generator)

    def accept(angles: Tensor, index: Tensor) -> Bool[Tensor, " pose"]:
        return _suits_the_camera(person, mount, angles, index)

    angles = move(n_sequences, FRAMES_PER_SEQUENCE, SECONDS_PER_FRAME, generator, accept)
    sequence = torch.arange(n_sequences).repeat_interleave(FRAMES_PER_SEQUENCE)
    measures = person[sequence]
    pose = pose_body(angles.flatten(0, 1), measures)
    return Scene(
        pose, measures, cover_with_flesh(pose, measures), mount[sequence].place(pose),
        angles.flatten(0, 1), sequence,
    )  # fmt: skip


def make_block(
    seed: int, part: int, block: int, n_images: int, images_per_chunk: int
) -> EgoCapBatch:
    """Render the first images of one block of sequences, the unit of randomness.

    Args:
        seed: the data set's seed.
        part: 0 for validation, 1 for training.
        block: the block's index in its part.
        n_images: how many of its images to render; this does not change the images.
        images_per_chunk: how many images to render together; affects only memory and speed.

    Returns:
        The block's first ``n_images`` images and their labels.
    """
    generator = block_generator(seed, part, block)
    scene = direct_scene(SEQUENCES_PER_BLOCK, generator)
    surfaces = dress(SEQUENCES_PER_BLOCK, generator)
    rooms = furnish(SEQUENCES_PER_BLOCK, generator)
    exposure = Exposure.draw(SEQUENCES_PER_BLOCK, generator)
    strip = torch.randn(3 * _PIXELS, generator=generator)
    start = torch.randint(2 * _PIXELS, (IMAGES_PER_BLOCK,), generator=generator)
    chunks = []
    for frames in torch.arange(n_images).split(images_per_chunk):
        sequence = scene.sequence[frames]
        img = _RENDERER.render(
            scene.capsules[frames], surfaces[sequence], scene.placement[frames],
            rooms[sequence], exposure[sequence], _cut_noise(strip, start[frames]),
        )  # fmt: skip
        chunks.append(img)
    joints = scene.locate_joints()[:n_images]
    return EgoCapBatch(torch.cat(chunks), project_01(joints), 1000 * joints)


_RENDERER = Renderer(FISHEYE)


def _cut_noise(
    strip: Float[Tensor, " length"], start: Int[Tensor, " frame"]
) -> Float[Tensor, "frame 3 height width"]:
    """Cut noise that looks independent from one strip; drawing all of it would take too long."""
    windows = [strip[begin : begin + _PIXELS] for begin in start.tolist()]
    return torch.stack(windows).view(-1, 3, HEIGHT, WIDTH)


def egocap_blocks(
    n_images: int, seed: int, images_per_chunk: int = IMAGES_PER_CHUNK
) -> Iterator[EgoCapBatch]:
    """Render the whole data set in order, a few sequences at a time, on all processors.

    No person or room of the validation part, which is the first fifth, is in the training part.

    Args:
        n_images: how many images the data set has.
        seed: the data set's seed.
        images_per_chunk: how many images to render together; affects only memory and speed.

    Yields:
        The next images and their labels.
    """
    n_validation = validation_count(n_images)
    jobs = [
        (part, block, min(IMAGES_PER_BLOCK, wanted - start))
        for part, wanted in enumerate((n_validation, n_images - n_validation))
        for block, start in enumerate(range(0, wanted, IMAGES_PER_BLOCK))
    ]

    def work(job: tuple[int, int, int]) -> EgoCapBatch:
        return make_block(seed, *job, images_per_chunk)

    yield from in_order(work, jobs)
