"""Wrong answers to `export_model`."""

from __future__ import annotations

import copy
import io
import logging
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from autograder.exercises.bank import Bank

BANK = Bank()

Export = Callable[[nn.Module, str], None]

# PyTorch's exporter tells with every model that it can do without torchvision.
logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)

_NAMES: dict[str, Any] = {"input_names": ["input_frames"], "output_names": ["joint_pos"]}
_FREE = {0: "batch"}


def _clips(number: int = 1, frames: int = 10) -> Tensor:
    return torch.zeros(number, frames, 64, 64, 3, dtype=torch.uint8)


def _older(model: nn.Module, path: Any, example: Tensor | None = None, **changes: Any) -> None:
    """The older exporter, which is the faster one."""
    axes = {"input_frames": _FREE, "joint_pos": _FREE}
    options = _NAMES | {"dynamic_axes": axes, "dynamo": False} | changes
    torch.onnx.export(model, (_clips() if example is None else example,), path, **options)


def _newer(model: nn.Module, path: Any, example: Tensor | None = None, **changes: Any) -> None:
    options = _NAMES | {
        "dynamic_shapes": ({0: torch.export.Dim("batch")},),
        "external_data": False,
        "verbose": False,
        "dynamo": True,
    }
    example = _clips(2) if example is None else example
    torch.onnx.export(model, (example,), path, **(options | changes))


def _restoring(export: Export) -> Export:
    """In evaluation mode during the export, and back."""

    @wraps(export)
    def restored(model: nn.Module, path: str) -> None:
        mode = model.training
        export(model.eval(), path)
        model.train(mode)

    return restored


class _Around(nn.Module):
    """The network, with something before it and something after it."""

    def __init__(
        self,
        model: nn.Module,
        after: Callable[[Tensor], Tensor] = lambda poses: poses,
        before: Callable[[Tensor], Tensor] = lambda frames: frames,
    ) -> None:
        super().__init__()
        self.model, self.after, self.before = model, after, before

    def forward(self, frames: Tensor) -> Tensor:
        """Changed poses of changed frames."""
        return self.after(self.model(self.before(frames)))


@BANK.mistake(
    "Nothing was written where it should be. `path` says where: the caller chooses the name.",
    fails="shape",
)
@_restoring
def no_file_written(model: nn.Module, path: str) -> None:
    """The exported program is returned, or forgotten, but not saved."""
    _older(model, io.BytesIO())


@BANK.mistake(
    "The file was written somewhere else. `path` says where, folder and ending included.",
    fails="shape",
)
@_restoring
def written_elsewhere(model: nn.Module, path: str) -> None:
    """Always my_model.onnx."""
    _older(model, "my_model.onnx")


@BANK.another("written_elsewhere")
@_restoring
def ending_added(model: nn.Module, path: str) -> None:
    """model.onnx.onnx."""
    _older(model, f"{path}.onnx")


@BANK.another("written_elsewhere")
@_restoring
def folder_left_out(model: nn.Module, path: str) -> None:
    """The name alone."""
    _older(model, Path(path).name)


@BANK.mistake(
    "A file was opened and nothing was written into it: a buffer has to be read from its start, "
    "as `getvalue()` does.",
    fails="shape",
)
@_restoring
def empty_file(model: nn.Module, path: str) -> None:
    """read() at the end of the buffer."""
    buffer = io.BytesIO()
    _older(model, buffer)
    Path(path).write_bytes(buffer.read())


@BANK.mistake(
    "That is what `torch.save` and its kin write: only PyTorch reads it, often only with your "
    "classes at hand. `torch.onnx.export` writes ONNX.",
    fails="shape",
)
@_restoring
def pytorch_archive(model: nn.Module, path: str) -> None:
    """torch.save of the weights."""
    torch.save(model.state_dict(), path)


@BANK.another("pytorch_archive")
@_restoring
def traced(model: nn.Module, path: str) -> None:
    """torch.jit.save."""
    torch.jit.save(torch.jit.trace(model, _clips()), path)


@BANK.mistake(
    "Leave all of it to `torch.onnx.export`: it writes a whole ONNX file.",
    fails="shape",
)
@_restoring
def not_onnx(model: nn.Module, path: str) -> None:
    """The file is cut off."""
    _older(model, path)
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) // 2])


@BANK.another("not_onnx")
@_restoring
def text(model: nn.Module, path: str) -> None:
    """The network in words."""
    Path(path).write_text(str(model))


@BANK.mistake(
    "The grader runs the versions 13 to 21 of ONNX's operators: export with `opset_version=20`.",
    fails="shape",
)
@_restoring
def opset_not_known(model: nn.Module, path: str) -> None:
    """A very new opset."""
    _older(model, path)
    written = onnx.load(path)
    written.opset_import[0].version = 23
    onnx.save(written, path)


@BANK.mistake(
    "The weights are in a second file, but only the first is submitted. `external_data=False` "
    "puts them into one.",
    fails="shape",
)
@_restoring
def weights_beside_the_file(model: nn.Module, path: str) -> None:
    """External data."""
    _newer(model, path, external_data=True)


@BANK.mistake(
    "The file's weights are lost: they were written into a second file, and that was removed. "
    "`external_data=False` puts them into the first.",
    fails="shape",
)
@_restoring
def weights_lost(model: nn.Module, path: str) -> None:
    """External data, deleted."""
    _newer(model, path, external_data=True)
    os.remove(f"{path}.data")


@BANK.mistake(
    "The weights are not in the file, but asked of those who run it: leave `export_params` as it "
    "is by default.",
    fails="shape",
)
@_restoring
def weights_left_out(model: nn.Module, path: str) -> None:
    """export_params=False."""
    _older(model, path, export_params=False)


@BANK.mistake(
    "The input has to be called `input_frames`: those who run the file ask for it by name. "
    "`input_names` sets it.",
    fails="shape",
)
@_restoring
def input_misnamed(model: nn.Module, path: str) -> None:
    """No input_names."""
    _older(model, path, input_names=["frames"], dynamic_axes={"frames": _FREE, "joint_pos": _FREE})


@BANK.another("input_misnamed")
@_restoring
def no_names(model: nn.Module, path: str) -> None:
    """Neither name."""
    _newer(model, path, input_names=None, output_names=None)


@BANK.mistake(
    "The output has to be called `joint_pos`: those who run the file ask for it by name. "
    "`output_names` sets it.",
    fails="shape",
)
@_restoring
def output_misnamed(model: nn.Module, path: str) -> None:
    """Poses."""
    _older(
        model, path, output_names=["poses"], dynamic_axes={"input_frames": _FREE, "poses": _FREE}
    )


@BANK.mistake("The two names are the wrong way round.", fails="shape")
@_restoring
def names_swapped(model: nn.Module, path: str) -> None:
    """The output's name for the input."""
    _older(model, path, input_names=["joint_pos"], output_names=["input_frames"])


@BANK.mistake(
    "Only `joint_pos` is asked for: return the poses alone.",
    fails="shape",
)
@_restoring
def several_outputs(model: nn.Module, path: str) -> None:
    """The last pose as well."""
    network = _Around(model, lambda poses: (poses, poses[:, -1]))  # type: ignore[arg-type,return-value]
    _older(network, path, output_names=["joint_pos", "last_pose"])


@BANK.mistake(
    "The example that you trace with decides about the file's input: give it the dtype of raw "
    "frames.",
    fails="shape",
)
@_restoring
def input_not_uint8(model: nn.Module, path: str) -> None:
    """A float example."""
    _older(model, path, _clips().float())


@BANK.mistake(
    "The specification asks for float32: leave the poses in the dtype that the network gives them.",
    fails="shape",
)
@_restoring
def output_not_float32(model: nn.Module, path: str) -> None:
    """double()."""
    _older(_Around(model, Tensor.double), path)


@BANK.another("output_not_float32")
@_restoring
def half_precision(model: nn.Module, path: str) -> None:
    """half()."""
    _older(_Around(model, Tensor.half), path)


@BANK.mistake(
    "The file takes frames with their channels first. Raw frames have them last.",
    fails="shape",
)
@_restoring
def channels_first(model: nn.Module, path: str) -> None:
    """permute() before the network."""
    network = _Around(model, before=lambda frames: frames.permute(0, 1, 3, 4, 2))
    _older(network, path, torch.zeros(1, 10, 3, 64, 64, dtype=torch.uint8))


@BANK.mistake(
    "A clip has ten frames: the example that you trace with has to have as many.",
    fails="shape",
)
@_restoring
def wrong_number_of_frames(model: nn.Module, path: str) -> None:
    """Clips of five."""
    _newer(model, path, _clips(2, 5))


@BANK.mistake(
    "The number of frames was left open, and the batch was not. The batch is the first axis, 0.",
    fails="shape",
)
@_restoring
def wrong_axis_open(model: nn.Module, path: str) -> None:
    """Axis 1."""
    _newer(model, path, dynamic_shapes=({1: torch.export.Dim("batch")},))


@BANK.mistake(
    "The number of frames was left open as well. It is ten: leave only axis 0 open.",
    fails="shape",
)
@_restoring
def frames_left_open(model: nn.Module, path: str) -> None:
    """Axes 0 and 1."""
    axes = {"input_frames": {0: "batch", 1: "time"}, "joint_pos": {0: "batch", 1: "time"}}
    _older(model, path, dynamic_axes=axes)


@BANK.mistake(
    "The file gives one pose for each clip. Ten are asked for, one for each frame.",
    fails="shape",
)
@_restoring
def one_pose_for_each_clip(model: nn.Module, path: str) -> None:
    """The last frame's."""
    _older(_Around(model, lambda poses: poses[:, -1]), path)


@BANK.another("one_pose_for_each_clip")
@_restoring
def mean_pose(model: nn.Module, path: str) -> None:
    """The mean of all frames."""
    _older(_Around(model, lambda poses: poses.mean(1)), path)


@BANK.mistake(
    "The two coordinates of the seven joints are one axis of 14: leave them apart.",
    fails="shape",
)
@_restoring
def joints_flattened(model: nn.Module, path: str) -> None:
    """flatten(2)."""
    _older(_Around(model, lambda poses: poses.flatten(2)), path)


@BANK.mistake(
    "The batch of your example was written down as a constant. `dynamic_shapes` (or, in the older "
    "exporter, `dynamic_axes` for the input and for the output) says which axes may change."
)
@_restoring
def batch_fixed(model: nn.Module, path: str) -> None:
    """Three clips, no dynamic axes."""
    _older(model, path, _clips(3), dynamic_axes=None)


@BANK.another("batch_fixed")
@_restoring
def newer_exporter_without_axes(model: nn.Module, path: str) -> None:
    """Two clips, no dynamic shapes."""
    _newer(model, path, dynamic_shapes=None)


@BANK.another("batch_fixed")
@_restoring
def output_fixed(model: nn.Module, path: str) -> None:
    """Only the input's batch is open."""
    _older(model, path, _clips(2), dynamic_axes={"input_frames": _FREE})


@BANK.mistake(
    "The one clip of your example was taken for all that there will be. Declare axis 0 dynamic; "
    "the newer exporter also wants an example of more than one clip, or it takes 1 for a constant."
)
@_restoring
def batch_of_one(model: nn.Module, path: str) -> None:
    """One clip, no dynamic axes."""
    _older(model, path, dynamic_axes=None)


@BANK.another("batch_of_one")
@_restoring
def one_clip_in_the_newer_exporter(model: nn.Module, path: str) -> None:
    """Declared dynamic, but there is one."""
    _newer(model, path, _clips(1))


@BANK.mistake(
    "The size of your example was written down somewhere inside; the older exporter does so with "
    "the state in which an LSTM starts. Use the newer one (`dynamo=True`), or an example of one "
    "clip."
)
@_restoring
def batch_inside_fixed(model: nn.Module, path: str) -> None:
    """The older exporter, with two clips."""
    _older(model, path, _clips(2))


@BANK.another("batch_inside_fixed")
@_restoring
def many_clips_in_the_older_exporter(model: nn.Module, path: str) -> None:
    """With eight."""
    _older(model, path, _clips(8))


@BANK.mistake(
    "These are the poses that the network gives in training mode. Put it into evaluation mode, "
    "where dropout is off, before you export it."
)
def exported_in_training_mode(model: nn.Module, path: str) -> None:
    """The older exporter, told to keep dropout."""
    _older(model, path, training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)


@BANK.another("exported_in_training_mode")
def mode_not_looked_at(model: nn.Module, path: str) -> None:
    """The newer exporter takes the network as it is."""
    _newer(model, path)


@BANK.mistake(
    "x and y are the wrong way round in the file. Leave the poses as the network gives them."
)
@_restoring
def coordinates_swapped(model: nn.Module, path: str) -> None:
    """(y, x)."""
    _older(_Around(model, lambda poses: poses.flip(-1)), path)


@BANK.mistake("The file rounds poses to whole pixels. Leave them as the network gives them.")
@_restoring
def poses_rounded(model: nn.Module, path: str) -> None:
    """Whole pixels."""
    _older(_Around(model, torch.round), path)


@BANK.mistake(
    "The file moves joints that are outside to the edge of the frame. Leave the poses as the "
    "network gives them."
)
@_restoring
def poses_clamped(model: nn.Module, path: str) -> None:
    """clamp."""
    _older(_Around(model, lambda poses: poses.clamp(0, 63)), path)


@BANK.mistake(
    "The file's poses are the network's times a number, or plus one. Pixels are asked for, as the "
    "network gives them."
)
@_restoring
def poses_rescaled(model: nn.Module, path: str) -> None:
    """Fractions of the frame."""
    _older(_Around(model, lambda poses: poses / 63), path)


@BANK.another("poses_rescaled")
@_restoring
def poses_centred(model: nn.Module, path: str) -> None:
    """-1 to 1."""
    _older(_Around(model, lambda poses: poses / 32 - 1), path)


@BANK.another("poses_rescaled")
@_restoring
def half_a_pixel_added(model: nn.Module, path: str) -> None:
    """Another centre of the first pixel."""
    _older(_Around(model, lambda poses: poses + 0.5), path)


@BANK.mistake("The joints are in another order than the network's. Leave them as they are.")
@_restoring
def joints_reordered(model: nn.Module, path: str) -> None:
    """The left ones first."""
    _older(_Around(model, lambda poses: poses[:, :, [0, 2, 1, 4, 3, 6, 5]]), path)


@BANK.mistake("Time runs backwards in the file. Leave the frames in their order.")
@_restoring
def frames_reversed(model: nn.Module, path: str) -> None:
    """The last frame first."""
    _older(_Around(model, before=lambda frames: frames.flip(1)), path)


@BANK.another("frames_reversed")
@_restoring
def poses_reversed(model: nn.Module, path: str) -> None:
    """The last pose first."""
    _older(_Around(model, lambda poses: poses.flip(1)), path)


@BANK.mistake("The file swaps red and blue. Raw frames are RGB, as the network expects them.")
@_restoring
def colours_swapped(model: nn.Module, path: str) -> None:
    """BGR."""
    _older(_Around(model, before=lambda frames: frames.flip(-1)), path)


@BANK.mistake("The file turns or mirrors the frames. Hand them to the network as they come.")
@_restoring
def frames_turned(model: nn.Module, path: str) -> None:
    """Rows for columns."""
    _older(_Around(model, before=lambda frames: frames.transpose(2, 3)), path)


@BANK.another("frames_turned")
@_restoring
def frames_upside_down(model: nn.Module, path: str) -> None:
    """The last row first."""
    _older(_Around(model, before=lambda frames: frames.flip(2)), path)


@BANK.mistake(
    "The file divides bytes by 255 before the network sees them. It takes raw frames, and does "
    "what is needed itself."
)
@_restoring
def frames_rescaled(model: nn.Module, path: str) -> None:
    """0 to 1."""
    _older(_Around(model, before=lambda frames: frames.float() / 255), path)


@BANK.mistake(
    "The file takes bytes above 127 for negative numbers. Hand them to the network as uint8."
)
@_restoring
def bytes_taken_for_int8(model: nn.Module, path: str) -> None:
    """to(int8)."""
    _older(_Around(model, before=lambda frames: frames.to(torch.int8)), path)


@BANK.mistake(
    "The file holds the weights of another network than the one that was handed over. Export "
    "`model`."
)
def another_model(model: nn.Module, path: str) -> None:
    """A new one of the same class."""
    _older(type(model)().eval(), path)


@BANK.another("another_model")
def without_its_weights(model: nn.Module, path: str) -> None:
    """A copy that starts from chance."""
    other = copy.deepcopy(model).eval()
    for part in other.modules():
        if isinstance(part, (nn.LSTM, nn.Linear)):
            part.reset_parameters()
    _older(other, path)


@BANK.mistake(
    "The training would go on without dropout, unnoticed. Remember `model.training` before the "
    "export, and restore that mode.",
    fails="edge_cases",
)
def left_in_evaluation_mode(model: nn.Module, path: str) -> None:
    """eval() for good."""
    _older(model.eval(), path)


@BANK.mistake(
    "Not every caller is training: remember `model.training` before the export, and restore that "
    "mode.",
    fails="edge_cases",
)
def left_in_training_mode(model: nn.Module, path: str) -> None:
    """train() whatever was before."""
    _older(model.eval(), path)
    model.train()


@BANK.mistake(
    "The mode is restored the wrong way round: look at the condition, and at when "
    "`model.training` is read.",
    fails="edge_cases",
)
def mode_toggled(model: nn.Module, path: str) -> None:
    """not."""
    mode = not model.training
    _older(model.eval(), path)
    model.train(mode)


@BANK.mistake(
    "`model.training = ...` sets the flag of the outermost module alone. `model.train(mode)` sets "
    "those of all its parts.",
    fails="edge_cases",
)
def parts_left_in_another_mode(model: nn.Module, path: str) -> None:
    """The flag alone."""
    mode = model.training
    _older(model.eval(), path)
    model.training = mode


@BANK.mistake(
    "`requires_grad_(False)` freezes them for good, so the caller cannot go on with the training. "
    "`torch.no_grad()` ends with its block.",
    fails="edge_cases",
)
@_restoring
def parameters_frozen(model: nn.Module, path: str) -> None:
    """requires_grad_(False)."""
    _older(model.requires_grad_(False), path)


@BANK.mistake(
    "Weights are the caller's: work on a copy if you want others.",
    fails="edge_cases",
)
@_restoring
def weights_changed(model: nn.Module, path: str) -> None:
    """Rounded to half precision."""
    for parameter in model.parameters():
        parameter.data = parameter.data.half().float()
    _older(model, path)


@BANK.mistake(
    "A forward pass in training mode does that, even without gradients: set evaluation mode "
    "before you run the network.",
    fails="edge_cases",
)
def statistics_changed(model: nn.Module, path: str) -> None:
    """A trial run first."""
    model(_clips(2))
    _restoring(_older)(model, path)


@BANK.mistake(
    "Leave the parts as they are: in evaluation mode dropout does nothing anyway.",
    fails="edge_cases",
)
@_restoring
def settings_changed(model: nn.Module, path: str) -> None:
    """No more dropout."""
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    _older(model, path)


@BANK.mistake(
    "`torch.set_grad_enabled(False)` holds until it is undone. `with torch.no_grad():` ends with "
    "its block.",
    fails="edge_cases",
)
@_restoring
def gradients_left_off(model: nn.Module, path: str) -> None:
    """Switched off for good."""
    torch.set_grad_enabled(False)
    _older(model, path)


@BANK.mistake(
    "Whoever exports a second time wants the newer model in the file: write it again.",
    fails="edge_cases",
)
@_restoring
def older_file_in_the_way(model: nn.Module, path: str) -> None:
    """Done already."""
    if not os.path.exists(path):
        _older(model, path)


@BANK.another("older_file_in_the_way")
@_restoring
def older_file_refused(model: nn.Module, path: str) -> None:
    """Opened as a new file."""
    with open(path, "xb") as file:
        _older(model, file)


@BANK.mistake(
    "Remove what else you write, or write it into a folder of `tempfile`.",
    fails="edge_cases",
)
@_restoring
def another_file_left(model: nn.Module, path: str) -> None:
    """The weights, for safety."""
    torch.save(model.state_dict(), "weights.pt")
    _older(model, path)
