from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from data_stubs.__main__ import main
from data_stubs.blocks import block_generator
from data_stubs.lifting.motion_capture import (
    MotionCaptureError,
    convert_motion_capture,
    film_recording,
    locate_recorded,
    read_bvh,
    stand_up,
)
from poselab.datasets.lifting import ROOT, load_lifting, load_two_views
from poselab.skeletons import HUMAN36M, LIFTING

pytest.importorskip("pybvh", reason="the extra 'bvh' is not installed")

# A skeleton: (name, offset, children). A child without a name is an end site.
Tree = tuple[str, tuple[float, float, float], list]
N_FRAMES = 6


def end(x: float, y: float, z: float) -> Tree:
    return ("", (x, y, z), [])


def arm(side: str, out: float) -> Tree:
    """An arm that hangs from a collar bone in the body's middle, in centimetres."""
    hand = (f"{side}Hand", (24.0 * out, 0.0, 0.0), [end(8 * out, 0, 0)])
    forearm = (f"{side}ForeArm", (28.0 * out, 0.0, 0.0), [hand])
    upper = (f"{side}Arm", (16.0 * out, 0.0, 0.0), [forearm])
    return (f"{side}Shoulder", (2.0 * out, 18.0, 0.0), [upper])


def leg(side: str, out: float) -> Tree:
    foot = (f"{side}Foot", (0.0, -40.0, 0.0), [end(0, -6, 14)])
    return (f"{side}UpLeg", (9.0 * out, -4.0, 0.0), [(f"{side}Leg", (0.0, -42.0, 1.0), [foot])])


def person(head: list | None = None, neck: bool = True) -> Tree:
    """A skeleton like Mixamo's; its legs are 82 cm long."""
    top = ("Head", (0.0, 10.0, 1.0), [end(0, 20, 2)] if head is None else head)
    neck_and_head = ("Neck", (0.0, 20.0, 0.0), [top]) if neck else top
    sides = (("Left", 1.0), ("Right", -1.0))
    chest = ("Spine1", (0.0, 24.0, 3.0), [neck_and_head, *(arm(*side) for side in sides)])
    spine = ("Spine", (0.0, 12.0, 0.0), [chest])
    return ("Hips", (0.0, 95.0, 0.0), [spine, *(leg(*side) for side in sides)])


def joints_of(tree: Tree) -> Iterator[str]:
    if tree[0]:
        yield tree[0]
    for child in tree[2]:
        yield from joints_of(child)


def renamed(tree: Tree, change: Callable[[str], str]) -> Tree:
    name, offset, children = tree
    return (change(name) if name else "", offset, [renamed(child, change) for child in children])


def without(tree: Tree, gone: str) -> Tree:
    """The skeleton without one joint, whose children go where they would be in the rest pose."""

    def cut(node: Tree) -> list[Tree]:
        name, offset, children = node
        kept = [part for child in children for part in cut(child)]
        if name != gone:
            return [(name, offset, kept)]
        return [(n, tuple(np.add(offset, o)), c) for n, o, c in kept]

    return cut(tree)[0]


def write_bvh(
    path: Path, tree: Tree, angles: dict[str, np.ndarray] | None = None, axes: str = "XYZ"
) -> Path:
    """Write a skeleton that moves: `angles` in degrees (frame, 3), by joint, about `axes`."""
    lines: list[str] = ["HIERARCHY"]

    def node(part: Tree, kind: str) -> None:
        name, offset, children = part
        lines.append(f"{kind} {name}" if name else "End Site")
        lines.append("{")
        lines.append("OFFSET " + " ".join(map(str, offset)))
        if name:
            place = "6 Xposition Yposition Zposition" if kind == "ROOT" else "3"
            lines.append(f"CHANNELS {place} " + " ".join(f"{axis}rotation" for axis in axes))
        for child in children:
            node(child, "JOINT")
        lines.append("}")

    node(tree, "ROOT")
    lines += ["MOTION", f"Frames: {N_FRAMES}", "Frame Time: 0.01"]
    angles = angles or {}
    for frame in range(N_FRAMES):
        row: list[float] = [*tree[1]]
        for name in joints_of(tree):
            row += angles.get(name, np.zeros((N_FRAMES, 3)))[frame].tolist()
        lines.append(" ".join(f"{value:.6f}" for value in row))
    path.write_text("\n".join(lines) + "\n")
    return path


def turn(axis: str, degrees: float) -> np.ndarray:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = cosine
    matrix[i, j], matrix[j, i] = -sine, sine
    return matrix


def positions(
    tree: Tree, angles: dict[str, np.ndarray], frame: int, axes: str = "XYZ"
) -> dict[str, np.ndarray]:
    """Where the joints and end sites (`Head end`) are: the format's definition, one at a time."""
    found: dict[str, np.ndarray] = {}

    def walk(part: Tree, origin: np.ndarray, frame_of_parent: np.ndarray, parent: str) -> None:
        name, offset, children = part
        found[name or f"{parent} end"] = at = origin + frame_of_parent @ np.array(offset)
        rotation = frame_of_parent
        for axis, degrees in zip(
            axes, angles.get(name, np.zeros((N_FRAMES, 3)))[frame], strict=True
        ):
            rotation = rotation @ turn(axis, degrees)
        for child in children:
            walk(child, at, rotation, name)

    walk(tree, np.zeros(3), np.eye(3), "")
    return found


def motion(tree: Tree, size: float = 25.0, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {name: random.uniform(-size, size, (N_FRAMES, 3)) for name in joints_of(tree)}


def locate(path: Path, *names: str) -> np.ndarray:
    return locate_recorded(read_bvh(path), names).numpy()


# Joints that a skeleton has by name

OWN_NAMES = {
    "thorax": "Neck", "neck": "Head", "head-top": "Head end",
    **{
        f"{side.lower()}-{joint}": side + name
        for side in ("Left", "Right")
        for joint, name in {
            "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand", "hip": "UpLeg", "knee": "Leg",
            "ankle": "Foot",
        }.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("axes", ["XYZ", "ZXY", "YXZ"])
def test_named_joints_are_where_the_format_puts_them(tmp_path: Path, axes: str) -> None:
    tree = person()
    angles = motion(tree)
    found = locate(write_bvh(tmp_path / "x.bvh", tree, angles, axes), *LIFTING.joints)
    assert found.shape == (N_FRAMES, 15, 3)
    for frame in range(N_FRAMES):
        expected = positions(tree, angles, frame, axes)
        # Where the whole person is does not matter, and files round what they write.
        shift = found[frame, LIFTING.index("neck")] - expected["Head"]
        for number, joint in enumerate(LIFTING.joints):
            np.testing.assert_allclose(
                found[frame, number] - shift, expected[OWN_NAMES[joint]], atol=1e-4, err_msg=joint
            )


def short(side: str, **names: str) -> dict[str, str]:
    return {
        f"{side}{own}": names[own.lower()]
        for own in ("Shoulder", "Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot")
    }


def both(form: str, **names: str) -> dict[str, str]:
    sides = (("Left", "L"), ("Right", "R"))
    return {
        joint: name
        for side, letter in sides
        for joint, name in short(
            side,
            **{own: form.format(name, s=letter, side=side.lower()) for own, name in names.items()},
        ).items()
    }


PROGRAMS: dict[str, dict[str, str]] = {
    "collars and elbows": both(
        "{side}{0}", shoulder="Collar", arm="Shoulder", forearm="Elbow", hand="Wrist", upleg="Hip",
        leg="Knee", foot="Ankle",
    ),
    "with a prefix for all": {name: f"mixamorig:{name}" for name in joints_of(person())},
    "with another for all": {name: f"Anna_{name}" for name in joints_of(person())},
    "SMPL": both(
        "{s}_{0}", shoulder="Collar", arm="Shoulder", forearm="Elbow", hand="Wrist", upleg="Hip",
        leg="Knee", foot="Ankle",
    ),
    "biped": {
        **both(
            "Bip01 {s} {0}", shoulder="Clavicle", arm="UpperArm", forearm="Forearm", hand="Hand",
            upleg="Thigh", leg="Calf", foot="Foot",
        ),
        "Hips": "Bip01", "Spine": "Bip01 Spine", "Spine1": "Bip01 Spine1", "Neck": "Bip01 Neck",
        "Head": "Bip01 Head",
    },
    "Unreal": both(
        "{0}_{s}", shoulder="clavicle", arm="upperarm", forearm="lowerarm", hand="hand",
        upleg="thigh", leg="calf", foot="foot",
    ) | {"Neck": "neck_01", "Head": "head", "Hips": "pelvis"},
    "Blender": both(
        "{0}.{s}", shoulder="shoulder", arm="upper_arm", forearm="forearm", hand="hand",
        upleg="thigh", leg="shin", foot="foot",
    ),
    "Daz": both(
        "{side[0]}{0}", shoulder="Collar", arm="Shldr", forearm="ForeArm", hand="Hand",
        upleg="Thigh", leg="Shin", foot="Foot",
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_names_of_many_programs_are_known(tmp_path: Path, program: str) -> None:
    tree = person()
    angles = motion(tree)
    usual = locate(write_bvh(tmp_path / "usual.bvh", tree, angles), *HUMAN36M.joints)
    names = PROGRAMS[program]
    # Without white space: what the format separates names by.
    other = {own: names.get(own, own).replace(" ", "_") for own in joints_of(tree)}
    theirs = {other[own]: values for own, values in angles.items()}
    path = write_bvh(tmp_path / "theirs.bvh", renamed(tree, other.__getitem__), theirs)
    np.testing.assert_array_equal(locate(path, *HUMAN36M.joints), usual)


# Joints that it does not have by name


def test_the_pelvis_is_between_the_hips_wherever_the_root_is(tmp_path: Path) -> None:
    path = write_bvh(tmp_path / "x.bvh", person(), motion(person()))
    pelvis, left, right = locate(path, "pelvis", "left-hip", "right-hip").swapaxes(0, 1)
    np.testing.assert_allclose(pelvis, (left + right) / 2)
    recording = read_bvh(path)
    assert not np.allclose(pelvis, recording.positions[:, recording.names.index("Hips")])


def test_a_thorax_between_the_shoulders(tmp_path: Path) -> None:
    path = write_bvh(tmp_path / "x.bvh", person(neck=False), motion(person(neck=False)))
    thorax, left, right = locate(path, "thorax", "left-shoulder", "right-shoulder").swapaxes(0, 1)
    np.testing.assert_allclose(thorax, (left + right) / 2)


@pytest.mark.parametrize("neck", [True, False])
def test_a_spine_halfway_along_the_vertebrae(tmp_path: Path, neck: bool) -> None:
    tree = person(neck=neck)
    angles = motion(tree)
    path = write_bvh(tmp_path / "x.bvh", tree, angles)
    spine, pelvis, thorax = locate(path, "spine", "pelvis", "thorax").swapaxes(0, 1)
    for frame in range(N_FRAMES):
        at = positions(tree, angles, frame)
        shift = pelvis[frame] - (at["LeftUpLeg"] + at["RightUpLeg"]) / 2
        line = [pelvis[frame], at["Spine"] + shift, at["Spine1"] + shift, thorax[frame]]
        # Walk along the line in tiny steps.
        steps = np.concatenate(
            [np.linspace(a, b, 20_000, endpoint=False) for a, b in itertools.pairwise(line)]
        )
        walked = np.cumsum(np.linalg.norm(np.diff(steps, axis=0), axis=1))
        expected = steps[np.searchsorted(walked, walked[-1] / 2)]
        np.testing.assert_allclose(spine[frame], expected, atol=0.01)


def test_a_spine_of_one_piece(tmp_path: Path) -> None:
    tree = without(without(person(), "Spine"), "Spine1")
    path = write_bvh(tmp_path / "x.bvh", tree, motion(tree))
    spine, pelvis, thorax = locate(path, "spine", "pelvis", "thorax").swapaxes(0, 1)
    np.testing.assert_allclose(spine, (pelvis + thorax) / 2)


@pytest.mark.parametrize("head", [[end(0, 0, 0)], [("Jaw", (0.0, 2.0, 8.0), [end(0, 0, 3)])]])
def test_a_head_without_an_end_is_as_high_as_heads_are(tmp_path: Path, head: list) -> None:
    path = write_bvh(tmp_path / "x.bvh", person(head), motion(person(head)))
    top, neck, thorax = locate(path, "head-top", "neck", "thorax").swapaxes(0, 1)
    up, stalk = top - neck, neck - thorax
    np.testing.assert_allclose(np.linalg.norm(up, axis=1), 40 * 0.116 / 0.246, rtol=1e-5)
    np.testing.assert_allclose(np.cross(up, stalk), 0, atol=1e-6)
    assert (np.sum(up * stalk, axis=1) > 0).all()


def test_a_head_top_by_name(tmp_path: Path) -> None:
    head = [("HeadTop_End", (1.0, 19.0, 0.0), [end(0, 5, 0)]), end(0, 3, 0)]
    tree = person(head)
    angles = motion(tree)
    top, neck = locate(write_bvh(tmp_path / "x.bvh", tree, angles), "head-top", "neck")[0]
    expected = positions(tree, angles, 0)
    np.testing.assert_allclose(top - neck, expected["HeadTop_End"] - expected["Head"], atol=1e-4)


def test_a_nose_that_turns_with_the_head(tmp_path: Path) -> None:
    angles = {"Head": np.zeros((N_FRAMES, 3))}
    angles["Head"][1] = [0, 90, 0]  # to the left, which is +x
    angles["Head"][2] = [90, 0, 0]  # face down
    nose, neck = locate(write_bvh(tmp_path / "x.bvh", person(), angles), "nose", "neck").swapaxes(
        0, 1
    )
    from_neck = nose - neck
    ahead, left, down = np.argmax(np.abs(from_neck[:3]), axis=1), 0, 1
    assert ahead[0] == 2 and from_neck[0, 2] > 8
    assert ahead[1] == left and from_neck[1, left] > 8
    assert ahead[2] == down and from_neck[2, down] < -8
    # A nose by name comes first.
    tree = person([("Nose", (0.0, 7.0, 11.0), [end(0, 0, 1)])])
    nose, neck = locate(write_bvh(tmp_path / "y.bvh", tree), "nose", "neck")[0]
    np.testing.assert_allclose(nose - neck, [0, 7, 11], atol=1e-6)


def test_a_whole_pose_turns_as_one(tmp_path: Path) -> None:
    """Whatever the rule: if the root turns, all joints turn."""
    angles = motion(person(neck=False))
    still = {**angles, "Hips": np.zeros((N_FRAMES, 3))}
    turned = {**angles, "Hips": np.tile([30.0, -50.0, 70.0], (N_FRAMES, 1))}
    paths = [
        write_bvh(tmp_path / f"{n}.bvh", person(neck=False), one)
        for n, one in enumerate((still, turned))
    ]
    one, other = (locate(path, *HUMAN36M.joints) for path in paths)
    rotation = turn("X", 30) @ turn("Y", -50) @ turn("Z", 70)
    expected = (one - one[:, :1]) @ rotation.T
    np.testing.assert_allclose(other - other[:, :1], expected, atol=1e-3)


# From a recording to the lab's file


def turned_about(tree: Tree, order: list[int], signs: tuple[int, int, int]) -> Tree:
    def place(offset: tuple[float, float, float]) -> tuple[float, ...]:
        return tuple(sign * offset[axis] for sign, axis in zip(signs, order, strict=True))

    def again(part: Tree) -> Tree:
        return (part[0], place(part[1]), [again(child) for child in part[2]])

    return again(tree)


@pytest.mark.parametrize(
    ("order", "signs"),
    [([0, 1, 2], (1, 1, 1)), ([2, 0, 1], (1, 1, 1)), ([1, 2, 0], (1, 1, 1)),
     ([0, 1, 2], (-1, -1, 1)), ([0, 2, 1], (1, -1, 1))],
)  # fmt: skip
def test_people_stand_up_in_metres_whatever_the_axes(
    tmp_path: Path, order: list[int], signs: tuple[int, int, int]
) -> None:
    names = ("pelvis", *LIFTING.joints)
    usual = write_bvh(tmp_path / "usual.bvh", person())
    expected = stand_up(locate_recorded(read_bvh(usual), names), names)
    tree = turned_about(person(), order, signs)
    path = write_bvh(tmp_path / "other.bvh", tree)
    found = stand_up(locate_recorded(read_bvh(path), names), names)
    heights = found[0, :, 1] - found[0, names.index("left-ankle"), 1]
    usual_heights = expected[0, :, 1] - expected[0, names.index("left-ankle"), 1]
    torch.testing.assert_close(heights, usual_heights, atol=1e-5, rtol=0)
    # A mirrored person would have left and right exchanged, which no rotation does.
    for pose in (expected, found):
        left = pose[0, names.index("left-hip")] - pose[0, names.index("right-hip")]
        up = pose[0, names.index("thorax")] - pose[0, names.index("pelvis")]
        ahead = torch.linalg.cross(left, up)
        toes = pose[0, names.index("neck")] - pose[0, names.index("thorax")]
        assert ahead @ toes > 0


def test_legs_have_the_length_of_legs(tmp_path: Path) -> None:
    names = ("pelvis", *LIFTING.joints)
    for scale in (1.0, 0.01, 0.3937):
        tree = turned_about(person(), [0, 1, 2], (scale, scale, scale))
        joints = stand_up(
            locate_recorded(read_bvh(write_bvh(tmp_path / "x.bvh", tree)), names), names
        )
        assert joints[0, names.index("head-top"), 1] > 0.6
        length = sum(
            (joints[0, names.index(f"left-{a}")] - joints[0, names.index(f"left-{b}")]).norm()
            for a, b in (("hip", "knee"), ("knee", "ankle"))
        )
        assert length.item() == pytest.approx(0.854, abs=1e-3)


def test_a_recording_becomes_the_labs_file(tmp_path: Path) -> None:
    one = write_bvh(tmp_path / "one.bvh", person(), motion(person()))
    two = write_bvh(tmp_path / "two.bvh", person(neck=False), motion(person(), seed=1))
    out = tmp_path / "data_test_lift.pkl"
    assert convert_motion_capture([one, two], out) == 2 * N_FRAMES
    poses = load_lifting(out)
    assert len(poses) == 2 * N_FRAMES
    hips = poses.joint_3d[:, [LIFTING.index("left-hip"), LIFTING.index("right-hip")]].mean(dim=1)
    torch.testing.assert_close(hips, torch.tensor(ROOT).expand_as(hips), atol=1e-6, rtol=0)
    x, y, z = poses.joint_3d.unbind(dim=-1)
    seen = torch.stack((x / -z, y / -z), dim=-1) * poses.focal.unsqueeze(1)
    torch.testing.assert_close(seen, poses.joint_2d, atol=1e-6, rtol=1e-6)
    # The shape is that of the recording, however it is seen.
    recorded = locate_recorded(read_bvh(one), LIFTING.joints).float()
    ratio = torch.pdist(poses.joint_3d[0]) / torch.pdist(recorded[0])
    torch.testing.assert_close(ratio, ratio[:1].expand_as(ratio), atol=0, rtol=1e-3)

    assert convert_motion_capture([one], out, every=4, two_views=True, seed=3) == 2
    pairs = load_two_views(out)
    seen_again = pairs.joint_3d @ pairs.rotation.mT + pairs.translation.unsqueeze(1)
    x, y, z = seen_again.unbind(dim=-1)
    seen = torch.stack((x / -z, y / -z), dim=-1) * pairs.focal_2.unsqueeze(1)
    torch.testing.assert_close(seen, pairs.joint_2d_2, atol=1e-5, rtol=1e-5)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    walk = write_bvh(tmp_path / "walk.bvh", person(), motion(person()))
    contents = []
    for seed in (0, 0, 1):
        convert_motion_capture([walk, walk], tmp_path / "x.pkl", seed=seed)
        contents.append((tmp_path / "x.pkl").read_bytes())
    assert contents[0] == contents[1] != contents[2]
    poses = load_lifting(tmp_path / "x.pkl")
    assert not torch.equal(poses.joint_2d[:N_FRAMES], poses.joint_2d[N_FRAMES:])


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    walk = write_bvh(tmp_path / "walk.bvh", person(), motion(person()))
    out = tmp_path / "data_train.pkl"
    assert main(["motion-capture", str(walk), "--out", str(out), "--every", "2"]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert len(load_lifting(out)) == 3
    assert main(["motion-capture", str(walk), "--two-views", "--out", str(out)]) == 0
    assert len(load_two_views(out)) == N_FRAMES
    assert main(["motion-capture", str(tmp_path / "no.bvh"), "--out", str(out)]) == 1
    assert "There is no file at" in capsys.readouterr().err
    assert main(["motion-capture", str(walk), "--out", str(out), "--every", "0"]) == 1
    assert "every is 0" in capsys.readouterr().err


# Skeletons and files that will not do: one sentence each.


def complaint(path: Path, kind: type[Exception] = MotionCaptureError) -> str:
    out = path.with_suffix(".pkl")
    with pytest.raises(kind) as caught:
        convert_motion_capture([path], out)
    assert not out.exists()
    message = str(caught.value)
    assert "\n" not in message and path.name in message
    return message


@pytest.mark.parametrize(
    ("gone", "joint"),
    [("LeftForeArm", "left-elbow"), ("RightHand", "right-wrist"), ("RightUpLeg", "right-hip"),
     ("LeftLeg", "left-knee"), ("RightFoot", "right-ankle"), ("Head", "neck")],
)  # fmt: skip
def test_a_joint_that_cannot_be_derived_is_named(tmp_path: Path, gone: str, joint: str) -> None:
    message = complaint(write_bvh(tmp_path / "x.bvh", without(person(), gone)))
    assert f"the joint {joint} cannot be derived" in message
    assert "none is called" in message and "its joints are Hips, Spine, Spine1, Neck" in message


def test_a_shoulder_is_no_collar_bone_where_it_is_alone(tmp_path: Path) -> None:
    tree = without(person(), "LeftArm")
    path = write_bvh(tmp_path / "x.bvh", tree)
    (shoulder,) = locate(path, "left-shoulder").swapaxes(0, 1)
    recording = read_bvh(path)
    np.testing.assert_array_equal(
        shoulder, recording.positions[:, recording.names.index("LeftShoulder")]
    )


def test_joints_that_do_not_hang_together(tmp_path: Path) -> None:
    swap = {"LeftForeArm": "RightForeArm", "RightForeArm": "LeftForeArm"}
    tree = renamed(person(), lambda name: swap.get(name, name))
    message = complaint(write_bvh(tmp_path / "x.bvh", tree))
    assert "LeftForeArm does not hang from LeftArm" in message


def test_a_rest_pose_that_does_not_tell_where_ahead_is(tmp_path: Path) -> None:
    tree = turned_about(person(), [0, 0, 0], (0, 1, 0))
    path = write_bvh(tmp_path / "x.bvh", tree)
    with pytest.raises(MotionCaptureError, match=r"the joint nose cannot be derived.*where ahead"):
        locate(path, "nose")


def test_legs_without_a_length(tmp_path: Path) -> None:
    name, offset, (spine, *legs) = person()
    flat = [turned_about(part, [0, 1, 2], (1, 0, 0)) for part in legs]
    tree = (name, offset, [spine, *flat])
    assert "have no length" in complaint(write_bvh(tmp_path / "x.bvh", tree))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: "", "No ROOT"),
        (lambda text: "hello\n", "No ROOT"),
        (lambda text: text.replace("Frames: 6", "Frames: 7"), "7 frames"),
        (lambda text: text.replace("OFFSET", "PLACE", 1), "PLACE"),
        (lambda text: text.replace("Frames: 6", "Frames:"), ""),
        (lambda text: text[: text.index("MOTION")], ""),
        (lambda text: re.sub(r"0\.000000\n", "nan\n", text, count=1), "not finite"),
    ],
)
def test_files_that_are_no_motion_capture(
    tmp_path: Path, spoil: Callable[[str], str], words: str
) -> None:
    path = write_bvh(tmp_path / "x.bvh", person())
    path.write_text(spoil(path.read_text()))
    assert words in complaint(path)


def test_no_file_and_no_recording(tmp_path: Path) -> None:
    assert "There is no file at" in complaint(tmp_path / "x.bvh", FileNotFoundError)
    with pytest.raises(ValueError, match="there is no recording"):
        convert_motion_capture([], tmp_path / "x.pkl")
    with pytest.raises(ValueError, match="seed is -1"):
        convert_motion_capture([tmp_path / "x.bvh"], tmp_path / "x.pkl", seed=-1)


def test_without_pybvh_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pybvh", None)
    path = write_bvh(tmp_path / "x.bvh", person())
    with pytest.raises(ModuleNotFoundError, match=r"needs pybvh.*pip install pybvh"):
        read_bvh(path)
    assert main(["motion-capture", str(path), "--out", str(tmp_path / "x.pkl")]) == 1
    assert "needs pybvh" in capsys.readouterr().err


# A real walk


def test_a_real_walk() -> None:
    folder = os.environ.get("POSE_REAL_DATA")
    if not folder:
        pytest.skip("POSE_REAL_DATA does not name a folder of real files")
    path = Path(folder) / "bvh" / "AV_8Walk_Meredith_HVHA_Rep1.bvh"
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    recording = read_bvh(path)
    # It has neither a neck nor a thorax nor a spine between them.
    assert recording.find("thorax") is None
    for skeleton in (LIFTING, HUMAN36M):
        names = (*skeleton.joints, "pelvis", "thorax")
        joints = stand_up(locate_recorded(recording, names), names)
        assert joints.shape == (1064, len(names), 3)

        def at(name: str, joints: torch.Tensor = joints, names: tuple = names) -> torch.Tensor:
            return joints[:, names.index(name)]

        def length(a: str, b: str, at: Callable[[str], torch.Tensor] = at) -> torch.Tensor:
            return (at(a) - at(b)).norm(dim=-1)

        # Someone who walks upright, on legs whose bones keep their length, one foot at a time.
        assert (at("head-top")[:, 1] - at("pelvis")[:, 1] > 0.6).all()
        assert (at("pelvis")[:, 1] - at("left-ankle")[:, 1] > 0.4).all()
        for side in ("left", "right"):
            assert length(f"{side}-hip", f"{side}-knee").std() < 1e-6
            assert 0.2 < length(f"{side}-shoulder", f"{side}-elbow").mean() < 0.4
        assert 0.4 < length("left-ankle", "right-ankle").max() < 1.0
        assert 0.45 < length("pelvis", "thorax").mean() < 0.65
        # The trunk moves ahead, where the walker looks: left is on the left of the way.
        step = at("pelvis").diff(dim=0)[:, [0, 2]]
        left = (at("left-hip") - at("right-hip"))[:-1][:, [0, 2]]
        to_the_left = torch.stack((step[:, 1], -step[:, 0]), dim=-1)
        assert ((to_the_left * left).sum(dim=-1) > 0).float().mean() > 0.9
    names = HUMAN36M.joints
    joints = stand_up(locate_recorded(recording, names), names)
    nose = joints[:, names.index("nose")] - joints[:, names.index("thorax")]
    step = joints[1:, 0] - joints[:-1, 0]
    assert ((nose[:-1] * step)[:, [0, 2]].sum(dim=-1) > 0).float().mean() > 0.9
    film_of_it = film_recording(path, block_generator(0, 0, 0), every=10)
    assert len(film_of_it) == 107 and film_of_it.joint_2d_1.abs().max() < 1.2
