"""Saving what a training has reached, and going on from there.

One file an epoch, ``epoch-0003.pt``, in a folder for each training. Files are written under another
name and then moved, so that an interruption leaves the older file and never half of a new one. They
are read with ``weights_only``: a checkpoint from a stranger can hold tensors and plain containers,
no code.
"""

from __future__ import annotations

import os
import pickle
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from poselab.files import replacing
from poselab.profiles import VARIABLE
from poselab.training.history import History

KEPT = 2
"""How many of a training's newest checkpoints stay; each is about three times the weights."""

KEPT_TRAININGS = 3
"""How many trainings of one name stay: after a change of the code there is a new one."""

DRIVE = Path("/content/drive/MyDrive")
"""Where Colab shows a student's Google Drive."""

REFUSED = Path("/content/.drive-refused")
"""Is there once a student has said no: nobody is asked twice in a session."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be read."""


@dataclass
class TrainingState:
    """Everything that a training changes, which a checkpoint must therefore hold.

    Args:
        network: its weights and its statistics.
        optimiser: its running means and learning rates.
        scheduler: how far it is.
        history: what was recorded.
    """

    network: nn.Module
    optimiser: Optimizer
    scheduler: LRScheduler
    history: History

    @property
    def _parts(self) -> tuple[Any, ...]:
        return self.network, self.optimiser, self.scheduler

    def save(self, folder: Path) -> None:
        """Write a checkpoint of as many epochs as the history has."""
        state = {
            "parts": [part.state_dict() for part in self._parts],
            "history": asdict(self.history),
        }
        save_checkpoint(folder, len(self.history.errors), state)

    def resume(self, folder: Path) -> None:
        """Take over the newest checkpoint that can be read, if there is one.

        Args:
            folder: holds this training's checkpoints; it need not exist.
        """
        for path in reversed(list_checkpoints(folder)):
            try:
                state = load_checkpoint(path)
            except CheckpointError as error:
                print(f"{error} The one before it is used, if there is one.")
                continue
            for part, stored in zip(self._parts, state["parts"], strict=True):
                part.load_state_dict(stored)
            vars(self.history).update(state["history"])
            break


def training_folder(assignment: str) -> Path | None:
    """Where a notebook's trainings are saved, so that a session that ends costs none of them.

    On Colab that is your Google Drive, which asks for your permission once; a machine of Colab's
    forgets everything when its session ends. Elsewhere, and without your permission, it is a folder
    beside the notebook.

    Args:
        assignment: its id; each has a folder of its own.

    Returns:
        The folder, for ``checkpoint_folder`` of ``train``; ``None`` in smoke tests.
    """
    if os.environ.get(VARIABLE) == "smoke":
        return None
    if "google.colab" not in sys.modules:
        return Path("checkpoints") / assignment
    if not DRIVE.is_dir() and not REFUSED.exists():
        from google.colab import drive

        print("Your trainings are saved in your Google Drive, if you allow it.")
        try:
            drive.mount(str(DRIVE.parent))
        except Exception as error:  # of several kinds, one for each way to say no
            REFUSED.touch()
            print(f"Google Drive was not connected ({error}).")
    if DRIVE.is_dir():
        return DRIVE / "pose-course" / "checkpoints" / assignment
    print("Trainings are saved on this machine, and are lost when its session ends.")
    return Path("checkpoints") / assignment


def keep_newest(folder: Path) -> None:
    """Remove the checkpoints of all trainings in ``folder`` but the newest few."""
    for old in list_trainings(folder)[:-KEPT_TRAININGS]:
        shutil.rmtree(old)


def find_training(folder: Path, identity: str, n_epochs: int) -> Path:
    """The folder of a training, old or new.

    Args:
        folder: holds all trainings of one name.
        identity: of this one, as :func:`poselab.training.identity.training_identity` gives it.
        n_epochs: how many epochs make it complete.

    Returns:
        The folder with this identity. If there is none yet, but one of the same training that was
        interrupted, from other first weights: that one, for it is to go on.
    """
    own = folder / identity
    if list_checkpoints(own):
        return own
    same = identity.partition("-")[0]
    complete = f"epoch-{n_epochs:04d}.pt"
    for other in reversed(list_trainings(folder)):
        if other.name.startswith(same) and not (other / complete).exists():
            return other
    return own


def list_trainings(folder: Path) -> list[Path]:
    """The folders in ``folder`` that hold checkpoints, the newest last."""
    trainings = [path for path in folder.glob("*") if list_checkpoints(path)]
    return sorted(trainings, key=lambda path: list_checkpoints(path)[-1].stat().st_mtime)


def save_checkpoint(folder: Path, epoch: int, state: dict[str, Any]) -> Path:
    """Write ``state`` as the checkpoint of ``epoch`` and remove all but the newest :data:`KEPT`.

    Args:
        folder: made if it is not there.
        epoch: how many epochs are complete.
        state: tensors, numbers, strings, and lists and dictionaries of them.

    Returns:
        The file's path.
    """
    path = folder / f"epoch-{epoch:04d}.pt"
    with replacing(path) as unfinished:
        torch.save(state, unfinished)
    for old in list_checkpoints(folder)[:-KEPT]:
        old.unlink()
    return path


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in ``folder``, the newest epoch last; empty if there is no such folder."""
    return sorted(folder.glob("epoch-*.pt"))


def load_checkpoint(path: Path) -> dict[str, Any]:
    """What :func:`save_checkpoint` wrote, its tensors in the CPU's memory.

    Args:
        path: the checkpoint's file.

    Returns:
        The ``state`` that :func:`save_checkpoint` was given.

    Raises:
        CheckpointError: the file is no checkpoint, or damaged.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path} is not a checkpoint or is damaged.") from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} holds a {type(state).__name__}, not a checkpoint.")
    return state
