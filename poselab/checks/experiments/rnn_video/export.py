"""Export of a network to one ONNX file: what the file holds, and what became of the network.

What is asked of a file is asked by :func:`poselab.models.verify.verify_model`, which the grader
uses as well; what is measured besides tells why a file fails.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from poselab.checks.experiments.rnn_video.export_examples import (
    TRAINING_MARK,
    Recurrent,
    Small,
    Snapshot,
    evaluated,
)
from poselab.checks.registry import Calls, Subject, experiment
from poselab.models.examination import check_names
from poselab.models.predictor import require_packages
from poselab.models.rnn_video import INPUT_NAME, OUTPUT_NAME, SPEC
from poselab.models.verify import verify_model

ASSIGNMENT = "rnn_video"
CHECKS = check_names(SPEC)
"""The names of `verify_model`'s checks; a result tells the number of the first that fails."""

ALL_PASSED = -1.0
FREE = -1.0
"""The size of an axis that is open."""

AXES = 6
SIZES = (1, 2, 3, 4, 5)
MORE_SIZES = (8, 10, 16, 32)
"""Batches that a file is tried with; the larger ones where some of the others fail."""

NEAR = 1e-2
"""Pixels within which results are equal but for rounding."""

_STATE = ("modes", "learns", "parameters", "buffers", "settings", "gradients", "dtype")
_MORE = ("inputs", "outputs", "weights_outside", "kind_in", "kind_out")

PATTERNS: dict[str, Callable[[Tensor, Tensor], bool]] = {
    "swapped": lambda got, wanted: _near(got, wanted.flip(-1)),
    "rounded": lambda got, wanted: _near(got, got.round()) and _near(got, wanted, 1.01),
    "clamped": lambda got, wanted: _near(got, wanted.clamp(float(got.min()), float(got.max()))),
    "reversed": lambda got, wanted: _near(got, wanted.flip(1)),
    "reordered": lambda got, wanted: _is_reordered(got, wanted),
    "rescaled": lambda got, wanted: _is_rescaled(got, wanted),
    "training": lambda got, wanted: bool(
        ((got - wanted).mean() - TRAINING_MARK).abs() < TRAINING_MARK / 4
    ),
}
"""What a file's poses may have to do with the right ones, each a mistake of its own."""

OTHER_FRAMES: dict[str, Callable[[Tensor], Tensor]] = {
    "colours": lambda frames: frames.flip(-1),
    "mirrored": lambda frames: frames.flip(-2),
    "upside_down": lambda frames: frames.flip(-3),
    "transposed": lambda frames: frames.transpose(-2, -3),
    "time": lambda frames: frames.flip(1),
    "signed": lambda frames: frames.view(torch.int8),
    "fractions": lambda frames: frames.float() / 255,
}
"""What a file may do to the frames that the network does not do."""

FINDINGS = (
    *("written", "elsewhere", "beside", "replaced", "bytes", "archive", "verified"),
    *(*_MORE, "input_named", "output_named", "swapped_names", "opset"),
    *(f"in_{axis}" for axis in range(AXES)),
    *(f"out_{axis}" for axis in range(AXES)),
    *(f"runs_{size}" for size in (*SIZES, *MORE_SIZES)),
    *("difference", "own_weights", "other_weights"),
    *(f"is_{name}" for name in PATTERNS),
    *(f"frames_{name}" for name in OTHER_FRAMES),
    *("training_before", "training_after", *(f"kept_{name}" for name in _STATE)),
)
"""What :func:`exported` reports of each call. 1 is yes, 0 is no, nan is unknown."""


@experiment
def exported(subject: Subject, calls: Calls) -> Tensor:
    """The result of exporting networks of ours with ``subject(model, path)``.

    Args:
        subject: the student's function.
        calls: each (frames, seed, training): clips to try the file with; a seed for the network's
            weights; and whether it is in training mode. The first network is like the student's.
            The others are small, and there is a file at the path already.

    Returns:
        (call, finding), the findings in the order of :data:`FINDINGS`.
    """
    require_packages(SPEC)
    rows = []
    for number, (frames, seed, training) in enumerate(calls):
        model = (Small if number else Recurrent)(seed).train(training)
        found = _export(subject, model, frames, crowded=number > 0)
        rows.append([found.get(name, math.nan) for name in FINDINGS])
    return torch.tensor(rows, dtype=torch.float64)


def _export(subject: Subject, model: nn.Module, frames: Tensor, crowded: bool) -> dict[str, float]:
    expected = evaluated(model, frames)
    before, training = Snapshot.of(model), model.training
    found: dict[str, float]
    with tempfile.TemporaryDirectory() as folder, _inside(folder), _settings_restored():
        path = Path(folder) / "export" / "model.onnx"
        path.parent.mkdir()
        found = _write(subject, model, path, crowded)
        after = Snapshot.of(model)
        found |= {"training_before": training, "training_after": model.training}
        found |= {f"kept_{name}": kept for name, kept in before.kept_by(after).items()}
        # An exporter may leave files where the work is done, not only where it was told to write.
        others = [other for other in Path(folder).rglob("*") if other.is_file() and other != path]
        found |= {"written": path.is_file(), "beside": bool(others)}
        found["elsewhere"] = bool(others) and not path.is_file()
        if path.is_file():
            found |= _looked_at(path, model)
            if found["verified"] not in map(float, range(CHECKS.index("interface"))):
                # A network that was changed before the export has been exported as it is now.
                both = [expected, evaluated(model, frames)]
                tried = [_tried(path, model, frames, poses) for poses in both]
                best: dict[str, float] = min(tried, key=_difference)
                found |= best
    return {name: float(value) for name, value in found.items()}


def _difference(tried: dict[str, float]) -> float:
    return tried.get("difference", math.inf)


def _write(subject: Subject, model: nn.Module, path: Path, crowded: bool) -> dict[str, float]:
    """Export, and tell whether a file that was there is replaced."""
    if not crowded:
        subject(model, str(path))
        return {}
    older = b"an older export"
    path.write_bytes(older)
    error: Exception | None = None
    try:
        subject(model, str(path))
    except Exception as raised:
        error = raised
    if error is None and not (path.is_file() and path.read_bytes() == older):
        return {"replaced": 1.0}
    # Is it the older file that is in the way? Without it, there must be a new one.
    path.unlink(missing_ok=True)
    subject(model, str(path))
    return {"replaced": 0.0} if path.is_file() else {}


def _looked_at(path: Path, model: nn.Module) -> dict[str, float]:
    """What `verify_model` says, and what the file says about itself."""
    content = path.read_bytes()
    failures = verify_model(path, ASSIGNMENT).failures
    found = {
        "bytes": float(len(content)),
        "archive": float(zipfile.is_zipfile(io.BytesIO(content))),
        "verified": float(CHECKS.index(failures[0].name)) if failures else ALL_PASSED,
    }
    from poselab.models import graph

    with contextlib.suppress(Exception):  # protobuf has several, and the file may hold anything
        found |= _interface(graph.parse(content), graph, set(model.state_dict()))
    return found


def _interface(onnx_model: Any, graph: Any, weights: set[str]) -> dict[str, float]:
    held = {tensor.name for tensor in onnx_model.graph.initializer}
    given = [value for value in onnx_model.graph.input if value.name not in held]
    returned = list(onnx_model.graph.output)
    found = {
        "inputs": len(given),
        "outputs": len(returned),
        "weights_outside": sum(graph.is_external(tensor) for tensor in graph.tensors(onnx_model)),
        "opset": max(o.version for o in onnx_model.opset_import if o.domain in ("", "ai.onnx")),
    }
    if not given or not returned:
        return found
    first, result = given[0], returned[0]
    if any(value.name in weights for value in given[1:]):
        found["inputs"] = -len(given)
    found |= {
        "input_named": first.name == INPUT_NAME,
        "output_named": result.name == OUTPUT_NAME,
        "swapped_names": (first.name, result.name) == (OUTPUT_NAME, INPUT_NAME),
        "kind_in": first.type.tensor_type.elem_type,
        "kind_out": result.type.tensor_type.elem_type,
    }
    for what, value in (("in", first), ("out", result)):
        for axis, size in enumerate((graph.shape(value) or [])[:AXES]):
            found[f"{what}_{axis}"] = float(size) if isinstance(size, int) else FREE
    return found


def _tried(path: Path, model: nn.Module, frames: Tensor, expected: Tensor) -> dict[str, float]:
    """What the file computes, and what that has to do with what it should compute."""
    run = _runner(path.read_bytes())
    if run is None:
        return {}
    results = {size: run(frames[:size]) for size in SIZES}
    if any(result is None for result in results.values()):
        for size in MORE_SIZES:
            some = [number % len(frames) for number in range(size)]
            results[size] = run(frames[some])
    found = {f"runs_{size}": float(result is not None) for size, result in results.items()}
    whole = {
        size: result for size, result in results.items() if result is not None and size in SIZES
    }
    if not whole:
        return found
    found["difference"] = max(_apart(got, expected[:size]) for size, got in whole.items())
    found["own_weights"], found["other_weights"] = _weights(path.read_bytes(), model)
    got, size = whole[max(whole)], max(whole)
    if got.shape == expected[:size].shape and found["difference"] > 1e-3:
        found |= _patterns(got, expected[:size], model, frames[:size])
    return found


def _patterns(got: Tensor, expected: Tensor, model: nn.Module, frames: Tensor) -> dict[str, float]:
    found = {f"is_{name}": float(fits(got, expected)) for name, fits in PATTERNS.items()}
    for name, other in OTHER_FRAMES.items():
        found[f"frames_{name}"] = float(_near(got, evaluated(model, other(frames))))
    return found


def _runner(content: bytes) -> Callable[[Tensor], Tensor | None] | None:
    """The file as a function that returns nothing where it cannot be run."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    providers = ["CPUExecutionProvider"]
    try:
        session = onnxruntime.InferenceSession(content, options, providers=providers)
    except Exception:  # onnxruntime's errors have no base class of their own
        return None
    name = session.get_inputs()[0].name

    def run(frames: Tensor) -> Tensor | None:
        with contextlib.suppress(Exception):
            return torch.from_numpy(session.run(None, {name: frames.numpy()})[0]).float()
        return None

    return run


def _weights(content: bytes, model: nn.Module) -> tuple[float, float]:
    """How many of the network's weights are in the file, and how many others of their sizes."""
    from onnx import numpy_helper

    from poselab.models import graph

    # Exporters turn weights round and put them in another order.
    held: list[Tensor] = []
    for tensor in graph.tensors(graph.parse(content)):
        with contextlib.suppress(Exception):
            numbers = torch.from_numpy(numpy_helper.to_array(tensor).copy())
            if numbers.is_floating_point():
                held.append(numbers.double().flatten().sort().values)
    own, other = 0, 0
    for parameter in model.parameters():
        numbers = parameter.detach().double().flatten().sort().values
        alike = [weight for weight in held if len(weight) == len(numbers)]
        if parameter.dim() < 2 or not alike:
            continue
        if any(torch.allclose(weight, numbers, rtol=1e-2, atol=1e-3) for weight in alike):
            own += 1
        else:
            other += 1
    return float(own), float(other)


def _apart(got: Tensor, wanted: Tensor) -> float:
    if got.shape != wanted.shape:
        return math.inf
    return float((got - wanted).abs().nan_to_num(nan=math.inf).max())


def _near(got: Tensor, wanted: Tensor, most: float = NEAR) -> bool:
    return _apart(got, wanted) <= most


def _is_reordered(got: Tensor, wanted: Tensor) -> bool:
    """Whether the joints are all there, in another order."""
    joints = range(wanted.shape[2])
    places = [
        [place for place in joints if _near(got[:, :, joint], wanted[:, :, place])]
        for joint in joints
    ]
    return sorted(itertools.chain.from_iterable(places)) == list(joints)


def _is_rescaled(got: Tensor, wanted: Tensor) -> bool:
    """Whether x and y are the right ones times a number, plus a number; not 1 and 0."""
    if _near(got, wanted, 0.2):
        return False  # rounding may look like it
    for axis in range(2):
        x, y = wanted[..., axis].double().flatten(), got[..., axis].double().flatten()
        system = torch.stack((x, torch.ones_like(x)), dim=1)
        solution = torch.linalg.lstsq(system, y[:, None]).solution
        size = float(y.std())
        if size == 0 or float((system @ solution - y[:, None]).abs().max()) > 1e-3 * size:
            return False
    return True


@contextlib.contextmanager
def _inside(folder: str) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _settings_restored() -> Iterator[None]:
    """PyTorch's settings as they were, whatever a call does to them."""
    gradients, dtype = torch.is_grad_enabled(), torch.get_default_dtype()
    try:
        yield
    finally:
        torch.set_grad_enabled(gradients)
        torch.set_default_dtype(dtype)


def as_mapping(row: Tensor) -> Mapping[str, float]:
    """One call's findings by name."""
    return dict(zip(FINDINGS, map(float, row), strict=True))
