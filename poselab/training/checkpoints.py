"""Saving what a training has reached, and going on from there.

One file an epoch, ``epoch-0003.pt``. Files are written under another name and then moved,
so that an interruption leaves the older file and never half of a new one. They are read with
``weights_only``: a checkpoint from a stranger can hold tensors and plain containers, no code.
"""

from __future__ import annotations

import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from poselab.files import replacing
from poselab.training.history import History

KEPT = 2
"""How many of a training's newest checkpoints stay; each is about three times the weights."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be read, or belongs to another training."""


@dataclass
class TrainingState:
    """Everything that a training changes, which a checkpoint must therefore hold.

    Args:
        network: its weights and its statistics.
        optimiser: its running means and learning rates.
        scheduler: how far it is.
        history: what was recorded.
        settings: what two trainings must have in common for one to go on where the other stopped.
    """

    network: nn.Module
    optimiser: Optimizer
    scheduler: LRScheduler
    history: History
    settings: dict[str, Any]

    @property
    def _parts(self) -> tuple[Any, ...]:
        return self.network, self.optimiser, self.scheduler

    def save(self, folder: Path) -> None:
        """Write a checkpoint of as many epochs as the history has."""
        state = {
            "settings": self.settings,
            "parts": [part.state_dict() for part in self._parts],
            "history": asdict(self.history),
        }
        save_checkpoint(folder, len(self.history.errors), state)

    def resume(self, folder: Path) -> None:
        """Take over the newest checkpoint, if there is one.

        Args:
            folder: holds the checkpoints; it need not exist.

        Raises:
            CheckpointError: it is damaged, or of a training with other settings or weights.
        """
        checkpoints = list_checkpoints(folder)
        if not checkpoints:
            return
        path = checkpoints[-1]
        state = load_checkpoint(path)
        afresh = f"delete {folder} to start afresh, or choose another folder."
        if state.get("settings") != self.settings:
            raise CheckpointError(
                f"{path} is of a training with the settings {state.get('settings')}, but those of "
                f"this one are {self.settings}: {afresh}"
            )
        network, optimiser, scheduler = state["parts"]
        try:
            self.network.load_state_dict(network)
        except RuntimeError as error:
            raise CheckpointError(
                f"{path} holds the weights of another network: {afresh}"
            ) from error
        self.optimiser.load_state_dict(optimiser)
        self.scheduler.load_state_dict(scheduler)
        vars(self.history).update(state["history"])
        print(f"Resuming from {path}. Delete {folder} to train from the start.")


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
        raise CheckpointError(
            f"{path} is not a checkpoint or is damaged: delete it to resume from the one before."
        ) from error
    if not isinstance(state, dict):
        raise CheckpointError(
            f"{path} holds a {type(state).__name__}, not a checkpoint: delete it."
        )
    return state
