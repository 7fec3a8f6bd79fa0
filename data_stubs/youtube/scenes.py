"""The content of the synthetic YouTube Pose's frames, and how they are rendered.

Each video shows a different person's upper body in a different room, seen from the front. Like the
real ones, the frames look cropped around the person and squeezed to squares: the shoulders are 10
to 16 pixels wide, and pixels are not square.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from data_stubs.blocks import block_generator, in_order
from data_stubs.human.anatomy import (
    SIDES,
    BodyPose,
    Proportions,
    locate_joints,
    pose_body,
    rotation_about,
)
from data_stubs.human.clothing import Surfaces
from data_stubs.human.flesh import Capsules, cover_with_flesh
from data_stubs.human.motion import NEUTRAL, move
from data_stubs.human.touch import touch_trunk
from data_stubs.scene.backgrounds import Rooms
from data_stubs.scene.cameras import Pinhole, Placement
from data_stubs.scene.rendering import Exposure, Renderer
from data_stubs.youtube.people import ACTIVITIES, clothe_and_house, sit_down, tint, wander
from data_stubs.youtube.props import Props, draw_props, join
from poselab.skeletons import UPPER_BODY

SIZE = 64
FRAMES_PER_VIDEO = 100

_FRAMES_PER_CHUNK = 50
_SUBFRAMES = tuple(
    (x / 12, y / 12) for x, y in ((-5, -1), (1, -5), (5, 3), (-1, 1), (-3, 5), (3, -3))
)
"""Where in a pixel, (x, y), each of the six moments is sampled whose mean is a frame.

Six rays per pixel, no two in the same row or column and each slightly later than the one before,
smooth both what moves and what stands still.
"""
_MARGIN = 4.0
"""The distance in pixels that every joint keeps from the border before the camera shakes."""
_TAKES = 2
"""How often each video's motion is drawn; the liveliest take is kept."""


@dataclass(frozen=True)
class Video:
    """The frames of one video and the poses in them, in pixels."""

    frames: UInt8[Tensor, "frame height width 3"]
    poses: Float[Tensor, "frame joint 2"]


@dataclass(frozen=True)
class Shot:
    """How a video is filmed; a moment is the start of a frame, and the last one an end.

    Args:
        camera: the camera model, which crops and squeezes.
        base: where the camera is before it moves; one row.
        path: the person's movement, in metres.
        turns: the camera's rotation about its x, y and z axes, in radians.
        sway: the camera's movement, in metres.
        brightness: the mean over a frame's pixels that the automatic exposure aims at.
        seconds_per_frame: the time between two frames.
        shutter: the fraction of that time during which a frame is exposed.
    """

    camera: Pinhole
    base: Placement
    path: Float[Tensor, "moment 3"]
    turns: Float[Tensor, "moment 3"]
    sway: Float[Tensor, "moment 3"]
    brightness: Float[Tensor, " frame"]
    seconds_per_frame: float
    shutter: float

    @staticmethod
    def draw(person: Proportions, seated: bool, generator: torch.Generator) -> Shot:
        """Draw a camera that aims at a person at the origin who roughly faces +z."""

        def uniform(low: float, high: float) -> float:
            return low + (high - low) * float(torch.rand((), generator=generator))

        # How many pixels a length as wide as the shoulders covers along x and along y.
        width, tall = uniform(10.5, 15.5), uniform(15.0, 19.0)
        distance = uniform(2.3, 3.8)
        bearing, tilt = torch.deg2rad(torch.tensor([[uniform(-25, 25)], [uniform(-6, 8)]]))
        angles = NEUTRAL.unsqueeze(0)
        pose = pose_body(sit_down(angles) if seated else angles, person)
        shoulders = locate_joints(pose, person, ("left-shoulder", "right-shoulder")).mean(dim=1)
        # The camera's x points to the person's left, its y down, its z at them.
        facing = torch.diag(torch.tensor([1.0, -1.0, -1.0])).unsqueeze(0)
        rotation = rotation_about("y", bearing) @ facing @ rotation_about("x", -tilt)
        base = Placement(rotation, shoulders - distance * rotation[..., 2])

        pixels_per_metre = 1 / (2 * float(person.half_shoulders))
        focal = (width * distance * pixels_per_metre, tall * distance * pixels_per_metre)
        # Leave room for hanging hands, and beside the body for a step or two.
        beside, above, below = 1.2 * width + 3, 0.8 * tall + 5, 1.7 * tall + 7
        centre = (uniform(beside, SIZE - 1 - beside), uniform(above, SIZE - 1 - below))

        seconds_per_frame = 1 / uniform(12, 18)
        moments = FRAMES_PER_VIDEO + 1

        def wandering(slowest: float, fastest: float, *sizes: float) -> Tensor:
            seconds = FRAMES_PER_VIDEO * seconds_per_frame
            return wander(moments, seconds, generator, slowest, fastest) * torch.tensor(sizes)

        drift, shake = wandering(0.02, 0.12, 1.2, 1.5, 0.0), wandering(0.8, 3.0, 0.6, 0.7, 0.3)
        return Shot(
            camera=Pinhole((SIZE, SIZE), focal, centre),
            base=base,
            path=wandering(0.03, 0.3, 0.16, 0.0, 0.15),
            turns=(drift + uniform(0, 1) * shake) / focal[0],
            sway=wandering(0.02, 0.2, 0.05, 0.02, 0.12),
            brightness=uniform(0.14, 0.28) * (1 + wandering(0.03, 0.4, 0.2, 0, 0)[:-1, 0]),
            seconds_per_frame=seconds_per_frame,
            shutter=uniform(0.3, 0.95),
        )

    def place(self, turns: Float[Tensor, "frame 3"], sway: Float[Tensor, "frame 3"]) -> Placement:
        """Place the camera in each frame, turned and moved from its base."""
        turned = (
            rotation_about("x", turns[:, 0])
            @ rotation_about("y", turns[:, 1])
            @ rotation_about("z", turns[:, 2])
        )
        return Placement(self.base.rotation @ turned, self.base.position + sway)


@dataclass(frozen=True)
class Instant:
    """Everything in the frames of a video at one point of their exposures."""

    capsules: Capsules
    placement: Placement
    poses: Float[Tensor, "frame joint 2"]


@dataclass(frozen=True)
class Scene:
    """Everything that one video shows; tensors have one row, or one row per moment."""

    person: Proportions
    shot: Shot
    angles: Float[Tensor, "moment freedom"]
    surfaces: Surfaces
    room: Rooms
    props: Props
    light: Exposure
    noise: Float[Tensor, "frame 3 height width"]

    def at(self, fraction: float) -> Instant:
        """Return the state after ``fraction`` of the time from each frame to the next."""

        def between(moments: Tensor) -> Tensor:
            return torch.lerp(moments[:-1], moments[1:], fraction)

        shot = self.shot
        person = self.person[torch.zeros(FRAMES_PER_VIDEO, dtype=torch.long)]
        path = between(shot.path)
        pose = pose_body(between(self.angles), person)
        pose = BodyPose(pose.rotation, pose.origin + path.unsqueeze(1))
        placement = shot.place(between(shot.turns), between(shot.sway))
        side, _, ahead = shot.base.rotation[0].unbind(dim=1)
        level = torch.tensor([1.0, 0.0, 1.0])
        things = self.props.place(pose, path, side, -ahead * level, between(self.props.offset))
        joints = placement.to_camera(locate_joints(pose, person, UPPER_BODY.joints))
        return Instant(
            join(cover_with_flesh(pose, person), things),
            placement,
            shot.camera.project(joints),
        )


def direct_scene(seed: int, part: int, number: int) -> Scene:
    """Draw a person, a room and a camera, and what happens in one video.

    Args:
        seed: the data set's seed.
        part: 0 for the students' videos, 1 for the held-out ones.
        number: the video's index in its part.

    Returns:
        The scene of one video.
    """
    generator = block_generator(seed, part, number)
    person = Proportions.draw(1, generator)
    seated = float(torch.rand((), generator=generator)) < 0.3
    shot = Shot.draw(person, seated, generator)
    angles = _act(person, shot, seated, generator)
    surfaces, room = clothe_and_house(part, generator)
    colours = tint(4, part, generator).view(2, 2, 3)
    props = draw_props(len(angles), SIZE, colours, generator)
    light = Exposure.draw(1, generator)
    noise = light.noise * torch.randn(FRAMES_PER_VIDEO, 3, SIZE, SIZE, generator=generator)
    # Six rays per pixel smooth enough, and noise belongs to the frame, not to each of its moments.
    light = replace(light, noise=torch.zeros(1), blur=0.3 * light.blur)
    return Scene(person, shot, angles, join(surfaces, props.surfaces()), room, props, light, noise)


_SOLID = tuple(f"{side}-{joint}" for side in SIDES for joint in ("elbow", "wrist", "finger"))


def _act(
    person: Proportions, shot: Shot, seated: bool, generator: torch.Generator
) -> Float[Tensor, "moment freedom"]:
    """Draw what the person does, such that all joints stay in the frames."""
    edges = torch.stack((shot.path.amin(dim=0), shot.path.amax(dim=0)))

    def accept(angles: Tensor, index: Tensor) -> Bool[Tensor, " pose"]:
        measures = person[torch.zeros_like(index)]
        pose = pose_body(sit_down(angles) if seated else angles, measures)
        joints = locate_joints(pose, measures, UPPER_BODY.joints)
        arms = locate_joints(pose, measures, _SOLID)
        elbows_and_wrists = arms.unflatten(1, (2, 3))[:, :, :2]
        arms = torch.cat((arms, elbows_and_wrists.mean(dim=2)), dim=1)
        free = ~touch_trunk(arms, pose, measures).any(dim=1)
        free &= ((arms - joints[:, :1]).norm(dim=-1) > 0.13).all(dim=1)
        for edge in edges:
            seen = shot.base.to_camera((joints + edge).view(1, -1, 3))
            pixels = shot.camera.project(seen).view(len(joints), -1)
            free &= ((pixels > _MARGIN) & (pixels < SIZE - 1 - _MARGIN)).all(dim=1)
        return free

    pace = 0.8 + 1.2 * float(torch.rand((), generator=generator))
    seconds = pace * shot.seconds_per_frame
    takes = move(_TAKES, len(shot.path), seconds, generator, accept, ACTIVITIES)
    liveliest = takes.diff(dim=1).abs().mean(dim=(1, 2)).argmax()
    return sit_down(takes[liveliest]) if seated else takes[liveliest]


def shoot(scene: Scene) -> Video:
    """Render a video: every frame is the mean of a few moments of its exposure."""
    shot = scene.shot
    linear = torch.zeros(FRAMES_PER_VIDEO, 3, SIZE, SIZE)
    poses = torch.zeros(FRAMES_PER_VIDEO, len(UPPER_BODY), 2)
    silence = torch.zeros(1).expand(_FRAMES_PER_CHUNK, 3, SIZE, SIZE)
    for number, (dx, dy) in enumerate(_SUBFRAMES):
        instant = scene.at(shot.shutter * number / (len(_SUBFRAMES) - 1))
        poses += instant.poses / len(_SUBFRAMES)
        x, y = shot.camera.centre
        renderer = Renderer(replace(shot.camera, centre=(x - dx, y - dy)))
        for frames in torch.arange(FRAMES_PER_VIDEO).split(_FRAMES_PER_CHUNK):
            row = torch.zeros_like(frames)
            images = renderer.render(
                instant.capsules[frames], scene.surfaces[row], instant.placement[frames],
                scene.room[row], scene.light[row], silence[: len(frames)],
            )  # fmt: skip
            # Light adds up; an image holds its square root.
            linear[frames] += (images.float() / 255).square_() / len(_SUBFRAMES)
    return Video(_develop(linear, scene), poses)


def _develop(
    linear: Float[Tensor, "frame 3 height width"], scene: Scene
) -> UInt8[Tensor, "frame height width 3"]:
    """Apply the exposure, which is set per video and wavers, then the caption and the noise."""
    linear = linear * (scene.shot.brightness / linear.mean()).view(-1, 1, 1, 1)
    colour, opacity = scene.props.caption.split((3, 1))
    captioned = torch.lerp(linear, colour, opacity)
    shown = scene.props.shows[:FRAMES_PER_VIDEO].view(-1, 1, 1, 1)
    levels = torch.where(shown, captioned, linear).sqrt_().mul_(255).add_(scene.noise)
    return levels.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def youtube_videos(n_videos: int, seed: int, part: int) -> Iterator[Video]:
    """Render the first ``n_videos`` of one part, in order, on all processors."""

    def work(number: int) -> Video:
        return shoot(direct_scene(seed, part, number))

    yield from in_order(work, range(n_videos))
