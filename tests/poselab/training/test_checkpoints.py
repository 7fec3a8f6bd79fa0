from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from poselab.training import checkpoints
from poselab.training.checkpoints import (
    CheckpointError,
    list_checkpoints,
    load_checkpoint,
    save_checkpoint,
    training_folder,
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    state = {"network": {"weight": torch.arange(3.0)}, "epochs_done": 2, "losses": [0.5, 0.25]}
    path = save_checkpoint(tmp_path / "new" / "folder", 2, state)
    loaded = load_checkpoint(path)
    assert torch.equal(loaded["network"]["weight"], torch.arange(3.0))
    assert (loaded["epochs_done"], loaded["losses"]) == (2, [0.5, 0.25])


def test_the_two_newest_stay_in_order(tmp_path: Path) -> None:
    for epoch in range(1, 13):
        save_checkpoint(tmp_path, epoch, {"epoch": epoch})
    kept = list_checkpoints(tmp_path)
    assert [path.name for path in kept] == ["epoch-0011.pt", "epoch-0012.pt"]
    assert sorted(tmp_path.iterdir()) == kept


def test_no_folder_no_checkpoints(tmp_path: Path) -> None:
    assert list_checkpoints(tmp_path / "nowhere") == []


def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_checkpoint(tmp_path, 1, {"epoch": 1})

    def interrupted(state: object, unfinished: Path) -> None:
        unfinished.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", interrupted)
    for epoch in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(tmp_path, epoch, {"epoch": epoch})
    assert list(tmp_path.iterdir()) == [path]
    assert load_checkpoint(path) == {"epoch": 1}


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("code from a checkpoint was run",)


def test_code_in_a_checkpoint_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "epoch-0001.pt"
    torch.save({"network": Harmful()}, path)
    with pytest.raises(CheckpointError):
        load_checkpoint(path)
    path.write_bytes(pickle.dumps(Harmful(), protocol=2))
    with pytest.raises(CheckpointError):
        load_checkpoint(path)
    assert "was run" not in capsys.readouterr().out


@pytest.mark.parametrize("fraction", [0, 0.3, 0.95])
def test_a_damaged_file_is_named(tmp_path: Path, fraction: float) -> None:
    path = save_checkpoint(tmp_path, 1, {"weight": torch.zeros(500)})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(fraction * len(whole))])
    with pytest.raises(CheckpointError, match=r"epoch-0001\.pt is not a checkpoint or is damaged"):
        load_checkpoint(path)


def test_a_tensor_alone_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "epoch-0001.pt"
    torch.save(torch.zeros(3), path)
    with pytest.raises(CheckpointError, match="holds a Tensor, not a checkpoint"):
        load_checkpoint(path)


# Where notebooks save


class Drive:
    """Stands for Colab's module: mounts, or does not, and counts how often it asks."""

    def __init__(self, place: Path, allows: bool) -> None:
        self.place, self.allows, self.asked = place, allows, 0

    def mount(self, where: str) -> None:
        self.asked += 1
        if not self.allows:
            raise ValueError("mount failed")
        assert Path(where) == self.place.parent
        self.place.mkdir(parents=True)


@pytest.fixture
def colab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], Drive]:
    def start(allows: bool) -> Drive:
        drive = Drive(tmp_path / "drive" / "MyDrive", allows)
        monkeypatch.setitem(sys.modules, "google", SimpleNamespace())
        monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace(drive=drive))
        monkeypatch.setattr(checkpoints, "DRIVE", drive.place)
        monkeypatch.setattr(checkpoints, "REFUSED", tmp_path / "refused")
        monkeypatch.setenv("POSELAB_PROFILE", "cpu")
        return drive

    return start


def test_on_colab_drive_is_asked_for_once(colab: Callable[[bool], Drive]) -> None:
    drive = colab(True)
    expected = drive.place / "pose-course" / "checkpoints" / "heatmap_2d"
    assert [training_folder("heatmap_2d") for _ in range(2)] == [expected, expected]
    assert drive.asked == 1


def test_who_refuses_is_not_asked_again(
    colab: Callable[[bool], Drive], capsys: pytest.CaptureFixture[str]
) -> None:
    drive = colab(False)
    folders = [training_folder("heatmap_2d") for _ in range(2)]
    assert folders == [Path("checkpoints/heatmap_2d")] * 2 and drive.asked == 1
    out = capsys.readouterr().out
    assert "was not connected (mount failed)" in out
    assert out.count("are lost when its session ends") == 2


def test_elsewhere_they_lie_beside_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSELAB_PROFILE", raising=False)
    assert training_folder("rnn_video") == Path("checkpoints/rnn_video")
    monkeypatch.setenv("POSELAB_PROFILE", "smoke")
    assert training_folder("rnn_video") is None
