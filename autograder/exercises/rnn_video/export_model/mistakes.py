"""Wrong answers to `export_model`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from autograder.exercises.bank import Bank

BANK = Bank()

# PyTorch's exporter tells with every model that it can do without torchvision.
logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)

_FREE = ({0: torch.export.Dim("batch")},)


def _restoring(export: Callable[[nn.Module, str], None]) -> Callable[[nn.Module, str], None]:
    """In evaluation mode during the export, and back."""

    @wraps(export)
    def restored(model: nn.Module, path: str) -> None:
        mode = model.training
        export(model.eval(), path)
        model.train(mode)

    return restored


def _export(model: nn.Module, path: str, **changes: Any) -> None:
    options: dict[str, Any] = {
        "input_names": ["input_frames"],
        "output_names": ["joint_pos"],
        "dynamic_shapes": _FREE,
        "external_data": False,
        "verbose": False,
        "dynamo": True,
    } | changes
    torch.onnx.export(model, (_example(),), path, **options)


def _example() -> Tensor:
    return torch.zeros(2, 10, 64, 64, 3, dtype=torch.uint8)


@BANK.mistake(
    "The input has to be called `input_frames`: those who run the file ask for it by name. "
    "`input_names` sets it.",
    fails="shape",
)
@_restoring
def input_misnamed(model: nn.Module, path: str) -> None:
    """No input_names."""
    _export(model, path, input_names=None)


@BANK.mistake(
    "The output has to be called `joint_pos`: those who run the file ask for it by name. "
    "`output_names` sets it.",
    fails="shape",
)
@_restoring
def output_misnamed(model: nn.Module, path: str) -> None:
    """No output_names."""
    _export(model, path, output_names=["poses"])


@BANK.mistake(
    "The file does not take bytes. The example that you trace with decides this: give it the "
    "dtype of raw frames.",
    fails="shape",
)
@_restoring
def input_not_uint8(model: nn.Module, path: str) -> None:
    """A float example."""
    torch.onnx.export(
        model, (_example().float(),), path, input_names=["input_frames"],
        output_names=["joint_pos"], dynamic_shapes=_FREE, external_data=False, verbose=False,
        dynamo=True,
    )  # fmt: skip


@BANK.mistake(
    "Nothing was written where it should be. `path` says where: the caller chooses the name.",
    fails="shape",
)
@_restoring
def no_file_written(model: nn.Module, path: str) -> None:
    """Always my_model.onnx."""
    _export(model, "my_model.onnx")


@BANK.mistake(
    "The weights are in a second file, but only the first is submitted. `external_data=False` "
    "puts them into one.",
    fails="shape",
)
@_restoring
def weights_beside_the_file(model: nn.Module, path: str) -> None:
    """External data."""
    _export(model, path, external_data=True)


@BANK.mistake(
    "The file is not ONNX. `torch.save` writes something that only PyTorch reads, and only with "
    "your classes at hand.",
    fails="shape",
)
@_restoring
def not_loadable(model: nn.Module, path: str) -> None:
    """torch.save."""
    torch.save(model.state_dict(), path)


@BANK.another("not_loadable")
@_restoring
def half_a_file(model: nn.Module, path: str) -> None:
    """The file is cut off."""
    _export(model, path)
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) // 2])


@BANK.mistake(
    "The batch of your example was written down as a constant. `dynamic_shapes` (or, in the older "
    "exporter, `dynamic_axes`) says which axes may change."
)
@_restoring
def batch_fixed(model: nn.Module, path: str) -> None:
    """No dynamic shapes."""
    _export(model, path, dynamic_shapes=None)


class _WithPoses(nn.Module):
    def __init__(self, model: nn.Module, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.model, self.change = model, change

    def forward(self, frames: Tensor) -> Tensor:
        """Changed poses."""
        return self.change(self.model(frames))


@BANK.mistake(
    "The file does not compute what the network computes in evaluation mode. Export it in "
    "evaluation mode, where dropout is off, and add nothing to it."
)
def exported_in_training_mode(model: nn.Module, path: str) -> None:
    """The older exporter, told to keep dropout."""
    axes = {"input_frames": {0: "batch"}, "joint_pos": {0: "batch"}}
    torch.onnx.export(
        model, (_example(),), path, input_names=["input_frames"], output_names=["joint_pos"],
        dynamic_axes=axes, dynamo=False, training=torch.onnx.TrainingMode.TRAINING,
    )  # fmt: skip


@BANK.another("exported_in_training_mode")
@_restoring
def fractions_exported(model: nn.Module, path: str) -> None:
    """Poses in 0..1."""
    _export(_WithPoses(model, lambda poses: poses / 63), path)


@BANK.another("exported_in_training_mode")
@_restoring
def rounded_to_pixels(model: nn.Module, path: str) -> None:
    """Whole pixels."""
    _export(_WithPoses(model, torch.round), path)


@BANK.another("exported_in_training_mode")
@_restoring
def coordinates_swapped(model: nn.Module, path: str) -> None:
    """(y, x)."""
    _export(_WithPoses(model, lambda poses: poses.flip(-1)), path)


@BANK.mistake(
    "The network is left in evaluation mode although it was training, so the training goes on "
    "without dropout, unnoticed. Restore the mode that you found.",
    fails="edge_cases",
)
def mode_not_restored(model: nn.Module, path: str) -> None:
    """eval() for good."""
    _export(model.eval(), path)


@BANK.another("mode_not_restored")
def always_training_afterwards(model: nn.Module, path: str) -> None:
    """train() whatever was before."""
    _export(model.eval(), path)
    model.train()
