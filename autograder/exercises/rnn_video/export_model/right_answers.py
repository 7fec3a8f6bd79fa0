"""Right answers to `export_model`, written in other ways than the solution."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


_BATCH = torch.zeros(3, 10, 64, 64, 3, dtype=torch.uint8)
_CLIP = _BATCH[:1]
"""The older exporter makes a constant of an LSTM's first state: of one clip it fits any batch."""


@RIGHT.answer
def older_exporter(model: nn.Module, path: str) -> None:
    free = {0: "batch"}
    torch.onnx.export(
        model, (_CLIP,), path, input_names=["input_frames"], output_names=["joint_pos"],
        dynamic_axes={"input_frames": free, "joint_pos": free}, dynamo=False,
    )  # fmt: skip


@RIGHT.answer
def a_copy_is_exported(model: nn.Module, path: str) -> None:
    torch.onnx.export(
        deepcopy(model).eval(), (_BATCH,), path, input_names=["input_frames"],
        output_names=["joint_pos"], dynamic_shapes=[{0: torch.export.Dim.DYNAMIC}],
        external_data=False, verbose=False, dynamo=True,
    )  # fmt: skip


@RIGHT.answer
def saved_from_the_program(model: nn.Module, path: str) -> None:
    training = model.training
    try:
        model.eval()
        program = torch.onnx.export(
            model, (_BATCH,), input_names=["input_frames"], output_names=["joint_pos"],
            dynamic_shapes={"frames": {0: torch.export.Dim("clips")}}, verbose=False, dynamo=True,
        )  # fmt: skip
        assert program is not None
        program.save(path)
    finally:
        model.train(training)


@RIGHT.answer
def with_dynamic_axes(model: nn.Module, path: str) -> None:
    mode = model.training
    model.eval()
    with torch.no_grad():
        torch.onnx.export(
            model, _BATCH, path, input_names=["input_frames"], output_names=["joint_pos"],  # type: ignore[arg-type]
            dynamic_axes={"input_frames": {0: "n"}}, external_data=False, verbose=False,
            dynamo=True,
        )  # fmt: skip
    model.train(mode)


@RIGHT.answer
def through_memory(model: nn.Module, path: str) -> None:
    buffer = io.BytesIO()
    torch.onnx.export(
        model, (_CLIP,), buffer, input_names=["input_frames"], output_names=["joint_pos"],  # type: ignore[arg-type]
        dynamic_axes={"input_frames": [0], "joint_pos": [0]}, opset_version=17, dynamo=False,
    )  # fmt: skip
    Path(path).write_bytes(buffer.getvalue())


class _Named(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_frames: Tensor) -> Tensor:
        return self.network(input_frames).to(torch.float32)


@RIGHT.answer
def within_another_module(model: nn.Module, path: str) -> None:
    training, whole = model.training, _Named(model).eval()
    torch.onnx.export(
        whole, (_BATCH,), path, input_names=["input_frames"], output_names=["joint_pos"],
        dynamic_shapes={"input_frames": {0: "batch"}}, external_data=False, verbose=False,
    )  # fmt: skip
    whole.train(training)


@contextlib.contextmanager
def _evaluating(model: nn.Module) -> Iterator[nn.Module]:
    modes = {part: part.training for part in model.modules()}
    try:
        yield model.eval()
    finally:
        for part, mode in modes.items():
            part.training = mode


@RIGHT.answer
def each_part_put_back(model: nn.Module, path: str) -> None:
    with _evaluating(model), torch.no_grad():
        program = torch.export.export(
            model, (_BATCH,), dynamic_shapes=({0: torch.export.Dim("batch", max=512)},)
        )
    torch.onnx.export(
        program, (_BATCH,), path, input_names=["input_frames"], output_names=["joint_pos"],
        external_data=False, verbose=False,
    )  # fmt: skip


@RIGHT.answer
def weights_brought_together(model: nn.Module, path: str) -> None:
    with _evaluating(model), tempfile.TemporaryDirectory() as folder:
        parts = os.path.join(folder, "parts.onnx")
        torch.onnx.export(
            model, (_BATCH,), parts, input_names=["input_frames"], output_names=["joint_pos"],
            dynamic_shapes=({0: torch.export.Dim("batch")},), external_data=True, verbose=False,
        )  # fmt: skip
        whole = onnx.load(parts)
    onnx.save_model(whole, path)
