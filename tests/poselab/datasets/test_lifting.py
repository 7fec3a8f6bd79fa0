from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from poselab.datasets.device_dict import DeviceDict
from poselab.datasets.errors import DatasetError
from poselab.datasets.lifting import (
    ROOT,
    LiftingPoses,
    NormalisedPoses,
    Statistics,
    TwoViews,
    load_lifting,
    load_two_views,
)
from poselab.datasets.restricted_pickle import UnsafePickleError
from poselab.skeletons import HUMAN36M, LIFTING, Skeleton

N = 7


def one_view(n: int = N, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {
        "joint_2d_1": random.normal(size=(n, 15, 2)),
        "joint_3d": random.normal(size=(n, 15, 3)) + ROOT,
        "focal_len_1": random.uniform(1, 2, (n, 2)),
    }


def two_views(n: int = N) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {
        **one_view(n),
        "joint_2d_2": random.normal(size=(n, 15, 2)),
        "rot": random.normal(size=(n, 9)),
        "transl": random.normal(size=(n, 3)),
        "focal_len_2": random.uniform(1, 2, (n, 2)),
    }


def write(path: Path, content: Any) -> Path:
    with path.open("wb") as file:
        pickle.dump(content, file, protocol=2)
    return path


@pytest.fixture
def poses(tmp_path: Path) -> LiftingPoses:
    return load_lifting(write(tmp_path / "data_train_lift.pkl", one_view()))


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_one_view(tmp_path: Path, precision: type) -> None:
    content = {key: value.astype(precision) for key, value in one_view().items()}
    poses = load_lifting(write(tmp_path / "x.pkl", content))
    fields = {"joint_2d": "joint_2d_1", "joint_3d": "joint_3d", "focal": "focal_len_1"}
    for field, key in fields.items():
        found = getattr(poses, field)
        assert found.dtype == torch.float32
        np.testing.assert_array_equal(found, content[key].astype(np.float32))


def test_two_views(tmp_path: Path) -> None:
    content = two_views()
    poses = load_two_views(write(tmp_path / "data_train.pkl", content))
    assert len(poses) == N
    fields = {
        "joint_2d_1": "joint_2d_1", "joint_2d_2": "joint_2d_2", "joint_3d": "joint_3d",
        "focal_1": "focal_len_1", "focal_2": "focal_len_2", "translation": "transl",
    }  # fmt: skip
    for field, key in fields.items():
        assert getattr(poses, field).dtype == torch.float32
        np.testing.assert_array_equal(getattr(poses, field), content[key].astype(np.float32))
    # The nine numbers of a rotation are its rows.
    assert poses.rotation.shape == (N, 3, 3)
    assert poses.rotation[2, 1, 0] == np.float32(content["rot"][2, 3])


def test_the_first_of_two_views_can_be_read_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "data_train.pkl", two_views())
    assert torch.equal(load_lifting(path).joint_2d, load_two_views(path).joint_2d_1)


def test_poses_are_chosen_by_slices_indices_and_masks(tmp_path: Path) -> None:
    path = write(tmp_path / "x.pkl", two_views())
    single, double = load_lifting(path), load_two_views(path)
    for chosen in (slice(1, None, 2), torch.tensor([1, 3, 5]), torch.arange(N) % 2 == 1):
        some, pairs = single[chosen], double[chosen]
        assert type(some) is LiftingPoses and type(pairs) is TwoViews
        assert len(some) == len(pairs) == 3
        for whole, part in ((single, some), (double, pairs)):
            for name, values in vars(whole).items():
                assert torch.equal(getattr(part, name), values[1::2]), name


# Joints


def test_the_joints_of_the_lab() -> None:
    assert LIFTING.joints == (
        "right-ankle", "right-knee", "right-hip", "left-hip", "left-knee", "left-ankle", "thorax",
        "neck", "head-top", "right-wrist", "right-elbow", "right-shoulder", "left-shoulder",
        "left-elbow", "left-wrist",
    )  # fmt: skip
    assert LIFTING.mirrored == (5, 4, 3, 2, 1, 0, 6, 7, 8, 14, 13, 12, 11, 10, 9)


def test_the_joints_of_human36m() -> None:
    assert HUMAN36M.joints == (
        "pelvis", "right-hip", "right-knee", "right-ankle", "left-hip", "left-knee", "left-ankle",
        "spine", "thorax", "nose", "head-top", "left-shoulder", "left-elbow", "left-wrist",
        "right-shoulder", "right-elbow", "right-wrist",
    )  # fmt: skip
    assert HUMAN36M.mirrored == (0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13)


@pytest.mark.parametrize(("skeleton", "n_bones"), [(LIFTING, 15), (HUMAN36M, 16)])
def test_bones_are_the_same_on_both_sides_and_reach_every_joint(
    skeleton: Skeleton, n_bones: int
) -> None:
    bones = set(map(frozenset, skeleton.bone_indices))
    assert len(bones) == len(skeleton.bones) == n_bones
    assert {frozenset(skeleton.mirrored[joint] for joint in bone) for bone in bones} == bones
    reached = {0}
    for _ in skeleton.joints:
        reached |= {joint for bone in bones if bone & reached for joint in bone}
    assert reached == set(range(len(skeleton)))


# Statistics


@given(
    arrays_of.arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 3)),
        elements=st.floats(-100, 100, width=32),
    )
)
def test_statistics_are_numpys_and_normalising_can_be_undone(values: np.ndarray) -> None:
    statistics = Statistics.of(torch.from_numpy(values))
    # Differences so small that their squares vanish are no variation that can be measured.
    usual = values.std(axis=0)
    varies = usual > 1e-6
    np.testing.assert_allclose(statistics.mean, values.mean(axis=0), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(statistics.std[varies], usual[varies], rtol=1e-9)
    assert (statistics.std > 0).all()
    again = statistics.restore(statistics.normalise(torch.from_numpy(values)))
    np.testing.assert_allclose(again, values, rtol=1e-6, atol=1e-6)


def test_a_constant_column_becomes_zero() -> None:
    values = torch.full((1000, 3), 0.1)
    values[:, 1] = torch.linspace(0, 1, 1000)
    statistics = Statistics.of(values)
    assert statistics.std[0] == statistics.std[2] == 1
    normalised = statistics.normalise(values)
    assert torch.equal(normalised[:, ::2], torch.zeros(1000, 2))
    assert normalised[:, 1].std(correction=0).item() == pytest.approx(1, abs=1e-5)


def test_one_sample_has_no_spread() -> None:
    statistics = Statistics.of(torch.tensor([[3.0, -4.0]]))
    assert statistics.std.tolist() == [1, 1]
    assert statistics.normalise(torch.tensor([[4.0, -4.0]])).tolist() == [[1, 0]]


def test_statistics_take_poses_and_flattened_poses() -> None:
    values = torch.randn(20, 15, 3, generator=torch.Generator().manual_seed(0))
    statistics = Statistics.of(values)
    flat = statistics.normalise(values.flatten(1))
    assert torch.equal(flat, statistics.normalise(values).flatten(1))
    assert torch.equal(
        statistics.restore(flat), statistics.restore(flat.view_as(values)).flatten(1)
    )
    of_flat = Statistics.of(values.flatten(1))
    assert torch.equal(of_flat.normalise(values.flatten(1)), flat)
    assert statistics.normalise(values[0].double()).dtype == torch.float64


def test_statistics_that_do_not_fit() -> None:
    statistics = Statistics.of(torch.zeros(2, 15, 3))
    for wrong in (torch.zeros(2, 30), torch.zeros(2, 3), torch.zeros(15, 2), torch.zeros(())):
        with pytest.raises(ValueError, match=r"last axes are \(15, 3\) or \(45,\)") as caught:
            statistics.restore(wrong)
        assert str(tuple(wrong.shape)) in str(caught.value)
    with pytest.raises(ValueError, match="at least one sample"):
        Statistics.of(torch.zeros(0, 15, 3))


# Mini-batches


def test_a_batch_is_normalised_with_the_statistics_of_the_training(poses: LiftingPoses) -> None:
    training = poses[:4]
    statistics_2d, statistics_3d = (
        Statistics.of(training.joint_2d),
        Statistics.of(training.joint_3d),
    )
    data = NormalisedPoses(poses, statistics_2d, statistics_3d)
    assert len(data) == N
    assert data.statistics_2d is statistics_2d and data.statistics_3d is statistics_3d
    for indices in ([5, 0, 5], torch.tensor([5, 0, 5])):
        batch = data.batch(indices)
        assert type(batch) is DeviceDict
        assert {key: tuple(value.shape) for key, value in batch.items()} == {
            "joint_2d": (3, 30),
            "joint_3d": (3, 45),
        }
        torch.testing.assert_close(
            statistics_3d.restore(batch["joint_3d"]).view(3, 15, 3), poses.joint_3d[[5, 0, 5]]
        )
        torch.testing.assert_close(
            statistics_2d.restore(batch["joint_2d"]).view(3, 15, 2), poses.joint_2d[[5, 0, 5]]
        )
    seen = data.batch(range(4))["joint_2d"]
    torch.testing.assert_close(seen.mean(dim=0), torch.zeros(30), atol=1e-5, rtol=0)
    torch.testing.assert_close(seen.std(dim=0, correction=0), torch.ones(30))
    assert data.batch(range(4, N))["joint_2d"].mean(dim=0).abs().max() > 0.1


# Files that are not what they should be: one sentence each.


def complaint(path: Path, kind: type[Exception] = DatasetError, load: Any = load_two_views) -> str:
    with pytest.raises(kind) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    return message


def test_no_file(tmp_path: Path) -> None:
    message = complaint(tmp_path / "nowhere.pkl", FileNotFoundError)
    assert "no data set at" in message and "ensure_lifting" in message


def test_a_pickle_that_would_run_code(tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.mkdir, (tmp_path / "it ran",))

    path = write(tmp_path / "x.pkl", {**one_view(), "rot": Attack()})
    assert "nothing was run" in complaint(path, UnsafePickleError, load_lifting)
    assert not (tmp_path / "it ran").exists()


def test_a_file_cut_short(tmp_path: Path) -> None:
    path = write(tmp_path / "x.pkl", one_view())
    path.write_bytes(path.read_bytes()[:-1000])
    assert "cut short" in complaint(path, load=load_lifting)


def test_one_view_where_two_are_needed(tmp_path: Path) -> None:
    message = complaint(write(tmp_path / "x.pkl", one_view()))
    assert "it has no joint_2d_2 and no rot and no transl and no focal_len_2" in message
    assert "its keys are joint_2d_1, joint_3d, focal_len_1" in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (np.zeros(3), "it holds a ndarray"),
        ({}, "its keys are none"),
        ({**two_views(), "joint_2d_1": 3}, "its joint_2d_1 is a int"),
        (two_views(0), "joint_2d_1 is float64 (0, 15, 2), but must be float32 or float64 (N, 15"),
        ({**two_views(), "joint_3d": np.zeros((N, 16, 3))}, "joint_3d is float64 (7, 16, 3), but"),
        ({**two_views(), "joint_3d": np.zeros((6, 15, 3))}, "must be float32 or float64 (7, 15, 3"),
        ({**two_views(), "joint_2d_2": np.zeros((N, 30))}, "its joint_2d_2 is float64 (7, 30)"),
        ({**two_views(), "rot": np.zeros((N, 9), np.int64)}, "its rot is int64 (7, 9)"),
        ({**two_views(), "transl": np.full((N, 3), np.inf)}, "the transl of pose 0 is not finite"),
    ],
)  # fmt: skip
def test_another_content(tmp_path: Path, content: Any, words: str) -> None:
    message = complaint(write(tmp_path / "x.pkl", content))
    assert words in message and "does not hold poses in two views" in message
