"""Right answers to `export_model`, written in other ways than the solution."""

from __future__ import annotations

import io
from copy import deepcopy
from pathlib import Path

import torch
from torch import nn

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


_BATCH = torch.zeros(3, 10, 64, 64, 3, dtype=torch.uint8)


@RIGHT.answer
def older_exporter(model: nn.Module, path: str) -> None:
    free = {0: "batch"}
    torch.onnx.export(
        model, (_BATCH,), path, input_names=["input_frames"], output_names=["joint_pos"],
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
        model, (_BATCH,), buffer, input_names=["input_frames"], output_names=["joint_pos"],  # type: ignore[arg-type]
        dynamic_axes={"input_frames": {0: "batch"}}, dynamo=False,
    )  # fmt: skip
    Path(path).write_bytes(buffer.getvalue())
