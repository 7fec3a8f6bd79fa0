"""Export of a network to one ONNX file: its result, and what must be true of the file."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from poselab.checks.cases import Case
from poselab.checks.registry import (
    RELATIONS,
    Calls,
    Finding,
    Subject,
    experiment,
    relation,
)
from poselab.checks.relations import demand
from poselab.models.predictor import require_packages
from poselab.models.rnn_video import INPUT_NAME, OUTPUT_NAME, SPEC

_FAULTS = {
    "written": ("no_file_written", "There is no file at the path."),
    "alone": ("weights_beside_the_file", "Another file was left beside the model."),
    "loads": ("not_loadable", "onnxruntime cannot load the file when it is on its own."),
    "input_name": ("input_misnamed", "The input is not called `input_frames`."),
    "output_name": ("output_misnamed", "The output is not called `joint_pos`."),
    "input_type": ("input_not_uint8", "The input is not uint8."),
    "free_batch": ("batch_fixed", "The file takes batches of one size only."),
    "mode_kept": ("mode_not_restored", "The network was not left in the mode it was in."),
}
"""The known mistake behind each finding that is not good, and what was seen."""

FINDINGS = (*_FAULTS, "difference")
"""What :func:`exported` looks at: a file at the path; nothing beside it; onnxruntime takes it;
names and type as specified; batches of several sizes; the network's mode as it was; and how far
the file's poses are from the network's own."""


@experiment
def exported(subject: Subject, calls: Calls) -> Tensor:
    """The result of exporting a network of ours with ``subject(model, path)``.

    Args:
        subject: the student's function.
        calls: each (frames, mode): clips to try the file with, and whether the network is in
            training mode when it is handed over.

    Returns:
        (call, finding), the findings in the order of :data:`FINDINGS`. 1 is good, 0 is not,
        nan is unknown; ``difference`` is in pixels.
    """
    return torch.stack([_export(subject, *args) for args in calls])


@relation
def export_agrees(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The file's poses are the network's own."""
    column = result[:, FINDINGS.index("difference")]
    difference = float(column.nan_to_num(nan=math.inf).max())
    seen = f"The file's poses are up to {difference:.2g} px from the network's own."
    yield Finding(difference, "exported_in_training_mode", seen)


def _export_is(
    result: Tensor, case: Case, tolerance: float, *, good: tuple[str, ...]
) -> Iterator[Finding]:
    """Nothing of what is named is at fault."""
    for name in good:
        mistake, seen = _FAULTS[name]
        # What is not known was kept from being looked at by a fault that has its own name.
        yield demand(not bool((result[:, FINDINGS.index(name)] == 0).any()), mistake, seen)


RELATIONS |= {
    "export_form": partial(
        _export_is, good=("written", "alone", "loads", "input_name", "output_name", "input_type")
    ),
    "export_free_batch": partial(_export_is, good=("free_batch",)),
    "export_mode_kept": partial(_export_is, good=("mode_kept",)),
}


def _export(subject: Subject, frames: Tensor, training: bool) -> Tensor:
    require_packages(SPEC)
    import onnxruntime

    model = _Example().train(training)
    expected = model.eval()(frames).detach()
    model.train(training)
    found = dict.fromkeys(FINDINGS, float("nan"))
    with tempfile.TemporaryDirectory() as folder, _inside(folder):
        path = Path(folder) / "export" / "model.onnx"
        path.parent.mkdir()
        subject(model, str(path))
        found["written"] = float(path.is_file())
        found["mode_kept"] = float(model.training is training)
        # An exporter may leave files where the work is done, not only where it was told to write.
        left = {p for p in Path(folder).rglob("*") if p.is_file()} - {path}
        found["alone"] = float(not left)
        if path.is_file():
            content = path.read_bytes()
            # Weights beside the file are of no use to those who get the file alone.
            with _inside(tempfile.gettempdir()):
                found |= _try(onnxruntime, content, frames, expected)
    return torch.tensor([found[name] for name in FINDINGS], dtype=torch.float64)


def _try(runtime: Any, content: bytes, frames: Tensor, expected: Tensor) -> dict[str, float]:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception:  # onnxruntime's errors have no base class of their own
        return {"loads": 0.0}
    given, returned = session.get_inputs()[0], session.get_outputs()[0]
    found = {
        "loads": 1.0,
        "input_name": float(given.name == INPUT_NAME),
        "output_name": float(returned.name == OUTPUT_NAME),
        "input_type": float(given.type == "tensor(uint8)"),
    }
    try:
        parts = frames.split((1, len(frames) - 1))
        results = [session.run(None, {given.name: part.numpy()})[0] for part in parts]
    except Exception:
        return {**found, "free_batch": 0.0}
    poses = torch.cat([torch.from_numpy(result) for result in results])
    same = poses.shape == expected.shape
    difference = float((poses - expected).abs().max()) if same else float("inf")
    return {**found, "free_batch": 1.0, "difference": difference}


class _Example(nn.Module):
    """A network that meets the specification and behaves in another way when it trains."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.norm = nn.BatchNorm1d(48)
        self.norm.running_mean = torch.rand(48, generator=generator)
        self.norm.running_var = 0.1 + torch.rand(48, generator=generator)
        self.dropout = nn.Dropout(0.5)
        self.linear = nn.Linear(48, 14)
        with torch.no_grad():
            weight = torch.randn(self.linear.weight.shape, generator=generator)
            self.linear.weight.copy_(4 * weight)

    def forward(self, frames: Tensor) -> Tensor:
        batch, length = frames.shape[:2]
        tiles = frames.float().reshape(batch * length, 4, 16, 4, 16, 3).mean((2, 4)) / 255
        poses = self.linear(self.dropout(self.norm(tiles.flatten(1))))
        return 32 + poses.reshape(batch, length, 7, 2)


@contextlib.contextmanager
def _inside(folder: str) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
