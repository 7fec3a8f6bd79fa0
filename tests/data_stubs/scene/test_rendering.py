"""Cameras and the renderer, against formulas of their own."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from data_stubs.egocap.scenes import (
    FISHEYE,
    IMAGES_PER_BLOCK,
    SEQUENCES_PER_BLOCK,
    block_generator,
    direct_scene,
)
from data_stubs.human.flesh import PARTS, Capsules
from data_stubs.scene.backgrounds import furnish, look_around
from data_stubs.scene.cameras import Fisheye, Placement
from data_stubs.scene.rendering import NOBODY, Renderer
from poselab.skeletons import EGOCAP

CAMERA = Fisheye(size=(32, 48), focal=20.0, centre=(23.5, 15.5))


def fisheye_by_hand(point: tuple[float, float, float], camera: Fisheye) -> tuple[float, float]:
    """The polar form: the angle to the axis becomes the radius, and the azimuth stays."""
    x, y, z = point
    angle = math.acos(z / math.sqrt(x * x + y * y + z * z))
    azimuth = math.atan2(y, x)
    return (
        camera.centre[0] + camera.focal * angle * math.cos(azimuth),
        camera.centre[1] + camera.focal * angle * math.sin(azimuth),
    )


coordinate = st.floats(-2, 2, allow_subnormal=False)


@given(coordinate, coordinate, coordinate)
def test_the_fisheye_agrees_with_its_polar_form(x: float, y: float, z: float) -> None:
    if math.hypot(x, y) < 1e-3:
        x += 0.01
    seen = FISHEYE.project(torch.tensor([x, y, z], dtype=torch.float64))
    assert seen.tolist() == pytest.approx(fisheye_by_hand((x, y, z), FISHEYE), abs=1e-5)


def test_the_axis_is_seen_at_the_principal_point() -> None:
    assert FISHEYE.project(torch.tensor([0.0, 0.0, 2.0])).tolist() == [79.5, 63.5]


def test_every_ray_projects_back_to_its_pixel() -> None:
    y, x = torch.meshgrid(torch.arange(128.0), torch.arange(160.0), indexing="ij")
    assert torch.allclose(FISHEYE.rays.norm(dim=-1), torch.ones(128, 160), atol=1e-5)
    assert torch.allclose(FISHEYE.project(3 * FISHEYE.rays), torch.stack((x, y), -1), atol=1e-3)


def still(n: int = 1) -> Placement:
    return Placement(torch.eye(3).expand(n, 3, 3), torch.zeros(n, 3))


def random_capsules(n_frames: int, n_parts: int, seed: int) -> Capsules:
    generator = torch.Generator().manual_seed(seed)

    def uniform(low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(*shape, generator=generator)

    rotation = torch.linalg.qr(uniform(-1, 1, n_frames, n_parts, 3, 3))[0]
    rotation = rotation * torch.linalg.det(rotation)[..., None, None]
    centre = uniform(-0.6, 0.6, n_frames, n_parts, 3)
    centre[..., 2] += 1.5
    return Capsules(
        start=centre,
        rotation=rotation,
        length=uniform(0.3, 0.8, n_frames, n_parts),
        radius=uniform(0.1, 0.35, n_frames, n_parts, 2),
        stretch=uniform(0.6, 1.6, n_frames, n_parts, 2),
    )


def inside_by_hand(points: np.ndarray, capsules: Capsules, part: int) -> np.ndarray:
    """Whether points are inside a capsule, as a union of many spheres."""
    local = (points - capsules.start[0, part].numpy()) @ capsules.rotation[0, part].numpy()
    local[..., 0] /= float(capsules.stretch[0, part, 0])
    local[..., 2] /= float(capsules.stretch[0, part, 1])
    first, second = capsules.radius[0, part].tolist()
    length = float(capsules.length[0, part])
    inside = np.zeros(points.shape[:-1], dtype=bool)
    for fraction in np.linspace(0, 1, 100):
        offset = local - np.array([0, fraction * length, 0])
        inside |= (offset**2).sum(-1) < (first + fraction * (second - first)) ** 2
    return inside


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_renderer_agrees_with_marching_along_the_rays(seed: int) -> None:
    capsules = random_capsules(1, 3, seed)
    depth, part = Renderer(CAMERA).find_parts(capsules, still())
    step = 0.01
    distance = np.arange(0.02, 4, step)
    rays = CAMERA.rays.double().numpy()[::3, ::3]
    points = rays[..., None, :] * distance[:, None]
    inside = np.stack([inside_by_hand(points, capsules, index) for index in range(3)])
    met = inside.any(0).any(-1)
    first = inside.any(0).argmax(-1)
    expected_part = inside[:, np.arange(met.shape[0])[:, None], np.arange(met.shape[1]), first]
    seen_depth, seen_part = depth[0, ::3, ::3].numpy(), part[0, ::3, ::3].numpy()

    assert 0.1 < met.mean() < 0.95
    # Marching misses grazed rims and breaks ties between parts at random, hence the fractions.
    assert (met == (seen_part != NOBODY)).mean() > 0.98
    both = met & (seen_part != NOBODY)
    assert (np.abs(seen_depth - distance[first])[both] < 1.5 * step).mean() > 0.97
    agree = expected_part[np.clip(seen_part, 0, 2), *np.indices(met.shape)]
    assert agree[both].mean() > 0.97


def test_the_nearer_of_two_bodies_hides_the_other() -> None:
    def spheres(first: float, second: float) -> Capsules:
        return Capsules(
            start=torch.tensor([[[0.0, 0.0, first], [0.0, 0.0, second]]]),
            rotation=torch.eye(3).expand(1, 2, 3, 3),
            length=torch.full((1, 2), 0.01),
            radius=torch.full((1, 2, 2), 0.3),
            stretch=torch.ones(1, 2, 2),
        )

    for first, second, winner in ((1.0, 2.0, 0), (2.0, 1.0, 1)):
        depth, part = Renderer(CAMERA).find_parts(spheres(first, second), still())
        assert int(part[0, 16, 24]) == winner
        assert float(depth[0, 16, 24]) == pytest.approx(0.7, abs=0.01)
        assert int(part[0, 0, 0]) == NOBODY
        assert math.isinf(float(depth[0, 0, 0]))


def test_an_image_that_does_not_fit_the_tiles_is_refused() -> None:
    with pytest.raises(ValueError, match=r"100 x 160 .* multiples of 16"):
        Renderer(Fisheye(size=(100, 160), focal=50.0, centre=(0.0, 0.0)))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_a_room_is_seen_where_its_box_is(seed: int) -> None:
    """Straight down is the floor, straight up the ceiling, sideways the walls: three textures."""
    rooms = furnish(1, torch.Generator().manual_seed(seed))
    flat = rooms.textures * 0 + torch.tensor([0.2, 0.4, 0.6]).view(1, 3, 1, 1, 1)
    rooms = type(rooms)(rooms.low, rooms.high, rooms.number, flat)
    rays = torch.tensor([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1.0]]).T[None] + 1e-3
    feet = torch.full((1, 1, 3), 50.0)
    colour = look_around(rooms, torch.tensor([[0.0, 1.5, 0.0]]), rays, feet)
    assert colour[0, :, 0].tolist() == pytest.approx([0.2, 0.2, 0.4, 0.4, 0.6], abs=1e-3)


def test_a_foot_darkens_the_floor_below_it() -> None:
    rooms = furnish(1, torch.Generator().manual_seed(0))
    rooms = type(rooms)(rooms.low, rooms.high, rooms.number, rooms.textures * 0 + 0.5)
    rays = torch.tensor([[[1e-6, 0.5], [-1.0, -1.0], [1e-6, 0.5]]])
    feet = torch.zeros(1, 1, 3)
    below, beside = look_around(rooms, torch.tensor([[0.0, 1.0, 0.0]]), rays, feet)[0, :, 0]
    assert below < 0.3
    assert beside > 0.45


LIMBS = {
    "head": ("face", "hair", "nose", "left eye", "right eye"),
    "neck": ("neck", "chest", "face", "left girdle", "right girdle"),
    "shoulder": ("girdle", "upper arm", "chest"),
    "elbow": ("upper arm", "forearm"),
    "wrist": ("forearm", "palm", "thumb"),
    "finger": ("palm", "fingers", "thumb"),
    "hip": ("pelvis", "thigh", "belly"),
    "knee": ("thigh", "shin"),
    "ankle": ("shin", "instep", "shoe"),
    "toe": ("shoe", "instep"),
}


def parts_around(joint: str) -> list[int]:
    side, _, kind = joint.rpartition("-")
    names = {f"{side} {part}".strip() for part in LIMBS[kind]} | set(LIMBS[kind])
    return [index for index, part in enumerate(PARTS) if part in names]


def test_labels_lie_on_the_limbs_they_name() -> None:
    """A joint is inside its limb: the ray meets the limb, or what hides it, before the joint."""
    scene = direct_scene(SEQUENCES_PER_BLOCK, block_generator(0, 1, 0))
    depth, part = Renderer(FISHEYE).find_parts(scene.capsules, scene.placement)
    joints = scene.locate_joints()
    pixels = FISHEYE.project(joints).round().long()
    frame = torch.arange(IMAGES_PER_BLOCK).unsqueeze(1)
    met = depth[frame, pixels[..., 1], pixels[..., 0]]
    seen = part[frame, pixels[..., 1], pixels[..., 0]]
    distance = joints.norm(dim=-1)
    assert (met < distance).float().mean() > 0.99
    fractions = []
    for index, joint in enumerate(EGOCAP.joints):
        own = torch.isin(seen[:, index], torch.tensor(parts_around(joint)))
        hidden = met[:, index] < distance[:, index] - 0.16
        assert (own | hidden).float().mean() > 0.93, joint
        fractions.append(float(own.float().mean()))
    # Some joints are hidden, and some of every kind are visible.
    assert 0.3 < sum(fractions) / len(fractions) < 0.95


def test_the_body_hides_parts_of_itself() -> None:
    scene = direct_scene(SEQUENCES_PER_BLOCK, block_generator(0, 1, 1))
    renderer = Renderer(FISHEYE)
    _, part = renderer.find_parts(scene.capsules, scene.placement)
    shin = [PARTS.index("left shin"), PARTS.index("right shin")]
    alone = Capsules(
        **{name: getattr(scene.capsules, name)[:, shin] for name in vars(scene.capsules)}
    )
    _, shins = renderer.find_parts(alone, scene.placement)
    whole = (shins != NOBODY).sum()
    visible = torch.isin(part, torch.tensor(shin, dtype=part.dtype)).sum()
    assert 0.1 * whole < visible < 0.95 * whole
    covered = (part != NOBODY).float().mean()
    assert 0.1 < covered < 0.5
