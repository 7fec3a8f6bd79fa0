from __future__ import annotations

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Subset

from poselab.datasets import DatasetError, DeviceDict, EgoCapDataset
from tests.poselab.conftest import N_IMAGES, egocap_arrays, write_arrays

PARTS = ("validation", "training")


def test_an_item_is_what_the_file_holds(egocap_file: Path) -> None:
    arrays = egocap_arrays()
    first = N_IMAGES // 5
    item = EgoCapDataset(egocap_file, "training")[2]
    assert type(item) is DeviceDict
    assert {key: (value.shape, value.dtype) for key, value in item.items()} == {
        "img": ((3, 128, 160), torch.float32),
        "pose_2d": ((18, 2), torch.float32),
        "pose_3d": ((18, 3), torch.float32),
    }
    mean = np.array([0.485, 0.456, 0.406])[:, None, None]
    std = np.array([0.229, 0.224, 0.225])[:, None, None]
    expected = (arrays["img"][first + 2] / 255 - mean) / std
    np.testing.assert_allclose(item["img"], expected, atol=1e-6)
    np.testing.assert_array_equal(item["pose_2d"], arrays["pose_2d"][first + 2])
    np.testing.assert_allclose(item["pose_3d"], arrays["pose_3d"][first + 2], rtol=1e-6)


def test_the_first_fifth_is_for_validation_and_the_rest_for_training(egocap_file: Path) -> None:
    validation, training = (EgoCapDataset(egocap_file, part) for part in PARTS)
    assert (len(validation), len(training)) == (6, 25)
    poses = torch.cat([validation.poses_01, training.poses_01])
    np.testing.assert_array_equal(poses, egocap_arrays()["pose_2d"])


def test_the_real_files_sizes() -> None:
    from poselab.datasets.egocap import validation_count

    assert validation_count(7057) == 1411


@pytest.mark.parametrize("part", PARTS)
def test_reading_on_demand_gives_the_same_as_reading_at_once(egocap_file: Path, part: str) -> None:
    at_once = EgoCapDataset(egocap_file, part)
    on_demand = EgoCapDataset(egocap_file, part, in_memory=False)
    order = [5, 0, 3, 3, -1]
    for key, value in at_once.batch(order).items():
        assert torch.equal(value, on_demand.batch(order)[key]), key
    assert torch.equal(at_once[4]["img"], on_demand[4]["img"])


def test_a_batch_is_its_items(egocap_file: Path) -> None:
    data = EgoCapDataset(egocap_file)
    batch = data.batch(range(2, 5))
    assert torch.equal(batch["img"], torch.stack([data[i]["img"] for i in range(2, 5)]))
    assert torch.equal(data.batch(torch.tensor([-1]))["img"][0], data[len(data) - 1]["img"])


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("n_workers", [0, 2])
def test_a_data_loader_makes_device_dicts(
    egocap_file: Path, in_memory: bool, n_workers: int
) -> None:
    data = EgoCapDataset(egocap_file, in_memory=in_memory)
    data[0]  # Even with the file open in this process, a worker must open its own.
    loader = DataLoader(data, batch_size=8, num_workers=n_workers)
    batches = list(loader)
    assert [len(batch["img"]) for batch in batches] == [8, 8, 8, 1]
    assert all(type(batch) is DeviceDict for batch in batches)
    assert torch.equal(torch.cat([b["pose_2d"] for b in batches]), data.poses_01)
    assert torch.equal(batches[2]["img"][3], data[19]["img"])


def test_a_subset_of_it_works_as_well(egocap_file: Path) -> None:
    data = EgoCapDataset(egocap_file)
    (batch,) = DataLoader(Subset(data, [3, 1]), batch_size=2)
    assert torch.equal(batch["img"], data.batch([3, 1])["img"])


def test_it_can_be_pickled_while_its_file_is_open(egocap_file: Path) -> None:
    data = EgoCapDataset(egocap_file, in_memory=False)
    item = data[1]
    assert torch.equal(pickle.loads(pickle.dumps(data))[1]["img"], item["img"])


def test_denormalise_undoes_normalise() -> None:
    raw = torch.arange(256, dtype=torch.uint8).repeat(2, 3, 8, 1)
    channels = EgoCapDataset.denormalise(EgoCapDataset.normalise(raw))
    torch.testing.assert_close(channels, raw / 255, atol=1e-6, rtol=0)


def test_poses_01_cannot_be_changed_from_outside(egocap_file: Path) -> None:
    data = EgoCapDataset(egocap_file)
    data.poses_01.zero_()
    assert data[0]["pose_2d"].min() > 0


@pytest.mark.parametrize("index", [25, -26])
def test_an_index_beyond_the_end(egocap_file: Path, index: int) -> None:
    with pytest.raises(IndexError, match="training part, which has 25"):
        EgoCapDataset(egocap_file)[index]


def test_pose_3d_may_be_flat(tmp_path: Path) -> None:
    arrays = egocap_arrays(5)
    flat = write_arrays(
        tmp_path / "flat.h5", {**arrays, "pose_3d": arrays["pose_3d"].reshape(5, 54)}
    )
    np.testing.assert_allclose(EgoCapDataset(flat)[0]["pose_3d"], arrays["pose_3d"][1], rtol=1e-6)


# Files that are not what they should be: one sentence each.


def complaint(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        EgoCapDataset(path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message and message.endswith(".")
    return message


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no data set at .*nowhere\.hdf5.*ensure_egocap"):
        EgoCapDataset(tmp_path / "nowhere.hdf5")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        EgoCapDataset(tmp_path)


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.999])
def test_a_file_cut_short(egocap_file: Path, tmp_path: Path, fraction: float) -> None:
    whole = egocap_file.read_bytes()
    cut = tmp_path / "cut.hdf5"
    cut.write_bytes(whole[: int(fraction * len(whole))])
    message = complaint(cut)
    assert "cut short or damaged" in message and "delete" not in message


@pytest.mark.parametrize("content", [b"", b"x" * 5000])
def test_a_file_of_another_kind(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.hdf5"
    path.write_bytes(content)
    assert "not an HDF5 file" in complaint(path)


@pytest.mark.parametrize("missing", ["img", "pose_2d", "pose_3d"])
def test_a_field_is_missing(tmp_path: Path, missing: str) -> None:
    arrays = egocap_arrays(5)
    del arrays[missing]
    assert f"lacks the field '{missing}'" in complaint(write_arrays(tmp_path / "x.h5", arrays))


def test_a_group_in_a_fields_place(tmp_path: Path) -> None:
    arrays = egocap_arrays(5)
    del arrays["img"]
    path = write_arrays(tmp_path / "x.h5", arrays)
    with h5py.File(path, "a") as file:
        file.create_group("img")
    assert "lacks the field 'img'" in complaint(path)


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("img", np.zeros((5, 128, 160, 3), np.uint8), "must be uint8 (5, 3, 128, 160)"),
        ("img", np.zeros((5, 3, 128, 160), np.float32), "is float32 (5, 3, 128, 160)"),
        ("pose_2d", np.zeros((5, 17, 2), np.float32), "must be float (5, 18, 2)"),
        ("pose_2d", np.zeros((4, 18, 2), np.float32), "must be float (5, 18, 2)"),
        ("pose_2d", np.zeros((5, 18, 2), np.int64), "is int64 (5, 18, 2)"),
        ("pose_3d", np.zeros((5, 18, 2), np.float32), "must be float (5, 18, 3)"),
        ("img", np.uint8(3), "is uint8 ()"),
    ],
)
def test_a_field_of_another_form(tmp_path: Path, name: str, values: np.ndarray, words: str) -> None:
    path = write_arrays(tmp_path / "x.h5", {**egocap_arrays(5), name: values})
    assert words in complaint(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.2, 1.01, 80.0, -1e30])
@pytest.mark.parametrize("image", [0, 3, 30])
def test_a_pose_that_is_none_is_refused_with_its_index(
    tmp_path: Path, value: float, image: int
) -> None:
    arrays = egocap_arrays()
    arrays["pose_2d"][image:, 7, 1] = value
    message = complaint(write_arrays(tmp_path / "x.h5", arrays))
    assert f"the pose_2d of image {image} " in message
    assert ("not finite" in message) == (not np.isfinite(value))


def test_poses_in_pixels(tmp_path: Path) -> None:
    arrays = egocap_arrays(5)
    arrays["pose_2d"] *= np.float32([159, 127])
    message = complaint(write_arrays(tmp_path / "x.h5", arrays))
    assert "image 0" in message and "divide x by 159 and y by 127" in message


def test_poses_at_the_border_are_within(tmp_path: Path) -> None:
    arrays = egocap_arrays(5)
    arrays["pose_2d"][2, 0], arrays["pose_2d"][3, 0] = 0, np.nextafter(np.float32(1), np.float32(2))
    assert len(EgoCapDataset(write_arrays(tmp_path / "x.h5", arrays))) == 4


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_a_3d_pose_that_is_not_finite(tmp_path: Path, value: float) -> None:
    arrays = egocap_arrays(5)
    arrays["pose_3d"][4, 17, 2] = value
    message = complaint(write_arrays(tmp_path / "x.h5", arrays))
    assert "the pose_3d of image 4 is not finite" in message


def test_too_few_images_for_two_parts(tmp_path: Path) -> None:
    assert "holds 4 images" in complaint(write_arrays(tmp_path / "x.h5", egocap_arrays(4)))


def test_a_part_that_does_not_exist(egocap_file: Path) -> None:
    with pytest.raises(
        ValueError, match='part is \'test\', but must be "training" or "validation"'
    ):
        EgoCapDataset(egocap_file, "test")  # type: ignore[arg-type]


def test_a_file_that_is_still_compressed(tmp_path: Path) -> None:
    path = tmp_path / "poses.hdf5"
    path.write_bytes(b"PK\x03\x04 a zip file")
    assert "poses.hdf5 is still compressed (a zip archive)" in complaint(path)
