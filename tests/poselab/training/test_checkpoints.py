from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch

from poselab.training.checkpoints import (
    CheckpointError,
    list_checkpoints,
    load_checkpoint,
    save_checkpoint,
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
