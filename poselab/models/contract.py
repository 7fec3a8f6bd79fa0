"""What a model has to be that is handed in, and whether a file is that.

A model that is handed in is one ONNX file. It takes raw video frames and returns joints in pixels;
whatever it needs, normalisation and weights included, is inside:

====== ================ ======= =======================
input  ``input_frames`` uint8   (batch, 10, 64, 64, 3)
output ``joint_pos``    float32 (batch, 10, 7, 2)
====== ================ ======= =======================

The batch is free, frames are RGB, joints stand in the order of ``poselab.skeletons.UPPER_BODY`` as
(x, y) in pixels, the centre of the first pixel at 0. :func:`verify_model` tries all of it; the
grader calls the same function, and then runs the model on clips that nobody has seen.

A file from a stranger is only looked at, by :mod:`poselab.models.graph`, until it is known that
onnxruntime would read nothing else and would not be asked for more memory than there is.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

INPUT_NAME = "input_frames"
OUTPUT_NAME = "joint_pos"
CLIP = (10, 64, 64, 3)
"""One clip: frames, rows, columns, colours; bytes from 0 to 255."""
POSES = (10, 7, 2)
"""Its poses: frames, joints, (x, y) in pixels."""

LARGEST_FILE = 64 << 20
"""Bytes. Thirty times what the assignment's network needs."""
OPSETS = range(13, 22)
"""Versions of ONNX's operators that the grader's runtime knows."""
NEWEST_FORMAT = 10
"""The newest version of the file format (``ir_version``) that it knows."""
LARGEST_WEIGHTS = 256 << 20
"""Bytes that all weights may take once they are unpacked."""
LARGEST_TENSOR = 1 << 26
"""Numbers that one computed tensor may have for one clip."""
MEMORY = 2 << 30
"""Bytes of memory that running the model may take."""
SECONDS = 60
"""Seconds of one processor core that all checks together may take."""
SECONDS_A_CLIP = 0.25
"""Seconds that one more clip may take when the model is graded."""

BATCHES = (1, 2, 5)
"""Sizes of the batches that a model is tried with."""
SAME = 1e-3
"""Pixels that the same clip's poses may differ by from one run to another."""

INSTALL = "`pip install onnx onnxruntime onnxscript`"

CHECKS = (
    "file",
    "format",
    "operators",
    "self_contained",
    "sizes",
    "interface",
    "loads",
    "batches",
    "finite",
    "repeatable",
    "alone",
    "bytes",
)
"""The names of the checks, in the order in which they are made."""

Cause = Literal["contract", "out_of_memory", "timed_out", "crashed"]

_STANDARD = ("", "ai.onnx")
_AT_ONCE = 32
_LONGEST_QUOTE = 200
_LONGEST_SENTENCE = 500
_SEED = 20
_OUT_OF_MEMORY = ("bad_alloc", "Failed to allocate", "Cannot allocate", "MemoryError", "bad array")
_NOT_ONNX = {
    b"PK\x03\x04": "it is a zip archive, such as `torch.save` writes",
    b"\x80": "it is a pickle",
    b"\x89HDF": "it is an HDF5 file",
    b"\x1f\x8b": "it is packed with gzip",
    b"{": "it is text",
    b"<": "it is text",
}


class MissingPackageError(ImportError):
    """onnx or onnxruntime is not installed. The message says what to install."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        name: one of :data:`CHECKS`.
        passed: whether it is as it has to be.
        sentence: what was found; after a failure, what to do as well.
        cause: what made it fail; ``"contract"`` unless the model could not be run to its end.
    """

    name: str
    passed: bool
    sentence: str
    cause: Cause = "contract"


@dataclass(frozen=True)
class Report:
    """What became of a model's checks.

    Args:
        checks: those that were made; some failures leave nothing for those after them.
    """

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every check was made and none failed."""
        made = tuple(check.name for check in self.checks)
        return made == CHECKS and all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)

    def __str__(self) -> str:
        """A line for each check, and one for all."""
        lines = [f"{'✓' if c.passed else '✗'} {c.name}: {c.sentence}" for c in self.checks]
        verdict = (
            "The model keeps the contract: the grader will run it."
            if self.passed
            else "The model does not keep the contract: handed in like this it earns nothing."
        )
        return "\n".join([*lines, verdict])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


class _BrokenError(Exception):
    """Why a check failed, in one sentence."""

    def __init__(self, sentence: str, cause: Cause = "contract") -> None:
        super().__init__(sentence)
        self.cause = cause


def verify_model(path: str | Path) -> Report:
    """Check a model file as the grader does.

    The model runs in this process; ``poselab verify FILE`` runs it in one of its own, with the
    grader's limits on time and memory.

    Args:
        path: the file.

    Raises:
        MissingPackageError: onnx or onnxruntime is not installed.
    """
    try:
        content = read_model(path)
    except ValueError as error:
        return Report((Check("file", False, str(error)),))
    return Report(tuple(examine(content)))


def read_model(path: str | Path) -> bytes:
    """The bytes of a model file that is there and not too large.

    Raises:
        ValueError: it is not; the message is one sentence.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise ValueError(
            f"{path.name} cannot be read ({reason}); name the exported file."
        ) from None
    if not content:
        raise ValueError(f"{path.name} is empty; export the model again.")
    if len(content) > LARGEST_FILE:
        raise ValueError(
            f"{path.name} has more than the {LARGEST_FILE >> 20} MB that a model may have; "
            "use fewer features or a smaller network."
        )
    return content


def examine(content: bytes) -> Iterator[Check]:
    """Make the checks one by one, as long as each leaves something to look at.

    Args:
        content: what :func:`read_model` returned.

    Raises:
        MissingPackageError: onnx or onnxruntime is not installed.
    """
    require_packages()
    yield Check("file", True, f"The file has {_megabytes(len(content))}.")
    examination = _Examination(content)
    for name in CHECKS[1:]:
        try:
            yield Check(name, True, getattr(examination, name)())
        except _BrokenError as error:
            yield Check(name, False, str(error), error.cause)
            if name in _NOTHING_AFTER:
                return


def unfinished(done: Sequence[Check], cause: Cause, detail: str = "") -> Check:
    """The check that was being made when a model's process ended, as one that failed.

    Args:
        done: the checks before it.
        cause: how the process ended.
        detail: how exactly, to be added in brackets.
    """
    name = CHECKS[min(len(done), len(CHECKS) - 1)]
    sentences = {
        "timed_out": f"Trying the model took more than the {SECONDS} s that all checks may take; "
        "use a smaller network, and no loops.",
        "out_of_memory": _TOO_MUCH_MEMORY,
    }
    brackets = f" ({detail})" if detail else ""
    otherwise = f"The model ended the process that ran it{brackets}; export it again."
    return Check(name, False, sentences.get(cause, otherwise), cause)


def failure(name: str, what: str, error: Exception) -> Check:
    """The failed check that stands for an error of onnxruntime or :class:`Predictor`.

    Args:
        name: the check's.
        what: what was tried, as the beginning of a sentence.
        error: what came of it.
    """
    broken = _failed(what, error)
    return Check(name, False, str(broken), broken.cause)


def agreement(model: nn.Module, path: str | Path, frames: Any) -> float:
    """How far an exported file's poses are from those of the network that it was made of.

    Args:
        model: the network; it is put into evaluation mode for the comparison, and then back.
        path: the exported file.
        frames: (clip, 10, 64, 64, 3) uint8, a tensor or an array.

    Returns:
        The largest difference of any coordinate, in pixels.

    Raises:
        MissingPackageError: onnxruntime is not installed.
        ValueError: the file cannot be read.
    """
    import torch

    clips = torch.as_tensor(frames).cpu()
    parameter = next(model.parameters(), None)
    device = "cpu" if parameter is None else parameter.device
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            own = [model(part.to(device)).cpu() for part in clips.split(_AT_ONCE)]
    finally:
        model.train(training)
    exported = Predictor(read_model(path)).predict(clips.numpy())
    return float(np.abs(torch.cat(own).numpy() - exported).max(initial=0.0))


class Predictor:
    """A model file, ready to be run on one processor core.

    Args:
        content: the file's bytes.

    Raises:
        MissingPackageError: onnxruntime is not installed.
        onnxruntime's errors: it refuses the model.
    """

    def __init__(self, content: bytes) -> None:
        runtime = _import("onnxruntime")
        runtime.set_default_logger_severity(4)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Else a file in onnxruntime's own format would be taken, which has not been looked at.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        self._session = runtime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )

    def predict(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Poses of some clips, a few clips at a time.

        Args:
            frames: (clip, 10, 64, 64, 3) uint8.

        Returns:
            (clip, 10, 7, 2) float32, pixels.

        Raises:
            ValueError: the model returns something else.
            onnxruntime's errors: it cannot be run.
        """
        parts = [self.run(frames[i : i + _AT_ONCE]) for i in range(0, len(frames), _AT_ONCE)]
        return np.concatenate(parts) if parts else np.empty((0, *POSES), np.float32)

    def run(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Poses of one batch, as :meth:`predict`."""
        (poses,) = self._session.run([OUTPUT_NAME], {INPUT_NAME: np.ascontiguousarray(batch)})
        expected = (len(batch), *POSES)
        if not isinstance(poses, np.ndarray) or poses.dtype != np.float32:
            raise ValueError("it returns something else than float32 numbers")
        if poses.shape != expected:
            raise ValueError(f"it returns the shape {poses.shape} instead of {expected}")
        return poses


def require_packages() -> None:
    """Import what checking a model takes.

    Raises:
        MissingPackageError: it is not installed.
    """
    for name in ("onnx", "onnx.shape_inference", "onnxruntime"):
        _import(name)


def limit_memory(bytes_more: int = MEMORY) -> None:
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


def as_line(check: Check) -> str:
    """A check as one line of JSON."""
    return json.dumps(asdict(check))


def from_line(line: str | bytes) -> Check:
    """A check from a line that a process wrote which may have run anything.

    Raises:
        ValueError: the line is not one.
    """
    try:
        fields = json.loads(line)
        sentence = _tidy(str(fields["sentence"]), _LONGEST_SENTENCE)
        return Check(str(fields["name"]), fields["passed"] is True, sentence, _cause(fields))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no check: {error!r}") from None


def _cause(fields: Any) -> Cause:
    causes: dict[Any, Cause] = {str(cause): cause for cause in get_args(Cause)}
    return causes.get(str(fields["cause"]), "contract")


class _Examination:
    """The checks of one file, each a method of its name that returns what it found.

    Each relies on those before it having passed, up to those that :data:`_NOTHING_AFTER` names.
    """

    def __init__(self, content: bytes) -> None:
        from poselab.models import graph as onnx_graph

        self.content = content
        self.look = onnx_graph

    def format(self) -> str:
        """It is an ONNX model of a version that can be run."""
        hint = next((h for start, h in _NOT_ONNX.items() if self.content.startswith(start)), "")
        try:
            self.model = self.look.parse(self.content)
        except Exception:  # protobuf has several, and none that is ours
            why = hint or "it is damaged, or something else"
            raise _BrokenError(
                f"The file is no ONNX model: {why}; write it with export_model."
            ) from None
        if not self.model.ir_version or not self.model.graph.node:
            why = hint or "it holds no graph of operators"
            raise _BrokenError(f"The file is no ONNX model: {why}; write it with export_model.")
        if self.model.ir_version > NEWEST_FORMAT:
            raise _BrokenError(
                f"The file's ir_version is {self.model.ir_version}, and the grader reads up to "
                f"{NEWEST_FORMAT}; export it with opset_version=20."
            )
        versions = [o.version for o in self.model.opset_import if o.domain in _STANDARD]
        if len(versions) != 1 or versions[0] not in OPSETS:
            said = ", ".join(map(str, versions)) or "not said"
            raise _BrokenError(
                f"The version of the operators (opset) is {said}, and the grader runs "
                f"{OPSETS[0]} to {OPSETS[-1]}; export with opset_version=20."
            )
        return f"It is an ONNX model with opset {versions[0]}."

    def operators(self) -> str:
        """Every node is one of ONNX's own operators."""
        if self.model.functions:
            name = _quote(self.model.functions[0].name)
            raise _BrokenError(
                f"The model defines a function of its own ({name}); export it with "
                "torch.onnx.export, which writes plain operators."
            )
        if self.model.training_info:
            raise _BrokenError("The model holds steps of a training; export it for inference.")
        count = 0
        for node in self.look.nodes(self.model):
            count += 1
            if node.domain not in _STANDARD:
                raise _BrokenError(
                    f"The operator {_quote(node.op_type)} of the domain {_quote(node.domain)} is "
                    "not one of ONNX's own, which are all that the grader runs; build the model "
                    "from PyTorch's layers and export it with torch.onnx.export."
                )
        return f"Its {count} operators are ONNX's own."

    def self_contained(self) -> str:
        """All weights are in the file."""
        for tensor in self.look.tensors(self.model):
            if self.look.is_external(tensor):
                raise _BrokenError(
                    f"The tensor {_quote(tensor.name)} lies in another file, and only this one is "
                    "handed in; export with external_data=False."
                )
        return "All weights are in this file."

    def sizes(self) -> str:
        """Nothing in it asks for absurd amounts of memory."""
        total = 0.0
        for tensor in self.look.tensors(self.model):
            total += self.look.numbers(list(tensor.dims)) * self.look.item_size(tensor)
            if not self.look.holds_what_it_declares(tensor):
                raise _BrokenError(
                    f"The tensor {_quote(tensor.name)} declares the shape {_dims(tensor.dims)}, "
                    "and the file does not hold that many numbers; export the model again."
                )
        total += sum(8 * self.look.numbers(dims) for dims in self.look.sparse_shapes(self.model))
        if total > LARGEST_WEIGHTS:
            raise _BrokenError(
                f"Unpacked, the weights take {_megabytes(total)}, more than the "
                f"{LARGEST_WEIGHTS >> 20} MB that they may; use a smaller network."
            )
        for name, dims in self._shapes():
            if self.look.numbers(dims) > LARGEST_TENSOR:
                raise _BrokenError(
                    f"The tensor {_quote(name)} has the shape {_dims(dims)} for one clip, more "
                    f"than {LARGEST_TENSOR >> 20} million numbers; use a smaller network."
                )
        return f"Unpacked, its weights take {_megabytes(total)}."

    def interface(self) -> str:
        """One input and one output, with the right names, types and shapes."""
        graph = self.model.graph
        weights = {tensor.name for tensor in graph.initializer}
        # Old exporters list the weights among the inputs.
        inputs = [value for value in graph.input if value.name not in weights]
        _expect_interface("input", inputs, INPUT_NAME, "uint8", CLIP, self.look)
        _expect_interface("output", list(graph.output), OUTPUT_NAME, "float", POSES, self.look)
        frames, poses = _inner(CLIP), _inner(POSES)
        return f"It maps {INPUT_NAME} (batch, {frames}) to {OUTPUT_NAME} (batch, {poses})."

    def loads(self) -> str:
        """onnxruntime takes it."""
        try:
            self.predictor = Predictor(self.content)
        except Exception as error:  # onnxruntime's have no common ancestor
            raise _failed("onnxruntime cannot load the model", error) from None
        return "onnxruntime loads it."

    def batches(self) -> str:
        """It runs with several sizes of batch."""
        self.clips = _some_clips(max(BATCHES))
        for size in BATCHES:
            try:
                self.poses = self.predictor.run(self.clips[:size])
            except Exception as error:  # onnxruntime's have no common ancestor
                raise _failed(f"With a batch of {size} the model fails", error) from None
        return f"It runs with batches of {', '.join(map(str, BATCHES))} clips."

    def finite(self) -> str:
        """No NaN and no infinity."""
        broken = ~np.isfinite(self.poses).all(axis=(1, 2, 3))
        if broken.any():
            raise _BrokenError(
                f"For {broken.sum()} of {broken.size} ordinary clips some coordinates are NaN or "
                "infinite; look at the trained weights before you export."
            )
        return "Its coordinates are finite."

    def repeatable(self) -> str:
        """The same clips give the same poses, in whatever order things are run."""
        try:
            anew = Predictor(self.content)
        except Exception as error:  # onnxruntime's have no common ancestor
            raise _failed("onnxruntime cannot load the model twice", error) from None
        runs = [self._predict(self.clips), self._predict(self.clips)]
        runs.append(self._predict(self.clips, predictor=anew))
        distance = max(_difference(run, self.poses) for run in runs)
        if distance > 0:
            raise _BrokenError(
                f"The same clips give poses that differ by {distance:.3g} px from run to run; "
                "export in evaluation mode (dropout!), and use no random numbers."
            )
        return "The same clips give the same poses again."

    def alone(self) -> str:
        """A clip's poses do not depend on the other clips of its batch."""
        alone = self._predict(self.clips, at_once=1)
        distance = _difference(alone, self.poses)
        if distance > 0:
            raise _BrokenError(
                f"A clip's poses differ by {distance:.3g} px when other clips are in the batch; "
                "export in evaluation mode (batch normalisation!), and keep clips apart when you "
                "reshape."
            )
        return "A clip's poses do not depend on the others in its batch."

    def bytes(self) -> str:
        """Bytes from 0 to 255 are brightnesses, and frames of one colour do no harm."""
        levels = (0, 127, 128, 255)
        plain = np.stack([np.full(CLIP, level, np.uint8) for level in levels])
        poses = self._predict(plain)
        for level, pose in zip(levels, poses, strict=True):
            if not np.isfinite(pose).all():
                raise _BrokenError(
                    f"For frames that are {level} everywhere some coordinates are NaN or infinite; "
                    "a frame whose standard deviation is 0 has to be normalised to 0."
                )
        if _jumps_at_128(self._predict):
            raise _BrokenError(
                "The poses jump where a brightness goes from 127 to 128, so the model takes bytes "
                "above 127 for negative numbers; convert the frames to float from uint8, not int8."
            )
        return "Bytes from 0 to 255 are taken as they are, and frames of one colour do no harm."

    def _shapes(self) -> list[tuple[str, list[int]]]:
        try:
            return list(self.look.declared_shapes(self.model))
        except Exception as error:  # onnx has several
            raise _failed("The shapes in the model do not fit together", error) from None

    def _predict(
        self,
        clips: NDArray[np.uint8],
        at_once: int = _AT_ONCE,
        predictor: Predictor | None = None,
    ) -> NDArray[np.float32]:
        predictor = predictor or self.predictor
        try:
            parts = [predictor.run(clips[i : i + at_once]) for i in range(0, len(clips), at_once)]
        except Exception as error:  # onnxruntime's have no common ancestor
            raise _failed("The model fails with some clips", error) from None
        return np.concatenate(parts)


_NOTHING_AFTER = CHECKS[: CHECKS.index("repeatable") + 1]
_TOO_MUCH_MEMORY = (
    f"The model asks for more than the {MEMORY >> 20} MB of memory that it may; use a smaller "
    "network."
)


def _expect_interface(
    what: str, values: list[Any], name: str, number: str, inner: tuple[int, ...], look: Any
) -> None:
    names = [value.name for value in values]
    if names != [name]:
        found = ", ".join(map(_quote, names[:5])) or "none"
        raise _BrokenError(
            f"The model has to have one {what} called {name}, and has {found}; "
            f'export with {what}_names=["{name}"].'
        )
    kind = look.kind(values[0])
    if kind != number:
        advice = (
            "export with a uint8 clip as the example, and convert it inside the model"
            if what == "input"
            else "end the model with .float()"
        )
        found = {"float": "float32"}.get(kind, kind)
        wanted = {"float": "float32"}.get(number, number)
        raise _BrokenError(f"{name} has to be {wanted} and is {found}; {advice}.")
    shape = look.shape(values[0])
    wanted_shape = f"(batch, {_inner(inner)})"
    if shape is None:
        if what == "input":
            raise _BrokenError(f"{name} declares no shape; it has to be {wanted_shape}.")
        return
    fits = len(shape) == 1 + len(inner) and all(
        # An exporter may leave an output's sizes open; they are looked at when it runs.
        size == right or (what == "output" and isinstance(size, str))
        for size, right in zip(shape[1:], inner, strict=True)
    )
    if not fits:
        raise _BrokenError(f"{name} has to be {wanted_shape} and is {_dims(shape)}.")
    if isinstance(shape[0], int):
        raise _BrokenError(
            f"The batch of {name} is fixed to {shape[0]}; leave it free when you export: "
            'dynamic_shapes=({0: torch.export.Dim("batch")},).'
        )


def _some_clips(count: int) -> NDArray[np.uint8]:
    """Clips of coloured tiles and noise that move a little, always the same ones."""
    random = np.random.default_rng(_SEED)
    frames, rows, columns, colours = CLIP
    tiles = random.integers(0, 256, (count, rows // 8, columns // 8, colours))
    still = tiles.repeat(8, axis=1).repeat(8, axis=2)
    moving = np.stack([np.roll(still, shift, axis=2) for shift in range(frames)], axis=1)
    noise = random.integers(-20, 21, moving.shape)
    return (moving + noise).clip(0, 255).astype(np.uint8)


def _jumps_at_128(predict: Any) -> bool:
    """Whether one step of brightness does much more from 127 to 128 than just before and after.

    In each of several textures a patch is made brighter step by step. Taken as signed numbers, 127
    and 128 are 255 steps apart. A model may jump anywhere, if it looks for a maximum, say; but not
    in most textures at this very place.
    """
    random = np.random.default_rng(_SEED)
    levels = range(125, 131)
    clips = []
    for texture in _some_clips(8):
        row, column = random.integers(8, 33, 2)
        for level in levels:
            clip = texture.copy()
            clip[:, row : row + 24, column : column + 24] = level
            clips.append(clip)
    poses = predict(np.stack(clips)).astype(np.float64).reshape(-1, len(levels), *POSES)
    steps = np.abs(np.diff(poses, axis=1)).max(axis=(2, 3, 4))
    middle = levels.index(127)
    others = np.delete(steps, middle, axis=1).max(axis=1)
    jumps = steps[:, middle] > np.maximum(10 * others, 10 * SAME)
    return bool(jumps.mean() > 0.7)


def _difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The largest difference in pixels; 0 if it is no more than rounding."""
    if np.allclose(one, other, atol=SAME, rtol=1e-5, equal_nan=True):
        return 0.0
    return float(np.abs(one.astype(np.float64) - other).max())


def _failed(what: str, error: Exception) -> _BrokenError:
    """What onnxruntime complains about, in one sentence."""
    text = f"{type(error).__name__}: {error}"
    if any(sign in text for sign in _OUT_OF_MEMORY):
        return _BrokenError(_TOO_MUCH_MEMORY, "out_of_memory")
    # As in "[ONNXRuntimeError] : 1 : FAIL : some_function(...) this == that was false. Why."
    reason = str(error).split(" : ", 3)[-1].split(" was false. ")[-1] or type(error).__name__
    return _BrokenError(f"{what} ({_quote(reason)}); export it again and try it with onnxruntime.")


def _quote(text: str) -> str:
    """A stranger's words within a sentence of ours."""
    return _tidy(text, _LONGEST_QUOTE).rstrip(".")


def _tidy(text: str, longest: int) -> str:
    """A stranger's words, fit to be printed: one line, no control characters, not too long."""
    plain = "".join(c if c.isprintable() else " " for c in text[: 4 * longest])
    plain = " ".join(plain.split())
    return plain if len(plain) <= longest else f"{plain[:longest]}…"


def _dims(sizes: Sequence[int | str]) -> str:
    return f"({_tidy(', '.join(map(str, sizes)), 80)})"


def _inner(sizes: Sequence[int]) -> str:
    return ", ".join(map(str, sizes))


def _megabytes(size: float) -> str:
    return f"{size / (1 << 20):,.1f} MB" if size < 1 << 40 else "more than a million MB"


def _import(name: str) -> Any:
    try:
        __import__(name)
    except ImportError:
        package = name.partition(".")[0]
        raise MissingPackageError(
            f"Models cannot be checked or run without {package}: {INSTALL}."
        ) from None
    return sys.modules[name]
