from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from poselab.datasets.device_dict import DeviceDict
from poselab.datasets.errors import DatasetError
from poselab.datasets.restricted_pickle import UnsafePickleError
from poselab.datasets.youtube import ClipDataset, Clips, find_videos, load_clips
from poselab.skeletons import UPPER_BODY


def videos(n_videos: int, n_frames: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    frames = random.integers(0, 256, (n_videos, n_frames, 64, 64, 3), dtype=np.uint8)
    return frames, random.uniform(0, 63, (n_videos, n_frames, 7, 2)).astype(np.float32)


def write(path: Path, content: Any) -> Path:
    with path.open("wb") as file:
        pickle.dump(content, file, protocol=2)
    return path


FRAMES, POSES = videos(2, 14)
# Video, first frame, stride: not in order, and video 1 first.
WINDOWS = ((1, 0, 1), (1, 2, 1), (0, 3, 1), (0, 4, 1), (1, 4, 1), (0, 0, 1))


def clip_arrays() -> tuple[np.ndarray, np.ndarray]:
    rows = [(video, np.arange(first, first + 10 * step, step)) for video, first, step in WINDOWS]
    return (
        np.stack([FRAMES[video, frames] for video, frames in rows]),
        np.stack([POSES[video, frames] for video, frames in rows]),
    )


@pytest.fixture
def clips(tmp_path: Path) -> Clips:
    return load_clips(write(tmp_path / "youtube_train_data.pkl", clip_arrays()))


@pytest.mark.parametrize("edition", [np.int8, np.uint8])
@pytest.mark.parametrize("pair", [tuple, list])
def test_both_editions_are_read_as_bytes(tmp_path: Path, edition: type, pair: type) -> None:
    data, labels = clip_arrays()
    clips = load_clips(write(tmp_path / "x.pkl", pair((data.view(edition), labels))))
    assert clips.frames.dtype == torch.uint8 and clips.poses.dtype == torch.float32
    np.testing.assert_array_equal(clips.frames, data)
    np.testing.assert_array_equal(clips.poses, labels)
    assert clips.frames.max() > 200


def test_clips_that_share_a_frame_are_of_one_video(clips: Clips) -> None:
    assert clips.video_ids.dtype == torch.int64
    assert clips.video_ids.tolist() == [0, 0, 1, 1, 0, 1]


def test_videos_are_found_through_other_clips_and_in_order_of_appearance() -> None:
    frames, _ = videos(3, 30)
    # 0..9 and 20..29 share nothing; 9..18 and 18..27 link them.
    windows = [(2, 0), (0, 0), (2, 20), (1, 5), (2, 9), (2, 18), (0, 9)]
    data = np.stack([frames[video, first : first + 10] for video, first in windows])
    assert find_videos(data).tolist() == [0, 1, 0, 2, 0, 0, 1]
    assert find_videos(data[:4]).tolist() == [0, 1, 2, 3]


def test_almost_the_same_frame_is_not_the_same() -> None:
    frames, _ = videos(1, 10)
    other = frames.copy()
    other[..., 0] ^= 1
    assert find_videos(np.concatenate([frames, other])).tolist() == [0, 1]


def test_clips_are_chosen_by_slices_indices_and_masks(clips: Clips) -> None:
    assert len(clips) == 6
    for chosen in (slice(1, None, 2), torch.tensor([1, 3, 5]), torch.arange(6) % 2 == 1):
        some = clips[chosen]
        assert type(some) is Clips and len(some) == 3
        assert torch.equal(some.frames, clips.frames[1::2])
        assert torch.equal(some.poses, clips.poses[1::2])
        assert some.video_ids.tolist() == [0, 1, 1]


def test_an_item_is_a_clip(clips: Clips) -> None:
    data = ClipDataset(clips)
    item = data[-1]
    assert type(item) is DeviceDict
    assert {key: (value.shape, value.dtype) for key, value in item.items()} == {
        "frames": ((10, 64, 64, 3), torch.uint8),
        "pose": ((10, 7, 2), torch.float32),
    }
    assert torch.equal(item["frames"], clips.frames[5])
    for index in (6, -7):
        with pytest.raises(IndexError, match=f"Clip {index} of 6"):
            data[index]


def test_a_batch_is_its_items(clips: Clips) -> None:
    data = ClipDataset(clips)
    for indices in ([4, 0, -1], torch.tensor([4, 0, 5])):
        batch = data.batch(indices)
        assert torch.equal(batch["pose"], torch.stack([data[i]["pose"] for i in (4, 0, 5)]))
        assert torch.equal(batch["frames"][2], clips.frames[5])
    assert data.batch(range(2))["frames"].shape == (2, 10, 64, 64, 3)


def test_a_data_loader_makes_device_dicts(clips: Clips) -> None:
    batches = list(DataLoader(ClipDataset(clips), batch_size=4))
    assert [len(batch["pose"]) for batch in batches] == [4, 2]
    assert all(type(batch) is DeviceDict for batch in batches)
    assert torch.equal(torch.cat([batch["frames"] for batch in batches]), clips.frames)


def test_the_skeleton_of_the_upper_body() -> None:
    assert UPPER_BODY.joints == (
        "head", "right-wrist", "left-wrist", "right-elbow", "left-elbow", "right-shoulder",
        "left-shoulder",
    )  # fmt: skip
    assert UPPER_BODY.mirrored == (0, 2, 1, 4, 3, 6, 5)
    assert [UPPER_BODY.side(joint) for joint in UPPER_BODY.joints[:3]] == [
        "middle", "right", "left"
    ]  # fmt: skip
    mirrored = {frozenset(UPPER_BODY.mirrored[j] for j in bone) for bone in UPPER_BODY.bone_indices}
    assert mirrored == set(map(frozenset, UPPER_BODY.bone_indices))
    assert len(mirrored) == 7


# Files that are not what they should be: one sentence each.


def complaint(path: Path, kind: type[Exception] = DatasetError) -> str:
    with pytest.raises(kind) as caught:
        load_clips(path)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    return message


def test_no_file(tmp_path: Path) -> None:
    message = complaint(tmp_path / "nowhere.pkl", FileNotFoundError)
    assert "no data set at" in message and "ensure_youtube" in message


def test_a_pickle_that_would_run_code(tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.mkdir, (tmp_path / "it ran",))

    path = write(tmp_path / "x.pkl", (clip_arrays()[0], Attack()))
    assert "nothing was run" in complaint(path, UnsafePickleError)
    assert not (tmp_path / "it ran").exists()


def test_a_file_cut_short(tmp_path: Path) -> None:
    path = write(tmp_path / "x.pkl", clip_arrays())
    path.write_bytes(path.read_bytes()[:-1000])
    assert "cut short" in complaint(path)


def other(data: Any = None, labels: Any = None) -> tuple[Any, Any]:
    usual = clip_arrays()
    return usual[0] if data is None else data, usual[1] if labels is None else labels


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (np.zeros(3), "it holds a ndarray"),
        ({"a": 1}, "it holds a dict"),
        ((1, 2, 3), "must hold a pair"),
        (other(data="clips"), "its clips are a str"),
        (other(data=np.zeros((6, 10, 64, 64, 3), np.float32)), "must be int8 or uint8 (N, 10, 64"),
        (other(data=np.zeros((6, 10, 64, 64), np.uint8)), "its clips are uint8 (6, 10, 64, 64)"),
        (other(data=np.zeros((0, 10, 64, 64, 3), np.uint8)), "its clips are uint8 (0, 10"),
        (other(data=np.uint8(3)), "its clips are"),
        (other(labels=np.zeros((6, 10, 14), np.float32)), "float32 or float64 (N, 10, 7, 2"),
        (other(labels=np.zeros((5, 10, 7, 2), np.float32)), "its poses are float32 (5, 10, 7, 2)"),
        (other(labels=np.zeros((6, 10, 7, 2), np.int64)), "its poses are int64"),
        (other(labels=np.full((6, 10, 7, 2), np.nan, np.float32)), "of clip 0 are not finite"),
    ],
)  # fmt: skip
def test_another_content(tmp_path: Path, content: Any, words: str) -> None:
    message = complaint(write(tmp_path / "x.pkl", content))
    assert words in message and "not YouTube Pose" in message


# VGG's layout


def entry(tmp_path: Path, frames: np.ndarray, poses: np.ndarray) -> types.SimpleNamespace:
    """Returns a video as scipy reads it, with frames twice as high and three times as wide."""
    names = []
    for number, frame in enumerate(frames):
        names.append(f"frames/{len(list(tmp_path.glob('frames/*')))}_{number}.png")
        (tmp_path / "frames").mkdir(exist_ok=True)
        Image.fromarray(frame.repeat(2, 0).repeat(3, 1)).save(tmp_path / names[-1])
    locs = (poses + 0.5) * np.array([3, 2]) + 0.5
    return types.SimpleNamespace(
        _fieldnames=["locs", "imgPath"],
        locs=locs.transpose(2, 1, 0).astype(np.float64),
        imgPath=np.array(names, dtype=object),
    )


@pytest.fixture
def mat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Makes a file that a stand-in for scipy reads as given, so scipy is not needed here."""

    def make(*entries: Any, **others: Any) -> Path:
        content = {"data": np.array([*entries, None], object)[:-1], **others}
        scipy_io = types.ModuleType("scipy.io")
        scipy_io.loadmat = lambda *_, **__: content  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "scipy", types.ModuleType("scipy"))
        monkeypatch.setitem(sys.modules, "scipy.io", scipy_io)
        path = tmp_path / "YouTube_Pose.mat"
        path.write_bytes(b"MATLAB 5.0 MAT-file")
        return path

    return make


def test_vggs_videos_are_squeezed_and_cut_into_clips(
    tmp_path: Path, mat: Callable[..., Path]
) -> None:
    frames, poses = videos(2, 21)
    clips = load_clips(mat(*(entry(tmp_path, frames[i], poses[i]) for i in range(2))))
    assert clips.video_ids.tolist() == 12 * [0] + 12 * [1] + 3 * [0] + 3 * [1]
    assert torch.equal(clips.frames[13], torch.from_numpy(frames[1, 1:11]))
    assert torch.equal(clips.frames[26], torch.from_numpy(frames[0, 2:21:2]))
    torch.testing.assert_close(clips.poses[29], torch.from_numpy(poses[1, 2:21:2]))


def test_spoilt_vgg_files(tmp_path: Path, mat: Callable[..., Path]) -> None:
    frames, poses = videos(1, 10)
    good = entry(tmp_path, frames[0], poses[0])
    assert len(load_clips(mat(good))) == 1

    def spoilt(**fields: Any) -> Path:
        return mat(good, types.SimpleNamespace(**{**vars(good), **fields}))

    assert "video 2: its locs are float64 (2, 6, 10)" in complaint(
        spoilt(locs=np.zeros((2, 6, 10)))
    )
    assert "its locs are" in complaint(spoilt(locs=None))
    assert "the locs of frame 1 are not finite" in complaint(
        spoilt(locs=np.full((2, 7, 10), np.nan))
    )
    assert "each of its 10 poses, but names 9" in complaint(spoilt(imgPath=good.imgPath[:9]))
    assert "holds no struct array 'data'" in complaint(mat())
    assert "holds no struct array 'data'" in complaint(mat(3))
    short = types.SimpleNamespace(**{**vars(good), "locs": good.locs[..., :9],
                                     "imgPath": good.imgPath[:9]})  # fmt: skip
    assert "no video of at least 10 frames" in complaint(mat(short))
    (tmp_path / good.imgPath[3]).write_bytes(b"not an image")
    assert "is not a readable image" in complaint(mat(good))
    (tmp_path / good.imgPath[3]).unlink()
    assert "There is no frame at" in complaint(mat(good), FileNotFoundError)


def test_without_scipy_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    (tmp_path / "x.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    assert "needs scipy" in complaint(tmp_path / "x.mat", ModuleNotFoundError)


def test_a_damaged_mat_file(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    path = tmp_path / "x.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file" + 200 * b"x")
    assert "cut short, damaged or not a .mat file" in complaint(path)
