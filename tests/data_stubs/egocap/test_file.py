import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from data_stubs.__main__ import main
from data_stubs.egocap import ensure_egocap, write_egocap
from data_stubs.egocap import file as egocap
from data_stubs.egocap.scenes import (
    FRAMES_PER_SEQUENCE,
    IMAGES_PER_BLOCK,
    SEQUENCES_PER_BLOCK,
    block_generator,
    direct_scene,
    project_01,
)
from poselab.datasets.egocap import EgoCapDataset, validation_count
from poselab.skeletons import EGOCAP

N_IMAGES = 150


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ensure_egocap(N_IMAGES, seed=3, folder=tmp_path_factory.mktemp("egocap"))


def arrays(path: Path) -> dict[str, np.ndarray]:
    with h5py.File(path, "r") as file:
        return {name: field[:] for name, field in file.items()}


def test_the_layout_is_that_of_the_real_file(path: Path) -> None:
    assert path.name == "EgoCap_nth10.hdf5"
    found = {name: (field.shape, str(field.dtype)) for name, field in arrays(path).items()}
    assert found == {
        "img": ((N_IMAGES, 3, 128, 160), "uint8"),
        "pose_2d": ((N_IMAGES, 18, 2), "float32"),
        "pose_3d": ((N_IMAGES, 18, 3), "float32"),
    }


def test_the_course_reads_it(path: Path) -> None:
    training, validation = (EgoCapDataset(path, part) for part in ("training", "validation"))
    assert len(validation) == validation_count(N_IMAGES)
    assert len(training) + len(validation) == N_IMAGES


def test_all_joints_are_in_the_image(path: Path) -> None:
    pose = arrays(path)["pose_2d"]
    assert pose.min() > 0
    assert pose.max() < 1


def test_the_2d_pose_is_the_fisheye_projection_of_the_3d_pose(path: Path) -> None:
    data = arrays(path)
    x, y, z = np.moveaxis(data["pose_3d"].astype(np.float64), -1, 0)
    angle = np.arctan2(np.hypot(x, y), z)
    azimuth = np.arctan2(y, x)
    u = (79.5 + 52 * angle * np.cos(azimuth)) / 159
    v = (63.5 + 52 * angle * np.sin(azimuth)) / 127
    assert np.abs(np.stack((u, v), -1) - data["pose_2d"]).max() < 1e-5
    # Millimetres: the farthest joint is between one and three metres from the camera.
    assert 1000 < np.linalg.norm(data["pose_3d"], axis=-1).max() < 3000


def test_images_use_the_range_of_grey_levels(path: Path) -> None:
    img = arrays(path)["img"].astype(np.float32)
    spread = img.std(axis=(1, 2, 3))
    assert spread.min() > 8
    assert 50 < img.mean() < 190
    assert np.abs(img[0] - img[-1]).mean() > 10


def test_the_same_seed_gives_the_same_arrays_whatever_the_chunks(
    path: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.hdf5"
    write_egocap(again, N_IMAGES, seed=3, images_per_chunk=23)
    first, second = arrays(path), arrays(again)
    for name, field in first.items():
        assert np.array_equal(field, second[name]), name


def test_the_arrays_do_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    n_threads = torch.get_num_threads()
    files = [tmp_path / "one.hdf5", tmp_path / "three.hdf5"]
    try:
        for threads, file in zip((1, 3), files, strict=True):
            torch.set_num_threads(threads)
            write_egocap(file, 20, seed=1)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(n_threads)
    one, three = (arrays(file) for file in files)
    for name, field in one.items():
        assert np.array_equal(field, three[name]), name


def test_another_seed_gives_other_arrays(path: Path, tmp_path: Path) -> None:
    write_egocap(tmp_path / "other.hdf5", 5, seed=4)
    other = arrays(tmp_path / "other.hdf5")
    assert np.abs(other["pose_2d"] - arrays(path)["pose_2d"][:5]).max() > 0.02


def limb_lengths(pose_3d: np.ndarray) -> np.ndarray:
    """Lengths of upper arm, forearm, thigh and shin in millimetres, which identify a person."""
    chains = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
    pairs = [(EGOCAP.index(f"left-{a}"), EGOCAP.index(f"left-{b}")) for a, b in chains]
    return np.stack([np.linalg.norm(pose_3d[:, a] - pose_3d[:, b], axis=-1) for a, b in pairs], -1)


def test_nobody_is_in_both_parts(path: Path) -> None:
    lengths = limb_lengths(arrays(path)["pose_3d"])
    n_validation = validation_count(N_IMAGES)
    distance = np.abs(lengths[:n_validation, None] - lengths[None, n_validation:]).max(-1)
    assert distance.min() > 0.5
    # Within a sequence there is one person.
    assert np.ptp(lengths[:FRAMES_PER_SEQUENCE], axis=0).max() < 0.05


def test_every_block_has_its_own_generator() -> None:
    seeds = {
        block_generator(seed, part, block).initial_seed()
        for seed in range(5)
        for part in range(2)
        for block in range(40)
    }
    assert len(seeds) == 5 * 2 * 40


def poses(part: int, n_blocks: int) -> torch.Tensor:
    """The poses of a file's first blocks, without the images."""
    scenes = [
        direct_scene(SEQUENCES_PER_BLOCK, block_generator(0, part, block))
        for block in range(n_blocks)
    ]
    return torch.cat([project_01(scene.locate_joints()) for scene in scenes])


def test_predicting_the_mean_pose_misses_by_more_than_12_pixels() -> None:
    validation, training = poses(0, 8), poses(1, 24)
    assert len(validation) == 8 * IMAGES_PER_BLOCK
    error = ((validation - training.mean(0)) * torch.tensor([159.0, 127.0])).norm(dim=-1).mean()
    assert 13 < error < 20


def test_a_file_is_written_once_and_then_reused(path: Path) -> None:
    before = path.stat().st_mtime_ns
    assert ensure_egocap(N_IMAGES, seed=3, folder=path.parent) == path
    assert path.stat().st_mtime_ns == before


def test_by_default_each_size_and_seed_has_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSELAB_DATA", str(tmp_path))
    one, two = ensure_egocap(2, seed=0), ensure_egocap(3, seed=0)
    assert one != two
    assert tmp_path in one.parents
    assert len(arrays(two)["img"]) == 3


def test_an_interrupted_writer_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = egocap.egocap_blocks

    def interrupted(*arguments: int):
        yield next(blocks(*arguments))
        raise KeyboardInterrupt

    monkeypatch.setattr(egocap, "egocap_blocks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_egocap(tmp_path / "new" / "EgoCap_nth10.hdf5", 20, seed=0)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_failed_writer_keeps_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*arguments: int):
        raise OSError("disk full")

    before = path.stat().st_mtime_ns
    monkeypatch.setattr(egocap, "egocap_blocks", failing)
    with pytest.raises(OSError, match="disk full"):
        write_egocap(path, 20, seed=0)
    assert path.stat().st_mtime_ns == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def scribble(path: Path) -> None:
    path.write_text("this is not HDF5")


def drop_attribute(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file.attrs["generator"]


def drop_array(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file["pose_3d"]


def change_type(path: Path) -> None:
    with h5py.File(path, "a") as file:
        pose = file["pose_2d"][:].astype(np.float64)
        del file["pose_2d"]
        file["pose_2d"] = pose


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (truncate, "is cut short"),
        (empty, "is cut short"),
        (scribble, "is not an HDF5 file"),
        (drop_attribute, "has no attribute 'generator'"),
        (drop_array, "has no array 'pose_3d'"),
        (change_type, "pose_2d is float64 (2, 18, 2), expected float32 (2, 18, 2)"),
    ],
    ids=lambda case: getattr(case, "__name__", ""),
)
def test_a_spoilt_file_gets_one_sentence(tmp_path: Path, spoil, complaint: str) -> None:
    path = ensure_egocap(2, folder=tmp_path)
    spoil(path)
    with pytest.raises(egocap.UnexpectedFileError) as caught:
        ensure_egocap(2, folder=tmp_path)
    message = str(caught.value)
    assert complaint in message
    assert str(path) in message
    assert "delete it" in message
    assert "\n" not in message


def test_a_file_of_another_seed_is_not_taken_for_the_right_one(path: Path) -> None:
    with pytest.raises(egocap.UnexpectedFileError, match="its seed is 3, expected 4"):
        ensure_egocap(N_IMAGES, seed=4, folder=path.parent)


@pytest.mark.parametrize(("n_images", "seed"), [(0, 0), (-1, 0), (5, -1)])
def test_senseless_numbers_are_refused(tmp_path: Path, n_images: int, seed: int) -> None:
    with pytest.raises(ValueError, match="must be at least"):
        write_egocap(tmp_path / "x.hdf5", n_images, seed)
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_prints_the_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["egocap", "--images", "4", "--seed", "2", "--out", str(tmp_path)]
    assert main(arguments) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "EgoCap_nth10.hdf5")
    assert main([*arguments[:2], "5", *arguments[3:]]) == 1
    error = capsys.readouterr().err
    assert "n_images is 4, expected 5" in error
    assert "Traceback" not in error


def test_the_module_can_be_run() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "data_stubs", "egocap", "--help"],
        capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[3],
    ).stdout  # fmt: skip
    for option in ("--images", "--seed", "--out"):
        assert option in shown
