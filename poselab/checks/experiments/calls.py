"""Experiments with a student's function or network: several calls, and what came of them.

A network of one's own design has no right answer to be compared with, but it has to behave: what is
done to one clip must not change the others' poses. An experiment makes the calls, where the
student's code runs; :mod:`poselab.checks.relations` judges the numbers, elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook

Subject = Callable[..., Any]
Calls = tuple[tuple[Any, ...], ...]
"""The arguments of each call."""

OFFSET = 1000.0
"""What is added to the output layer's bias, and taken from it."""

_MOST_PARAMETERS = 200
_NUDGE = 0.1


class UnfitResultError(Exception):
    """A call returned what the experiment cannot go on with.

    Args:
        result: what was returned.
    """

    def __init__(self, result: object) -> None:
        super().__init__()
        self.result = result


def outputs(subject: Subject, calls: Calls) -> Tensor:
    """The result of every call, (call, ...)."""
    with torch.no_grad():
        return _stacked([subject(*args) for args in calls])


def seeded_outputs(subject: Subject, calls: Calls) -> Tensor:
    """The same, with PyTorch's random numbers starting anew before each call.

    They start from 0 in the first call, from 1 in the second, and so on; from 0 in the last again.
    """
    results = []
    with torch.no_grad():
        for number, args in enumerate(calls):
            torch.default_generator.manual_seed(number if number < len(calls) - 1 else 0)
            results.append(subject(*args))
    return _stacked(results)


def random_state(subject: Subject, calls: Calls) -> Tensor:
    """For each call, whether it left PyTorch's random numbers alone: 1 or 0."""
    kept = []
    for args in calls:
        before = torch.default_generator.get_state()
        subject(*args)
        kept.append(torch.equal(before, torch.default_generator.get_state()))
    return torch.tensor(kept, dtype=torch.float64)


def reach(subject: Subject, calls: Calls) -> Tensor:
    """What each of a network's parameters does for the result of the one call.

    Returns:
        (parameter, 4): its number of axes; whether the result changes with it; whether it is in the
        result's graph; and whether the result's first frame, index 0 of axis 1, has a gradient
        there that is not 0.
    """
    (args,) = calls
    assert isinstance(subject, nn.Module)
    parameters = [p for p in subject.parameters() if p.requires_grad][:_MOST_PARAMETERS]
    result = _plain(subject(*args))
    whole = [gradient is not None for gradient in _gradients(result, parameters)]
    # What is stacked over time passes zeros on to all frames.
    first = [g is not None and bool(g.any()) for g in _gradients(result[:, 0], parameters)]
    used = [_is_used(subject, args, result.detach(), parameter) for parameter in parameters]
    rows = [
        (float(p.dim()), float(u), float(w), float(f))
        for p, u, w, f in zip(parameters, used, whole, first, strict=True)
    ]
    return torch.tensor(rows, dtype=torch.float64).reshape(-1, 4)


def offset_output(subject: Subject, calls: Calls) -> Tensor:
    """Results of the one call while the last layer's bias is as it is, raised, and lowered.

    Returns:
        (3, ...); without any rows where no layer with a bias is found.
    """
    (args,) = calls
    last: list[nn.Module] = []

    def note(module: nn.Module, *_: object) -> None:
        # A recurrent layer's bias is no offset of what comes out of it.
        if isinstance(getattr(module, "bias", None), Tensor):
            last[:] = [module]

    handle = register_module_forward_hook(note)
    try:
        with torch.no_grad():
            results = [_plain(subject(*args))]
    finally:
        handle.remove()
    if not last:
        return torch.empty(0, *results[0].shape)
    bias = last[0].bias
    assert isinstance(bias, Tensor)
    for offset in (OFFSET, -OFFSET):
        with _changed(bias, bias.detach() + offset), torch.no_grad():
            results.append(subject(*args))
    return _stacked(results)


def exported(subject: Subject, calls: Calls) -> Tensor:
    """What came of exporting a network of ours with ``subject(model, path)``.

    Each call's arguments are (frames, mode): clips to try the file with, and whether the network is
    in training mode when it is handed over.

    Returns:
        (call, finding), the findings in the order of :data:`EXPORT_FINDINGS`. 1 is good, 0 is not,
        nan is unknown; ``difference`` is in pixels.
    """
    return torch.stack([_export(subject, *args) for args in calls])


EXPORT_FINDINGS = (
    "written",
    "alone",
    "mode_kept",
    "loads",
    "input_name",
    "output_name",
    "input_type",
    "free_batch",
    "difference",
)
"""What :func:`exported` looks at: a file at the path; nothing beside it; the network's mode as it
was; onnxruntime takes it; names and type as in the specification; batches of several sizes; and how far
its poses are from the network's own."""


def _export(subject: Subject, frames: Tensor, training: bool) -> Tensor:
    from poselab.models.predictor import require_packages
    from poselab.models.rnn_video import INPUT_NAME, OUTPUT_NAME, SPEC

    require_packages(SPEC)
    import onnxruntime

    model = _Example().train(training)
    expected = model.eval()(frames).detach()
    model.train(training)
    found = dict.fromkeys(EXPORT_FINDINGS, float("nan"))
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
            # Weights beside the file are of no use to whoever gets the file.
            with _inside(tempfile.gettempdir()):
                found |= _try(onnxruntime, content, frames, expected, INPUT_NAME, OUTPUT_NAME)
    return torch.tensor([found[name] for name in EXPORT_FINDINGS], dtype=torch.float64)


def _try(
    runtime: Any,
    content: bytes,
    frames: Tensor,
    expected: Tensor,
    input_name: str,
    output_name: str,
) -> dict[str, float]:
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
        "input_name": float(given.name == input_name),
        "output_name": float(returned.name == output_name),
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


EXPERIMENTS: dict[str, Callable[[Subject, Calls], Tensor]] = {
    experiment.__name__: experiment
    for experiment in (outputs, seeded_outputs, random_state, reach, offset_output, exported)
}


def _plain(result: object) -> Tensor:
    if type(result) not in (Tensor, nn.Parameter):
        raise UnfitResultError(result)
    assert isinstance(result, Tensor)
    return result


def _stacked(results: Sequence[object]) -> Tensor:
    tensors = [_plain(result) for result in results]
    for tensor in tensors:
        if tensor.shape != tensors[0].shape or tensor.dtype != tensors[0].dtype:
            raise UnfitResultError(tensor)
    return torch.stack([tensor.detach() for tensor in tensors])


def _gradients(result: Tensor, parameters: Sequence[nn.Parameter]) -> Sequence[Tensor | None]:
    if not result.requires_grad or not parameters:
        return [None] * len(parameters)
    weight = torch.linspace(0.5, 1.5, result.numel(), dtype=result.dtype).reshape(result.shape)
    return torch.autograd.grad(
        (result * weight).sum(), parameters, allow_unused=True, retain_graph=True
    )


def _is_used(
    subject: nn.Module, args: tuple[Any, ...], result: Tensor, parameter: nn.Parameter
) -> bool:
    noise = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    with _changed(parameter, parameter.detach() + _NUDGE * noise), torch.no_grad():
        changed = _plain(subject(*args))
    return changed.shape != result.shape or not torch.equal(changed, result)


@contextlib.contextmanager
def _changed(tensor: Tensor, values: Tensor) -> Iterator[None]:
    before = tensor.detach().clone()
    with torch.no_grad():
        tensor.copy_(values)
    try:
        yield
    finally:
        with torch.no_grad():
            tensor.copy_(before)


@contextlib.contextmanager
def _inside(folder: str) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
