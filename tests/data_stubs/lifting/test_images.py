from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch import Tensor

from data_stubs.__main__ import main
from data_stubs.blocks import in_order
from data_stubs.human.flesh import PARTS
from data_stubs.lifting import ensure_human36m, image_file, write_human36m
from data_stubs.lifting.file import UnexpectedFileError
from data_stubs.lifting.images import (
    CAMERAS,
    IMAGES_PER_BLOCK,
    Images,
    Renderer,
    image_blocks,
    make_block,
)
from poselab.datasets.human36m import SUBJECTS, Human36MDataset
from poselab.skeletons import HUMAN36M

SEED, SIZE = 3, 64
N = IMAGES_PER_BLOCK + 14


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ensure_human36m(N, SEED, tmp_path_factory.mktemp("images"), SIZE)


@pytest.fixture(scope="module")
def images() -> Images:
    blocks = list(image_blocks(2 * IMAGES_PER_BLOCK, SEED, SIZE))
    names = vars(blocks[0])
    return Images(**{name: torch.cat([getattr(one, name) for one in blocks]) for name in names})


def block(n_images: int, size: int) -> Images:
    """One block, by a single thread: two that share every small operation are slower."""
    (made,) = in_order(lambda _: make_block(SEED, 0, n_images, size), [0])
    return made


# The file


def test_the_layout(path: Path, images: Images) -> None:
    assert path.name == "Human36M.hdf5"
    with h5py.File(path) as file:
        assert set(file) == set(vars(images))
        for name, values in vars(images).items():
            # More images begin with those of fewer.
            np.testing.assert_array_equal(file[name][:], values[:N].numpy(), err_msg=name)
        assert file["img"].shape == (N, 3, SIZE, SIZE) and file["img"].dtype == np.uint8
        assert file["pose_3d"].shape == (N, 17, 3) and file["pose_3d"].dtype == np.float32


def test_the_course_reads_it(path: Path, images: Images) -> None:
    training, validation = Human36MDataset(path), Human36MDataset(path, "validation")
    assert len(training) + len(validation) == N
    assert set(validation.subjects.tolist()) == {1}
    assert set(training.subjects.tolist()) == {5, 6, 7, 8, 9, 11}
    torch.testing.assert_close(
        validation.poses_3d, images.pose_3d[:N][images.subject[:N] == 1], rtol=0, atol=0
    )


def test_other_sizes_show_the_same_scenes(images: Images) -> None:
    larger = block(8, 2 * SIZE)
    for name in ("pose_3d", "subject", "camera", "rotation", "pelvis"):
        assert torch.equal(getattr(larger, name), getattr(images, name)[:8]), name
    torch.testing.assert_close(larger.focal, 2 * images.focal[:8])
    # The first pixel's centre is at 0: borders are at -0.5.
    torch.testing.assert_close(larger.pose_2d, 2 * (images.pose_2d[:8] + 0.5) - 0.5)
    small = torch.nn.functional.avg_pool2d(larger.img.float(), 2)
    assert (small - images.img[:8]).abs().mean() < 12
    assert (small.flip(0) - images.img[:8]).abs().mean() > 30


def test_images_do_not_depend_on_the_number_of_threads(images: Images) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        (again,) = image_blocks(IMAGES_PER_BLOCK, SEED, SIZE)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(again.img, images.img[:IMAGES_PER_BLOCK])


# What they show


def test_subjects_take_turns_and_s1_has_about_15_per_cent(images: Images) -> None:
    assert set(images.subject.tolist()) == set(SUBJECTS)
    assert 0.12 < (images.subject == 1).float().mean() < 0.18
    assert set(images.camera.tolist()) == set(CAMERAS) == {1, 2, 3, 4}


def test_a_subject_keeps_its_bones(images: Images) -> None:
    thigh, shin = (
        (images.pose_3d[:, HUMAN36M.index(a)] - images.pose_3d[:, HUMAN36M.index(b)]).norm(dim=-1)
        for a, b in (("left-hip", "left-knee"), ("left-knee", "left-ankle"))
    )
    means = []
    for subject in SUBJECTS:
        own = images.subject == subject
        assert thigh[own].std() < 0.1 and shin[own].std() < 0.1
        means.append([thigh[own].mean(), shin[own].mean()])
    assert torch.pdist(torch.tensor(means)).min() > 0.5
    assert thigh.min() > 350 and thigh.max() < 550


def test_2d_is_the_projection_of_3d_with_the_cameras_numbers(images: Images) -> None:
    for image in range(0, len(images.img), 5):
        for joint in range(17):
            x, y, z = (images.pose_3d[image, joint] + images.pelvis[image]).double().tolist()
            assert z > 1500
            focal = images.focal[image].item()
            expected = [focal * x / z + (SIZE - 1) / 2, focal * y / z + (SIZE - 1) / 2]
            np.testing.assert_allclose(images.pose_2d[image, joint], expected, atol=2e-3)


def test_all_joints_are_in_the_images_and_people_fill_them(images: Images) -> None:
    assert images.pose_2d.min() > 0.03 * SIZE and images.pose_2d.max() < 0.97 * SIZE
    extent = (images.pose_2d.amax(dim=1) - images.pose_2d.amin(dim=1)).amax(dim=1) / SIZE
    assert extent.median() > 0.55 and extent.min() > 0.3


def test_the_pelvis_is_the_origin_and_the_rotation_finds_up(images: Images) -> None:
    assert (images.pose_3d[:, HUMAN36M.index("pelvis")] == 0).all()
    exact = images.rotation.double()
    torch.testing.assert_close(
        exact @ exact.mT, torch.eye(3).double().expand_as(exact), atol=1e-5, rtol=0
    )
    assert (torch.linalg.det(exact) > 0.99).all()
    world = images.pose_3d @ images.rotation  # the inverse, for rows
    height = world[..., 1]
    ankles = [HUMAN36M.index("left-ankle"), HUMAN36M.index("right-ankle")]
    # Nobody's pelvis is below their lower ankle by more than a kneeling person's.
    assert (height[:, ankles].amin(dim=1) < 100).all()
    # Pixels count downwards: in the camera's frame, up is -y.
    thorax = images.pose_3d[:, HUMAN36M.index("thorax")]
    assert (thorax[:, 1] < 0).float().mean() > 0.95


def test_a_camera_stays_where_it_is(images: Images) -> None:
    """From each camera's images, its place in the world: the person moves, the camera does not."""
    # The camera's place is known relative to the pelvis alone. The lowest joint is near the floor,
    # so the camera's height above it hardly changes.
    centre = (-images.pelvis.unsqueeze(1) @ images.rotation).squeeze(1)  # from the pelvis
    lowest = (images.pose_3d @ images.rotation)[..., 1].amin(dim=1)
    above_floor = centre[:, 1] - lowest
    for camera in CAMERAS:
        heights = above_floor[images.camera == camera]
        assert heights.std() < 60, camera
        distance = centre[images.camera == camera][:, [0, 2]].norm(dim=1)
        assert distance.min() > 2000 and distance.max() < 5000


def test_joints_are_where_the_picture_shows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of colours, paint which part of the body is seen, and look there."""

    def paint(self: Renderer, capsules, surfaces, placement, *_: object) -> Tensor:
        _, part = self.find_parts(capsules, placement)
        return (part + 1).to(torch.uint8).unsqueeze(1).expand(-1, 3, -1, -1)

    monkeypatch.setattr(Renderer, "render", paint)
    size = 128
    seen = block(IMAGES_PER_BLOCK, size)
    x, y = seen.pose_2d.round().long().unbind(dim=-1)
    frame = torch.arange(len(x)).unsqueeze(1)
    part = seen.img[frame, 0, y, x].long() - 1
    inside = [number for number, name in enumerate(HUMAN36M.joints) if name != "head-top"]
    assert (part[:, inside] >= 0).float().mean() > 0.99
    for side, other in (("left", "right"), ("right", "left")):
        for joint in ("elbow", "wrist", "knee", "ankle"):
            names = [PARTS[number] for number in part[:, HUMAN36M.index(f"{side}-{joint}")]]
            own = sum(name.startswith(side) for name in names)
            assert own > 0.5 * len(names), joint
            assert own > 2 * sum(name.startswith(other) for name in names), joint


def test_images_differ_in_more_than_the_pose(images: Images) -> None:
    # The corners show the room: it is another one for each sequence.
    corner = images.img[:, :, :8, :8].float().mean(dim=(2, 3))
    assert torch.pdist(corner[::8]).median() > 20
    assert images.img.float().std(dim=(1, 2, 3)).min() > 8


# Caching


def test_a_file_is_written_once(path: Path) -> None:
    before = path.stat().st_mtime_ns
    assert ensure_human36m(N, SEED, path.parent, SIZE) == path
    assert path.stat().st_mtime_ns == before
    for request, words in (
        ((N + 1, SEED, SIZE), f"its n_images is {N}, expected {N + 1}"),
        ((N, 4, SIZE), "its seed is 3, expected 4"),
        ((N, SEED, 32), "its size is 64, expected 32"),
    ):
        with pytest.raises(UnexpectedFileError, match=words):
            image_file.check_human36m(path, *request)


def test_another_file_is_not_overwritten(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "Human36M.hdf5"
    for content, words in (
        (b"", "is cut short"),
        (path.read_bytes()[:-1000], "is cut short"),
        (b"something else", "is not an HDF5 file"),
    ):
        target.write_bytes(content)
        with pytest.raises(UnexpectedFileError, match=words):
            ensure_human36m(N, SEED, tmp_path, SIZE)
        assert target.read_bytes() == content
    target.write_bytes(path.read_bytes())
    with h5py.File(target, "a") as file:
        del file["pelvis"]
    with pytest.raises(UnexpectedFileError, match="it has no array 'pelvis'"):
        ensure_human36m(N, SEED, tmp_path, SIZE)
    with h5py.File(target, "a") as file:
        del file.attrs["seed"]
    with pytest.raises(UnexpectedFileError, match="something else wrote it"):
        ensure_human36m(N, SEED, tmp_path, SIZE)


def test_a_file_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(image_file, "image_blocks", fail)
    with pytest.raises(OSError, match="no space left"):
        write_human36m(tmp_path / "x.hdf5", 8, 0, SIZE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("request_", "words"),
    [((0, 0), "n_images is 0"), ((1, -1), "seed is -1"), ((1, 0, None, 0), "size is 0"),
     ((1, 0, None, 100), "size is 100; it must be a multiple of 16")],
)  # fmt: skip
def test_requests_that_make_no_sense(request_: tuple, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ensure_human36m(*request_)


def test_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POSELAB_DATA", str(tmp_path))
    assert main(["human36m", "--images", "9", "--size", "32"]) == 0
    written = Path(capsys.readouterr().out.strip())
    assert written.parent.parent == tmp_path
    assert len(Human36MDataset(written)) == 1 and len(Human36MDataset(written, "validation")) == 8
