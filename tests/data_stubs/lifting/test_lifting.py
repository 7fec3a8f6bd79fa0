from __future__ import annotations

import pickle
import pickletools
from pathlib import Path

import numpy as np
import pytest
import torch

from data_stubs.__main__ import main
from data_stubs.blocks import block_generator, in_order
from data_stubs.human.anatomy import FREEDOMS, Proportions, locate_joints, pose_body
from data_stubs.lifting import ensure_lifting, ensure_two_views, write_lifting
from data_stubs.lifting import file as lifting
from data_stubs.lifting.people import FRAMES_PER_PERSON, act, locate
from data_stubs.lifting.scenes import POSES_PER_BLOCK, draw_poses, draw_two_views
from poselab.datasets.lifting import ROOT, LiftingPoses, TwoViews, load_lifting, load_two_views
from poselab.skeletons import HUMAN36M, LIFTING

SEED = 3
N, N_TEST = 300, 80


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lifting")
    assert ensure_lifting(folder, poses=N, test_poses=N_TEST, seed=SEED) == folder
    assert ensure_two_views(folder, poses=N, seed=SEED) == folder / "data_train.pkl"
    return folder


@pytest.fixture(scope="module")
def pairs() -> TwoViews:
    return draw_two_views(2 * POSES_PER_BLOCK, SEED)


def arrays(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as file:
        return pickle.load(file)


# The files


def test_the_layout_is_that_of_the_lab(folder: Path) -> None:
    one_view = {"joint_2d_1": (15, 2), "joint_3d": (15, 3), "focal_len_1": (2,)}
    two_views = {
        **one_view, "joint_2d_2": (15, 2), "rot": (9,), "transl": (3,), "focal_len_2": (2,)
    }  # fmt: skip
    for name, n_poses, layout in (
        ("data_train_lift.pkl", N, one_view),
        ("data_test_lift.pkl", N_TEST, one_view),
        ("data_train.pkl", N, two_views),
    ):
        content = arrays(folder / name)
        assert {key: value.shape for key, value in content.items()} == {
            key: (n_poses, *shape) for key, shape in layout.items()
        }
        assert {value.dtype for value in content.values()} == {np.dtype("float32")}


def test_the_classes_in_it_have_numpy_1s_names_which_numpy_2_keeps(folder: Path) -> None:
    with (folder / "data_train.pkl").open("rb") as file:
        found = [arg for code, arg, _ in pickletools.genops(file) if code.name == "GLOBAL"]
    assert set(found) == {"numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype"}


def test_the_course_reads_what_was_drawn(folder: Path) -> None:
    for name, part, n_poses in (("train", "training", N), ("test", "test", N_TEST)):
        loaded, drawn = load_lifting(folder / f"data_{name}_lift.pkl"), draw_poses(n_poses, 3, part)
        assert type(loaded) is type(drawn) is LiftingPoses
        for field, values in vars(drawn).items():
            assert torch.equal(getattr(loaded, field), values), field
    loaded_pairs = load_two_views(folder / "data_train.pkl")
    for field, values in vars(draw_two_views(N, SEED)).items():
        assert torch.equal(getattr(loaded_pairs, field), values), field


def test_the_same_arguments_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        write_lifting(tmp_path / "again.pkl", N, SEED, "two_views")
    finally:
        torch.set_num_threads(before)
    assert (tmp_path / "again.pkl").read_bytes() == (folder / "data_train.pkl").read_bytes()
    write_lifting(tmp_path / "other.pkl", N, SEED + 1, "two_views")
    assert not np.array_equal(
        arrays(tmp_path / "other.pkl")["joint_3d"], arrays(folder / "data_train.pkl")["joint_3d"]
    )


def test_more_poses_begin_with_those_of_fewer(pairs: TwoViews) -> None:
    fewer = draw_two_views(POSES_PER_BLOCK + 10, SEED)
    assert len(fewer) == POSES_PER_BLOCK + 10
    for field, values in vars(fewer).items():
        assert torch.equal(getattr(pairs, field)[: len(fewer)], values), field


# What they show


def bone_lengths(joint_3d: torch.Tensor) -> torch.Tensor:
    """Lengths of thighs, shins, upper arms and forearms, as multiples of the right shin's."""
    rigid = [
        (LIFTING.index(f"{side}-{a}"), LIFTING.index(f"{side}-{b}"))
        for side in ("right", "left")
        for a, b in (("knee", "ankle"), ("hip", "knee"), ("shoulder", "elbow"), ("elbow", "wrist"))
    ]
    lengths = torch.stack(
        [(joint_3d[:, a] - joint_3d[:, b]).norm(dim=-1) for a, b in rigid], dim=-1
    )
    return lengths / lengths[:, :1]


def test_2d_is_the_projection_of_3d(pairs: TwoViews) -> None:
    # One joint at a time, straight from the formula, in double precision.
    for pose in range(0, len(pairs), 97):
        rotation, translation = pairs.rotation[pose].double(), pairs.translation[pose].double()
        for joint in range(15):
            point = pairs.joint_3d[pose, joint].double()
            for (x, y, z), (fx, fy), seen in (
                (point.tolist(), pairs.focal_1[pose].tolist(), pairs.joint_2d_1),
                (
                    (rotation @ point + translation).tolist(),
                    pairs.focal_2[pose].tolist(),
                    pairs.joint_2d_2,
                ),
            ):
                assert z < -0.2
                expected = np.array([fx * x / -z, fy * y / -z])
                np.testing.assert_allclose(seen[pose, joint], expected, rtol=1e-7, atol=1e-7)


def test_the_root_is_between_the_hips(pairs: TwoViews) -> None:
    hips = pairs.joint_3d[:, [LIFTING.index("right-hip"), LIFTING.index("left-hip")]].mean(dim=1)
    torch.testing.assert_close(hips, torch.tensor(ROOT).expand_as(hips), atol=1e-6, rtol=0)


def test_rotations_are_rotations(pairs: TwoViews) -> None:
    exact = pairs.rotation.double()
    identity = torch.eye(3, dtype=torch.float64).expand_as(exact)
    torch.testing.assert_close(exact @ exact.mT, identity, atol=1e-6, rtol=0)
    torch.testing.assert_close(torch.linalg.det(exact), torch.ones(len(exact)).double())


def test_the_second_camera_is_30_to_150_degrees_further_around_the_person(pairs: TwoViews) -> None:
    root = torch.tensor(ROOT)
    centre = -(pairs.rotation.mT @ pairs.translation.unsqueeze(-1)).squeeze(-1)
    to_first, to_second = -root.expand_as(centre), centre - root
    distance = to_second.norm(dim=-1)
    # It is measured from a point near the pelvis.
    assert distance.min() > 0.7 and distance.max() < 1.4
    cosine = torch.cosine_similarity(to_first, to_second)
    # Around a person by 30 degrees, from as far above as below, is less in space.
    angle = torch.rad2deg(cosine.acos())
    assert 15 < angle.min() < 40 and 130 < angle.max() < 165
    # To both sides equally often.
    assert 0.4 < (to_second[:, 0] > 0).float().mean() < 0.6


def test_people_are_seen_upright_and_from_all_sides(pairs: TwoViews) -> None:
    def joint(name: str) -> torch.Tensor:
        return pairs.joint_3d[:, LIFTING.index(name)]

    upright = joint("thorax")[:, 1] > joint("right-hip")[:, 1]
    assert upright.float().mean() > 0.9
    across = joint("left-hip") - joint("right-hip")
    # From the front, the person's left is at the image's right, at positive x.
    bearing = torch.atan2(across[:, 2], across[:, 0])
    counts = torch.histc(bearing, bins=8, min=-np.pi, max=np.pi) / len(pairs)
    assert counts.min() > 0.08 and counts.max() < 0.18


def test_the_body_is_not_mirrored() -> None:
    """Someone who stands and looks at the camera has their nose in front and left at +x."""
    person = Proportions.draw(1, block_generator(0, 0, 0))
    pose = pose_body(torch.zeros(1, len(FREEDOMS)), person)
    names = ("nose", "head-top", "left-shoulder", "right-shoulder", "thorax", "neck", "spine",
             "pelvis", "left-hip", "right-hip")  # fmt: skip
    at = dict(zip(names, locate(pose, person, names)[0], strict=True))
    assert at["nose"][2] > 0.08 and at["left-shoulder"][0] > 0 > at["right-shoulder"][0]
    heights = [at[name][1].item() for name in ("pelvis", "spine", "thorax", "neck", "head-top")]
    assert heights == sorted(heights)
    assert at["neck"][1] < at["nose"][1] < at["head-top"][1]
    assert at["head-top"][1].item() == pytest.approx(person.height.item(), rel=0.01)
    torch.testing.assert_close(at["pelvis"], (at["left-hip"] + at["right-hip"]) / 2)


def test_all_joints_can_be_located_one_by_one_or_together() -> None:
    person = Proportions.draw(2, block_generator(0, 0, 0))
    angles = 20 * torch.rand(2, len(FREEDOMS), generator=block_generator(0, 0, 1))
    pose = pose_body(angles, person)
    for skeleton in (LIFTING, HUMAN36M):
        together = locate(pose, person, skeleton.joints)
        assert together.shape == (2, len(skeleton), 3)
        for number, name in enumerate(skeleton.joints):
            assert torch.equal(together[:, number], locate(pose, person, (name,))[:, 0])
    limbs = [name for name in LIFTING.joints if LIFTING.side(name) != "middle"]
    assert torch.equal(locate(pose, person, limbs), locate_joints(pose, person, limbs))


def test_postures_vary() -> None:
    # One thread, as when a file is written: two would share every small operation.
    (drawn,) = in_order(lambda n: act(n, LIFTING.joints, block_generator(0, 0, 0)), [256])
    joints = drawn.double()
    assert len(joints) == 256 * FRAMES_PER_PERSON

    def at(name: str) -> torch.Tensor:
        return joints[:, LIFTING.index(name)]

    def bend(a: str, b: str, c: str) -> torch.Tensor:
        return torch.rad2deg(torch.cosine_similarity(at(b) - at(a), at(c) - at(b), dim=-1).acos())

    for side in ("left", "right"):
        knee = bend(f"{side}-hip", f"{side}-knee", f"{side}-ankle")
        elbow = bend(f"{side}-shoulder", f"{side}-elbow", f"{side}-wrist")
        for angle in (knee, elbow):
            low, high = angle.quantile(torch.tensor([0.05, 0.95], dtype=torch.float64))
            assert low < 15 and high > 90
        raised = at(f"{side}-wrist")[:, 1] > at("head-top")[:, 1]
        assert 0.02 < raised.float().mean() < 0.3
    low_hips = at("right-hip")[:, 1] < 0.6
    assert 0.1 < low_hips.float().mean() < 0.5
    # No two poses are the same, although one person's follow each other.
    relative = joints - at("thorax").unsqueeze(1)
    following = (relative[1:] - relative[:-1]).norm(dim=-1).mean(dim=1)
    assert following.quantile(0.1) > 0.02 and following.mean() > 0.1


def test_no_person_is_in_two_files(folder: Path) -> None:
    sets = {
        "training": load_lifting(folder / "data_train_lift.pkl").joint_3d,
        "test": load_lifting(folder / "data_test_lift.pkl").joint_3d,
        "two views": load_lifting(folder / "data_train.pkl").joint_3d,
        "held-out": draw_poses(N, SEED, "held_out").joint_3d,
    }
    people = {name: bone_lengths(joints) for name, joints in sets.items()}
    for one, lengths in people.items():
        # The right answer first: a person's own poses do have the same proportions.
        own = torch.cdist(lengths[:1], lengths[1:FRAMES_PER_PERSON])
        assert own.max() < 1e-4, one
        for other, others in people.items():
            if one != other:
                assert torch.cdist(lengths, others).min() > 1e-3, (one, other)


def test_proportions_vary() -> None:
    lengths = bone_lengths(draw_poses(POSES_PER_BLOCK, SEED).joint_3d)
    spread = lengths.std(dim=0) / lengths.mean(dim=0)
    assert (spread[[1, 2, 3]] > 0.02).all()
    torch.testing.assert_close(lengths[:, 4:], lengths[:, :4], atol=1e-4, rtol=0)


# Caching


def test_files_are_written_once(folder: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(before) == {"data_train_lift.pkl", "data_test_lift.pkl", "data_train.pkl"}
    ensure_lifting(folder, poses=N, test_poses=N_TEST, seed=SEED)
    ensure_two_views(folder, poses=N, seed=SEED)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_sizes_and_seeds_have_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSELAB_DATA", str(tmp_path))
    folders = {
        ensure_lifting(poses=8, test_poses=8),
        ensure_lifting(poses=9, test_poses=8),
        ensure_lifting(poses=8, test_poses=9),
        ensure_lifting(poses=8, test_poses=8, seed=1),
        ensure_two_views(poses=8).parent,
        ensure_two_views(poses=8, seed=1).parent,
    }
    assert len(folders) == 6 and {folder.parent for folder in folders} == {tmp_path}
    assert len(load_two_views(ensure_two_views(poses=8))) == 8


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda content: content[:-5], "it is cut short"),
        (lambda content: b"", "it is cut short"),
        (lambda content: content + b"x", "something follows the data"),
        (lambda content: pickle.dumps({"joint_3d": 1}), "data_stubs.lifting did not write it"),
        (lambda content: content.replace(b'"seed": 3', b'"seed": 4'), "its seed is 4, expected 3"),
        (
            lambda content: content.replace(b'"part": "test"', b'"part": "text"'),
            "its part is text, expected test",
        ),
    ],
)
def test_another_file_is_not_overwritten(folder: Path, tmp_path: Path, spoil, words: str) -> None:
    path = tmp_path / "data_test_lift.pkl"
    spoilt = spoil((folder / path.name).read_bytes())
    path.write_bytes(spoilt)
    with pytest.raises(lifting.UnexpectedFileError) as caught:
        lifting.check_lifting(path, N_TEST, SEED, "test")
    assert words in str(caught.value) and "delete it" in str(caught.value)
    with pytest.raises(lifting.UnexpectedFileError):
        ensure_lifting(tmp_path, poses=N, test_poses=N_TEST, seed=SEED)
    assert path.read_bytes() == spoilt


def test_a_file_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError("no space left")

    monkeypatch.setattr(lifting, "before_bytes", fail)
    with pytest.raises(OSError, match="no space left"):
        write_lifting(tmp_path / "x.pkl", 8, 0)
    assert list(tmp_path.iterdir()) == []


def test_requests_that_make_no_sense(tmp_path: Path) -> None:
    for wrong, words in (
        ({"poses": 0}, "poses is 0; it must be at least 1"),
        ({"test_poses": -1}, "poses is -1"),
        ({"seed": -1}, "seed is -1; it must be at least 0"),
    ):
        with pytest.raises(ValueError, match=words):
            ensure_lifting(tmp_path, **wrong)
    with pytest.raises(ValueError, match="part is 'validation'; it must be one of training, test"):
        write_lifting(tmp_path / "x.pkl", 1, 0, "validation")
    assert list(tmp_path.iterdir()) == []


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path)
    assert main(["lifting", "--poses", "9", "--test-poses", "8", "--out", folder]) == 0
    assert capsys.readouterr().out.strip() == folder
    assert len(load_lifting(tmp_path / "data_train_lift.pkl")) == 9
    assert len(load_lifting(tmp_path / "data_test_lift.pkl")) == 8
    assert main(["lifting", "--two-views", "--poses", "7", "--seed", "2", "--out", folder]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "data_train.pkl")
    assert len(load_two_views(tmp_path / "data_train.pkl")) == 7
    assert main(["lifting", "--poses", "0", "--out", folder]) == 1
    assert "poses is 0" in capsys.readouterr().err
