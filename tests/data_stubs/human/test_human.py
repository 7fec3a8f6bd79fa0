import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from data_stubs.human.anatomy import (
    FREEDOMS,
    JOINT_LIMITS,
    Proportions,
    locate_joints,
    pose_body,
)
from data_stubs.human.clothing import dress
from data_stubs.human.flesh import PARTS, cover_with_flesh
from data_stubs.human.motion import ACTIVITIES, NEUTRAL, mirror_angles, move
from poselab.skeletons import EGOCAP

LOW = torch.tensor([float(low) for low, _ in JOINT_LIMITS.values()])
HIGH = torch.tensor([float(high) for _, high in JOINT_LIMITS.values()])


def people(n: int, seed: int = 0) -> Proportions:
    return Proportions.draw(n, torch.Generator().manual_seed(seed))


def random_angles(n: int, seed: int) -> torch.Tensor:
    fraction = torch.rand(n, len(FREEDOMS), generator=torch.Generator().manual_seed(seed))
    return LOW + (HIGH - LOW) * fraction


def at_rest_but(**angles: float) -> torch.Tensor:
    values = torch.zeros(1, len(FREEDOMS))
    for name, value in angles.items():
        values[0, FREEDOMS.index(name.replace("_", " "))] = value
    return values


def joint_of(angles: torch.Tensor, *names: str) -> list[torch.Tensor]:
    person = people(1)
    return list(locate_joints(pose_body(angles, person), person, names)[0])


def accept_all(angles: torch.Tensor, person: torch.Tensor) -> torch.Tensor:
    return torch.ones(len(angles), dtype=torch.bool)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_bones_keep_their_length_in_every_pose(seed: int) -> None:
    person = people(1, seed)[torch.zeros(8, dtype=torch.long)]
    joints = locate_joints(pose_body(random_angles(8, seed), person), person, EGOCAP.joints)
    stiff = [bone for bone in EGOCAP.bones if not {"neck", "head"} & set(bone)]
    stiff = [(a, b) for a, b in stiff if not ("shoulder" in a and "hip" in b)]
    assert len(stiff) == 14
    for a, b in stiff:
        length = (joints[:, EGOCAP.index(a)] - joints[:, EGOCAP.index(b)]).norm(dim=-1)
        assert torch.allclose(length, length[:1].expand(8), atol=2e-5), (a, b)


def test_at_rest_the_arms_hang_and_the_left_hand_is_on_the_positive_x_side() -> None:
    left, right, shoulder, head, toe = joint_of(
        at_rest_but(), "left-wrist", "right-wrist", "left-shoulder", "head", "left-toe"
    )
    assert left[0] > 0 > right[0]
    assert left[0] == pytest.approx(float(shoulder[0]), abs=1e-6)
    assert left[1] < shoulder[1] < head[1]
    assert toe[2] > 0.05


@pytest.mark.parametrize(
    ("angle", "joint", "base", "axis", "sign"),
    [
        ("left_shoulder_flexion", "left-wrist", "left-shoulder", 2, 1),
        ("left_shoulder_spread", "left-wrist", "left-shoulder", 0, 1),
        ("right_shoulder_spread", "right-wrist", "right-shoulder", 0, -1),
        ("right_elbow_flexion", "right-wrist", "right-elbow", 2, 1),
        ("left_hip_flexion", "left-knee", "left-hip", 2, 1),
        ("left_knee_flexion", "left-ankle", "left-knee", 2, -1),
        ("spine_flexion", "neck", "left-hip", 2, 1),
    ],
)
def test_a_positive_angle_leads_where_the_limits_say(
    angle: str, joint: str, base: str, axis: int, sign: int
) -> None:
    moved, fixed = joint_of(at_rest_but(**{angle: 60}), joint, base)
    assert sign * float(moved[axis] - fixed[axis]) > 0.15


def test_heading_90_looks_to_where_the_left_hand_was() -> None:
    ankle, toe = joint_of(at_rest_but(heading=90), "left-ankle", "left-toe")
    assert toe[0] - ankle[0] > 0.05
    assert abs(toe[2] - ankle[2]) < 1e-5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_mirrored_angles_mirror_the_body(seed: int) -> None:
    person, angles = people(4, seed), random_angles(4, seed)
    joints = locate_joints(pose_body(angles, person), person, EGOCAP.joints)
    mirrored = locate_joints(pose_body(mirror_angles(angles), person), person, EGOCAP.joints)
    expected = joints[:, list(EGOCAP.mirrored)] * torch.tensor([-1.0, 1.0, 1.0])
    assert torch.allclose(mirrored, expected, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_the_lower_foot_stands_on_the_floor(seed: int) -> None:
    person = people(8, seed)
    body = pose_body(random_angles(8, seed), person)
    ankles = locate_joints(body, person, ("left-ankle", "right-ankle"))[..., 1].amin(dim=1)
    # An ankle is at most a foot's length above the floor, on tiptoe, and at most its own height
    # below it, when the sole faces up.
    assert (ankles > -0.045 * person.height).all()
    assert (ankles < 0.13 * person.height).all()


def test_an_upright_person_has_both_soles_on_the_floor() -> None:
    person = people(8)
    body = pose_body(at_rest_but().expand(8, -1), person)
    ankles = locate_joints(body, person, ("left-ankle", "right-ankle"))[..., 1]
    assert torch.allclose(ankles, 0.039 * person.height.unsqueeze(1).expand(8, 2), atol=1e-5)


def test_people_differ_and_are_of_human_size() -> None:
    person = people(200)
    assert person.height.amin() > 1.5
    assert person.height.amax() < 2.0
    assert person.height.std() > 0.05
    reach = (person.upper_arm + person.forearm + person.hand) / person.height
    assert reach.std() > 0.005


def test_two_seeds_dress_people_differently() -> None:
    one, two = (dress(4, torch.Generator().manual_seed(seed)) for seed in (0, 1))
    assert one.colour.shape == (4, len(PARTS), 3)
    assert (one.colour - two.colour).abs().amax() > 0.05
    assert one.colour.amin() >= 0
    assert one.colour.amax() <= 1


def test_flesh_surrounds_the_bones() -> None:
    person = people(5)
    body = pose_body(NEUTRAL.expand(5, -1), person)
    capsules = cover_with_flesh(body, person)
    assert (capsules.length > (capsules.radius[..., 0] - capsules.radius[..., 1]).abs()).all()
    for part, first, second in (
        ("left forearm", "left-elbow", "left-wrist"),
        ("right thigh", "right-hip", "right-knee"),
    ):
        index = PARTS.index(part)
        bone = locate_joints(body, person, (first, second))
        end = capsules.start[:, index] + (
            capsules.rotation[:, index, :, 1] * capsules.length[:, index, None]
        )
        assert torch.allclose(capsules.start[:, index], bone[:, 0], atol=1e-5)
        assert ((end - bone[:, 1]).norm(dim=-1) < 0.02).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_motion_keeps_the_joint_limits(seed: int) -> None:
    angles = move(6, 24, 1 / 3, torch.Generator().manual_seed(seed), accept_all)
    assert angles.shape == (6, 24, len(FREEDOMS))
    assert (angles >= LOW).all()
    assert (angles <= HIGH).all()


def test_motion_is_smooth() -> None:
    angles = move(20, 240, 1 / 120, torch.Generator().manual_seed(3), accept_all)
    speed = angles.diff(dim=1).abs().amax() * 120
    assert 100 < speed < 700  # degrees per second; a punch takes about 500
    # Where no limit stops a joint, its speed does not jump either.
    neck = angles[..., FREEDOMS.index("neck twist")]
    jump = neck.diff(dim=1).diff(dim=1).abs().amax() * 120
    assert jump < 0.1 * neck.diff(dim=1).abs().amax() * 120


def test_motion_follows_from_the_seed_alone() -> None:
    first, again, other = (
        move(2, 8, 1 / 3, torch.Generator().manual_seed(seed), accept_all) for seed in (5, 5, 6)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_motion_asks_for_acceptance_in_between_key_poses_too() -> None:
    elbow = FREEDOMS.index("left elbow flexion")

    def accept(angles: torch.Tensor, person: torch.Tensor) -> torch.Tensor:
        return angles[:, elbow] < torch.tensor([60.0, 30.0])[person]

    angles = move(2, 60, 1 / 3, torch.Generator().manual_seed(0), accept)
    assert angles[0, :, elbow].amax() < 60
    assert angles[1, :, elbow].amax() < 30
    assert angles[0, :, elbow].amax() > 35


def test_every_activity_stays_within_the_joint_limits() -> None:
    for name, activity in ACTIVITIES.items():
        for angle, (low, high) in activity.ranges.items():
            for full in (angle, f"left {angle}", f"right {angle}"):
                if full in JOINT_LIMITS:
                    assert JOINT_LIMITS[full][0] <= low < high <= JOINT_LIMITS[full][1], (
                        name,
                        full,
                    )
        for angle in activity.rhythms:
            assert angle in JOINT_LIMITS, (name, angle)
