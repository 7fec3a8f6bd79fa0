import colorsys
import os
import pickle
import pickletools
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from data_stubs.__main__ import main
from data_stubs.blocks import block_generator
from data_stubs.human.flesh import PARTS as BODY_PARTS
from data_stubs.scene.cameras import Pinhole
from data_stubs.scene.rendering import Renderer
from data_stubs.youtube import file as youtube
from data_stubs.youtube.file import ensure_youtube, write_vgg_mat, write_youtube
from data_stubs.youtube.people import tint
from data_stubs.youtube.scenes import Scene, Video, direct_scene, shoot, youtube_videos
from poselab.datasets.youtube import load_clips

N_VIDEOS = 3
CLIPS = 173 * N_VIDEOS


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ensure_youtube(N_VIDEOS, seed=3, folder=tmp_path_factory.mktemp("youtube"))


@pytest.fixture(scope="module")
def videos() -> list[Video]:
    return list(youtube_videos(N_VIDEOS, 3, 0))


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [direct_scene(0, part, number) for part in (0, 1) for number in range(16)]


def arrays(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with path.open("rb") as file:
        return pickle.load(file)


# The file


def test_the_layout_is_that_of_the_real_file(path: Path) -> None:
    assert path.name == "youtube_train_data.pkl"
    content = arrays(path)
    assert type(content) is tuple
    data, labels = content
    assert (data.shape, data.dtype) == ((CLIPS, 10, 64, 64, 3), np.int8)
    assert (labels.shape, labels.dtype) == ((CLIPS, 10, 7, 2), np.float32)
    assert data.flags.c_contiguous and data.dtype.isnative and labels.dtype.isnative


def test_the_classes_in_it_have_numpy_1s_names_which_numpy_2_keeps(path: Path) -> None:
    with path.open("rb") as file:
        # Each array's bytes are a single argument, so there are few opcodes.
        found = [arg for code, arg, _ in pickletools.genops(file) if code.name == "GLOBAL"]
    assert set(found) == {"numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype"}


def test_clips_come_by_stride_then_by_video_then_by_first_frame(
    path: Path, videos: list[Video]
) -> None:
    windows = [
        (number, [first + stride * step for step in range(10)])
        for stride, n_clips in ((1, 91), (2, 82))
        for number in range(N_VIDEOS)
        for first in range(n_clips)
    ]
    data, labels = arrays(path)
    assert len(windows) == len(data)
    for clip in (0, 90, 91, 181, 182, 272, 273, 274, 354, 355, 500, CLIPS - 1):
        number, frames = windows[clip]
        assert np.array_equal(data[clip].view(np.uint8), videos[number].frames[frames])
        assert np.array_equal(labels[clip], videos[number].poses[frames])


def test_both_editions_hold_the_same_bytes(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "uint8.pkl"
    write_youtube(other, N_VIDEOS, 3, edition="uint8")
    (one, labels), (two, same_labels) = arrays(path), arrays(other)
    assert two.dtype == np.uint8 and two.max() > 127
    assert one.tobytes() == two.tobytes()
    assert np.array_equal(labels, same_labels)


def test_the_course_reads_it(path: Path) -> None:
    clips = load_clips(path)
    assert clips.video_ids.bincount().tolist() == [173] * N_VIDEOS


def test_the_frames_do_not_depend_on_the_number_of_threads(videos: list[Video]) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        again = list(youtube_videos(2, 3, 0))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    for one, two in zip(again, videos, strict=False):
        assert torch.equal(one.frames, two.frames) and torch.equal(one.poses, two.poses)


def test_a_longer_file_begins_with_the_videos_of_a_shorter_one(videos: list[Video]) -> None:
    (first,) = islice(youtube_videos(1, 3, 0), 1)
    assert torch.equal(first.frames, videos[0].frames)


def test_the_vgg_layout_holds_the_same_clips(tmp_path: Path, path: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io")
    mat = tmp_path / "YouTube_Pose.mat"
    write_vgg_mat(mat, 1, seed=3)
    data = scipy_io.loadmat(mat)["data"]
    assert data.shape == (1, 1)
    assert set(data.dtype.names) == {
        "url", "videoname", "locs", "frameids", "label_names", "crop", "scale", "imgPath",
        "origRes", "isYouTubeSubset",
    }  # fmt: skip
    locs = data[0, 0]["locs"]
    assert locs.shape == (2, 7, 100)
    # Shoulders are about 100 pixels wide.
    assert 60 < np.abs(locs[0, 5] - locs[0, 6]).mean() < 130
    original, curated = load_clips(mat), load_clips(path)
    rows = torch.cat([torch.arange(91), 273 + torch.arange(82)])
    assert torch.equal(original.frames, curated.frames[rows])
    assert torch.allclose(original.poses, curated.poses[rows], atol=1e-4)


def test_without_scipy_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(ModuleNotFoundError, match=r"needs scipy.*pip install scipy"):
        write_vgg_mat(tmp_path / "x.mat", 1, 0)
    assert list(tmp_path.iterdir()) == []


# What it shows


def test_joints_are_in_the_frames_and_people_move(scenes: list[Scene]) -> None:
    poses = torch.stack([scene.at(0.0).poses for scene in scenes])
    assert poses.min() > 0 and poses.max() < 63
    shoulders = (poses[:, :, 5, 0] - poses[:, :, 6, 0]).abs().mean(dim=1)
    assert shoulders.min() > 8 and shoulders.max() < 17
    steps = poses[:, 1:, 1:3].sub(poses[:, :-1, 1:3]).norm(dim=-1)
    assert steps.mean() > 0.8
    # Right is the person's right, which is usually on the left side of the frame.
    assert (poses[:, :, 5, 0] < poses[:, :, 6, 0]).float().mean() > 0.95


def test_predicting_the_mean_pose_misses_by_more_than_8_pixels(scenes: list[Scene]) -> None:
    training, held_out = torch.stack([scene.at(0.0).poses for scene in scenes]).chunk(2)
    assert (held_out - training.mean(dim=(0, 1))).norm(dim=-1).mean() > 8


def test_a_joint_lies_on_the_body(scenes: list[Scene]) -> None:
    hits = []
    for scene in scenes[::5]:
        instant = scene.at(0.0)
        _, part = Renderer(scene.shot.camera).find_parts(instant.capsules, instant.placement)
        x, y = instant.poses.round().long().unbind(dim=-1)
        hits.append(part[torch.arange(100).unsqueeze(1), y, x] >= 0)
    # Wrists are thin: rounded to whole pixels, one may be beside the arm.
    assert torch.cat(hits).float().mean() > 0.97


def hidden(scene: Scene) -> torch.Tensor:
    """Which joints a thing, an occluder or a caption hides, (100, 7)."""
    instant = scene.at(0.0)
    _, part = Renderer(scene.shot.camera).find_parts(instant.capsules, instant.placement)
    x, y = instant.poses.round().long().unbind(dim=-1)
    behind = part[torch.arange(100).unsqueeze(1), y, x] >= len(BODY_PARTS)
    return behind | (scene.props.caption[3, y, x] > 0) & scene.props.shows[:100].unsqueeze(1)


def test_something_hides_joints_in_some_frames_but_never_in_all(scenes: list[Scene]) -> None:
    is_hidden = torch.stack([hidden(scene) for scene in scenes])
    frames = is_hidden.any(dim=2).float().mean(dim=1)
    assert (frames > 0).float().mean() > 0.85
    # In about half of the frames at least one joint is hidden, but most joints are visible.
    assert 0.3 < frames.mean() < 0.65
    assert 0.1 < is_hidden.float().mean() < 0.3
    in_the_way = torch.stack(
        [
            scene.props.holds | scene.props.shows | (scene.props.offset.abs() < 2.5)
            for scene in scenes
        ]
    )
    assert in_the_way.any(dim=1).all()


def test_what_moves_faster_is_more_blurred() -> None:
    """The same waves, once with a short and once with a long exposure."""
    growth = []
    for number in range(6, 10):
        scene = direct_scene(0, 0, number)
        # Nobody walks past: an occluder is blurred whatever the person does.
        alone = replace(scene.props, offset=torch.full_like(scene.props.offset, 100.0))
        scene = replace(scene, noise=torch.zeros_like(scene.noise), props=alone)
        sharp, blurred = (
            shoot(replace(scene, shot=replace(scene.shot, shutter=shutter)))
            for shutter in (0.01, 0.9)
        )
        change = (sharp.frames.float() - blurred.frames.float()).abs().mean(dim=(1, 2, 3))
        speed = scene.at(0.5).poses.sub(scene.at(0.0).poses).norm(dim=-1).mean(dim=1)
        fastest, slowest = speed.topk(10).indices, (-speed).topk(10).indices
        growth.append(change[fastest].mean() / change[slowest].mean())
        # The label is where the joint was half-way through the exposure.
        middle = scene.at(0.45).poses
        assert (blurred.poses - middle).norm(dim=-1).mean() < 0.2
        assert (sharp.poses - middle).norm(dim=-1).mean() > 2 * (
            (blurred.poses - middle).norm(dim=-1).mean()
        )
    # The camera also shakes while the person is slow.
    assert min(growth) > 1.5 and torch.stack(growth).mean() > 2


def test_frames_use_the_range_of_grey_levels(videos: list[Video]) -> None:
    frames = torch.stack([video.frames for video in videos]).float()
    assert frames.std(dim=(2, 3, 4)).min() > 8
    assert 60 < frames.mean() < 170
    assert (frames[0].mean(dim=0) - frames[1].mean(dim=0)).abs().mean() > 10


def test_nobody_is_in_two_videos_and_no_palette_in_two_parts(scenes: list[Scene]) -> None:
    heights = torch.cat([scene.person.height for scene in scenes])
    assert len(heights.unique()) == len(scenes)
    colours = [tint(500, part, block_generator(0, part, 0)) for part in (0, 1)]
    hues = [torch.tensor([hue(colour) for colour in colours[part]]) for part in (0, 1)]
    apart = (hues[0].unsqueeze(1) - hues[1]).abs()
    assert torch.minimum(apart, 1 - apart).min() > 0.02


def hue(colour: torch.Tensor) -> float:
    return colorsys.rgb_to_hsv(*colour.tolist())[0]


def test_a_pinhole_sees_along_its_rays_what_it_projects() -> None:
    camera = Pinhole((32, 48), (60.0, 80.0), (70.0, -9.5))
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(48.0), indexing="ij")
    assert torch.allclose(camera.project(3 * camera.rays), torch.stack((x, y), -1), atol=1e-3)
    assert torch.allclose(camera.rays.norm(dim=-1), torch.ones(32, 48))


# Writing and reusing


def test_a_file_is_written_once_and_then_reused(path: Path) -> None:
    before = path.stat().st_mtime_ns
    assert ensure_youtube(N_VIDEOS, seed=3, folder=path.parent) == path
    assert path.stat().st_mtime_ns == before


def test_by_default_each_size_seed_and_part_has_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSELAB_DATA", str(tmp_path))
    monkeypatch.setattr(youtube, "write_youtube", lambda *_, **__: None)
    paths = {
        ensure_youtube(1),
        ensure_youtube(2),
        ensure_youtube(1, seed=1),
        ensure_youtube(1, part="held_out"),
    }
    assert len(paths) == 4
    assert all(tmp_path in path.parents for path in paths)


def test_an_interrupted_writer_leaves_nothing_and_keeps_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: int):
        yield next(youtube_videos(*arguments))
        raise KeyboardInterrupt

    before = path.stat().st_mtime_ns
    monkeypatch.setattr(youtube, "youtube_videos", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_youtube(path, 2, seed=0)
    assert path.stat().st_mtime_ns == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def scribble(path: Path) -> None:
    path.write_text("this is not a pickle")


def replace_with_another_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps((np.zeros(3), np.zeros(3)), protocol=4))


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (truncate, "is cut short"),
        (empty, "is cut short"),
        (scribble, "data_stubs.youtube.file did not write it"),
        (replace_with_another_pickle, "data_stubs.youtube.file did not write it"),
        (append, "something follows the data"),
    ],
    ids=lambda case: getattr(case, "__name__", ""),
)
def test_a_spoilt_file_gets_one_sentence(path: Path, tmp_path: Path, spoil, complaint: str) -> None:
    copy = Path(shutil.copy(path, tmp_path))
    spoil(copy)
    with pytest.raises(youtube.UnexpectedFileError) as caught:
        ensure_youtube(N_VIDEOS, seed=3, folder=tmp_path)
    message = str(caught.value)
    assert complaint in message
    assert str(copy) in message
    assert "delete it" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        ({"seed": 4}, "its seed is 3, expected 4"),
        ({"n_videos": 2}, "its n_videos is 3, expected 2"),
        ({"part": "held_out"}, "its part is students, expected held_out"),
    ],
)
def test_a_file_of_another_request_is_not_taken_for_the_right_one(
    path: Path, request_: dict, complaint: str
) -> None:
    wanted = {"n_videos": N_VIDEOS, "seed": 3, **request_}
    with pytest.raises(youtube.UnexpectedFileError, match=complaint):
        ensure_youtube(folder=path.parent, **wanted)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((0, 0), "n_videos is 0; it must be at least 1"),
        ((1, -1), "seed is -1; it must be at least 0"),
        ((1, 0, "int16"), "edition is 'int16'; it must be one of int8, uint8"),
        ((1, 0, "int8", "exam"), "part is 'exam'; it must be one of students, held_out"),
    ],
)
def test_senseless_requests_are_refused(tmp_path: Path, arguments: tuple, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        write_youtube(tmp_path / "x.pkl", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_prints_the_path(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["youtube", "--videos", "3", "--seed", "3", "--out", str(path.parent)]
    assert main(arguments) == 0
    assert capsys.readouterr().out.strip() == str(path)
    assert main([*arguments[:2], "5", *arguments[3:]]) == 1
    error = capsys.readouterr().err
    assert "n_videos is 3, expected 5" in error
    assert "Traceback" not in error


def test_its_help_names_the_options() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "data_stubs", "youtube", "--help"],
        capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[3],
    ).stdout  # fmt: skip
    for option in ("--videos", "--seed", "--out"):
        assert option in shown
