from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from poselab.datasets.device_dict import DeviceDict
from poselab.datasets.egocap import IMAGENET_MEAN, IMAGENET_STD
from poselab.datasets.errors import DatasetError
from poselab.datasets.human36m import Human36MDataset

SUBJECT = np.array([5, 1, 11, 1, 6, 7])


def arrays(n: int = 6) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        "img": random.integers(0, 256, (n, 3, 32, 32), dtype=np.uint8),
        "pose_2d": random.uniform(0, 31, (n, 17, 2)),
        "pose_3d": random.normal(0, 300, (n, 17, 3)).astype(np.float32),
        "subject": SUBJECT[:n].astype(np.uint8),
        "camera": np.arange(n) % 4 + 1,
        "focal": random.uniform(30, 60, n),
        "rotation": random.normal(size=(n, 3, 3)),
        "pelvis": random.normal(size=(n, 3)),
    }


def write(path: Path, content: dict[str, Any]) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in content.items():
            file[name] = values
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "Human36M.hdf5", arrays())


def test_s1_validates_and_the_others_train(path: Path) -> None:
    content = arrays()
    for part, rows in (("training", [0, 2, 4, 5]), ("validation", [1, 3])):
        data = Human36MDataset(path, part)
        assert len(data) == len(rows) and data.image_size == (32, 32)
        np.testing.assert_array_equal(data.subjects, SUBJECT[rows])
        np.testing.assert_array_equal(data.poses_2d, content["pose_2d"][rows].astype(np.float32))
        np.testing.assert_array_equal(data.poses_3d, content["pose_3d"][rows])


def test_an_item(path: Path) -> None:
    content = arrays()
    item = Human36MDataset(path)[1]
    assert type(item) is DeviceDict
    assert {key: (tuple(value.shape), value.dtype) for key, value in item.items()} == {
        "img": ((3, 32, 32), torch.float32),
        "pose_2d": ((17, 2), torch.float32),
        "pose_3d": ((17, 3), torch.float32),
        "subject": ((), torch.int64),
        "camera": ((), torch.int64),
        "focal": ((), torch.float32),
        "rotation": ((3, 3), torch.float32),
        "pelvis": ((3,), torch.float32),
    }
    assert (item["subject"], item["camera"]) == (11, 3)
    mean, std = np.array(IMAGENET_MEAN)[:, None, None], np.array(IMAGENET_STD)[:, None, None]
    np.testing.assert_allclose(item["img"], (content["img"][2] / 255 - mean) / std, atol=1e-5)
    for name in ("pose_2d", "pose_3d", "focal", "rotation", "pelvis"):
        np.testing.assert_array_equal(item[name], content[name][2].astype(np.float32))


def test_a_batch_is_its_items(path: Path) -> None:
    data = Human36MDataset(path)
    batch = data.batch([3, 0, -1])
    for key, values in batch.items():
        assert torch.equal(values, torch.stack([data[i][key] for i in (3, 0, 3)])), key
    for index in (4, -5):
        with pytest.raises(IndexError, match=f"Image {index} of the training part, which has 4"):
            data[index]
    batches = list(DataLoader(data, batch_size=3))
    assert [len(one["img"]) for one in batches] == [3, 1]
    assert all(type(one) is DeviceDict for one in batches)


def test_statistics_cannot_change_the_data(path: Path) -> None:
    data = Human36MDataset(path)
    for poses in (data.poses_2d, data.poses_3d, data.subjects):
        poses.zero_()
    assert data.poses_2d.abs().sum() > 0 and data.poses_3d.abs().sum() > 0
    assert data.subjects.tolist() == [5, 11, 6, 7]


# Files that are not what they should be: one sentence each.


def complaint(path: Path, kind: type[Exception] = DatasetError, part: Any = "training") -> str:
    with pytest.raises(kind) as caught:
        Human36MDataset(path, part)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    return message


def test_no_file_and_no_such_part(tmp_path: Path, path: Path) -> None:
    assert "ensure_human36m" in complaint(tmp_path / "nowhere.hdf5", FileNotFoundError)
    assert "part is 'test'" in complaint(path, ValueError, "test")


def test_a_file_cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])
    assert "cut short or not an HDF5 file" in complaint(path)


def test_a_part_without_images(tmp_path: Path) -> None:
    lone = write(tmp_path / "x.hdf5", {**arrays(), "subject": np.full(6, 1)})
    assert "no image for the training part, which is that of all subjects but S1" in complaint(lone)
    others = write(tmp_path / "y.hdf5", {**arrays(), "subject": np.full(6, 5)})
    message = complaint(others, part="validation")
    assert "no image for the validation part, which is that of S1" in message


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("img", None, "its img is missing, but must be uint8 (N, 3, size, size)"),
        ("img", np.zeros((6, 32, 32, 3), np.uint8), "its img is uint8 (6, 32, 32, 3)"),
        ("img", np.zeros((6, 3, 32, 64), np.uint8), "its img is uint8 (6, 3, 32, 64)"),
        ("img", np.zeros((6, 3, 32, 32), np.float32), "its img is float32"),
        ("img", np.zeros((0, 3, 32, 32), np.uint8), "its img is uint8 (0, 3"),
        ("img", np.uint8(3), "its img is uint8 ()"),
        ("pose_2d", np.zeros((6, 18, 2)), "must be floating-point numbers (6, 17, 2)"),
        ("pose_3d", np.zeros((5, 17, 3)), "its pose_3d is float64 (5, 17, 3)"),
        ("pose_3d", np.full((6, 17, 3), np.nan), "the pose_3d of image 0 is not finite"),
        ("subject", np.zeros(6), "its subject is float64 (6,), but must be whole numbers (6,)"),
        ("rotation", None, "its rotation is missing"),
    ],
)  # fmt: skip
def test_another_content(tmp_path: Path, name: str, values: Any, words: str) -> None:
    content = {**arrays(), name: values}
    path = write(tmp_path / "x.hdf5", {k: v for k, v in content.items() if v is not None})
    message = complaint(path)
    assert words in message and "does not hold images with poses" in message


def test_a_group_in_place_of_an_array(tmp_path: Path) -> None:
    path = write(tmp_path / "x.hdf5", arrays())
    with h5py.File(path, "a") as file:
        del file["focal"]
        file.create_group("focal")
    assert "its focal is no array" in complaint(path)
