"""Checking one's own model before it is submitted, in this process or in one of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from poselab.models.examination import (
    Check,
    Report,
    as_line,
    check_names,
    examine,
    from_line,
    unfinished,
)
from poselab.models.predictor import Predictor, require_packages
from poselab.models.specification import ModelSpec, specification_for

if TYPE_CHECKING:
    from torch import nn

EXAMINE = "examine"
"""The command that runs a model in a process of its own."""


def verify_model(path: str | Path, assignment: str | None = None) -> Report:
    """Check a model file as the grader does.

    The model runs in this process; ``poselab verify FILE`` runs it in one of its own, with the
    grader's limits on time and memory.

    Args:
        path: the file; of a script's model, the weights, with the script beside them.
        assignment: the assignment's id, for a file whose name does not tell it.

    Returns:
        The checks that were made; a file that cannot be read fails the first.

    Raises:
        MissingPackageError: onnx or onnxruntime is not installed.
        ValueError: the name does not tell which assignment the file is for.
    """
    spec = specification_for(path, assignment)
    try:
        files = read_files(path, spec)
    except ValueError as error:
        return _not_read(spec, error)
    with _laid_out(files, path, spec) as folder:
        return Report(tuple(examine(files, spec, folder)), check_names(spec))


def verify_apart(path: Path, assignment: str | None = None, seconds: float | None = None) -> Report:
    """:func:`verify_model` in a process of its own, with the grader's limits.

    A model that never ends, or takes Python down with it, costs that process and is reported.

    Args:
        path: the file.
        assignment: the assignment's id, for a file whose name does not tell it.
        seconds: after which the process is ended; the specification's unless told otherwise.

    Returns:
        The checks that were made; if the process did not end well, the last one failed and says
        why.

    Raises:
        MissingPackageError: onnx or onnxruntime is not installed.
        ValueError: the name does not tell which assignment the file is for.
    """
    spec = specification_for(path, assignment)
    require_packages(spec)
    try:
        read_files(path, spec)
    except ValueError as error:
        return _not_read(spec, error)
    command = [sys.executable, "-m", "poselab", EXAMINE, str(path)]
    command += ["--assignment", assignment] if assignment else []
    process = subprocess.Popen(
        command, bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    # Importing what it takes is not the model's fault: the clock starts with the first check.
    start = process.stdout.readline()
    timed_out = False
    try:
        output, _ = process.communicate(timeout=seconds or spec.limits.seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        timed_out = True
    # The last line may have been cut off in the middle.
    checks = [from_line(line) for line in (start + output).split(b"\n")[:-1]]
    if timed_out:
        checks.append(unfinished(spec, checks, "timed_out"))
    elif process.returncode:
        checks.append(unfinished(spec, checks, "crashed", _how(process.returncode)))
    return Report(tuple(checks), check_names(spec))


def print_checks(path: Path, assignment: str | None) -> None:
    """Print each check as a line, as soon as it is made: what the process of its own does."""
    spec = specification_for(path, assignment)
    require_packages(spec)
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    limit_memory(spec.limits.memory_bytes)
    files = read_files(path, spec)
    with _laid_out(files, path, spec) as folder:
        for check in examine(files, spec, folder):
            print(as_line(check), file=lines, flush=True)


def agreement(
    model: nn.Module, path: str | Path, inputs: Any, assignment: str | None = None
) -> float:
    """How far an exported file's outputs are from those of the network that it was made of.

    Args:
        model: the network, of one input; it returns a tensor, or several in the file's order. It is
            put into evaluation mode for the comparison, and then back.
        path: the exported file.
        inputs: (sample, ...), a tensor or an array.
        assignment: the assignment's id, for a file whose name does not tell it.

    Returns:
        The largest difference of any number.

    Raises:
        MissingPackageError: onnxruntime is not installed.
        ValueError: the file cannot be read.
    """
    import torch

    spec = specification_for(path, assignment)
    samples = torch.as_tensor(inputs).cpu()
    parameter = next(model.parameters(), None)
    device = "cpu" if parameter is None else parameter.device
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            own = [_as_tuple(model(part.to(device))) for part in samples.split(spec.at_once)]
    finally:
        model.train(training)
    files = read_files(path, spec)
    with _laid_out(files, path, spec) as folder:
        exported = Predictor(files, spec, folder).predict({spec.inputs[0].name: samples.numpy()})
    pairs = zip(zip(*own, strict=True), spec.outputs, strict=True)
    differences = [torch.cat(one).cpu().numpy() - exported[tensor.name] for one, tensor in pairs]
    return max(float(np.abs(difference).max(initial=0.0)) for difference in differences)


def _as_tuple(outputs: Any) -> tuple[Any, ...]:
    return tuple(outputs) if isinstance(outputs, (tuple, list)) else (outputs,)


def read_files(path: str | Path, spec: ModelSpec) -> dict[str, bytes]:
    """What is to be submitted, by the names of the specification.

    Args:
        path: the model's file, whatever it is called; other files lie beside it.
        spec: which files there are.

    Returns:
        The content of every file, by its name in the specification.

    Raises:
        ValueError: one is not there, empty or too large; the message is one sentence.
    """
    path = Path(path)
    places = {name: path.with_name(name) for name in spec.files}
    places[spec.file if path.name not in places else path.name] = path
    return {name: _read(place, spec) for name, place in places.items()}


_NAMED = {"onnx": "exported", "script": "saved"}
_AGAIN = {"onnx": "export the model again", "script": "save it again"}


@contextlib.contextmanager
def _laid_out(files: Mapping[str, bytes], path: str | Path, spec: ModelSpec) -> Iterator[Path]:
    """A folder that holds the files under the specification's names, as the grader has them.

    What else the script may find beside it lies there, too, if it lies beside the file.
    """
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        for name in spec.beside:
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(Path(path).with_name(name), Path(folder, name))
        yield Path(folder)


def _read(path: Path, spec: ModelSpec) -> bytes:
    most = spec.limits.file_bytes
    if path.name in spec.files and path.name != spec.file and not path.exists():
        raise ValueError(f"{path.name} is missing; put it beside {spec.file}.")
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise ValueError(
            f"{path.name} cannot be read ({reason}); name the {_NAMED[spec.kind]} file."
        ) from None
    if not content:
        raise ValueError(f"{path.name} is empty; {_AGAIN[spec.kind]}.")
    if len(content) > most:
        raise ValueError(
            f"{path.name} is larger than {most >> 20} MB, the limit for a model; "
            "use fewer features or a smaller network."
        )
    return content


def limit_memory(bytes_more: int) -> None:
    """Let this process take so much more memory than it has; where systems cannot, do nothing."""
    try:
        import resource
    except ImportError:  # Windows
        return
    # Elsewhere there is no such file, and no such limit that holds.
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * os.sysconf("SC_PAGE_SIZE") + bytes_more
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _not_read(spec: ModelSpec, error: ValueError) -> Report:
    return Report((Check("file", False, str(error)),), check_names(spec))


def _how(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"
