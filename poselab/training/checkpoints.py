"""Saving what a training has reached, and going on from there.

One file an epoch, ``epoch-0003.pt``. Files are written beside their place and then moved into it,
so that an interruption leaves the older file and never half of a new one. They are read with
``weights_only``: a checkpoint from a stranger can hold tensors and plain containers, no code.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from poselab.files import replacing

KEPT = 2
"""How many of a run's newest checkpoints stay; each holds the weights thrice, for the optimiser."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be read, or belongs to another run."""


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

    Raises:
        CheckpointError: the file is no checkpoint, or damaged.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise CheckpointError(
            f"{path} is not a checkpoint or is damaged: delete it, and the one before it is used."
        ) from error
    if not isinstance(state, dict):
        raise CheckpointError(
            f"{path} holds a {type(state).__name__} and no checkpoint: delete it."
        )
    return state
