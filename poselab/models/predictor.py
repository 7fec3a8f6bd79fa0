"""Running a model: an ONNX file with onnxruntime, or a script's function with its weights."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from poselab.models.specification import Arrays, ModelSpec, count_of, part

INSTALL = "`pip install onnx onnxruntime onnxscript`"


class MissingPackageError(ImportError):
    """onnx or onnxruntime is not installed. The message says what to install."""


def require_packages(spec: ModelSpec) -> None:
    """Import what checking and running a model takes.

    Args:
        spec: the model's specification; its kind decides which packages.

    Raises:
        MissingPackageError: a package is not installed.
    """
    names = ("onnx", "onnx.shape_inference", "onnxruntime") if spec.kind == "onnx" else ("torch",)
    for name in names:
        require(name)


def require(name: str) -> Any:
    """A module that is not needed for all else, imported.

    Args:
        name: the module's full name.

    Returns:
        The module.

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        __import__(name)
    except ImportError:
        package = name.partition(".")[0]
        raise MissingPackageError(
            f"Models cannot be checked or run without {package}: {INSTALL}."
        ) from None
    return sys.modules[name]


class Runs(Protocol):
    """A model that can be run on one batch."""

    def run(self, batch: Arrays) -> Sequence[Any]:
        """The outputs in the specification's order, whatever they are."""


class Predictor:
    """A model, ready to be run on one processor core.

    Args:
        files: what was submitted, by name.
        spec: what it has to be.
        folder: where a script and its weights are; the working folder unless told otherwise.

    Sizes that the specification leaves open are those of the first batch and its outputs.

    Raises:
        MissingPackageError: onnxruntime is not installed.
        Exception: onnxruntime, or the script, refuses.
    """

    def __init__(
        self, files: Mapping[str, bytes], spec: ModelSpec, folder: Path | None = None
    ) -> None:
        self.spec = spec
        self.model: Runs = (
            _OnnxModel(files[spec.file], spec)
            if spec.kind == "onnx"
            else _Script(folder or Path.cwd(), spec)
        )

    def predict(
        self, samples: Arrays, at_once: int | None = None, whole: bool = True
    ) -> dict[str, NDArray[Any]]:
        """The outputs for some samples, a few of them at a time.

        Args:
            samples: the inputs by name, (sample, ...).
            at_once: how many make a batch; as the specification says, unless told otherwise.
            whole: whether to return the outputs as they are, or what the specification keeps.

        Returns:
            The outputs by name, (sample, ...).

        Raises:
            ValueError: the model returns something else.
            Exception: it cannot be run.
        """
        at_once = at_once or self.spec.at_once
        starts = range(0, count_of(samples), at_once)
        parts = []
        for start in starts:
            outputs = self.run(part(samples, slice(start, start + at_once)))
            parts.append(outputs if whole else self.spec.kept(outputs))
        return {
            t.name: np.concatenate([p[t.name] for p in parts]) if parts else t.empty()
            for t in self.spec.outputs
        }

    def run(self, batch: Arrays) -> dict[str, NDArray[Any]]:
        """The outputs for one batch, as :meth:`predict`."""
        count = count_of(batch)
        self.spec = self.spec.run_on(batch)
        contiguous = {name: np.ascontiguousarray(array) for name, array in batch.items()}
        results = self.model.run(contiguous)
        if len(results) != len(self.spec.outputs):
            raise ValueError(
                f"it returns {len(results)} outputs instead of {len(self.spec.outputs)}"
            )
        outputs = {}
        for index, result in enumerate(results):
            tensor = self.spec.outputs[index]
            if not isinstance(result, np.ndarray) or result.dtype != tensor.dtype:
                kind = getattr(result, "dtype", type(result).__name__)
                raise ValueError(f"it returns {kind} instead of {tensor.dtype} numbers")
            fitted = self.spec.fitted(tensor, result.shape[1:])
            if fitted is None or len(result) != count:
                expected = self.spec.in_words(tensor, count)
                raise ValueError(f"it returns the shape {result.shape} instead of {expected}")
            self.spec = fitted
            outputs[tensor.name] = result
        return outputs


class _OnnxModel:
    def __init__(self, content: bytes, spec: ModelSpec) -> None:
        runtime = require("onnxruntime")
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
        self._outputs = [tensor.name for tensor in spec.outputs]

    def run(self, batch: Arrays) -> Sequence[Any]:
        return list(self._session.run(self._outputs, dict(batch)))


class _Script:
    """A function of a script, in a folder that holds what was submitted."""

    def __init__(self, folder: Path, spec: ModelSpec) -> None:
        self.folder = folder.resolve()
        self.outputs = [tensor.name for tensor in spec.outputs]
        script = self.folder / spec.script
        found = importlib.util.spec_from_file_location(script.stem, script)
        assert found is not None and found.loader is not None
        module = importlib.util.module_from_spec(found)
        with self._in_folder():
            found.loader.exec_module(module)
        if not callable(getattr(module, spec.function, None)):
            raise AttributeError(f"{spec.script} defines no function {spec.function}")
        self.function = getattr(module, spec.function)

    def run(self, batch: Arrays) -> Sequence[Any]:
        with self._in_folder():
            result = self.function(**{name: array.copy() for name, array in batch.items()})
        if isinstance(result, Mapping):
            missing = [name for name in self.outputs if name not in result]
            if missing:
                raise ValueError(f"it returns no {missing[0]}")
            result = [result[name] for name in self.outputs]
        elif not isinstance(result, (tuple, list)):
            result = [result]
        return [_as_array(one) for one in result]

    @contextlib.contextmanager
    def _in_folder(self) -> Iterator[None]:
        before = os.getcwd()
        os.chdir(self.folder)
        sys.path.insert(0, str(self.folder))
        try:
            yield
        except SystemExit as error:
            raise RuntimeError(f"it ends Python with {error.code!r}") from None
        finally:
            os.chdir(before)
            sys.path.remove(str(self.folder))


def _as_array(result: Any) -> Any:
    """A tensor as an array; anything else as it is."""
    return result.detach().cpu().numpy() if hasattr(result, "detach") else result
